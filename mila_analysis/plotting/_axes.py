"""Curves to lines in labelled axes, and a header above them that covers none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator

from mila_analysis.errors import ParameterError
from mila_analysis.plotting._curves import Curve
from mila_analysis.plotting._style import HAIRLINE, current
from mila_analysis.plotting.kinds import Range

__all__ = ["dress", "header", "settle"]

GAP = 0.03  # inches between parts of the header
TAIL = 1.0  # per cent of a curve's points that may leave the frame at each end
OUTLIER = 8.0  # times the rest of a curve that they must tower for that


def dress(axes: Axes, ends: Range, curves: Iterable[Curve], ylabel: str = "") -> None:
    """Limits, lines through zero and labels of axes that show curves over x."""
    faint = current().faint
    axes.axhline(0, color=faint, linewidth=HAIRLINE, zorder=0.5)
    if ends[0] < 0 < ends[1]:
        axes.axvline(0, color=faint, linewidth=HAIRLINE, zorder=0.5)
    axes.set_xlim(*ends)
    axes.set_ylim(*_heights(curves))
    axes.set_xlabel("$x$")
    axes.set_ylabel(ylabel)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))


def _heights(curves: Iterable[Curve]) -> Range:
    """Limits of y: all of the curves, or, next to a pole, most of them."""
    y = np.concatenate([c.y[np.isfinite(c.y)] for c in curves])
    if not y.size:
        raise ParameterError("nothing to draw: no finite value in the range of x")
    low, high = float(y.min()), float(y.max())
    inner = np.percentile(y / 2, [TAIL, 100 - TAIL])
    if high / 2 - low / 2 > OUTLIER * (inner[1] - inner[0]) > 0:
        low, high = float(2 * inner[0]), float(2 * inner[1])
    low, high = min(low, 0.0), max(high, 0.0)
    margin = (high / 2 - low / 2) * 0.1 or 1.0
    return low - margin, high + margin


def header(
    figure: Figure, handles: Sequence[Artist], labels: Sequence[str], heading: str = ""
) -> None:
    """Title, heading and legend in a band of their own above all axes.

    The legend takes as few rows as the width allows. Axes get the rest of the figure.
    """
    inch = 1 / figure.get_figheight()
    top = 1 - 2 * GAP * inch
    for artist in _headings(figure, heading):
        artist.set_y(top)
        top -= _height(figure, artist) + GAP * inch
    if handles:
        legend = _legend(figure, handles, labels, top)
        top -= _height(figure, legend) + GAP * inch
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.set(rect=(0, 0, 1, top))


def _headings(figure: Figure, heading: str) -> list[Text]:
    title = figure.get_suptitle()
    found = [figure.suptitle(title, va="top")] if title else []
    if heading:
        found.append(figure.text(0.5, 1, heading, ha="center", va="top"))
    for artist in found:
        artist.set_in_layout(False)
    return found


def _legend(
    figure: Figure, handles: Sequence[Artist], labels: Sequence[str], top: float
) -> Legend:
    for columns in range(len(handles), 0, -1):
        legend = figure.legend(
            handles,
            labels,
            loc="upper center",
            bbox_to_anchor=(0.5, top),
            ncols=columns,
        )
        legend.set_in_layout(False)
        if columns == 1 or legend.get_window_extent().width <= figure.bbox.width:
            break
        legend.remove()
    return legend


def _height(figure: Figure, artist: Artist) -> float:
    return artist.get_window_extent().height / figure.bbox.height


def settle(figure: Figure) -> None:
    """Place axes for good, so that what is drawn later cannot move them."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
