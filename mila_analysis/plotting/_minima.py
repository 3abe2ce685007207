"""Curve of an activation to its strict minima inside the range."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from mila_analysis.activation import Activation
from mila_analysis.partials import Partial
from mila_analysis.plotting._curves import Curve, Floats, values

__all__ = ["Minimum", "minima"]

MOST = 4  # a curve with more of them is one that oscillates
BISECTIONS = 80
NOTHING = 1e-12  # of the distance of samples


@dataclass(frozen=True, slots=True)
class Minimum:
    """Where an activation has a strict local minimum, and how low it is."""

    activation: Activation
    x: float
    y: float


def minima(curve: Curve) -> tuple[Minimum, ...]:
    """Strict minima in the inside of a sampled curve of f, refined by f's slope."""
    found = tuple(islice(_valleys(curve), MOST + 1))
    return found if len(found) <= MOST else ()


def _valleys(curve: Curve) -> Iterator[Minimum]:
    defined = np.isfinite(curve.y)
    x, y = curve.x[defined], curve.y[defined]
    slope = values(curve.activation, Partial(("x",)))
    low = (y[1:-1] < y[:-2]) & (y[1:-1] < y[2:])
    for i in np.flatnonzero(low) + 1:
        left, right = float(x[i - 1]), float(x[i + 1])
        if slope(np.float64(left)) < 0 < slope(np.float64(right)):  # not rounding
            yield _refined(curve.activation, slope, left, right)


def _refined(
    activation: Activation, slope: Callable[..., Floats], left: float, right: float
) -> Minimum:
    """The point between two others where the slope changes its sign, by bisection."""
    tiny = NOTHING * (right - left)
    for _ in range(BISECTIONS):
        middle = left / 2 + right / 2
        if not left < middle < right:
            break
        if slope(np.float64(middle)) < 0:
            left = middle
        else:
            right = middle
    at = left / 2 + right / 2
    at = at if abs(at) > tiny else 0.0  # floats about zero never meet
    return Minimum(activation, at, float(values(activation, Partial())(np.float64(at))))
