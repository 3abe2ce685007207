"""Activations to curves of f, with their minima marked, and of partials if asked."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mila_analysis.partials import Partial
from mila_analysis.plotting import _style
from mila_analysis.plotting._axes import dress, header, settle
from mila_analysis.plotting._labels import number
from mila_analysis.plotting._lines import Bundle, draw_lines, entries, heading, sample
from mila_analysis.plotting._minima import Minimum, minima
from mila_analysis.plotting._placement import annotate
from mila_analysis.plotting.kinds import Range
from mila_analysis.plotting.request import Request


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
    """One column wide."""
    return _style.SINGLE, 2.5 if len(data.bundle.curves) == 1 else 2.75


def draw(figure: Figure, data: FunctionData) -> None:
    """Curves in one pair of axes, the legend above, minima with their coordinates."""
    bundle = data.bundle
    looks = [[row[0], *(look.faint() for look in row[1:])] for row in bundle.looks]
    axes = figure.add_subplot()
    draw_lines(axes, bundle, looks)
    alone = len(bundle.partials) == 1
    dress(axes, bundle.x, bundle.curves, "$f(x)$" if alone else "")
    header(figure, *entries(bundle), heading(bundle.activations))
    settle(figure)
    for row, found in zip(looks, data.minima, strict=True):
        _mark(axes, found, row[0].colour)


def _mark(axes: Axes, found: tuple[Minimum, ...], colour: str) -> None:
    ground = _style.current().ground
    for m in found:
        axes.plot(
            m.x, m.y, "o", color=colour, markersize=4.5,
            markeredgecolor=ground, markeredgewidth=0.8, zorder=4, clip_on=False,
        )  # fmt: skip
    for m in found:
        annotate(axes, m.x, m.y, f"$({number(m.x)},\\;{number(m.y)})$")
