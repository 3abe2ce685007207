"""What balls say of a sweep: of results that it leaves open, and of its own numbers."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from mila_analysis.activation import Activation
from mila_analysis.balls import Enclosure, enclose_all
from mila_analysis.verification.sweep_run import Judge

__all__ = ["expected", "number_of", "outside", "pattern_of", "same"]


def number_of(pattern: int) -> float:
    """The float32 number of a bit pattern."""
    return float(np.array([pattern], np.uint32).view(np.float32)[0])


def pattern_of(x: float) -> int:
    """The bit pattern of a float32 number."""
    return int(np.array([x], np.float32).view(np.uint32)[0])


def same(a: float, b: float) -> bool:
    """Whether two numbers are the same, the sign of a zero included."""
    return a == b and math.copysign(1.0, a) == math.copysign(1.0, b)


def expected(activation: Activation, name: str, x: float) -> float | None:
    """The correctly rounded float32 result, by balls; None if they cannot tell."""
    bits = 100
    while bits < 1 << 12:
        found = enclose_all(activation, x, order=2, bits=bits)[name]
        low, high = _nearest(found.low), _nearest(found.high)
        if same(low, high) or found.low == found.high:
            return low
        bits *= 2
    return None


def _nearest(value: Fraction) -> float:
    """Nearest float32, ties to even; with the sign of what vanishes."""
    size = abs(value)
    if not size:
        return 0.0
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    exponent -= Fraction(2) ** exponent > size
    unit = Fraction(2) ** (max(exponent, -126) - 23)
    rounded = round(size / unit) * unit
    found = math.inf if rounded >= 2**128 else float(rounded)
    return -found if value < 0 else found


def outside(judge: Judge, x: float) -> list[str]:
    """Partials whose wide value and bound do not meet the ball."""
    exact = enclose_all(judge.activation, x, order=2, bits=140)
    found = []
    for name, wide in zip(judge.names, judge.exact(pattern_of(x)), strict=True):
        if wide is not None and not _meet(exact[name], *wide, judge.accuracy):
            found.append(f"{name} at x = {x!r}")
    return found


def _meet(ball: Enclosure, value: Fraction, bound: Fraction, accuracy: str) -> bool:
    if accuracy != "accurate":  # then it is the size of the terms
        bound = bound / 2**90
    return bool(ball.low - bound <= value <= ball.high + bound)
