"""Small texts about points to places in settled axes that cover no curve."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from matplotlib.axes import Axes
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.path import Path
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

from mila_analysis.plotting._notes import note
from mila_analysis.plotting._style import SMALL

__all__ = ["annotate", "in_a_corner", "tabulate"]

DISTANCES = (5, 9, 14, 21, 30, 40, 52)  # points from the point to the text
DIRECTIONS = (
    (0, -1), (-1, -1), (1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0),
)  # fmt: skip
LED = 14  # points from which on a thin line leads to the text
CLEAR = 1.5  # points about a text
CORNERS = (
    "upper left", "lower right", "upper right", "lower left",
    "center left", "center right", "upper center", "lower center",
)  # fmt: skip


def annotate(axes: Axes, x: float, y: float, text: str) -> Annotation | None:
    """Set a small text near a point, or none if every place near it is taken."""
    curves = _curves(axes)
    for distance, direction in product(DISTANCES, DIRECTIONS):
        placed = note(axes, (x, y), text, distance, direction, led=distance >= LED)
        placed.get_window_extent()  # turns the offset into a position
        box = Text.get_window_extent(placed).padded(_pixels(axes, CLEAR))  # no leader
        if _inside(box, axes.bbox) and _free(box, curves):
            return placed
        placed.remove()
    return None


def tabulate(
    axes: Axes, handles: Sequence[Line2D], labels: Sequence[str], title: str
) -> Legend | None:
    """Set small rows of a sample and a text at a side of the axes that is free."""
    curves = _curves(axes)
    for corner in CORNERS:
        table = axes.legend(
            handles,
            labels,
            loc=corner,
            title=title,
            fontsize=SMALL,
            title_fontsize=SMALL,
            alignment="left",
        )
        if _free(table.get_window_extent(), curves):
            return table
        table.remove()
    return None


def in_a_corner(axes: Axes, text: str, size: float, lines: Sequence[Line2D]) -> Text:
    """Set a small text in the first corner free of some lines, or else over them."""
    paths = [_path(line) for line in lines]
    ground = {"facecolor": axes.get_facecolor(), "edgecolor": "none", "pad": 0.5}
    for x, y in ((0, 1), (1, 0), (0, 0), (1, 1)):
        placed = axes.text(
            0.04 + 0.92 * x,
            0.05 + 0.92 * y,
            text,
            transform=axes.transAxes,
            ha="right" if x else "left",
            va="top" if y else "bottom",
            fontsize=size,
            linespacing=1.05,
        )
        if _free(placed.get_window_extent(), paths):
            placed.set_bbox(ground)  # it may lie on a line through zero
            return placed
        placed.remove()
    return axes.add_artist(placed)


def _curves(axes: Axes) -> list[Path]:
    """What is drawn as lines there, in pixels."""
    return [_path(line) for line in axes.lines]


def _path(line: Line2D) -> Path:
    return line.get_transform().transform_path(line.get_path())


def _pixels(axes: Axes, points: float) -> float:
    return points * float(axes.get_figure(root=True).dpi) / 72


def _inside(box: Bbox, frame: Bbox) -> bool:
    return bool(
        box.x0 >= frame.x0
        and box.x1 <= frame.x1
        and box.y0 >= frame.y0
        and box.y1 <= frame.y1
    )


def _free(box: Bbox, curves: Sequence[Path]) -> bool:
    return not any(path.intersects_bbox(box, filled=False) for path in curves)
