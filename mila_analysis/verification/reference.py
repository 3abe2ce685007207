"""Points to the exact values of all partials there, by balls; each point only once.

An exact value is kept as (high + low)·2^exponent with high in [1/2, 1): 106 bits of an
enclosure of at least 80, so that errors of whole arrays are found by array arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from mila_analysis.activation import Activation
from mila_analysis.balls import Enclosure, enclose_all
from mila_analysis.errors import AccuracyError, ParameterError
from mila_analysis.verification.formats import Format

__all__ = ["Exact", "reference"]

Array = np.ndarray[Any, Any]
_Row = tuple[float, float, int]
_NOTHING: _Row = (math.nan, math.nan, 0)
TINY = -1300
BITS = 80
FAR, FAR_BITS = 1000, 2016
"""Far out exponentials have vanished: asked for so many digits at once, balls get there
without trying fewer first, which takes twice the time."""

_POINTS_KEPT = 1 << 17


@dataclass(frozen=True, slots=True)
class Exact:
    """Exact values of one partial at points; NaN where there is none."""

    high: Array
    low: Array
    exponent: Array

    def at(self, index: int) -> Fraction:
        """One of the values."""
        size = Fraction(2) ** int(self.exponent[index])
        high, low = float(self.high[index]), float(self.low[index])
        return (Fraction(high) + Fraction(low)) * size

    @property
    def known(self) -> Array:
        """Where there is a value."""
        return ~np.isnan(self.high)

    def is_subnormal(self, kind: Format) -> Array:
        """Where the value is below the normal numbers of a format."""
        return (self.high == 0) | (self.exponent - 1 < kind.lowest)

    def rounded(self) -> Array:
        """Values as float64, for choosing points."""
        with np.errstate(over="ignore", under="ignore"):
            return np.ldexp(self.high, self.exponent)

    def errors(self, computed: Array, kind: Format) -> Array:
        """|computed - exact| in units in the last place of a format at the exact value.

        What is beyond the largest number counts as the next one would, so that an
        overflow in its place is right. NaN is infinitely wrong, an unknown value not.
        """
        beyond = self.exponent > kind.highest
        high = np.where(beyond, np.copysign(0.5, self.high), self.high)
        low = np.where(beyond, 0.0, self.low)
        exponent = np.where(beyond, kind.highest + 1, self.exponent)
        unit = np.clip(exponent - 1, kind.lowest, kind.highest - 1) - kind.digits
        with np.errstate(all="ignore"):
            above = np.copysign(np.ldexp(1.0, kind.highest - exponent), computed)
            scaled = np.where(np.isinf(computed), above, np.ldexp(computed, -exponent))
            errors = np.ldexp(np.abs((scaled - high) - low), exponent - unit)
        errors = np.where(np.isnan(computed), np.inf, errors)
        return np.where(self.known, errors, 0.0)


class Reference:
    """Exact values of the partials of one activation with its parameter values."""

    def __init__(self, activation: Activation, order: int) -> None:
        self.activation = activation
        self.order = order
        self.rows: dict[float, Mapping[str, _Row]] = {}

    def __call__(self, points: Iterable[float]) -> dict[str, Exact]:
        """Exact values at points, by partial."""
        rows = [self._row(float(x)) for x in points]
        names = max((tuple(row) for row in rows), key=len, default=())
        found = {}
        for name in names:
            column = [row.get(name, _NOTHING) for row in rows]
            high, low, exponent = zip(*column, strict=True)
            found[name] = Exact(np.array(high), np.array(low), np.array(exponent))
        return found

    def _row(self, x: float) -> Mapping[str, _Row]:
        x = x + 0.0  # both zeros are one point
        if x not in self.rows:
            if len(self.rows) >= _POINTS_KEPT:
                self.rows.clear()
            self.rows[x] = self._enclosed(x)
        return self.rows[x]

    def _enclosed(self, x: float) -> Mapping[str, _Row]:
        bits = BITS if abs(x) <= FAR else FAR_BITS
        try:
            found = enclose_all(self.activation, x, order=self.order, bits=bits)
        except (AccuracyError, ParameterError):  # singular, or no case of it
            return {}
        return {name: _split(e) for name, e in found.items()}


def _split(enclosure: Enclosure) -> _Row:
    """The middle of an enclosure; its ends are binary, so that integers will do."""
    low, high = enclosure.low, enclosure.high
    below, above = low.denominator.bit_length(), high.denominator.bit_length()
    digits = max(below, above)
    total = (low.numerator << (digits - below)) + (high.numerator << (digits - above))
    size = total.bit_length()
    if size - digits < TINY:
        return math.copysign(0.0, -1.0 if high <= 0 and low < 0 else 1.0), 0.0, 0
    kept = total >> (size - 120) if size > 120 else total << (120 - size)
    top = float(kept)
    rest = float(kept - int(top))
    return math.ldexp(top, -120), math.ldexp(rest, -120), size - digits


@lru_cache(maxsize=64)
def reference(activation: Activation, order: int = 2) -> Reference:
    """The reference of an activation, shared by all who ask for it."""
    return Reference(activation, order)
