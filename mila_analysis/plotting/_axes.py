"""Curves to lines in labelled axes, and a header above them that covers none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.legend import Legend
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator

from mila_analysis.errors import ParameterError
from mila_analysis.plotting._curves import Curve
from mila_analysis.plotting._ends import common_ends
from mila_analysis.plotting._style import HAIRLINE, LEADING, current
from mila_analysis.plotting.kinds import Range

__all__ = ["MARGIN", "dress", "header", "settle", "too_small", "zero_lines"]

LEAST = 0.2  # of the figure's height, that the header has to leave
MARGIN = 0.05
GAP = 0.03  # inches between parts of the header


def dress(
    axes: Axes,
    ends: Range,
    curves: Iterable[Curve],
    ylabel: str = "",
    below: float = MARGIN,
) -> None:
    """Limits, lines through zero and labels of axes that show curves over x.

    Args:
        axes: that show the curves already.
        ends: range of x.
        curves: that must fit.
        ylabel: beside the axes.
        below: room under the curves, as a part of their height.
    """
    zero_lines(axes, ends)
    axes.set_xlim(*ends)
    axes.set_ylim(*_heights(curves, below))
    axes.set_xlabel("$x$")
    axes.set_ylabel(ylabel)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))


def zero_lines(axes: Axes, ends: Range) -> None:
    """Faint lines where y is zero and, if it is inside the range, where x is."""
    faint = current().faint
    axes.axhline(0, color=faint, linewidth=HAIRLINE, zorder=0.5)
    if ends[0] < 0 < ends[1]:
        axes.axvline(0, color=faint, linewidth=HAIRLINE, zorder=0.5)


def _heights(curves: Iterable[Curve], below: float) -> Range:
    """Limits of y: all of the curves, or, where one runs away, most of them."""
    finite = [c.y[np.isfinite(c.y)] for c in curves]
    shown = [y for y in finite if y.size]
    if not shown:
        raise ParameterError("nothing to draw: no finite value in the range of x")
    low, high = common_ends(shown)
    half = high / 2 - low / 2 or 10.0
    return low - 2 * half * below, high + 2 * half * MARGIN


def header(
    figure: Figure, handles: Sequence[Artist], labels: Sequence[str], heading: str = ""
) -> float:
    """Title, heading and legend in a band of their own above all axes.

    The legend takes as few rows as the width allows. Axes get the rest of the figure,
    up to the part of its height that is returned.
    """
    inch = 1 / figure.get_figheight()
    top = 1 - 2 * GAP * inch
    for artist in _headings(figure, heading):
        artist.set_y(top)
        top -= _height(figure, artist) + GAP * inch
    if handles:
        legend = _legend(figure, handles, labels, top)
        top -= _height(figure, legend) + GAP * inch
    if top < LEAST:
        width, height = figure.get_size_inches()
        raise too_small(width, height)
    engine = figure.get_layout_engine()
    if isinstance(engine, ConstrainedLayoutEngine):
        engine.set(rect=(0, 0, 1, top))
    return top


def _headings(figure: Figure, heading: str) -> list[Text]:
    title = figure.get_suptitle()
    found = [figure.suptitle(title, va="top")] if title else []
    if heading:
        found.append(figure.text(0.5, 1, heading, ha="center", va="top"))
    for artist in found:
        artist.set_in_layout(False)
        artist.set_wrap(True)
    return found


def _legend(
    figure: Figure, handles: Sequence[Artist], labels: Sequence[str], top: float
) -> Legend:
    for rows in range(1, len(handles) + 1):
        columns = -(-len(handles) // rows)
        order = _by_rows(len(handles), columns)
        legend = figure.legend(
            [handles[i] for i in order],
            [labels[i] for i in order],
            loc="upper center",
            bbox_to_anchor=(0.5, top),
            ncols=columns,
        )
        legend.set_in_layout(False)
        for text in legend.get_texts():
            if "\n" in text.get_text():
                text.set_linespacing(LEADING)
        if columns == 1 or legend.get_window_extent().width <= figure.bbox.width:
            break
        legend.remove()
    return legend


def _by_rows(count: int, columns: int) -> list[int]:
    """Order in which Matplotlib, which fills columns, has to be given rows."""
    return [i for column in range(columns) for i in range(column, count, columns)]


def _height(figure: Figure, artist: Artist) -> float:
    return float(artist.get_window_extent().height / figure.bbox.height)


def too_small(width: float, height: float) -> ParameterError:
    """What to raise where a figure leaves no room for axes."""
    return ParameterError(
        f"{width:g} by {height:g} inches is too small for this figure"
    )


def settle(figure: Figure) -> None:
    """Place axes for good, so that what is drawn later cannot move them."""
    if not isinstance(figure.get_layout_engine(), ConstrainedLayoutEngine):
        return  # they are, and to find that out costs as much as to draw the figure
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
