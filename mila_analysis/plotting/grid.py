"""Activations to small multiples: f and its slope, a panel each, on the same axes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from math import ceil

import numpy as np
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mila_analysis.errors import ParameterError
from mila_analysis.partials import Partial
from mila_analysis.plotting import _style
from mila_analysis.plotting._axes import header, too_small, zero_lines
from mila_analysis.plotting._ends import common_ends
from mila_analysis.plotting._labels import name, parameter_lines
from mila_analysis.plotting._lines import Bundle, draw_lines, entries, sample
from mila_analysis.plotting._placement import in_a_corner
from mila_analysis.plotting._style import Look
from mila_analysis.plotting.kinds import Range
from mila_analysis.plotting.request import Request

Place = tuple[float, float, float, float]

PARTIALS = (Partial(), Partial(("x",)))
COLUMNS = ((3, 3), (8, 4), (15, 5), (30, 6), (64, 8))  # for so many panels: so many
FLATTEST, TALLEST = 0.55, 1.0  # height of a panel, of its width
LEFT, RIGHT, BELOW = 0.28, 0.06, 0.34  # inches around all panels
LEGEND = 0.25
BETWEEN = 0.1  # inches from panel to panel, beside the names that stand above each
LETTER = 0.5  # width of a letter, of its height
LEAST = 0.2  # inches a side, of a panel
PAD = 0.05  # of the window, above and below what it must show
TINY = 6.0  # points


@dataclass(frozen=True, eq=False, slots=True)
class GridData:
    """A bundle of f and its slope an activation, and the window that all show."""

    panels: tuple[Bundle, ...]
    y: Range

    @property
    def columns(self) -> int:
        """Panels side by side."""
        count = len(self.panels)
        most = next(columns for panels, columns in COLUMNS if count <= panels)
        return ceil(count / ceil(count / most))  # rows as even as can be

    @property
    def rows(self) -> int:
        """Panels one above the other."""
        return ceil(len(self.panels) / self.columns)


def compute(request: Request) -> GridData:
    """Sample f and f_x of each activation."""
    panels = tuple(
        sample((a,), PARTIALS, request.x, request.points) for a in request.activations
    )
    return GridData(panels, window(panels))


def window(panels: Sequence[Bundle]) -> Range:
    """Limits of y for all panels: what they show, but no steeper than y = x.

    Where zero is inside the range of x, y goes at most as far up as x does to the right
    and half as far down as x does to the left: what most activations need. One that
    grows faster leaves its panel and flattens no other.

    Raises:
        ParameterError: nothing is finite.
    """
    finite = [c.y[np.isfinite(c.y)] for panel in panels for c in panel.curves]
    shown = [y for y in finite if y.size]
    if not shown:
        raise ParameterError("nothing to draw: no finite value in the range of x")
    low, high = common_ends(shown)
    left, right = panels[0].x
    if left < 0 < right:
        low, high = max(low, left / 2), min(high, right)
    if low == high:
        low, high = -1.0, 1.0
    pad = PAD * (high - low)
    return low - pad, high + pad


def size(data: GridData) -> Range:
    """Both columns wide, less for one or two; panels about as high as their window."""
    width = {1: _style.SINGLE, 2: _style.WIDER}.get(data.columns, _style.DOUBLE)
    left, right = data.panels[0].x
    shape = (data.y[1] - data.y[0]) / (right - left)
    high = _breadth(data, width) * min(max(shape, FLATTEST), TALLEST)
    names = sum(_over(row) for row in _names(data, width))
    return width, LEGEND + names + data.rows * high + BELOW


def draw(figure: Figure, data: GridData) -> None:
    """Panels in reading order, ticks at the outer ones, one legend for all."""
    looks = _looks()
    figure.set_layout_engine("none")
    top = header(figure, *entries(data.panels[0], looks))
    for place, (bundle, title) in zip(
        _places(figure, data, top), _titled(figure, data), strict=True
    ):
        axes = figure.add_axes(place)
        draw_lines(axes, bundle, looks)
        zero_lines(axes, bundle.x)
        axes.set(xlim=bundle.x, ylim=data.y)
        axes.set_title(
            title, fontsize=_style.SMALL, pad=2.5, linespacing=_style.LEADING
        )
    for i, axes in enumerate(figure.axes):
        _ticks(axes.yaxis, outer=i % data.columns == 0)
        _ticks(axes.xaxis, outer=i + data.columns >= len(data.panels))
        values = parameter_lines(data.panels[i].activations[0])
        if values:
            in_a_corner(axes, values, TINY, axes.lines[:2])


def _looks() -> list[list[Look]]:
    """f thick; its slope thin, dashed and of another hue."""
    first, _, other, _ = _style.current().few
    return [[Look(first), Look(other, _style.DASHES[1], width=_style.THIN)]]


def _breadth(data: GridData, width: float) -> float:
    """Width of a panel in inches."""
    free = width - LEFT - RIGHT - BETWEEN * (data.columns - 1)
    return free / data.columns


def _names(data: GridData, width: float) -> list[list[str]]:
    """Name of each panel, in rows, on as many lines as the width of a panel asks."""
    room = (_breadth(data, width) + BETWEEN / 2) * 72
    letters = max(8, int(room / (LETTER * _style.SMALL)))
    every = [name(panel.activations[0], letters) for panel in data.panels]
    return [every[i : i + data.columns] for i in range(0, len(every), data.columns)]


def _over(names: Sequence[str]) -> float:
    """Inches that a row of names needs above its panels."""
    lines = max(name.count("\n") + 1 for name in names)
    return BETWEEN + lines * _style.LEADING * 1.2 * _style.SMALL / 72


def _titled(figure: Figure, data: GridData) -> Iterator[tuple[Bundle, str]]:
    names = _names(data, figure.get_figwidth())
    return zip(data.panels, chain.from_iterable(names), strict=True)


def _places(figure: Figure, data: GridData, top: float) -> Iterator[Place]:
    """Left, bottom, width and height of each panel, as parts of the figure."""
    width, height = figure.get_size_inches()
    names = _names(data, width)
    across = _breadth(data, width)
    free = height * top - sum(map(_over, names)) - BELOW
    up = free / data.rows
    if min(across, up) < LEAST:
        raise too_small(width, height)
    y = height * top
    for row in names:
        y -= _over(row) + up
        for column in range(len(row)):
            x = LEFT + column * (across + BETWEEN)
            yield x / width, y / height, across / width, up / height


def _ticks(axis: Axis, *, outer: bool) -> None:
    """Few ticks, none at the ends, where numbers of two panels would meet."""
    is_x = axis.axis_name == "x"
    axis.set_major_locator(
        MaxNLocator(4, steps=[1, 2, 5, 10], prune="both" if is_x else None)
    )
    shown = {"labelbottom" if is_x else "labelleft": outer}
    axis.set_tick_params(labelsize=_style.SMALL, length=2, **shown)
    axis.get_offset_text().set(visible=outer, fontsize=TINY)
    if outer and is_x:
        axis.set_label_text("$x$", fontsize=_style.SMALL)
        axis.labelpad = 0
