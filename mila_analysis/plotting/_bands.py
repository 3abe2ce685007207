"""Runs over seeds to the mean course of a score, with a band that is its interval."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from mila_analysis.experiments.comparing import Comparison
from mila_analysis.experiments.comparing.estimate import Estimate, estimate
from mila_analysis.experiments.results import Epoch
from mila_analysis.plotting._style import HAIRLINE, Look, current

__all__ = ["LOSSES", "TOP1", "Curve", "band"]

SETTLED = 4  # part of the epochs, after which the axis has to hold all of a score
MARGIN = 0.06
WIDE = 4.0  # ratio of losses from which their axis is logarithmic


@dataclass(frozen=True, slots=True)
class Curve:
    """A score over epochs."""

    title: str
    value: Callable[[Epoch], float]
    is_loss: bool


TOP1 = Curve("validation top-1, %", lambda e: 100 * e.validation.top1, is_loss=False)
LOSSES = (
    Curve("validation loss", lambda e: e.validation.loss, is_loss=True),
    Curve("training loss", lambda e: e.train.loss, is_loss=True),
)


def band(
    axes: Axes, comparison: Comparison, curve: Curve, drawn: Sequence[Look]
) -> None:
    """Draw a line and a band for each activation."""
    courses = [_course(comparison, a, curve) for a in comparison.activations]
    for course, look in zip(courses, drawn, strict=True):
        epochs = range(1, len(course) + 1)
        means = [point.mean for point in course]
        marker = look.marker if len(course) == 1 else ""
        axes.plot(
            epochs, means, color=look.colour, linestyle=look.dash,
            linewidth=look.width, marker=marker, markersize=4,
        )  # fmt: skip
        axes.fill_between(
            epochs, [p.low for p in course], [p.high for p in course],
            color=look.colour, alpha=0.18, linewidth=0,
        )  # fmt: skip
    axes.set_title(curve.title)
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    last = max(map(len, courses))
    axes.set_xlim(0.5 if last == 1 else 1, last + 0.5 * (last == 1))
    _scale(axes, courses, curve)
    axes.grid(axis="y", color=current().faint, linewidth=HAIRLINE)
    axes.set_axisbelow(True)


def _course(comparison: Comparison, activation: str, curve: Curve) -> list[Estimate]:
    """Mean and interval of each epoch, of the runs that came to their end."""
    runs = [run for run in comparison.of(activation) if not run.diverged]
    values = zip(*(map(curve.value, run.epochs) for run in runs), strict=True)
    return [estimate(epoch) for epoch in values]


def _scale(axes: Axes, courses: Sequence[Sequence[Estimate]], curve: Curve) -> None:
    """All of a loss; of a score that rises, all but its first quarter."""
    shown = [
        end
        for course in courses
        for point in course[0 if curve.is_loss else len(course) // SETTLED :]
        for end in (point.low, point.mean, point.high)
        if math.isfinite(end)
    ]
    if not shown:
        return
    low, high = min(shown), max(shown)
    means = [p.mean for c in courses for p in c if math.isfinite(p.mean)]
    if curve.is_loss and min(means) > 0 and max(means) >= WIDE * min(means):
        low = max(low, min(means) / 2)
        axes.set_yscale("log")
        axes.set_ylim(low / 1.15, high * 1.15)
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=8))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.minorticks_off()
        return
    room = MARGIN * ((high - low) or abs(high) or 1.0)
    axes.set_ylim(low - room, high + room if curve.is_loss else min(100, high) + room)
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
