"""Sweeps in processes of their own, which may die."""

import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mila_analysis.experiments.data import load
from mila_analysis.experiments.results import RunResult
from mila_analysis.experiments.sweeping import (
    Failure,
    Stopped,
    Update,
    name,
    run_all,
    standings,
)

BARE = """
from mila_analysis.experiments.config import RunConfig
from mila_analysis.experiments.sweeping import grid, run_all
base = RunConfig(dataset="digits", epochs=1)
outcomes = run_all(grid(base, (), (0, 1)), "runs", workers=2)
print([outcome.reason for outcome in outcomes])
"""


def worker_of(folder: Path) -> int:
    """Process that trains in a folder, as its lock says."""
    text = (folder / "lock").read_text(encoding="utf-8")
    return int(re.findall(r"process (\d+) ", text)[0])


@pytest.mark.slow
def test_a_dead_process_is_a_failure_and_numbers_are_those_of_one_process(
    configs, alone, numbers, tmp_path: Path
):
    killed: list[int] = []

    def kill(update: Update) -> None:
        if update.kind == "step" and not killed:
            killed.append(update.number)
            os.kill(worker_of(tmp_path / name(update.config)), signal.SIGKILL)

    long = [replace(configs[0], epochs=1000), *configs[1:]]
    kinds: list[str] = []

    def watch(update: Update) -> None:
        kinds.append(update.kind)
        if update.config.epochs == 1000:
            kill(update)

    outcomes = run_all(long, tmp_path, workers=2, watch=watch)
    assert killed == [0]
    failure, *others = outcomes
    assert isinstance(failure, Failure)
    assert "was killed by SIGKILL, perhaps for want of memory" in failure.reason
    assert numbers(others) == alone[1:]
    assert {o.versions["threads"] for o in others if isinstance(o, RunResult)} == {"1"}
    assert kinds.count("done") == 3
    states = [s.state for s in standings(long, tmp_path)]
    assert states == ["failed", "done", "done", "done"]


@pytest.mark.slow
def test_stopped_workers_save_and_go_on(configs, alone, numbers, tmp_path: Path):
    pids: set[int] = set()

    def interrupt(update: Update) -> None:
        event = update.event
        if event is not None:
            pids.add(worker_of(tmp_path / name(update.config)))
        if update.number == 0 and event is not None and event.kind == "epoch":
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(Stopped) as stopped:
        run_all(configs[:2], tmp_path, workers=2, watch=interrupt, data=load("digits"))
    assert stopped.value.signal == signal.SIGINT
    assert {s.state for s in standings(configs[:2], tmp_path)} <= {
        "done",
        "stopped",
        "waiting",
    }
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert numbers(run_all(configs[:2], tmp_path, workers=1)) == alone[:2]


@pytest.mark.slow
def test_a_script_without_a_guard_is_told_so(tmp_path: Path):
    (tmp_path / "script.py").write_text(BARE, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "script.py"],
        cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.stdout.count("before it began") == 2
    assert "under if __name__ ==" in done.stdout
