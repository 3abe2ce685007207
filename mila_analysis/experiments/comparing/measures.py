"""Names of scores to how they are taken from a run, and how they are written."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mila_analysis.errors import UnknownNameError, suggestion
from mila_analysis.experiments.results import Epoch, RunResult

__all__ = ["MEASURES", "WHEN", "Measure", "measure"]

WHEN = ("last", "best")


@dataclass(frozen=True, slots=True)
class Measure:
    """A score of the validation set.

    Attributes:
        name: as users type it.
        title: as a heading has it.
        field: of `Scores`.
        factor: from there to what is shown.
        unit: of what is shown, after a number.
        step: unit of a difference.
        digits: after the point.
        rises: whether more is better.
    """

    name: str
    title: str
    field: str
    factor: float
    unit: str
    step: str
    digits: int
    rises: bool

    def at(self, epoch: Epoch) -> float:
        """Score at the end of an epoch; NaN if it is no finite number."""
        value = float(getattr(epoch.validation, self.field))
        return value if math.isfinite(value) else math.nan

    def of(self, run: RunResult, when: str) -> float:
        """Score of the `last` or the `best` epoch; NaN of a run that diverged."""
        if run.diverged:
            return math.nan
        return self.at(run.last if when == "last" else run.best)


MEASURES = (
    Measure("top1", "top-1", "top1", 100.0, " %", " points", 2, rises=True),
    Measure("macro-f1", "macro-F1", "macro_f1", 100.0, " %", " points", 2, rises=True),
    Measure("loss", "loss", "loss", 1.0, " nats", " nats", 4, rises=False),
)


def measure(name: str) -> Measure:
    """Measure of a name.

    Raises:
        UnknownNameError: none; names the nearest.
    """
    found = {m.name: m for m in MEASURES}
    if name not in found:
        hint = suggestion(name, found) or f"; choose from {', '.join(found)}"
        raise UnknownNameError(f"no score '{name}'{hint}")
    return found[name]
