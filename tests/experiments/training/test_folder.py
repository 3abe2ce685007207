"""The folder of a run: what is in it, and what never happens to it."""

from __future__ import annotations

import csv
import errno
import json
import os
from dataclasses import replace

import pytest

from mila_analysis import files
from mila_analysis.errors import NoPlaceError, ParameterError, WriteError
from mila_analysis.experiments import locking
from mila_analysis.experiments.results import RunResult
from mila_analysis.experiments.training import FILES, read, train


@pytest.fixture
def done(tmp_path, config, digits):
    """Folder of a finished run."""
    folder = tmp_path / "a" / "run"
    train(config, folder, data=digits)
    return folder


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def unfinish(folder):
    (folder / "result.json").unlink()


def test_it_holds_the_files_that_are_promised(done, config):
    assert set(content(done)) == {*FILES, locking.LOCK}
    assert json.loads((done / "config.json").read_text()) == json.loads(
        config.to_json()
    )
    rows = list(csv.DictReader((done / "metrics.csv").read_text().splitlines()))
    result = read(done)
    assert [float(row["validation_top1"]) for row in rows] == [
        e.validation.top1 for e in result.epochs
    ]
    assert result.classes[0] in (done / "summary.txt").read_text()


def test_json_keeps_every_bit(done):
    result = read(done)
    assert RunResult.from_json(result.to_json()) == result


def test_a_finished_run_is_read_and_needs_no_data(done, config):
    before = content(done)
    notes = []

    def no_data():
        raise AssertionError

    result = train(config, done, data=no_data, watch=notes.append)
    assert result == read(done)
    assert "is finished" in notes[0].text
    assert content(done) == before


def test_another_configuration_is_refused_and_touches_nothing(done, config, digits):
    before = content(done)
    other = replace(config, activation="relu", epochs=4)
    with pytest.raises(ParameterError) as caught:
        train(other, done, data=digits)
    assert str(caught.value) == (
        f"{done} holds another run (activation mila:beta=-0.25, not relu, epochs 3, "
        "not 4); choose another folder with -o, or start again with --overwrite"
    )
    assert content(done) == before


def test_overwrite_begins_anew_and_spares_what_is_no_run(done, config, digits):
    (done / "notes.txt").write_text("mine")
    other = replace(config, activation="relu", epochs=1)
    assert train(other, done, data=digits, overwrite=True).config == other
    assert read(done).config == other
    assert (done / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("damage", ["cut", "bit", "empty", "text", "zip"])
def test_a_damaged_checkpoint_is_said_and_nothing_is_lost(done, config, digits, damage):
    unfinish(done)
    path = done / "checkpoint.pt"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    damaged = {
        "cut": bytes(data[: len(data) // 2]),
        "bit": bytes(data),
        "empty": b"",
        "text": b"no checkpoint",
        "zip": b"PK\x05\x06" + bytes(18),
    }[damage]
    path.write_bytes(damaged)
    before = content(done)
    with pytest.raises(ParameterError, match=r"cannot go on from .*damaged"):
        train(config, done, data=digits)
    assert content(done) == before


def test_the_checkpoint_of_another_network_is_refused(done, config, digits, tmp_path):
    train(replace(config, seed=1), tmp_path / "other", data=digits)
    unfinish(done)
    (tmp_path / "other" / "checkpoint.pt").replace(done / "checkpoint.pt")
    with pytest.raises(ParameterError, match="not of this run"):
        train(config, done, data=digits)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"name": "npm"}', "\xff"])
def test_a_config_of_something_else_is_left_alone(tmp_path, config, digits, text):
    (tmp_path / "config.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(ParameterError, match=r"config\.json"):
        train(config, tmp_path, data=digits)
    assert content(tmp_path) == {"config.json": text.encode("latin-1")}


def test_files_that_could_be_of_a_run_are_left_alone(tmp_path, config, digits):
    (tmp_path / "result.json").write_text("mine")
    with pytest.raises(ParameterError, match=r"has a result\.json, but no config"):
        train(config, tmp_path, data=digits)
    assert content(tmp_path) == {"result.json": b"mine"}


def test_a_full_disk_leaves_the_last_checkpoint(tmp_path, config, digits, monkeypatch):
    expected = [e.validation for e in train(config, data=digits).epochs]
    replaced = files._replace

    def full(final, data):
        if final.name == "checkpoint.pt" and final.exists():
            raise OSError(28, "No space left on device")
        replaced(final, data)

    monkeypatch.setattr(files, "_replace", full)
    with pytest.raises(WriteError, match="no space left on device"):
        train(config, tmp_path, data=digits)
    monkeypatch.undo()
    again = train(config, tmp_path, data=digits)
    assert [e.validation for e in again.epochs] == expected


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_read_only_folder(tmp_path, config, digits):
    tmp_path.chmod(0o500)
    with pytest.raises(WriteError, match="permission denied"):
        train(config, tmp_path / "run", data=digits)


def test_a_file_is_no_folder(tmp_path, config, digits):
    path = tmp_path / "file"
    path.write_text("mine")
    for folder in (path, path / "below"):
        with pytest.raises(WriteError):
            train(config, folder, data=digits)
    assert path.read_text() == "mine"


def test_two_programs_do_not_train_in_one_folder(tmp_path, config, digits):
    folder = tmp_path / "run"
    second = []

    def watch(event):
        if event.kind != "epoch" or second:
            return
        for overwrite in (False, True):
            with pytest.raises(WriteError, match="another program trains in") as said:
                train(config, folder, data=digits, overwrite=overwrite)
            second.append(said)

    first = train(config, folder, data=digits, watch=watch)
    assert len(second) == 2
    assert read(folder) == first
    unfinish(folder)
    assert train(config, folder, data=digits).epochs == first.epochs


def test_where_folders_cannot_be_locked_a_run_is_kept(
    tmp_path, config, digits, monkeypatch
):
    def refuse(descriptor, operation):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(locking.fcntl, "flock", refuse)
    done = train(config, tmp_path, data=digits)
    assert read(tmp_path) == done


def test_what_a_killed_program_left_is_swept_and_nothing_else(done, config, digits):
    left, mine = done / f".{'0a' * 8}.tmp", done / ".mine.tmp"
    left.touch()
    mine.touch()
    unfinish(done)
    train(config, done, data=digits)
    assert not left.exists()
    assert mine.exists()


def test_a_finished_run_gets_back_what_follows_from_its_result(done, config):
    before = content(done)
    for name in ("metrics.csv", "summary.txt"):
        (done / name).unlink()
    train(config, done)
    assert content(done) == before


def test_a_run_without_an_epoch_to_go_does_not_go_on(done, config, digits):
    unfinish(done)
    events = []
    train(config, done, data=digits, watch=events.append)
    assert [event.kind for event in events] == []


@pytest.mark.parametrize(
    "change",
    [
        {"confusion": []},
        {"confusion": [[1, 2], [3]]},
        {"classes": ["a"]},
        {"confusion": 5},
        {"versions": []},
    ],
)
def test_a_result_that_contradicts_itself(done, config, change):
    path = done / "result.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ParameterError, match="not the result of a run"):
        read(done)
    with pytest.raises(ParameterError, match="--overwrite"):
        train(config, done)


def test_a_hostile_name(config, digits):
    with pytest.raises(WriteError):
        train(config, "a\0b", data=digits)


def test_reading_what_is_no_run(tmp_path, done):
    with pytest.raises(NoPlaceError, match="holds no run"):
        read(tmp_path)
    unfinish(done)
    with pytest.raises(NoPlaceError, match="holds an unfinished run"):
        read(done)
    for text in ("", "{}", "[]", '{"epochs": []}', '{"epochs": [1]}'):
        (done / "result.json").write_text(text)
        with pytest.raises(ParameterError, match="not the result of a run"):
            read(done)
