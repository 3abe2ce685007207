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
    """Where `difference comparison 0` holds for all.

    Exact for what is linear in x. Of what else differs by constants only, such as
    x - a > 0 and x - a <= 0, it is known where no point is left.
    """
    intervals: dict[Any, _Interval] = {}
    for difference, comparison in relations:
        if difference.is_Rational:
            value = Fraction(int(difference.p), int(difference.q))
            if not _holds(value, comparison):
                return Region(Kind.EMPTY)
            continue
        parts = _parts(difference)
        if parts is not None:
            slope, quantity, start = parts
            turned = comparison if slope > 0 else _TURNED[comparison]
            intervals.setdefault(quantity, _Interval()).cut(-start / slope, turned)
    regions = {quantity: found.region() for quantity, found in intervals.items()}
    if any(region.kind is Kind.EMPTY for region in regions.values()):
        return Region(Kind.EMPTY)
    lines = (region for quantity, region in regions.items() if str(quantity) == "x")
    return next(lines, Region(Kind.SOME))


def _holds(value: Fraction, comparison: str) -> bool:
    return {">": value > 0, ">=": value >= 0, "<": value < 0, "<=": value <= 0}[
        comparison
    ]


def _parts(difference: Any) -> tuple[Fraction, Any, Fraction] | None:
    """(a, q, b) of a·q + b with rational a and b, and one q for all a and b."""
    symbols = sorted(difference.free_symbols, key=str)
    if not difference.is_polynomial(*symbols):
        return None
    polynomial = sympy.Poly(difference, *symbols)
    slope, start = polynomial.LC(), polynomial.TC()
    if not (slope.is_Rational and start.is_Rational):
        return None
    quantity = ((polynomial - start) / slope).as_expr()
    return (
        Fraction(int(slope.p), int(slope.q)),
        quantity,
        Fraction(int(start.p), int(start.q)),
    )
