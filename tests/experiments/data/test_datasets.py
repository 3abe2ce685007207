"""The table of datasets, and those that are on this machine."""

from __future__ import annotations

import gzip
import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mila_analysis.errors import DataError, UnknownNameError
from mila_analysis.experiments.data import DATASETS, get, load

DEBIAN = Path(DATASETS["fashion-mnist"].installed)


@pytest.mark.parametrize("source", DATASETS.values(), ids=DATASETS)
def test_what_is_known_of_a_dataset_agrees(source):
    served = [name for file in source.fetched for name in file.parts]
    assert sorted(served) == sorted(part.name for part in source.parts)
    for part in (*source.parts, *source.fetched):
        assert len(bytes.fromhex(part.sha256)) == 32
    assert len(set(source.classes)) == len(source.classes)
    per_image = np.prod(source.shape)
    for part in source.parts:
        extra = part.size - part.count * per_image
        if source.form == "cifar":
            assert extra == part.count * (2 if len(source.classes) == 100 else 1)
        else:
            assert extra == 16 or part.size == part.count + 8


def test_classes_of_cifar_are_in_alphabetical_order():
    for name, count in (("cifar10", 10), ("cifar100", 100)):
        classes = get(name).classes
        assert len(classes) == count
        assert list(classes) == sorted(classes)


def test_an_unknown_dataset_names_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'cifar10'"):
        load("cifar-10")
    with pytest.raises(UnknownNameError, match="choose from digits, mnist"):
        load("zzz")


def test_digits_are_divided_by_class_without_chance():
    from sklearn.datasets import load_digits

    first, again = load("digits"), load("digits")
    assert (len(first.train), len(first.validation)) == (1437, 360)
    assert first.shape == (1, 8, 8)
    assert first.white == max(first.train.images.max(), first.validation.images.max())
    counts = zip(first.train.counts(10), first.validation.counts(10), strict=True)
    assert all(abs(train - 4 * judged) <= 5 for train, judged in counts)
    np.testing.assert_array_equal(first.train.images, again.train.images)
    both = [first.train, first.validation]
    rows = np.concatenate([split.images for split in both]).reshape(-1, 64)
    labels = np.concatenate([split.labels for split in both])
    found = sorted(map(bytes, np.c_[rows, labels.astype(np.uint8)]))
    bunch = load_digits()
    bundled = np.c_[bunch.data, bunch.target].astype(np.uint8)
    assert found == sorted(map(bytes, bundled))


def test_the_division_of_digits_is_the_one_that_results_were_made_with():
    data = load("digits")
    digest = hashlib.sha256(
        data.validation.images.tobytes() + bytes(data.validation.labels)
    )
    assert digest.hexdigest()[:16] == "973417cfcf53301f"


def test_the_package_imports_nothing_heavy():
    code = (
        "import sys, mila_analysis.experiments.data, mila_analysis.cli.datasets;"
        "found = {'numpy', 'sklearn', 'pooch', 'torch', 'requests'} & set(sys.modules);"
        "assert not found, found"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.skipif(
    not DEBIAN.is_dir(), reason="Debian's package dataset-fashion-mnist is not here"
)
class TestFashion:
    def test_the_package_of_debian_is_read_without_a_folder(self):
        data = load("fashion-mnist")
        assert (len(data.train), len(data.validation)) == (60_000, 10_000)
        assert data.shape == (1, 28, 28)
        assert data.train.counts(10) == (6000,) * 10
        assert data.validation.counts(10) == (1000,) * 10
        assert data.classes[data.train.labels[0]] == "Ankle boot"

    def test_one_bit_of_it_is_found(self, tmp_path):
        for path in DEBIAN.iterdir():
            (tmp_path / path.name).symlink_to(path)
        labels = tmp_path / "t10k-labels-idx1-ubyte"
        content = bytearray(
            gzip.decompress((DEBIAN / f"{labels.name}.gz").read_bytes())
        )
        content[1000] ^= 1
        labels.write_bytes(content)
        with pytest.raises(DataError, match=r"t10k-labels.* is damaged or changed"):
            load("fashion-mnist", tmp_path)

    def test_it_is_not_mnist(self):
        with pytest.raises(DataError, match="is damaged or changed: its SHA-256"):
            load("mnist", DEBIAN)
