"""Folders of runs to how far each is, read from its files alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mila_analysis.errors import ParameterError
from mila_analysis.experiments.config import RunConfig
from mila_analysis.experiments.locking import holder
from mila_analysis.experiments.results import RunResult
from mila_analysis.experiments.sweeping.attempts import FAILED
from mila_analysis.experiments.sweeping.grid import name
from mila_analysis.experiments.sweeping.outcomes import Failure, Outcome

__all__ = ["JOB", "STATES", "Standing", "found", "judged", "standings"]

STATES = ("done", "running", "failed", "stopped", "submitted", "waiting")
JOB = "job.txt"


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a run is.

    Attributes:
        config: how it was asked for.
        folder: where it is, or will be.
        state: `done`; `running`, in some process of any machine that sees the folder;
            `failed`; `stopped` on its way; `submitted` to a cluster; or `waiting`,
            in no queue.
        epochs: that are done.
        reason: of a failure, or who runs it; else nothing.
        result: of what is done.
        job: of the cluster, that has it or had it.
    """

    config: RunConfig
    folder: Path
    state: str
    epochs: int = 0
    reason: str = ""
    result: RunResult | None = None
    job: str = ""


def found(config: RunConfig, folder: Path) -> Outcome | None:
    """Result that a folder holds; a failure if it is another run's or damaged."""
    if not (folder / "result.json").is_file():
        return None
    from mila_analysis.experiments.training import read

    try:
        result = read(folder)
    except ParameterError as error:
        return Failure(config, folder, f"{error}; remove it to train anew")
    if result.config != config:
        return Failure(config, folder, f"{folder} holds another run")
    return result


def standings(configs: Iterable[RunConfig], folder: Path | str) -> list[Standing]:
    """How far the runs of a sweep are, in order."""
    return [_standing(config, Path(folder) / name(config)) for config in configs]


def judged(
    configs: Sequence[RunConfig], folder: Path | str, outcomes: Sequence[Outcome | None]
) -> list[Standing]:
    """The same of a sweep that has just ended, by what came of it."""
    return [
        _standing(config, Path(folder) / name(config))
        if outcome is None
        else _ended(config, Path(folder) / name(config), outcome)
        for config, outcome in zip(configs, outcomes, strict=True)
    ]


def _standing(config: RunConfig, folder: Path) -> Standing:
    outcome = found(config, folder)
    if outcome is not None:
        return _ended(config, folder, outcome)
    epochs, job = _epochs(folder), _first_line(folder / JOB)
    if who := holder(folder):
        return Standing(config, folder, "running", epochs, who, job=job)
    if reason := _first_line(folder / FAILED):
        return Standing(config, folder, "failed", epochs, reason, job=job)
    begun = (folder / "config.json").is_file()
    state = "stopped" if begun else "submitted" if job else "waiting"
    return Standing(config, folder, state, epochs, job=job)


def _ended(config: RunConfig, folder: Path, outcome: Outcome) -> Standing:
    if isinstance(outcome, Failure):
        return Standing(config, folder, "failed", _epochs(folder), outcome.reason)
    return Standing(config, folder, "done", len(outcome.epochs), result=outcome)


def _epochs(folder: Path) -> int:
    """Rows of the metrics below the headings."""
    return max(0, len(_lines(folder / "metrics.csv")) - 1)


def _first_line(file: Path) -> str:
    return next(iter(_lines(file)), "")


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
