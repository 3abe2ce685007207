"""What is known of a function of one variable: frozen data, every number enclosed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from mila_analysis.activation import Activation
from mila_analysis.analysis.undecided import UndecidedError
from mila_analysis.balls import Enclosure
from mila_analysis.shown import Shown

__all__ = [
    "Bound",
    "Extremum",
    "Features",
    "Gaussian",
    "Interval",
    "Limit",
    "Number",
    "Point",
    "Range",
    "Well",
    "enclosed",
    "enclosure",
]

Number = Enclosure | float
"""An enclosure, or ±inf."""


HUGE_EXPONENT = 1 << 20
"""A number above 2^HUGE_EXPONENT, or as small as that, is not written out."""


def enclosure(ball: Any) -> Number:
    """Enclosure of what a ball contains, or ±inf.

    Raises:
        UndecidedError: it is finite, and too large to be written out.
    """
    if not ball.is_finite():
        if ball.is_nan() or not (ball > 0 or ball < 0):
            raise ValueError("a ball without an end")
        return math.inf if ball > 0 else -math.inf
    low, high = (_fraction(ball, side) for side in (-1, 1))
    return Enclosure(low, high, max(0, ball.rel_accuracy_bits()))


def enclosed(ball: Any) -> Enclosure:
    """Enclosure of what a ball contains, which is finite.

    Raises:
        UndecidedError: the ball has no end, or is too large.
    """
    found = enclosure(ball) if ball.is_finite() else None
    if not isinstance(found, Enclosure):
        raise UndecidedError("a number was not enclosed")
    return found


def _fraction(ball: Any, side: int) -> Fraction:
    """Rational end of a ball; 0 or ±2^-HUGE_EXPONENT for what has too many digits."""
    end = ball.upper() if side > 0 else ball.lower()
    mantissa, exponent = end.man_exp()
    if exponent > HUGE_EXPONENT:
        raise UndecidedError("a number has too many digits")
    if exponent < -HUGE_EXPONENT:
        away = end * side > 0
        return Fraction(side * away, 1 << (HUGE_EXPONENT // 2))
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


@dataclass(frozen=True, slots=True)
class Point:
    """A zero or an inflection point.

    Attributes:
        x: where.
        order: multiplicity of a zero.
    """

    x: Enclosure
    order: int = 1


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval of the line, and what the function is there.

    Attributes:
        low, high: its ends; infinite ones are floats.
        kind: `increasing`, `decreasing`, `constant`; `convex`, `concave`, `linear`;
            `zero`, `dead`.
        has_low, has_high: whether that is so with this end, too.
    """

    low: Number
    high: Number
    kind: str
    has_low: bool = False
    has_high: bool = False


@dataclass(frozen=True, slots=True)
class Extremum:
    """A local minimum or maximum: at a point, or on a whole interval.

    Attributes:
        kind: `minimum` or `maximum`.
        low, high: ends of where it is taken; the same for a point.
        value: of f.
        curvature: f_xx there; None where there is no such number.
        is_global: whether f is nowhere lower, or higher.
        has_low, has_high: whether it is taken at the ends, too.
    """

    kind: str
    low: Number
    high: Number
    value: Enclosure
    curvature: Enclosure | None
    is_global: bool
    has_low: bool = True
    has_high: bool = True

    @property
    def is_point(self) -> bool:
        """Whether it is taken at one point only."""
        return self.low == self.high


@dataclass(frozen=True, slots=True)
class Limit:
    """f far out.

    Attributes:
        value: limit, maybe infinite.
        slope, intercept: of the line that f tends to; None where there is none.
    """

    value: Number
    slope: Enclosure | None
    intercept: Enclosure | None


@dataclass(frozen=True, slots=True)
class Range:
    """Least and greatest value of f.

    Attributes:
        low, high: infimum and supremum.
        has_low, has_high: whether f takes them.
    """

    low: Number
    high: Number
    has_low: bool
    has_high: bool


@dataclass(frozen=True, slots=True)
class Bound:
    """Least upper bound of the size of a partial.

    Attributes:
        value: the bound, maybe infinite.
        at: where it is taken; None where it is a limit, or not finite.
        why: what makes it infinite, or where it is approached.
    """

    value: Number
    at: Enclosure | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Well:
    """The part around the global minimum where f is negative.

    Attributes:
        low, high: its ends.
        depth: minus the least value of f.
        half_low, half_high: where f is half of that; infinite where it stays below.
        half_width: their distance.
    """

    low: Number
    high: Number
    depth: Enclosure
    half_low: Number
    half_high: Number
    half_width: Number


@dataclass(frozen=True, slots=True)
class Gaussian:
    """f(X) for a standard normal X.

    Attributes:
        mean, variance: of f(X).
        square: mean of f(X)².
        slope_square: mean of f_x(X)².
        gain: 1/√(mean of f(X)²), by which weights keep the size of a signal.
        slope_gain: 1/√(mean of f_x(X)²), the same for gradients. A gain is None where
            a mean is not told from 0.
    """

    mean: Enclosure
    variance: Enclosure
    square: Enclosure
    slope_square: Enclosure
    gain: Number | None
    slope_gain: Number | None


@dataclass(frozen=True)
class Features(Shown):
    """Everything that `analyze` proves of an activation, for its parameter values.

    What could not be proved is None, and `unproved` says why, by the name of the field.

    Attributes:
        activation: with its parameter values.
        zeros: where f is zero.
        zero_intervals: where it is zero all over an interval.
        minima, maxima: local ones, from left to right.
        inflections: points between a convex and a concave piece.
        left, right: f at -∞ and at ∞.
        range: its values.
        monotone, curvature: the line, cut into pieces.
        lipschitz, smoothness: sup|f_x| and sup|f_xx|.
        well: where f is negative.
        threshold: |f_x| below this is dead.
        dead: where that is so.
        gaussian: for normal inputs.
        unproved: field to the reason.
    """

    activation: Activation
    zeros: tuple[Point, ...] | None = None
    zero_intervals: tuple[Interval, ...] | None = None
    minima: tuple[Extremum, ...] | None = None
    maxima: tuple[Extremum, ...] | None = None
    inflections: tuple[Point, ...] | None = None
    left: Limit | None = None
    right: Limit | None = None
    range: Range | None = None
    monotone: tuple[Interval, ...] | None = None
    curvature: tuple[Interval, ...] | None = None
    lipschitz: Bound | None = None
    smoothness: Bound | None = None
    well: Well | None = None
    threshold: Fraction = Fraction(1, 1000)
    dead: tuple[Interval, ...] | None = None
    gaussian: Gaussian | None = None
    unproved: Mapping[str, str] = field(default_factory=dict)
