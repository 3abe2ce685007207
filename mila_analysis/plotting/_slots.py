"""Labels that want a place each to places where none covers another."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from matplotlib.axes import Axes
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from mila_analysis.plotting._notes import note
from mila_analysis.plotting._style import SMALL

__all__ = ["beside", "spread"]

DISTANCES = (4, 6, 9, 13, 18, 24, 32, 42, 54)  # points from a marker to its label
DIRECTIONS = (
    (1, 0), (0, 1), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1),
)  # fmt: skip
LED = 13  # points from which on a thin line leads to the label
CLEAR = 2.0  # points about a label
MARK = 3.0  # points from the middle of a marker to its edge
ORDERS = 40  # in which labels are set, of which the best is taken

Box = tuple[float, float, float, float]


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places nearest to those wanted, in their order, at least a gap apart.

    Places that come too close join into a block about the mean of what they want; it is
    the solution of least squares. Where there is no room the gap is made smaller.
    """
    if not wanted:
        return []
    gap = min(gap, (high - low) / max(1, len(wanted) - 1))
    order = sorted(range(len(wanted)), key=wanted.__getitem__)
    blocks: list[tuple[list[float], float]] = []  # what its members want, its first
    for i in order:
        blocks.append(([wanted[i]], wanted[i]))
        while len(blocks) > 1 and _touch(blocks[-2], blocks[-1], gap):
            (a, _), (b, _) = blocks[-2:]
            both = a + b
            mean = sum(w - gap * k for k, w in enumerate(both)) / len(both)
            blocks[-2:] = [(both, mean)]
    flat = [first + gap * k for members, first in blocks for k in range(len(members))]
    found = [0.0] * len(wanted)
    for place, i in zip(_within(flat, gap, low, high), order, strict=True):
        found[i] = place
    return found


def _touch(
    a: tuple[list[float], float], b: tuple[list[float], float], gap: float
) -> bool:
    return b[1] < a[1] + gap * len(a[0])


def _within(
    places: Sequence[float], gap: float, low: float, high: float
) -> list[float]:
    """Rising places, pushed up from the lower end and down from the upper one."""
    up = [max(p, low + gap * k) for k, p in enumerate(places)]
    last = len(up) - 1
    return [min(p, high - gap * (last - k)) for k, p in enumerate(up)]


def beside(
    axes: Axes,
    points: Sequence[tuple[float, float]],
    labels: Sequence[str],
    avoid: Sequence[Bbox] = (),
    rules: Sequence[Bbox] = (),
) -> list[Annotation]:
    """Set a small label beside each point; none covers a point or another label.

    Labels are set one after the other, each as near as there is room; the order in
    which all together are nearest is taken. One that finds no place is left out.

    Args:
        axes: where they are drawn.
        points: each has a label.
        labels: texts.
        avoid: what else must not be covered, in pixels.
        rules: what a leader may cross, but no label may cover.
    """
    scale = float(axes.get_figure(root=True).dpi) / 72
    room = _Room(
        frame=_box(axes.bbox),
        marks=[_mark(axes, point, MARK * scale) for point in points],
        sizes=[_size(axes, label) for label in labels],
        avoid=[_box(one) for one in avoid],
        rules=[_box(one) for one in rules],
        scale=scale,
    )
    shuffled = random.Random(0)  # noqa: S311 - the same ones each time
    orders = [shuffled.sample(range(len(points)), len(points)) for _ in range(ORDERS)]
    places = min((room.settled(order) for order in orders), key=_cost)
    return [
        note(axes, point, label, *place, led=place[0] >= LED)
        for point, label, place in zip(points, labels, places, strict=True)
        if place is not None
    ]


Place = tuple[float, tuple[int, int]]  # a distance and a direction


def _cost(places: Sequence[Place | None]) -> float:
    return sum(1000.0 if place is None else place[0] for place in places)


@dataclass(frozen=True, slots=True)
class _Room:
    """What there is in settled axes, in pixels.

    Attributes:
        frame: nothing may leave it.
        marks: of the points.
        sizes: width and height of their labels.
        avoid: what else is there.
        rules: lines across.
        scale: pixels a point.
    """

    frame: Box
    marks: Sequence[Box]
    sizes: Sequence[tuple[float, float]]
    avoid: Sequence[Box]
    rules: Sequence[Box]
    scale: float

    def settled(self, order: Sequence[int]) -> list[Place | None]:
        """A place for each label, set in an order."""
        texts: list[Box] = []
        leaders: list[Box] = []
        found: list[Place | None] = [None] * len(order)
        for i in order:
            others = [m for m in self.marks if not _overlap(m, self.marks[i])]
            near = [m for m in self.marks if m != self.marks[i]] + [*self.rules]
            for place in product(DISTANCES, DIRECTIONS):
                box = self._label(i, *place)
                line = list(self._leader(i, box, place[0]))
                if (
                    _inside(box, self.frame)
                    and _free([box], [*near, *self.avoid, *texts, *leaders])
                    and _free(line, [*others, *self.avoid, *texts])
                ):
                    texts.append(box)
                    leaders += line
                    found[i] = place
                    break
        return found

    def _label(self, i: int, distance: float, direction: tuple[int, int]) -> Box:
        (right, up), (width, height) = direction, self.sizes[i]
        x, y = _middle(self.marks[i])
        reach = distance * self.scale / (2**0.5 if right and up else 1)
        left = x + right * reach + (right - 1) / 2 * width
        bottom = y + up * reach + (up - 1) / 2 * height
        clear = CLEAR * self.scale
        right_end, top = left + width + clear, bottom + height + clear
        return left - clear, bottom - clear, right_end, top

    def _leader(self, i: int, box: Box, distance: float) -> Iterator[Box]:
        """Small boxes on the line from a marker to its label, where there is one."""
        if distance < LED:
            return
        x, y = _middle(self.marks[i])
        end = min(max(x, box[0]), box[2]), min(max(y, box[1]), box[3])
        for k in range(1, 10):
            px, py = x + (end[0] - x) * k / 10, y + (end[1] - y) * k / 10
            yield px - 1, py - 1, px + 1, py + 1


def _box(box: Bbox) -> Box:
    return float(box.x0), float(box.y0), float(box.x1), float(box.y1)


def _mark(axes: Axes, point: tuple[float, float], half: float) -> Box:
    x, y = (float(v) for v in axes.transData.transform(point))
    return x - half, y - half, x + half, y + half


def _size(axes: Axes, label: str) -> tuple[float, float]:
    text = axes.text(0, 0, label, fontsize=SMALL)
    box = text.get_window_extent()
    text.remove()
    return float(box.width), float(box.height)


def _middle(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _free(boxes: Sequence[Box], others: Sequence[Box]) -> bool:
    return not any(_overlap(box, other) for box in boxes for other in others)


def _inside(box: Box, frame: Box) -> bool:
    low = box[0] >= frame[0] and box[1] >= frame[1]
    return low and box[2] <= frame[2] and box[3] <= frame[3]
