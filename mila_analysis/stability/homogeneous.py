"""A polynomial in exponentials to a form in their coordinates (p : q)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from mila_analysis.program import (
    Builder,
    Expression,
    Number,
    Operation,
    add,
    mul,
    number,
    op,
)
from mila_analysis.stability.coordinates import Coordinates
from mila_analysis.stability.limits import Pair
from mila_analysis.stability.terms import coefficients, minus_one, rational
from mila_analysis.tower import Generator

__all__ = ["Forms"]


class Forms:
    """Forms in the coordinates of exponentials, as arithmetic.

    Attributes:
        exponentials: the generators.
        coordinates: of each, in the same order.
        builder: what names parts.
    """

    def __init__(
        self,
        exponentials: Sequence[Generator],
        coordinates: Sequence[Coordinates],
        builder: Builder,
    ) -> None:
        self.exponentials, self.coordinates = exponentials, coordinates
        self.builder = builder

    def spell(self, polynomial: Any) -> Expression:
        """A polynomial in the exponentials as a form in (p : q)."""
        index = minus_one(polynomial)
        if index is not None:
            return self._difference(self.coordinates[index])
        if len(self.exponentials) > 1:
            return self.builder.bind("form", self._expanded(polynomial))
        known = coefficients(polynomial)
        pairs = list(zip(reversed(known), known, strict=True))
        return self.builder.bind("form", self.horner(pairs))

    def power(self, polynomial: Any, exponent: int) -> Expression:
        """A power of such a form."""
        return self.builder.power(self.spell(polynomial), exponent)

    def _difference(self, at: Coordinates) -> Expression:
        """p - q = ±(1 - t), by expm1."""
        value: Expression = op("neg", op("expm1", op("neg", at.capped)))
        if at.error is not None:
            value = op("add", value, op("mul", at.t, at.error))
        return self.builder.bind("minus", op("copysign", value, at.z))

    def horner(self, pairs: Sequence[Pair]) -> Expression:
        """Polynomial in t whose coefficients change with the sign of z.

        The constant, exact and the largest, is added last: one rounding of its size. In
        a quadratic a + (b·t + c·t²) rounds less than a + t·(b + c·t) does near t = 1.
        """
        (at,) = self.coordinates
        if len(pairs) == 3 and all(all(pair) for pair in pairs):
            constant, linear, quadratic = (self.side(*pair) for pair in pairs)
            square = self.builder.power(at.t, 2)
            return add(constant, add(mul(linear, at.t), mul(quadratic, square)))
        value = self.side(*pairs[-1])
        for pair in reversed(pairs[:-1]):
            value = self._step_of_horner(pair, value)
        return value

    def _step_of_horner(self, pair: Pair, value: Expression) -> Expression:
        (at,) = self.coordinates
        nested = isinstance(value, Operation)
        product = mul(at.t, value) if nested else mul(value, at.t)
        return add(self.side(*pair), product) if any(pair) else product

    def side(self, high: Fraction, low: Fraction) -> Expression:
        """A coefficient: one number where z > 0, another where z ≤ 0."""
        if high == low:
            return Number(high)
        (at,) = self.coordinates
        choice = add(Number(low), mul(Number(high - low), at.step))
        return self.builder.bind("coefficient", choice)

    def _expanded(self, polynomial: Any) -> Expression:
        """Form in several pairs of coordinates, monomial by monomial."""
        degrees = [polynomial.degree(g) for g in polynomial.ring.gens]
        terms = []
        for exponents, coefficient in sorted(polynomial.terms(), key=lambda t: -t[1]):
            factors: list[Expression] = [Number(rational(coefficient))]
            for at, k, n in zip(self.coordinates, exponents, degrees, strict=True):
                factors += [
                    self.builder.power(at.p, k),
                    self.builder.power(at.q, n - k),
                ]
            terms.append(mul(*factors))
        return add(*terms)

    def minus_one(self, known: list[Fraction]) -> Expression:
        """A(p, q) - 1 for a form with both ends 1: the inner terms, and t^n."""
        (at,), degree = self.coordinates, len(known) - 1
        whole = self.builder.bind("whole", op("fade", at.t, at.tail))
        below = self.builder.bind("below", op("sub", number(1), at.step))
        p = self.builder.bind("p_whole", op("maximum", whole, at.step))
        q = self.builder.bind("q_whole", op("maximum", whole, below))
        inner = [
            mul(Number(c), self.builder.power(p, k), self.builder.power(q, degree - k))
            for k, c in enumerate(known)
            if 0 < k < degree and c
        ]
        return add(*inner, self.builder.power(whole, degree))
