"""Scales x^a·(log x)^b·exp(Σ c·x^r) of large x: their order, and bounds beyond a point.

Everything far out is compared with these. A coefficient is a rational multiple of a
surd, or of a number known as a ball, which is the same one only as itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any

import flint

from mila_analysis.analysis.constants import Surd, ball_of
from mila_analysis.analysis.undecided import TooNearError, UndecidedError

__all__ = ["ONE", "Irrational", "Key", "Scale", "compared", "largest"]


@dataclass(frozen=True, slots=True, eq=False)
class Irrational:
    """A positive number that is known as a ball only."""

    ball: Any


Key = tuple[Fraction, Surd | Irrational]


@dataclass(frozen=True)
class Scale:
    """x^power·(log x)^log·exp(Σ q·c·x^r) for large x > 0.

    Attributes:
        power, log: rational exponents.
        exponent: (r, c) and q of each summand, r > 0.
    """

    power: Fraction = Fraction(0)
    log: Fraction = Fraction(0)
    exponent: frozenset[tuple[Key, Fraction]] = frozenset()

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.power, self.log, self.exponent))

    @classmethod
    def of(
        cls, power: Fraction, log: Fraction, exponent: Mapping[Key, Fraction]
    ) -> Scale:
        """Scale of an exponent that may hold zeros."""
        return cls(power, log, frozenset((k, q) for k, q in exponent.items() if q))

    @lru_cache(maxsize=4096)  # noqa: B019 - scales are few and small
    def __mul__(self, other: Scale) -> Scale:
        if not self.exponent and not other.exponent:
            return Scale(self.power + other.power, self.log + other.log)
        exponent = dict(self.exponent)
        for key, q in other.exponent:
            exponent[key] = exponent.get(key, Fraction(0)) + q
        return Scale.of(self.power + other.power, self.log + other.log, exponent)

    @lru_cache(maxsize=4096)  # noqa: B019
    def __pow__(self, n: int | Fraction) -> Scale:
        n = Fraction(n)
        exponent = {key: q * n for key, q in self.exponent}
        return Scale.of(self.power * n, self.log * n, exponent)

    def __truediv__(self, other: Scale) -> Scale:
        return self * other**-1

    @property
    def slopes(self) -> dict[Fraction, Any]:
        """Coefficients of x^r in the exponent, highest r first; some in balls."""
        found: dict[Fraction, Any] = {}
        for (r, unit), q in self.exponent:
            c = ball_of(q) * unit.ball
            found[r] = found[r] + c if r in found else c
        return dict(sorted(found.items(), reverse=True))

    def at(self, x: Any) -> Any:
        """Ball of the value at a point."""
        if self == ONE:
            return flint.arb(1)
        total = flint.arb(0)
        for r, c in self.slopes.items():
            total += c * _power(x, r)
        if self.power:
            total += ball_of(self.power) * x.log()
        if self.log:
            total += ball_of(self.log) * x.log().log()
        return total.exp()


ONE = Scale()


def _power(x: Any, r: Fraction) -> Any:
    return x ** int(r) if r.denominator == 1 else x ** ball_of(r)


@lru_cache(maxsize=4096)
def compared(first: Scale, second: Scale) -> int:
    """1 where the first grows faster, -1 where it grows slower, 0 for the same scale.

    Raises:
        UndecidedError: balls do not tell irrational coefficients apart.
    """
    if first == second:
        return 0
    ratio = first / second
    for c in ratio.slopes.values():
        if c > 0 or c < 0:
            return 1 if c > 0 else -1
        if not c.is_zero():
            raise UndecidedError("which of two terms grows faster was not decided")
    rest = ratio.power or ratio.log
    return (rest > 0) - (rest < 0)


def largest(scale: Scale, start: Any) -> Any:
    """Upper bound of a scale for all x ≥ start, where it falls from there on.

    With r the highest power in the exponent, x·(log scale)′ = Σ c·r·x^r + power +
    log/log x is at most x^r times what the sum of the positive summands at `start`
    leaves of the highest one.

    Raises:
        TooNearError: it still rises there.
    """
    if scale == ONE:
        return flint.arb(1)
    slopes = {r: ball_of(r) * c for r, c in scale.slopes.items()}
    slopes[Fraction(0)] = ball_of(scale.power)
    if scale.log > 0:
        slopes[Fraction(0)] += ball_of(scale.log) / start.log()
    (top, first), *others = slopes.items()
    total = first
    for r, c in others:
        if not c < 0:
            total += abs(c) * _power(start, r - top)
    if top == 0 and scale.log < 0 and total.is_zero():
        total = flint.arb(-1)
    if not total < 0:
        raise TooNearError
    return scale.at(start).upper()
