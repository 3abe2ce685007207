"""Activations to curves of f, with their minima marked, and of partials if asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mila_analysis.partials import Partial
from mila_analysis.plotting import _style
from mila_analysis.plotting._axes import MARGIN, dress, header, settle
from mila_analysis.plotting._labels import number
from mila_analysis.plotting._lines import (
    Bundle,
    crowded,
    draw_lines,
    entries,
    heading,
    name_lines,
    sample,
)
from mila_analysis.plotting._minima import Minimum, minima
from mila_analysis.plotting._placement import annotate, tabulate
from mila_analysis.plotting._style import Look
from mila_analysis.plotting.kinds import Range
from mila_analysis.plotting.request import Request

BELOW = 0.12  # of the height of f: a line of text under its minimum


@dataclass(frozen=True, eq=False, slots=True)
class FunctionData:
    """Curves of f, then of the partials asked for, and the minima of each f."""

    bundle: Bundle
    minima: tuple[tuple[Minimum, ...], ...]


def compute(request: Request) -> FunctionData:
    """Sample each activation, and find the strict minima of f inside the range."""
    asked = request.chosen(request.activations[0]) or ()
    partials = tuple(dict.fromkeys((Partial(), *asked)))
    bundle = sample(request.activations, partials, request.x, request.points)
    return FunctionData(bundle, tuple(minima(row[0]) for row in bundle.rows))


def size(data: FunctionData) -> Range:
    """One column wide; a half more where curves are named."""
    if crowded(data.bundle):
        return _style.WIDER, 3.6
    return _style.SINGLE, 2.5 if len(data.bundle.curves) == 1 else 2.75


def draw(figure: Figure, data: FunctionData) -> None:
    """Curves in one pair of axes, the legend above, minima with their coordinates.

    Many curves of different functions have their names beside them as well.
    """
    bundle = data.bundle
    looks = [[row[0], *(look.faint() for look in row[1:])] for row in bundle.looks]
    axes = figure.add_subplot()
    lines = draw_lines(axes, bundle, looks)
    dress(
        axes,
        bundle.x,
        bundle.curves,
        ylabel="$f(x)$" if len(bundle.partials) == 1 else "",
        below=BELOW if sum(map(len, data.minima)) == 1 else MARGIN,
    )
    header(figure, *entries(bundle), heading(bundle.activations))
    settle(figure)
    marked = [
        (m, row[0])
        for row, found in zip(looks, data.minima, strict=True)
        for m in found
    ]
    _mark(axes, marked)
    name_lines(axes, bundle, lines)


def _mark(axes: Axes, marked: list[tuple[Minimum, Look]]) -> None:
    """A dot on each minimum; a note by a single one, a table of several."""
    for m, look in marked:
        axes.plot(m.x, m.y, **_dot(look), linestyle="none", zorder=4)
    if len(marked) == 1:
        annotate(axes, marked[0][0].x, marked[0][0].y, _place(marked[0][0]))
    elif marked:
        samples = [
            Line2D([], [], linestyle=look.dash, **_dot(look)) for _, look in marked
        ]
        tabulate(axes, samples, [_place(m) for m, _ in marked], "minima")


def _dot(look: Look) -> dict[str, Any]:
    ground = _style.current().ground
    return {
        "color": look.colour,
        "marker": look.marker or "o",
        "markersize": 4.5,
        "markeredgecolor": ground,
        "markeredgewidth": 0.8,
    }


def _place(m: Minimum) -> str:
    return f"$({number(m.x)}, {number(m.y)})$"
