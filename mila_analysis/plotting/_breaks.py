"""Sampled curve to the same curve with its edges, kinks and jumps where they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

__all__ = ["refined"]

Floats = NDArray[np.float64]
Evaluate = Callable[..., Floats]
Point = tuple[float, float]

STEEP = 1 / 200  # of the curve's height: less than a line's width in print
PARTS = 64
FINEST = 2.0**-30
BENT = 2e-5  # of the curve's height, by which samples beside a kink cut it off
KINKS = 32  # a curve with more of them is one that is not smooth anywhere
NARROW = 2.0**-20  # of a sample: where a kink is found
BISECTIONS = 60


def refined(evaluate: Evaluate, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Add the ends of what is defined and the points of kinks; open a gap at a jump."""
    added = [*_edges(evaluate, x, y), *_kinks(evaluate, x, y)]
    if added:
        at = np.searchsorted(x, [point[0] for point in added])
        order = np.argsort([point[0] for point in added], kind="stable")
        x = np.insert(x, at[order], [added[i][0] for i in order])
        y = np.insert(y, at[order], [added[i][1] for i in order])
    return _split(evaluate, x, y)


def _edges(evaluate: Evaluate, x: Floats, y: Floats) -> Iterator[Point]:
    """Ends of where a function is defined, if it does not run away there."""
    defined = np.isfinite(y)
    for i in np.flatnonzero(defined[1:] != defined[:-1]):
        inside, outside = (i, i + 1) if defined[i] else (i + 1, i)
        last, beyond = float(x[inside]), float(x[outside])
        for _ in range(BISECTIONS):
            middle = last / 2 + beyond / 2
            if np.isfinite(evaluate(np.float64(middle))):
                last = middle
            else:
                beyond = middle
        at = float(evaluate(np.float64(last)))
        if last != x[inside] and abs(at - y[inside]) <= _height(y) / 2:
            yield last, at


def _kinks(evaluate: Evaluate, x: Floats, y: Floats) -> Iterator[Point]:
    """Kinks between samples, as points."""
    with np.errstate(invalid="ignore", over="ignore"):
        bend = np.abs(np.diff(np.diff(y) / np.diff(x)))
        cut = bend * np.minimum(x[1:-1] - x[:-2], x[2:] - x[1:-1]) / 4
        seen = cut > BENT * _height(y)
    strongest = np.argsort(np.where(seen, -cut, 0.0), kind="stable")[: 2 * KINKS]
    done: list[int] = []
    for i in strongest[seen[strongest]]:
        if any(abs(i - other) < 2 for other in done):
            continue  # both samples beside a kink are bent
        done.append(int(i))
        found = _kink(evaluate, float(x[i]), float(x[i + 2]))
        if found and abs(x - found[0]).min() > NARROW * (x[i + 2] - x[i]):
            yield found


def _kink(evaluate: Evaluate, left: float, right: float) -> Point | None:
    """The one point between two where the slope changes, or none: a curve, a jump."""
    width = right - left
    rise = np.inf
    while right - left > NARROW * width:
        x = np.linspace(left, right, PARTS + 1)
        y = evaluate(x)
        slopes = np.diff(y) / np.diff(x)
        bend = np.abs(np.diff(slopes))
        if not np.isfinite(bend).all():
            return None
        i = int(bend.argmax())
        if bend[max(i - 1, 0) : i + 2].sum() < abs(slopes[-1] - slopes[0]) / 2:
            return None
        left, right = float(x[i]), float(x[i + 2])
        if np.ptp(y[i : i + 3]) > rise / 2:
            return None
        rise = np.ptp(y[i : i + 3])
    middle = left / 2 + right / 2
    return middle, float(evaluate(np.float64(middle)))


def _split(evaluate: Evaluate, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Points with a gap put into each interval over which the function jumps."""
    with np.errstate(invalid="ignore"):
        rise = np.abs(np.diff(y))
        steep = np.flatnonzero(rise > STEEP * _height(y))
    for i in steep[::-1]:  # from the right: what is inserted moves no index ahead
        gap = _jump(evaluate, (x[i], y[i]), (x[i + 1], y[i + 1]))
        if gap:
            (left, below), (right, above) = gap
            x = np.insert(x, i + 1, (left, left, right))
            y = np.insert(y, i + 1, (below, np.nan, above))
    return x, y


def _height(y: Floats) -> float:
    finite = y[np.isfinite(y)]
    return float(np.ptp(finite)) if finite.size else 0.0


def _jump(evaluate: Evaluate, left: Point, right: Point) -> tuple[Point, Point] | None:
    """Both sides of a jump between two points, or none if the function is continuous.

    Of the parts of the interval, the one that rises most is followed. Over a
    continuous stretch the rise dies away; at a jump it stays.
    """
    whole = abs(right[1] - left[1])
    finest = FINEST * min(right[0] - left[0], 1.0)
    while right[0] - left[0] > finest:
        x = np.unique(np.linspace(left[0], right[0], PARTS + 1))
        y = evaluate(x)
        if x.size <= 2 or not np.isfinite(y).all():
            break
        rise = np.abs(np.diff(y))
        i = int(rise.argmax())
        if rise[i] < whole / 4:
            return None
        left, right = (float(x[i]), float(y[i])), (float(x[i + 1]), float(y[i + 1]))
    return left, right
