"""A small text near a point, with a thin line to it where it is set farther away."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.text import Annotation

from mila_analysis.plotting._style import HAIRLINE, SMALL, current

__all__ = ["note"]


def note(
    axes: Axes,
    point: tuple[float, float],
    text: str,
    distance: float,
    direction: tuple[int, int],
    *,
    led: bool,
) -> Annotation:
    """Set a text.

    Args:
        axes: where it is drawn.
        point: in their data.
        text: what it says.
        distance: from the point, in points.
        direction: to the right and up, each -1, 0 or 1.
        led: whether a line leads there.
    """
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
        arrowprops=leader | {"shrinkA": 0, "shrinkB": 3} if led else None,
    )
