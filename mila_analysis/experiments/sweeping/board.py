"""What is said of single runs to how far all of them are."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from mila_analysis.experiments.results import RunResult
from mila_analysis.experiments.sweeping.outcomes import (
    Failure,
    Outcome,
    Task,
    Update,
    Watch,
)

if TYPE_CHECKING:
    from mila_analysis.experiments.training import Event

__all__ = ["Board"]

ENOUGH = 0.02  # of a run that must be done before its pace says anything


class Board:
    """Outcomes until now, and how far the others are."""

    def __init__(self, total: int, watch: Watch | None) -> None:
        self.total, self.watch = total, watch
        self.outcomes: dict[int, Outcome] = {}
        self.parts: dict[int, float] = {}
        self.origins: dict[int, float] = {}  # parts that earlier sessions had done
        self.began: float | None = None

    def find(self, task: Task, outcome: Outcome) -> None:
        """A run was finished before, or cannot be begun."""
        self.outcomes[task.number] = outcome
        self.parts[task.number] = self.origins[task.number] = 1.0
        kind = "found" if isinstance(outcome, RunResult) else "failed"
        self._say(kind, task, outcome=outcome)

    def tell(self, task: Task, what: Event | Outcome | None) -> None:
        """A run starts (None), goes on or ends."""
        if what is None:
            self.began = self.began or time.perf_counter()
            self._say("start", task)
        elif isinstance(what, (RunResult, Failure)):
            self.outcomes[task.number] = what
            self.parts[task.number] = 1.0
            self.origins.setdefault(task.number, 1.0)
            kind = "done" if isinstance(what, RunResult) else "failed"
            self._say(kind, task, outcome=what)
        else:
            self._move(task, what)
            self._say("step", task, event=what)

    def _move(self, task: Task, event: Event) -> None:
        if event.kind == "note":
            return
        part = done_part(event)
        self.origins.setdefault(task.number, part)
        self.parts[task.number] = max(part, self.parts.get(task.number, 0.0))

    @property
    def left(self) -> float:
        """Seconds until all are done if the pace stays; runs count alike."""
        gained = sum(self.parts.values()) - sum(self.origins.values())
        ahead = self.total - sum(self.parts.values())
        if ahead <= 0:
            return 0.0
        if self.began is None or gained < ENOUGH:
            return math.nan
        return (time.perf_counter() - self.began) * ahead / gained

    def listed(self) -> list[Outcome | None]:
        """Outcomes in order; None where there is none yet."""
        return [self.outcomes.get(number) for number in range(self.total)]

    def _say(
        self,
        kind: str,
        task: Task,
        *,
        event: Event | None = None,
        outcome: Outcome | None = None,
    ) -> None:
        if self.watch is None:
            return
        self.watch(
            Update(
                kind, task.number, task.config, len(self.outcomes), self.total,
                self.parts.get(task.number, 0.0), self.left, event, outcome,
            )
        )  # fmt: skip


def done_part(event: Event) -> float:
    """Part of a run that is done, from 0 to 1; validation counts as nothing."""
    if event.kind == "epoch":
        return event.epoch / event.epochs
    within = event.step / event.steps if event.steps else 0.0
    within = 1.0 if event.kind == "validation" else within
    return (event.epoch - 1 + within) / event.epochs
