"""Sweeps in this process."""

import signal
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from mila_analysis.errors import NoPlaceError, ParameterError
from mila_analysis.experiments.data import Dataset, load
from mila_analysis.experiments.results import RunResult
from mila_analysis.experiments.sweeping import (
    Failure,
    Stopped,
    Update,
    name,
    run_all,
    standings,
)


def test_each_run_is_what_it_is_alone(configs, alone, numbers, tmp_path: Path):
    threads = torch.get_num_threads()
    outcomes = run_all(configs, tmp_path, workers=1)
    assert numbers(outcomes) == alone
    assert [outcome.config for outcome in outcomes] == list(configs)
    assert {outcome.versions["threads"] for outcome in outcomes} == {"1"}
    assert torch.get_num_threads() == threads
    assert {path.name for path in tmp_path.iterdir()} == set(map(name, configs))


def test_finished_runs_are_read_and_nothing_is_loaded(configs, tmp_path: Path):
    first = run_all(configs[:2], tmp_path, workers=1)
    seen: list[Update] = []

    def data() -> Dataset:
        pytest.fail("loaded")

    again = run_all(configs[:2], tmp_path, workers=1, watch=seen.append, data=data)
    assert again == first
    assert [update.kind for update in seen] == ["found", "found"]
    assert seen[-1].ended == 2
    assert seen[-1].left == 0


def test_equal_configurations_are_trained_once(configs, tmp_path: Path):
    seen: list[Update] = []
    run = configs[0]
    outcomes = run_all([run, run], tmp_path, workers=1, watch=seen.append)
    assert outcomes[0] is outcomes[1]
    assert sum(update.kind == "start" for update in seen) == 1


def test_a_failed_run_does_not_lose_the_others(configs, tmp_path: Path):
    bad = replace(configs[0], build="sequential", batch_size=1)
    seen: list[Update] = []
    failure, result = run_all([bad, configs[1]], tmp_path, workers=1, watch=seen.append)
    assert isinstance(failure, Failure)
    assert "too small for batch norm" in failure.reason
    assert isinstance(result, RunResult)
    assert [u.kind for u in seen if u.kind != "step"] == [
        "start",
        "failed",
        "start",
        "done",
    ]
    states = standings([bad, configs[1]], tmp_path)
    assert [s.state for s in states] == ["failed", "done"]
    assert states[0].reason == failure.reason


def test_what_nobody_foresaw_is_a_failure_with_its_place(
    configs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from mila_analysis.experiments import training

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("of nobody")

    monkeypatch.setattr(training, "train", broken)
    (failure,) = run_all(configs[:1], tmp_path, workers=1)
    assert isinstance(failure, Failure)
    assert failure.reason == "ZeroDivisionError: of nobody"
    assert "in broken" in failure.details
    assert "in broken" in (failure.folder / "failed.txt").read_text(encoding="utf-8")
    monkeypatch.undo()
    (result,) = run_all(configs[:1], tmp_path, workers=1)
    assert isinstance(result, RunResult)
    assert not (failure.folder / "failed.txt").exists()


@pytest.mark.parametrize("content", ["", "{", "{}", "\xff"])
def test_a_damaged_result(configs, tmp_path: Path, content: str):
    folder = tmp_path / name(configs[0])
    folder.mkdir()
    (folder / "result.json").write_bytes(content.encode("latin-1"))
    failure, result = run_all(configs[:2], tmp_path, workers=1)
    assert isinstance(failure, Failure)
    assert "remove it to train anew" in failure.reason
    assert isinstance(result, RunResult)


def test_the_result_of_another_run(configs, tmp_path: Path):
    run_all(configs[:1], tmp_path, workers=1)
    (tmp_path / name(configs[0])).rename(tmp_path / name(configs[1]))
    (failure,) = run_all(configs[1:2], tmp_path, workers=1)
    assert isinstance(failure, Failure)
    assert "another run" in failure.reason


def test_data_that_are_given(configs, tmp_path: Path):
    outcomes = run_all(configs[:1], tmp_path, workers=1, data=load("digits"))
    assert isinstance(outcomes[0], RunResult)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_sweep_goes_on_with_the_same_numbers(
    configs, alone, numbers, tmp_path: Path, number: int
):
    def interrupt(update: Update) -> None:
        event = update.event
        if update.number == 1 and event is not None and event.kind == "epoch":
            signal.raise_signal(number)

    before = signal.getsignal(number)
    with pytest.raises(Stopped, match="stopped after 1 of 4 runs") as stopped:
        run_all(configs, tmp_path, workers=1, watch=interrupt)
    assert signal.getsignal(number) is before
    assert stopped.value.signal == number
    assert [outcome is None for outcome in stopped.value.outcomes] == [
        False,
        True,
        True,
        True,
    ]
    states = [(s.state, s.epochs) for s in standings(configs, tmp_path)]
    assert states == [("done", 2), ("stopped", 1), ("waiting", 0), ("waiting", 0)]
    assert numbers(run_all(configs, tmp_path, workers=1)) == alone


def test_no_run_at_all(tmp_path: Path):
    assert run_all([], tmp_path / "new") == []


def test_a_folder_that_is_a_file(configs, tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(NoPlaceError, match="no folder"):
        run_all(configs, tmp_path / "file")


@pytest.mark.parametrize("what", ["workers", "threads"])
@pytest.mark.parametrize("number", [0, -1, 100_000])
def test_numbers_that_cannot_be(configs, tmp_path: Path, what: str, number: int):
    with pytest.raises(ParameterError, match=f"{what} must be a whole number"):
        run_all(configs, tmp_path, **{what: number})
