"""Folders to datasets: every place and packing, and every damage, in one line."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from mila_analysis.errors import DataError
from mila_analysis.experiments.data.finding import read


def opened(made, folder=None, *, download=False):
    return read(made.source, folder, download=download, progress=None)


def refused(made, folder=None):
    """The one line that reading a folder ends in."""
    with pytest.raises(DataError) as caught:
        opened(made, folder)
    line = str(caught.value)
    assert "\n" not in line
    return line


def check(made, found):
    np.testing.assert_array_equal(found.train.images, made.images)
    np.testing.assert_array_equal(found.train.labels, made.labels)
    assert found.train.images.dtype == np.uint8
    assert found.train.labels.dtype == np.int64
    assert found.shape == made.source.shape


def line(made, folder):
    """What a folder is refused with; or nothing, and then all is right."""
    try:
        check(made, opened(made, folder))
    except DataError as error:
        said = str(error)
    else:
        return ""
    assert "\n" not in said
    return said


@pytest.mark.parametrize("how", ["plain", "gz", "served"])
@pytest.mark.parametrize("inner", [".", "Tiny/raw"])
def test_idx_files_are_read_from_either_place(idx, tmp_path, how, inner):
    idx.put(tmp_path / "d" / inner, how=how)
    check(idx, opened(idx, tmp_path / "d"))


@pytest.mark.parametrize(
    ("inner", "how"), [(".", "plain"), ("inside", "plain"), (".", "served")]
)
def test_cifar_is_read_unpacked_or_not(cifar, tmp_path, inner, how):
    cifar.put(tmp_path / "d" / inner, how=how)
    check(cifar, opened(cifar, tmp_path / "d"))
    assert len(list((tmp_path / "d" / inner).iterdir())) == len(
        cifar.served if how == "served" else cifar.parts
    )


def test_without_a_folder_the_cache_is_read(idx, cache):
    idx.put(cache)
    check(idx, opened(idx))


def test_what_is_missing_names_the_ways(idx, cifar, tmp_path):
    line = refused(idx)
    assert "--download fetches" in line
    assert "--data-dir names a folder that has train-images.gz and 3 more" in line
    assert f"no folder {tmp_path / 'no'}" in refused(idx, tmp_path / "no")
    (tmp_path / "file").touch()
    assert f"{tmp_path / 'file'} is no folder;" in refused(idx, tmp_path / "file")
    idx.put(tmp_path / "d")
    (tmp_path / "d" / "t10k-labels").unlink()
    assert "has no t10k-labels or t10k-labels.gz" in refused(idx, tmp_path / "d")
    (tmp_path / "e").mkdir()
    assert "has no one.bin or tiny.tar.gz" in refused(cifar, tmp_path / "e")
    assert not (tmp_path / "cache").exists()


def _cut(content):
    return content[: len(content) // 2]


def _flip(content):
    return content[:-1] + bytes((content[-1] ^ 1,))


DAMAGE = {
    "is empty": lambda _: b"",
    "cut off": _cut,
    "goes on after its end": lambda content: content + b"!",
    "is no IDX file": lambda content: b"\1" + content[1:],
    "SHA-256 is not that of": _flip,
}


@pytest.mark.parametrize("words", DAMAGE)
@pytest.mark.parametrize("how", ["plain", "gz"])
def test_a_damaged_image_file_is_refused(idx, tmp_path, words, how):
    idx.put(tmp_path, how=how)
    damaged = DAMAGE[words](idx.parts["train-images"])
    suffix, pack = (".gz", gzip.compress) if how == "gz" else ("", bytes)
    (tmp_path / f"train-images{suffix}").write_bytes(pack(damaged))
    line = refused(idx, tmp_path)
    assert words in line
    assert f"train-images{suffix}" in line


def test_labels_out_of_range_are_refused(idx, tmp_path):
    idx.put(tmp_path)
    content = idx.parts["t10k-labels"]
    (tmp_path / "t10k-labels").write_bytes(content[:-1] + b"\3")
    assert "t10k-labels has a label 3; there are 3 classes" in refused(idx, tmp_path)


def test_labels_in_place_of_images_are_refused(idx, tmp_path):
    idx.put(tmp_path)
    (tmp_path / "train-images").write_bytes(idx.parts["train-labels"])
    assert "holds 5 bytes, not 5 × 3 × 2" in refused(idx, tmp_path)


@pytest.mark.parametrize("at", range(0, 60, 3))
@pytest.mark.parametrize("change", ["cut", "flip"])
def test_a_damaged_gzip_is_refused_wherever_it_is(idx, tmp_path, at, change):
    idx.put(tmp_path, how="gz")
    path = tmp_path / "train-images.gz"
    content = bytearray(path.read_bytes())
    if change == "cut":
        del content[at:]
    else:
        content[at] ^= 0xFF
    path.write_bytes(content)
    said = line(idx, tmp_path)
    assert "train-images.gz" in said or (change == "flip" and at < 10)  # a date, a name


@pytest.mark.parametrize("change", ["cut", "flip"])
def test_a_damaged_archive_is_refused_wherever_it_is(remake, tmp_path, change):
    made = remake(10)
    whole = made.served["tiny.tar.gz"]
    refusals = 0
    for at in range(0, len(whole), 7):
        content = bytearray(whole)
        if change == "cut":
            del content[at:]
        else:
            content[at] ^= 0xFF
        (tmp_path / "tiny.tar.gz").write_bytes(content)
        said = line(made, tmp_path)
        assert not said or "tiny.tar.gz" in said
        refusals += bool(said)
    assert refusals > len(range(0, len(whole), 7)) * (0.8 if change == "cut" else 0.6)


def test_an_archive_without_a_member_says_which(remake, packed, tmp_path):
    made = remake(10)
    (tmp_path / "tiny.tar.gz").write_bytes(packed({"one.bin": made.parts["one.bin"]}))
    assert refused(made, tmp_path).endswith("tiny.tar.gz has no file two.bin")


def test_a_link_in_an_archive_is_not_followed(remake, tmp_path):
    made = remake(10)
    secret = tmp_path / "secret"
    secret.write_bytes(made.parts["one.bin"])
    with tarfile.open(tmp_path / "tiny.tar.gz", "w:gz") as tar:
        link = tarfile.TarInfo("inside/one.bin")
        link.type, link.linkname = tarfile.SYMTYPE, str(secret)
        tar.addfile(link)
        for name in ("two.bin", "test.bin"):
            member = tarfile.TarInfo(f"../../{name}")
            member.size = len(made.parts[name])
            tar.addfile(member, io.BytesIO(made.parts[name]))
    assert "has no file one.bin" in refused(made, tmp_path)
    assert not (tmp_path.parent / "two.bin").exists()


def _peak(call):
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


BOMB = 64 << 20


def test_a_bomb_in_gzip_is_not_blown_up(idx, tmp_path):
    idx.put(tmp_path, how="gz")
    content = idx.parts["train-images"] + bytes(BOMB)
    (tmp_path / "train-images.gz").write_bytes(gzip.compress(content))
    assert _peak(lambda: refused(idx, tmp_path)) < BOMB // 8
    assert "goes on after its end" in refused(idx, tmp_path)


@pytest.mark.parametrize("name", ["one.bin", "other"])
def test_a_bomb_in_an_archive_is_not_blown_up(remake, packed, tmp_path, name):
    made = remake(10)
    bomb = {name: made.parts["one.bin"] + bytes(BOMB)}
    (tmp_path / "tiny.tar.gz").write_bytes(packed(bomb | {"x": b""}))
    assert _peak(lambda: refused(made, tmp_path)) < BOMB // 8
    assert "holds more than it should" in refused(made, tmp_path)


def test_what_is_no_file_is_refused(idx, tmp_path):
    idx.put(tmp_path)
    path = tmp_path / "train-images"
    path.unlink()
    path.mkdir()
    assert refused(idx, tmp_path) == f"cannot read {path}: it is a folder"
    path.rmdir()
    os.mkfifo(path)  # to read it would take forever
    assert refused(idx, tmp_path) == f"cannot read {path}: it is no regular file"
    path.unlink()
    path.symlink_to(path)
    assert refused(idx, tmp_path).startswith(f"cannot read {path}: ")
    path.unlink()
    path.symlink_to(tmp_path / "gone")
    assert refused(idx, tmp_path) == f"cannot read {path}: no such file or directory"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_refused(idx, tmp_path):
    idx.put(tmp_path)
    (tmp_path / "train-images").chmod(0)
    assert "permission denied" in refused(idx, tmp_path)
    (tmp_path / "train-images").chmod(0o600)
    (tmp_path / "d").mkdir(mode=0)
    assert refused(idx, tmp_path / "d" / "e").startswith("no folder")
    assert "cannot read folder" in refused(idx, tmp_path / "d")


@pytest.mark.parametrize("name", ["a\0b", "", "~nobody-of-that-name/x", "ü\n\x1b[31m"])
def test_hostile_names_of_folders_are_refused(idx, tmp_path, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError):
        opened(idx, Path(name))


def test_a_damaged_file_of_the_cache_names_the_cure(idx, cache):
    idx.put(cache, how="gz")
    (cache / "train-labels.gz").write_bytes(b"")
    assert refused(idx).endswith("train-labels.gz is empty; --download fetches it anew")
