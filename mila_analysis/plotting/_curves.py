"""Activation, partial and range of x to the points of a curve, split where it jumps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mila_analysis import functions
from mila_analysis.activation import Activation
from mila_analysis.partials import Partial
from mila_analysis.plotting.kinds import Range

__all__ = ["Curve", "Floats", "curve", "grid", "values"]

Floats = NDArray[np.float64]
Point = tuple[float, float]

POINTS = 1001
CORE = 20.0  # activations bend near zero, and a wide grid would step over it
STEEP = 1 / 200  # of the curve's height: less than a line's width in print
PARTS = 64
FINEST = 2.0**-30


@dataclass(frozen=True, eq=False, slots=True)
class Curve:
    """Points of one partial of one activation; y is NaN at a gap or a jump."""

    activation: Activation
    partial: Partial
    x: Floats
    y: Floats


def values(activation: Activation, partial: Partial) -> Callable[..., Floats]:
    """Function of x, and of parameters by keyword, that computes a partial.

    Results are float64, and not finite where the formula is not defined.
    """
    order = max(2, partial.order)
    compute = functions.lambdify(activation, "numpy", order=order)[partial.name]

    def evaluate(x: Floats, **parameters: Floats) -> Floats:
        with np.errstate(all="ignore"):  # a user's formula may leave its domain
            result = np.asarray(compute(x, **parameters), dtype=np.float64)
        return np.where(np.isfinite(result), result, np.nan)

    return evaluate


def grid(ends: Range, points: int | None = None) -> Floats:
    """Evenly spaced points over a range, and, unless counted, more near zero."""
    low, high = ends
    even = _even(low, high, points or POINTS)
    core = max(low, -CORE), min(high, CORE)
    if points or core[0] >= core[1] or high / 2 - low / 2 <= 2 * CORE:
        return even
    return np.union1d(even, _even(*core, POINTS))


def _even(low: float, high: float, points: int) -> Floats:
    t = np.linspace(0, 1, points)
    return low * (1 - t) + high * t  # high - low might overflow


def curve(
    activation: Activation, partial: Partial, ends: Range, points: int | None = None
) -> Curve:
    """Sample a partial over a range of x."""
    evaluate = values(activation, partial)
    x = grid(ends, points)
    return Curve(activation, partial, *_split(evaluate, x, evaluate(x)))


def _split(
    evaluate: Callable[..., Floats], x: Floats, y: Floats
) -> tuple[Floats, Floats]:
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


def _jump(
    evaluate: Callable[..., Floats], left: Point, right: Point
) -> tuple[Point, Point] | None:
    """Both sides of a jump between two points, or none if the function is continuous.

    Of the parts of the interval, the one that rises most is followed. Over a
    continuous stretch the rise dies away; at a jump it stays.
    """
    whole = abs(right[1] - left[1])
    finest = FINEST * min(right[0] - left[0], 1.0)
    while right[0] - left[0] > finest:
        x = np.unique(_even(left[0], right[0], PARTS + 1))
        y = evaluate(x)
        if x.size <= 2 or not np.isfinite(y).all():
            break
        rise = np.abs(np.diff(y))
        i = int(rise.argmax())
        if rise[i] < whole / 4:
            return None
        left, right = (float(x[i]), float(y[i])), (float(x[i + 1]), float(y[i + 1]))
    return left, right
