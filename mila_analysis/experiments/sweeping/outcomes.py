"""What comes of the runs of a sweep, and what is told of them meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mila_analysis.experiments.config import RunConfig
from mila_analysis.experiments.results import RunResult

if TYPE_CHECKING:
    from mila_analysis.experiments.training import Event

__all__ = ["Failure", "Outcome", "Stopped", "Task", "Update", "Watch"]


@dataclass(frozen=True, slots=True)
class Task:
    """A run that is to be done.

    Attributes:
        number: its place among the configurations.
        config: what is trained.
        folder: where it is kept.
    """

    number: int
    config: RunConfig
    folder: Path


@dataclass(frozen=True, slots=True)
class Failure:
    """A run that came to no end.

    Attributes:
        config: how it was asked for.
        folder: where what was done is kept.
        reason: one line.
        details: where in the code, for what nobody foresaw; else nothing.
        elsewhere: whether another process is at it, and may well finish it.
    """

    config: RunConfig
    folder: Path
    reason: str
    details: str = ""
    elsewhere: bool = False


Outcome = RunResult | Failure


@dataclass(frozen=True, slots=True)
class Update:
    """One thing that happened in a sweep.

    Attributes:
        kind: `found` finished, `start`, `step` of any kind, `done` or `failed`.
        number: place of the run among the configurations.
        config: of the run.
        ended: runs that are done, found or failed until now.
        total: how many there are.
        part: of this run that is done, from 0 to 1.
        left: seconds until all are done, about; NaN while nobody can know.
        event: of the training, for a `step`.
        outcome: of a run that has ended.
    """

    kind: str
    number: int
    config: RunConfig
    ended: int
    total: int
    part: float = 0.0
    left: float = float("nan")
    event: Event | None = None
    outcome: Outcome | None = None


Watch = Callable[[Update], None]
Tell = Callable[[Task, "Event | Outcome | None"], None]
"""Told of a task that starts (None), of what happens in it, and of its outcome."""


class Stopped(KeyboardInterrupt):
    """A sweep that was stopped; each of its runs can go on.

    Attributes:
        signal: that stopped it.
        outcomes: of the configurations, in order; None for what has none yet.
    """

    def __init__(self, signal: int, outcomes: Sequence[Outcome | None]) -> None:
        ended = sum(outcome is not None for outcome in outcomes)
        super().__init__(f"stopped after {ended} of {len(outcomes)} runs")
        self.signal, self.outcomes = signal, tuple(outcomes)
