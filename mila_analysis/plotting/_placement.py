"""Point and text to a place beside the point that covers no curve."""

from __future__ import annotations

from itertools import product

from matplotlib.axes import Axes
from matplotlib.path import Path
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

from mila_analysis.plotting._style import HAIRLINE, SMALL, current

__all__ = ["annotate"]

DISTANCES = (4, 8, 14, 21, 30, 40, 52)  # points from the point to the text
DIRECTIONS = (
    (0, -1), (-1, -1), (1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0),
)  # fmt: skip
LED = 14  # points from which on a thin line leads to the text
CLEAR = 1.5  # points about a text


def annotate(axes: Axes, x: float, y: float, text: str) -> Annotation | None:
    """Set a small text near a point, or none if every place near it is taken.

    The axes must be settled: places are tried in the pixels of the figure.
    """
    curves, boxes = _obstacles(axes)
    for distance, direction in product(DISTANCES, DIRECTIONS):
        note = _note(axes, (x, y), text, distance, direction)
        box = _padded(note, axes)
        if _inside(box, axes.bbox) and _free(box, curves, boxes):
            return note
        note.remove()
    return None


def _note(
    axes: Axes,
    point: tuple[float, float],
    text: str,
    distance: float,
    direction: tuple[int, int],
) -> Annotation:
    right, up = direction
    reach = distance / (2**0.5 if right and up else 1)
    leader = {"arrowstyle": "-", "lw": HAIRLINE, "color": current().ink}
    return axes.annotate(
        text,
        point,
        xytext=(right * reach, up * reach),
        textcoords="offset points",
        ha={-1: "right", 0: "center", 1: "left"}[right],
        va={-1: "top", 0: "center", 1: "bottom"}[up],
        fontsize=SMALL,
        arrowprops=leader | {"shrinkA": 0, "shrinkB": 3} if distance >= LED else None,
    )


def _obstacles(axes: Axes) -> tuple[list[Path], list[Bbox]]:
    """Curves and texts that are there, in pixels."""
    curves = [
        artist.get_transform().transform_path(artist.get_path())
        for artist in axes.lines
    ]
    return curves, [_padded(note, axes) for note in axes.texts]


def _padded(note: Annotation, axes: Axes) -> Bbox:
    """Box of a text without its leader, a little larger."""
    note.update_positions(axes.get_figure(root=True).canvas.get_renderer())
    return Text.get_window_extent(note).padded(CLEAR * axes.figure.dpi / 72)


def _inside(box: Bbox, frame: Bbox) -> bool:
    return bool(
        box.x0 >= frame.x0
        and box.x1 <= frame.x1
        and box.y0 >= frame.y0
        and box.y1 <= frame.y1
    )


def _free(box: Bbox, curves: list[Path], boxes: list[Bbox]) -> bool:
    crossed = any(path.intersects_bbox(box, filled=False) for path in curves)
    return not crossed and not any(box.overlaps(other) for other in boxes)
