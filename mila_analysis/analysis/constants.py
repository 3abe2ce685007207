"""Numbers far out: rational multiples of √m·π^(k/2)·e^q, exact, or balls."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import gcd
from typing import Any

import flint

__all__ = ["RATIONAL", "Constant", "Surd", "ball_of"]


def ball_of(value: Fraction | int) -> Any:
    """Enclosure of a rational, in the precision of the context."""
    value = Fraction(value)
    return flint.arb(flint.fmpq(value.numerator, value.denominator))


@dataclass(frozen=True, slots=True)
class Surd:
    """√radicand·π^(halves/2)·e^exponent, the radicand without square factors."""

    radicand: int = 1
    halves: int = 0
    exponent: Fraction = Fraction(0)

    @property
    def ball(self) -> Any:
        """Enclosure."""
        found = flint.arb(self.radicand).sqrt() if self.radicand != 1 else flint.arb(1)
        if self.halves:
            found *= flint.arb.pi().sqrt() ** self.halves
        return found * ball_of(self.exponent).exp() if self.exponent else found


RATIONAL = Surd()


@dataclass(frozen=True, slots=True)
class Constant:
    """A number: its ball, and where it is known exactly, its factor of a surd.

    Attributes:
        ball: enclosure.
        factor: the number is factor·surd; None where only the ball is known.
        surd: a unit.
    """

    ball: Any
    factor: Fraction | None = None
    surd: Surd = RATIONAL

    @classmethod
    def of(cls, factor: Fraction | int, surd: Surd = RATIONAL) -> Constant:
        """A rational multiple of a surd."""
        ball = ball_of(factor)
        if surd != RATIONAL:
            ball *= surd.ball
        return cls(ball, Fraction(factor), surd)

    @classmethod
    def pi(cls) -> Constant:
        """π."""
        return cls.of(1, Surd(1, 2))

    @property
    def rational(self) -> Fraction | None:
        """Exact value of a rational number."""
        return self.factor if self.surd == RATIONAL else None

    def __add__(self, other: Constant) -> Constant:
        known = self.factor is not None and other.factor is not None
        if known and self.surd == other.surd:
            return Constant.of(self.factor + other.factor, self.surd)  # type: ignore[operator]
        return Constant(self.ball + other.ball)

    def __mul__(self, other: Constant) -> Constant:
        if self.factor is None or other.factor is None:
            return Constant(self.ball * other.ball)
        m, n = self.surd.radicand, other.surd.radicand
        shared = gcd(m, n)
        surd = Surd(
            m * n // shared**2,
            self.surd.halves + other.surd.halves,
            self.surd.exponent + other.surd.exponent,
        )
        return Constant.of(self.factor * other.factor * shared, surd)

    def __neg__(self) -> Constant:
        return self * Constant.of(-1)

    def inverse(self) -> Constant:
        """1/C."""
        if not self.factor:
            return Constant(1 / self.ball)
        m = self.surd.radicand
        surd = Surd(m, -self.surd.halves, -self.surd.exponent)
        return Constant.of(1 / (self.factor * m), surd)

    def root(self) -> Constant:
        """√C."""
        plain = self.surd.radicand == 1 and self.surd.halves % 2 == 0
        if self.factor is None or not plain or self.factor < 0:
            return Constant(self.ball.sqrt())
        top, bottom = self.factor.numerator, self.factor.denominator
        square, rest = _squarefree(top * bottom)
        surd = Surd(rest, self.surd.halves // 2, self.surd.exponent / 2)
        return Constant.of(Fraction(square, bottom), surd)

    @property
    def sign(self) -> int:
        """-1 or 1; 0 where the number is zero or its ball contains zero."""
        return 1 if self.ball > 0 else -1 if self.ball < 0 else 0


def _squarefree(n: int) -> tuple[int, int]:
    """a and b with n = a²·b, b without square factors."""
    if n == 0:
        return 0, 1
    a = b = 1
    for prime, power in flint.fmpz(n).factor():
        a *= int(prime) ** (power // 2)
        b *= int(prime) ** (power % 2)
    return a, b
