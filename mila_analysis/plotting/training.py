"""Training runs to nine panels of curves over epochs, a line a run."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from mila_analysis.experiments.results import Epoch, RunResult
from mila_analysis.plotting._axes import header
from mila_analysis.plotting._runs import labels, paper, subject
from mila_analysis.plotting._style import DOUBLE, HAIRLINE, Look, current, looks

__all__ = ["training"]

HEIGHT = 5.4
PERCENT = 100.0
MARGIN = 0.06
FEW = 12  # epochs, of which each has a dot
WIDE = 20.0  # ratio of learning rates from which their axis is logarithmic
DOT = {"markersize": 2.6, "markeredgewidth": 0}

Value = Callable[[Epoch], float]
PANELS: tuple[tuple[tuple[str, Value], ...], ...] = (
    (
        ("training top-1, %", lambda e: PERCENT * e.train.top1),
        ("training top-3, %", lambda e: PERCENT * e.train.top3),
        ("training top-5, %", lambda e: PERCENT * e.train.top5),
    ),
    (
        ("validation top-1, %", lambda e: PERCENT * e.validation.top1),
        ("validation top-3, %", lambda e: PERCENT * e.validation.top3),
        ("validation top-5, %", lambda e: PERCENT * e.validation.top5),
    ),
    (
        ("training loss", lambda e: e.train.loss),
        ("validation loss", lambda e: e.validation.loss),
        ("learning rate", lambda e: e.learning_rate),
    ),
)


def training(
    results: Sequence[RunResult], *, style: str = "light", dpi: float = 300
) -> Figure:
    """Draw the course of runs: top-1, top-3, top-5, losses and learning rate.

    Training and validation share their scale. A ring marks the epoch of the best
    validation top-1.

    Args:
        results: up to eight runs.
        style: `light` or `dark`.
        dpi: dots an inch, of pixels.

    Raises:
        ParameterError: no run, or too many.
    """
    with paper(results, (DOUBLE, HEIGHT), style, dpi) as figure:
        axes = figure.subplots(3, 3, sharex=True)
        drawn = [row[0] for row in looks(current(), len(results))]
        for panels, row in zip(axes, PANELS, strict=True):
            for one, (title, value) in zip(panels, row, strict=True):
                _panel(one, results, drawn, value)
                one.set_title(title)
        _scales(axes)
        for result, look in zip(results, drawn, strict=True):
            _best(axes[1][0], result, look)
        for one in axes[2]:
            one.set_xlabel("epoch")
        handles = [_key(look) for look in drawn] if len(results) > 1 else []
        header(figure, handles, labels(results), subject(results))
    return figure


def _panel(
    axes: Axes, results: Sequence[RunResult], drawn: Sequence[Look], value: Value
) -> None:
    for result, look in zip(results, drawn, strict=True):
        marker = "o" if len(result.epochs) <= FEW else ""
        axes.plot(
            [e.number for e in result.epochs],
            [value(e) for e in result.epochs],
            color=look.colour,
            linestyle=look.dash,
            linewidth=look.width,
            marker=marker,
            **DOT,
        )
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True, min_n_ticks=1))
    if not any(math.isfinite(value(e)) for r in results for e in r.epochs):
        middle = {"transform": axes.transAxes, "ha": "center", "va": "center"}
        axes.text(0.5, 0.5, "not a number", **middle)
        axes.set_yticks([])
        return
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.grid(axis="y", color=current().faint, linewidth=HAIRLINE)
    axes.set_axisbelow(True)


def _scales(axes: Sequence[Sequence[Axes]]) -> None:
    """One scale for training and validation of a score; from 0 where it is a loss."""
    pairs = [(axes[0][k], axes[1][k]) for k in range(3)]
    for pair in pairs:
        low, high = _ends(pair)
        _set(pair, low, min(high, PERCENT))
    losses = (axes[2][0], axes[2][1])
    _, high = _ends(losses)
    _set(losses, 0.0, high)
    _rates(axes[2][2])
    epochs = [x for line in axes[0][0].get_lines() for x in line.get_xdata()]
    axes[0][0].set_xlim(min(epochs) - 0.5, max(epochs) + 0.5)


def _ends(axes: Sequence[Axes]) -> tuple[float, float]:
    """Least and greatest finite value that some axes show."""
    found = [
        float(y)
        for one in axes
        for line in one.get_lines()
        for y in line.get_ydata()
        if math.isfinite(y)
    ]
    return (min(found), max(found)) if found else (0.0, 1.0)


def _set(axes: Sequence[Axes], low: float, high: float) -> None:
    room = MARGIN * ((high - low) or abs(high) or 1.0)
    for one in axes:
        one.set_ylim(low - room if low else 0.0, high + room)


def _rates(axes: Axes) -> None:
    """Learning rates hold for an epoch, and change by factors, if at all."""
    low, high = _ends([axes])
    for line in axes.get_lines():
        line.set_drawstyle("steps-mid")
        if len(line.get_xdata()) > 1:
            line.set_marker("")
    if low > 0 and high / low >= WIDE:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator())
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.set_ylim(low / 1.5, high * 1.5)
    else:
        axes.set_ylim(0.0, high * (1 + 4 * MARGIN))
        axes.ticklabel_format(axis="y", style="sci", scilimits=(-2, 3))


def _best(axes: Axes, result: RunResult, look: Look) -> None:
    """A ring around the best epoch."""
    best = result.best
    axes.plot(
        [best.number], [PERCENT * best.validation.top1], "o", markersize=6,
        markerfacecolor="none", markeredgecolor=look.colour, markeredgewidth=0.9,
        clip_on=False,
    )  # fmt: skip


def _key(look: Look) -> Line2D:
    return Line2D([], [], color=look.colour, linestyle=look.dash, linewidth=look.width)
