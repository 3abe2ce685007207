"""Curves in settled axes to a name beside each, where it can be no other's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from mila_analysis.plotting._style import HAIRLINE, LEADING, SMALL

__all__ = ["beside_curves"]

TOUCH = 2.0  # points from a name to the nearest ink
NEAR = 5.0  # points from a name within which its own curve passes
FAR = (
    24.0,
    18.0,
    13.0,
    9.0,
    7.0,
)  # points that others keep away; the first that can be
WALK = 0.5  # pixels from point to point of a curve

ALONE = (16.0, 12.0, 8.0, 5.0, 3.0, 1.4)  # points about a dot; the first that can be
REACH = (7.0, 45.0)  # points from a dot to its name
DOTS, PLACES = 12, 60  # of which the best is taken
CROSSED = 2.0  # points more of a way, that a pixel of another curve on it costs

Point = tuple[float, float]
Mask = NDArray[np.bool_]
Sums = NDArray[np.int64]


def beside_curves(
    axes: Axes,
    curves: Sequence[Line2D],
    names: Sequence[str],
    avoid: Sequence[Bbox] = (),
) -> list[Text | None]:
    """Set the name of each curve close to it and far from all others.

    A curve that runs among others has its name farther off, with a thin line to a dot
    where it is by itself; one that is nowhere by itself has none.

    Args:
        axes: settled, with the curves drawn.
        curves: each has a name.
        names: texts.
        avoid: what else must not be covered, in pixels.
    """
    sheet = _Sheet.of(axes, curves, avoid)
    texts = [
        axes.text(
            0,
            0,
            name,
            fontsize=SMALL,
            color=curve.get_color(),
            va="bottom",
            linespacing=LEADING,
        )
        for name, curve in zip(names, curves, strict=True)
    ]
    sizes = [_size(text) for text in texts]
    hardest = sorted(range(len(texts)), key=lambda i: sheet.freedom(i, sizes[i]))
    close = {i: sheet.place(i, sizes[i]) for i in hardest}
    for i in hardest:
        corner = close[i]
        if corner is None:
            led = sheet.lead(i, sizes[i])
            if led is None:
                texts[i].remove()
                continue
            corner, end = led
            box = Bbox.from_bounds(*corner, *sizes[i]).padded(1)
            _leader(axes, curves[i], box, end)
        texts[i].set_position(_data(axes, corner))
    return [text if text.axes else None for text in texts]


def _data(axes: Axes, pixel: Point) -> Point:
    x, y = axes.transData.inverted().transform(pixel)
    return float(x), float(y)


def _leader(axes: Axes, curve: Line2D, box: Bbox, end: Point) -> None:
    """A thin line from the edge of a box to a dot."""
    start = min(max(end[0], box.x0), box.x1), min(max(end[1], box.y0), box.y1)
    (x0, y0), (x1, y1) = _data(axes, start), _data(axes, end)
    axes.plot(
        [x0, x1],
        [y0, y1],
        color=curve.get_color(),
        linewidth=HAIRLINE,
        marker="o",
        markevery=[1],
        markersize=2.4,
        markeredgewidth=0,
        zorder=3,
    )


def _size(text: Text) -> tuple[int, int]:
    box = text.get_window_extent()
    return int(np.ceil(box.width)), int(np.ceil(box.height))


@dataclass(slots=True)
class _Sheet:
    """Pixels of axes: which of them each curve, and anything else, covers.

    Attributes:
        origin: pixel of the lower left corner.
        scale: pixels a point.
        curves: a mask a curve.
        taken: a mask of what else is there.
    """

    origin: tuple[float, float]
    scale: float
    curves: list[Mask]
    taken: Mask

    @classmethod
    def of(cls, axes: Axes, curves: Sequence[Line2D], avoid: Sequence[Bbox]) -> _Sheet:
        frame = axes.bbox
        shape = int(frame.height) + 1, int(frame.width) + 1
        sheet = cls(
            origin=(float(frame.x0), float(frame.y0)),
            scale=float(axes.get_figure(root=True).dpi) / 72,
            curves=[],
            taken=np.zeros(shape, dtype=np.bool_),
        )
        sheet.curves += [sheet._ink(line) for line in curves]
        others = [line for line in axes.lines if line not in curves]
        for line in others:
            sheet.taken |= sheet._ink(line)
        dots = [
            line.get_window_extent() for line in others if line.get_marker() != "None"
        ]
        for box in (*dots, *avoid):
            sheet._cover(box.x0, box.y0, box.x1, box.y1)
        return sheet

    def _ink(self, line: Line2D) -> Mask:
        """Pixels that a line crosses."""
        mask = np.zeros_like(self.taken)
        points = line.get_transform().transform(line.get_xydata()) - self.origin
        for x, y in _stretches(points):
            inside = (x >= 0) & (x < mask.shape[1]) & (y >= 0) & (y < mask.shape[0])
            mask[y[inside].astype(int), x[inside].astype(int)] = True
        return mask

    def _cover(self, x0: float, y0: float, x1: float, y1: float) -> None:
        left, low = (
            max(0, int(v - o)) for v, o in zip((x0, y0), self.origin, strict=True)
        )
        right, high = (
            int(np.ceil(v - o)) for v, o in zip((x1, y1), self.origin, strict=True)
        )
        self.taken[low : max(0, high), left : max(0, right)] = True

    def freedom(self, i: int, size: tuple[int, int]) -> int:
        """Number of places that a name of a size has beside a curve."""
        return int(self._possible(i, size, FAR[-1]).sum())

    def place(self, i: int, size: tuple[int, int]) -> tuple[float, float] | None:
        """Lower left corner of a name beside a curve, in pixels; it is then taken."""
        for far in FAR:
            possible = self._possible(i, size, far)
            if possible.any():
                own = _around(self.curves[i], size, NEAR * self.scale)
                row, column = np.unravel_index(
                    np.where(possible, own, -1).argmax(), own.shape
                )
                x, y = self.origin[0] + float(column), self.origin[1] + float(row)
                self._cover(x, y, x + size[0], y + size[1])
                return x, y
        return None

    def lead(self, i: int, size: tuple[int, int]) -> tuple[Point, Point] | None:
        """Lower left corner of a name, and the dot that a line leads to from it."""
        rivals = self._rivals(i)
        free = self._free(i, size) & (_around(rivals, size, TOUCH * self.scale) == 0)
        rows, columns = np.nonzero(free)
        found: list[tuple[float, Point, Point]] = []
        for dot in self._alone(i, rivals):
            far = (
                np.hypot(
                    *(
                        np.maximum(0, np.maximum(first - at, at - first - length))
                        for first, at, length in zip(
                            (columns, rows), dot, size, strict=True
                        )
                    )
                )
                / self.scale
            )
            near = np.flatnonzero((far >= REACH[0]) & (far <= REACH[1]))
            for n in near[np.argsort(far[near], kind="stable")[:PLACES]]:
                corner = float(columns[n]), float(rows[n])
                middle = corner[0] + size[0] / 2, corner[1] + size[1] / 2
                way = np.linspace(middle, dot, 100).astype(int)
                cost = float(far[n]) + CROSSED * int(rivals[way[:, 1], way[:, 0]].sum())
                found.append((cost, corner, dot))
        if not found:
            return None
        _, (x, y), (dot_x, dot_y) = min(found)
        left, low = self.origin
        self._cover(left + x, low + y, left + x + size[0], low + y + size[1])
        return (left + x, low + y), (left + dot_x + 0.5, low + dot_y + 0.5)

    def _alone(self, i: int, rivals: Mask) -> list[Point]:
        """Pixels of a curve that are farthest from all others."""
        for room in ALONE:
            clear = _around(rivals, (1, 1), room * self.scale) == 0
            rows, columns = np.nonzero(self.curves[i] & clear & _inner(clear.shape))
            if rows.size:
                some = np.unique(np.linspace(0, rows.size - 1, DOTS).astype(int))
                return [(float(columns[k]), float(rows[k])) for k in some]
        return []

    def _possible(self, i: int, size: tuple[int, int], far: float) -> Mask:
        """Corners at which a name touches nothing, and no curve but its own is near."""
        rivals = self._rivals(i)
        return (
            self._free(i, size)
            & (_around(rivals, size, far * self.scale) == 0)
            & (_around(self.curves[i], size, NEAR * self.scale) > 0)
        )

    def _free(self, i: int, size: tuple[int, int]) -> Mask:
        """Corners at which a name touches neither its curve nor what else is there."""
        touch = TOUCH * self.scale
        return (
            _inside(self.taken.shape, size, touch)
            & (_around(self.taken, size, touch / 2) == 0)
            & (_around(self.curves[i], size, touch) == 0)
        )

    def _rivals(self, i: int) -> Mask:
        others = [mask for j, mask in enumerate(self.curves) if j != i]
        return np.logical_or.reduce([np.zeros_like(self.taken), *others])


def _stretches(
    points: NDArray[np.float64],
) -> Iterator[tuple[NDArray[np.float64], ...]]:
    """Points along each unbroken stretch of a line, closer than pixels."""
    whole = np.isfinite(points).all(axis=1)
    ends = np.flatnonzero(np.diff(np.r_[False, whole, False].astype(int)))
    for start, stop in ends.reshape(-1, 2):
        part = np.clip(points[start:stop], -1e4, 1e4)
        length = np.r_[0, np.abs(np.diff(part, axis=0)).sum(axis=1).cumsum()]
        at = np.linspace(0, length[-1], int(length[-1] / WALK) + 2)
        yield tuple(np.interp(at, length, part[:, k]) for k in (0, 1))


def _around(mask: Mask, size: tuple[int, int], margin: float) -> Sums:
    """For each corner: how many pixels of a mask a box there, with a margin, covers."""
    m = int(np.ceil(margin))
    high, wide = mask.shape
    padded = np.pad(mask, ((m + 1, m + size[1]), (m + 1, m + size[0])))
    total = padded.cumsum(axis=0, dtype=np.int64).cumsum(axis=1)
    up, right = size[1] + 2 * m, size[0] + 2 * m
    return (
        total[up : up + high, right : right + wide]
        - total[:high, right : right + wide]
        - total[up : up + high, :wide]
        + total[:high, :wide]
    )


def _inside(shape: tuple[int, ...], size: tuple[int, int], margin: float) -> Mask:
    inside = np.zeros(shape, dtype=np.bool_)
    m = int(np.ceil(margin))
    inside[m : max(m, shape[0] - size[1] - m), m : max(m, shape[1] - size[0] - m)] = (
        True
    )
    return inside


def _inner(shape: tuple[int, ...]) -> Mask:
    """All but the margins, where a curve may be about to leave."""
    inner = np.zeros(shape, dtype=np.bool_)
    inner[4:-4, 4:-4] = True
    return inner
