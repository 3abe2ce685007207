"""Lines of levels, in settled axes, to their values set where there is room."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.contour import QuadContourSet

from mila_analysis.plotting._curves import Floats
from mila_analysis.plotting._labels import short
from mila_analysis.plotting._style import SMALL

__all__ = ["label"]

EDGE = 0.09  # of the axes: a label nearer to the frame would be cut
APART = 0.17  # of the axes: labels nearer to each other would touch
LONG = 0.25  # of the axes: shorter lines are left whole


def label(axes: Axes, lines: QuadContourSet | None) -> None:
    """Set each level's value into its line, far from the frame and other values."""
    if lines is None:
        return
    taken: list[Floats] = []
    for path in lines.get_paths():
        place = _place(_fractions(axes, path.vertices), taken)
        if place is not None:
            taken.append(place)
    if taken:
        inverse = (axes.transAxes - axes.transData).transform(taken)
        lines.clabel(
            fontsize=SMALL,
            fmt=lambda level: f"${short(level)}$",
            inline_spacing=3,
            manual=[(x, y) for x, y in inverse],
        )


def _fractions(axes: Axes, vertices: object) -> Floats:
    """Points as fractions of the axes."""
    found = (axes.transData - axes.transAxes).transform(np.asarray(vertices))
    return np.asarray(found, dtype=np.float64)


def _place(points: Floats, taken: list[Floats]) -> Floats | None:
    """The point of a line with most room about it, or none if none has enough."""
    inner = points[((points > EDGE) & (points < 1 - EDGE)).all(axis=1)]
    if inner.shape[0] < 2 or np.ptp(points, axis=0).max() < LONG:
        return None
    room = np.minimum(inner, 1 - inner).min(axis=1)
    for other in taken:
        room = np.minimum(room, np.hypot(*(inner - other).T) - APART / 2)
    best = int(room.argmax())
    return inner[best] if not taken or room[best] > APART / 2 else None
