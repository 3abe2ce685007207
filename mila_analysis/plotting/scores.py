"""A comparison to points and intervals, differences, and curves with bands."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from mila_analysis.activation import Activation
from mila_analysis.errors import ParameterError
from mila_analysis.experiments.comparing import Comparison
from mila_analysis.experiments.comparing.measures import MEASURES, WHEN, Measure
from mila_analysis.plotting._axes import header, settle
from mila_analysis.plotting._bands import LOSSES, TOP1, band
from mila_analysis.plotting._drawing import sheet
from mila_analysis.plotting._labels import family_labels, full_label
from mila_analysis.plotting._style import (
    DOUBLE,
    HAIRLINE,
    MARKERS,
    SMALL,
    THICK,
    THIN,
    Look,
    context,
    current,
    looks,
)
from mila_analysis.plotting.request import check_dpi, check_style

__all__ = ["check_count", "scores"]

MOST, MOST_PAIRS = 8, 15
ROW, PAIR, LEAST, CURVES, REST = 0.46, 0.165, 1.25, 1.55, 1.25  # inches
APART, BELOW, SWARM = 0.25, 0.13, 0.17  # parts of a row: epochs, dots, their heights
UP = 0.1
DOT, MEAN = 2.1, 4.6  # points
SHOWN = MEASURES[:2]
BINS = 40  # places of dots side by side
STEPS = [1, 2, 2.5, 5, 10]
FloatArray = NDArray[np.float64]


def scores(
    comparison: Comparison,
    score: Measure = MEASURES[0],
    *,
    style: str = "light",
    dpi: float = 300,
) -> Figure:
    """Draw top-1 and macro-F1 of every seed, differences, and the course of training.

    Above: a dot a seed, mean and 95 % interval, of the last (filled) and the best epoch
    (open); then the mean difference of each pair in the last epoch with its interval,
    grey unless it is shown after Holm's correction. Below: means over seeds with
    95 % bands. Runs that diverged are in none.

    Args:
        comparison: of up to eight activations; of more than 15 pairs only those with
            the first activation are drawn.
        score: of which differences are drawn.
        style: `light` or `dark`.
        dpi: dots an inch, of pixels.

    Raises:
        ParameterError: too many activations, or no run that came to its end.
    """
    check_style(style)
    _check(comparison)
    if len(comparison.pairs(score, "last")) > MOST_PAIRS:
        comparison = comparison.with_baseline(comparison.activations[0])
    size = (DOUBLE, _height(comparison, score))
    with context(style), sheet(size, "") as figure:
        drawn = _looks(len(comparison.activations))
        rows = figure.subplots(2, 3, height_ratios=[size[1] - REST - CURVES, CURVES])
        for axes, measure in zip(rows[0], SHOWN, strict=False):
            _points(axes, comparison, measure, drawn)
        rows[0][0].set_yticklabels(_names(comparison))
        rows[0][1].set_yticklabels([])
        _differences(rows[0][2], comparison, score)
        for axes, curve in zip(rows[1], (TOP1, *LOSSES), strict=True):
            band(axes, comparison, curve, drawn)
        header(figure, *_keys(comparison, drawn), _heading(comparison))
        settle(figure)
        _signs(rows[0][2], comparison, score, drawn)
    figure.set_dpi(check_dpi(dpi, size))
    return figure


def check_count(activations: int) -> None:
    """Refuse more activations than can be told apart.

    Raises:
        ParameterError: there are more.
    """
    if activations > MOST:
        raise ParameterError(
            f"a figure shows up to {MOST} activations, not {activations}"
        )


def _check(comparison: Comparison) -> None:
    check_count(len(comparison.activations))
    if all(run.diverged for run in comparison.runs):
        raise ParameterError("nothing to draw: every run diverged")


def _height(comparison: Comparison, score: Measure) -> float:
    pairs = len(comparison.pairs(score, "last"))
    above = max(LEAST, ROW * len(comparison.activations), PAIR * pairs)
    return above + CURVES + REST


def _looks(count: int) -> list[Look]:
    """Hue, dash and marker of each activation."""
    plain = [row[0] for row in looks(current(), count)]
    return [
        Look(look.colour, look.dash, marker)
        for look, marker in zip(plain, MARKERS, strict=False)
    ]


def _functions(comparison: Comparison) -> list[Activation]:
    return [comparison.of(a)[0].config.function for a in comparison.activations]


def _names(comparison: Comparison) -> list[str]:
    """Names with their parameters on a line of their own."""
    return [full_label(a).replace(" (", "\n(") for a in _functions(comparison)]


def _heading(comparison: Comparison) -> str:
    c, count = comparison.settings, len(comparison.seeds)
    where = "all hidden layers" if c.placement == "all" else "the first layer"
    seeds = f"{count} seed{'s' * (count != 1)}"
    return f"{c.dataset}, {c.model}, activation in {where}, {seeds}"


def _points(
    axes: Axes, comparison: Comparison, measure: Measure, drawn: Sequence[Look]
) -> None:
    """A row an activation: above what the last epoch gave, below the best."""
    for row, (name, look) in enumerate(zip(comparison.activations, drawn, strict=True)):
        for when in WHEN:
            at = row - UP + (-APART if when == "last" else APART)
            values = np.array(comparison.values(name, measure, when)) * measure.factor
            fill = look.colour if when == "last" else current().ground
            axes.plot(
                values, at + BELOW + _swarm(values), "o", markersize=DOT, alpha=0.65,
                markerfacecolor=fill, markeredgecolor=look.colour,
                markeredgewidth=0.5, zorder=2,
            )  # fmt: skip
            found = comparison.score(name, measure, when)
            _interval(axes, (found.low, found.mean, found.high), at, look, fill)
    axes.set_title(f"validation {measure.title}, %")
    _rows(axes, len(comparison.activations))


def _swarm(values: FloatArray) -> FloatArray:
    """Heights of dots below their interval: near ones stand one below the other."""
    heights = np.zeros(len(values))
    span = (np.nanmax(values) - np.nanmin(values)) if np.isfinite(values).any() else 0
    places = np.round(values / (span / BINS or 1.0))
    for place in np.unique(places[np.isfinite(places)]):
        (near,) = np.nonzero(places == place)
        heights[near] = SWARM * np.arange(len(near)) / max(3, len(near) - 1)
    return heights


def _interval(
    axes: Axes, ends: tuple[float, float, float], at: float, look: Look, fill: str
) -> None:
    low, mean, high = ends
    if math.isfinite(low):
        axes.plot(
            [low, high], [at, at], color=look.colour, linewidth=THICK, zorder=3,
            solid_capstyle="butt", label="_interval",
        )  # fmt: skip
    axes.plot(
        [mean], [at], look.marker, markersize=MEAN, markerfacecolor=fill,
        markeredgecolor=look.colour, markeredgewidth=THIN, zorder=4,
    )  # fmt: skip


def _rows(axes: Axes, count: int) -> None:
    axes.set_ylim(count - 0.5, -0.5)
    axes.set_yticks(range(count))
    axes.tick_params(axis="y", length=0)
    axes.margins(x=0.06)
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=STEPS))
    axes.grid(axis="x", color=current().faint, linewidth=HAIRLINE)
    axes.set_axisbelow(True)


def _differences(axes: Axes, comparison: Comparison, score: Measure) -> None:
    """A row a pair; grey where the data support no difference."""
    pairs, theme = comparison.pairs(score, "last"), current()
    axes.axvline(0, color=theme.ink, linewidth=HAIRLINE, zorder=1)
    for row, pair in enumerate(pairs):
        found = pair.difference.mean.times(score.factor)
        colour = theme.ink if pair.difference.is_shown else theme.level
        look = Look(colour, marker="D")
        _interval(axes, (found.low, found.mean, found.high), row, look, colour)
    axes.set_title(f"difference in {score.title} (last),{score.step}")
    _rows(axes, len(pairs))
    axes.set_yticklabels(["\u2003" * 3] * len(pairs))  # room for two markers
    if not all(pair.difference.is_shown for pair in pairs):
        axes.set_xlabel("grey: no difference shown")


def _signs(
    axes: Axes, comparison: Comparison, score: Measure, drawn: Sequence[Look]
) -> None:
    """Markers of both activations left of each difference."""
    order = comparison.activations
    width = axes.get_position().width * axes.get_figure(root=True).get_figwidth() * 72
    place = axes.get_yaxis_transform()
    for row, pair in enumerate(comparison.pairs(score, "last")):
        for name, points in ((pair.first, 22.0), (pair.second, 6.0)):
            look = drawn[order.index(name)]
            axes.plot(
                [-points / width], [row], look.marker, markersize=MEAN,
                color=look.colour, markeredgewidth=0, transform=place, clip_on=False,
                label="_sign",
            )  # fmt: skip
        axes.text(
            -14.0 / width, row, "\N{MINUS SIGN}", transform=place, ha="center",
            va="center_baseline", fontsize=SMALL,
        )  # fmt: skip


def _keys(
    comparison: Comparison, drawn: Sequence[Look]
) -> tuple[list[Line2D], list[str]]:
    """Samples and names: activations, then what filled and open markers are."""
    ink, ground = current().ink, current().ground
    handles = [
        Line2D([], [], color=k.colour, linestyle=k.dash, linewidth=k.width,
               marker=k.marker, markersize=MEAN, markeredgewidth=0)
        for k in drawn
    ]  # fmt: skip
    handles += [
        Line2D([], [], linestyle="", marker="o", markersize=MEAN,
               markerfacecolor=fill, markeredgecolor=ink, markeredgewidth=THIN)
        for fill in (ink, ground)
    ]  # fmt: skip
    names = [*family_labels(_functions(comparison)), "last epoch", "best epoch"]
    return handles, names
