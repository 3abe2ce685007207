"""Relations in x to the part of the line where they all hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Any, ClassVar

import sympy

__all__ = ["Region", "region_of"]


class Kind(Enum):
    """What is known of a region."""

    EMPTY = "empty"
    POINT = "a point"
    SOME = "an interval, or not known"


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the line; `at` is the only point of one that has no more."""

    kind: Kind
    at: Fraction | None = None

    EMPTY: ClassVar[Kind] = Kind.EMPTY
    POINT: ClassVar[Kind] = Kind.POINT
    SOME: ClassVar[Kind] = Kind.SOME


@dataclass(slots=True)
class _Interval:
    low: Fraction | None = None
    high: Fraction | None = None
    open_low: bool = False
    open_high: bool = False

    def cut(self, end: Fraction, comparison: str) -> None:
        strict = comparison in "<>"
        if comparison.startswith(">"):
            if self.low is None or end > self.low:
                self.low, self.open_low = end, strict
            elif end == self.low:
                self.open_low = self.open_low or strict
        elif self.high is None or end < self.high:
            self.high, self.open_high = end, strict
        elif end == self.high:
            self.open_high = self.open_high or strict

    def region(self) -> Region:
        if self.low is None or self.high is None or self.low < self.high:
            return Region(Kind.SOME)
        if self.low > self.high or self.open_low or self.open_high:
            return Region(Kind.EMPTY)
        return Region(Kind.POINT, self.low)


_TURNED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}


def region_of(relations: Sequence[tuple[Any, str]]) -> Region:
    """Where `difference comparison 0` holds for all; exact for what is linear in x."""
    interval = _Interval()
    for difference, comparison in relations:
        if difference.is_Rational:
            value = Fraction(int(difference.p), int(difference.q))
            if not _holds(value, comparison):
                return Region(Kind.EMPTY)
            continue
        line = _linear(difference)
        if line is not None:
            slope, start = line
            turned = comparison if slope > 0 else _TURNED[comparison]
            interval.cut(-start / slope, turned)
    return interval.region()


def _holds(value: Fraction, comparison: str) -> bool:
    return {">": value > 0, ">=": value >= 0, "<": value < 0, "<=": value <= 0}[
        comparison
    ]


def _linear(difference: Any) -> tuple[Fraction, Fraction] | None:
    """(a, b) of a·x + b with rational a and b."""
    if {str(s) for s in difference.free_symbols} != {"x"}:
        return None
    (x,) = difference.free_symbols
    if not difference.is_polynomial(x):
        return None
    polynomial = sympy.Poly(difference, x)
    if polynomial.degree() != 1 or not all(c.is_Rational for c in polynomial.coeffs()):
        return None
    slope, start = polynomial.nth(1), polynomial.nth(0)
    return Fraction(int(slope.p), int(slope.q)), Fraction(int(start.p), int(start.q))
