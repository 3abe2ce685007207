"""What happens in a run, as it happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mila_analysis.experiments.results import Epoch

__all__ = ["KINDS", "Event", "Watch"]

KINDS = ("start", "step", "validation", "epoch", "note")


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    Attributes:
        kind: `start` of a run or of what is left of it, some `step` of an epoch, some
            of its `validation`, the end of an `epoch`, or a `note`.
        epoch: number of the epoch, from 1.
        epochs: how many there will be.
        step: steps that are done in this epoch.
        steps: of an epoch.
        loss: running mean over this epoch; NaN before there is one.
        top1: running part of right answers over this epoch.
        done: the epoch that has ended.
        text: of a note.
    """

    kind: str
    epoch: int
    epochs: int
    step: int = 0
    steps: int = 0
    loss: float = float("nan")
    top1: float = float("nan")
    done: Epoch | None = None
    text: str = ""


Watch = Callable[[Event], None]
