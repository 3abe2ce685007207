"""A derivation to arithmetic for wide numbers, whose exponents nothing leaves.

Wide numbers, m·2^e with an exponent of their own, neither overflow nor underflow, so
the factored derivative may be computed as it stands. What is left to do is to lose no
digits where it cancels: that is for the rules of `generators` and `cancelling`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sympy

from mila_analysis.derivation import Derivation
from mila_analysis.program import Builder, Expression, add, mul, op
from mila_analysis.stability.cancelling import Cancelling
from mila_analysis.stability.constants import Constants
from mila_analysis.stability.generators import Generators
from mila_analysis.stability.terms import grouped

__all__ = ["Wide"]

Powers = list[tuple[Any, int]]
Leads = dict[Any, Any]
"""What some sums are divided by."""


class Wide:
    """Partials of one derivation as arithmetic of wide numbers."""

    def __init__(self, derivation: Derivation, builder: Builder) -> None:
        self.builder = builder
        self.reduced = derivation.reduced
        self.field = next(iter(derivation.cases[0].partials.values())).field
        self.constants = Constants(derivation)
        self.generators = Generators(derivation, self, builder)
        self.cancelling = Cancelling(self, builder)
        self.generators.evaluate()

    def value(self, element: Any) -> Expression:
        """Expression of a partial: factors over factors."""
        element = self.generators.merged(element)
        top, above = self._factors(element.numer)
        bottom, below = self._factors(element.denom)
        scale, leads = self._evened(top / bottom, above, below)
        factors = self._spelled(above, leads)
        if not below:
            return mul(self.constants.number(scale), *factors)
        under = mul(*self._spelled(below, leads))
        quotient = op("div", mul(self.constants.number(scale), *factors), under)
        return self.builder.bind("ratio", quotient)

    def plain(self, expression: Any) -> Expression:
        """Expression of the difference in a condition."""
        return self.value(self.field.from_expr(expression))

    def _factors(self, polynomial: Any) -> tuple[Any, Powers]:
        """The constant factor, and the others with their powers."""
        content, powers = polynomial.factor_list()
        scale = polynomial.ring.ground_new(content).as_expr()
        factors = []
        for factor, n in powers:
            if self.constants.holds(factor):
                scale *= factor.as_expr() ** n
            else:
                factors.append((factor, n))
        return scale, factors

    def _evened(self, scale: Any, above: Powers, below: Powers) -> tuple[Any, Leads]:
        """The scale, and what sums are divided by, so that constants cancel exactly.

        Where (π·E + x)/(π·E + π) tends to 1, so does (E + x/π)/(E + 1) in floats. Sums
        are left as they are where no float is won.
        """
        if _is_float(scale):
            return scale, {}
        leads, evened = {}, scale
        for factors, sign in ((above, 1), (below, -1)):
            for factor, n in factors:
                if self.cancelling.form(factor) is None:
                    leads[factor] = self._lead(factor)
                    evened *= leads[factor] ** (sign * n)
        return (evened, leads) if _is_float(evened) else (scale, {})

    def _lead(self, polynomial: Any) -> Any:
        """The coefficient, in constants, of what dominates: exponentials do first."""
        varying = set(polynomial.ring.symbols) - self.constants.symbols
        groups = grouped(polynomial, sorted(varying, key=str))

        def size(group: tuple[dict[Any, int], Any]) -> tuple[int, int]:
            powers, _ = group
            grown = sum(n for s, n in powers.items() if self.generators.has_form(s))
            return grown, sum(powers.values())

        return max(groups, key=size)[1].as_expr()

    def _spelled(self, factors: Powers, leads: Leads) -> list[Expression]:
        return [
            self.builder.power(self._irreducible(factor, leads.get(factor)), n)
            for factor, n in factors
        ]

    def _irreducible(self, polynomial: Any, lead: Any = None) -> Expression:
        """A symbol, a sum that a rule saves the digits of, or a sum as it stands."""
        if lead is not None:
            return self.builder.bind("form", add(*self._summands(polynomial, lead)))
        known = self.cancelling.form(polynomial)
        if known is not None:
            return known
        return self.builder.bind("form", self.sum(polynomial))

    def sum(self, polynomial: Any) -> Expression:
        """A sum as it stands."""
        return add(*self._summands(polynomial))

    def _summands(self, polynomial: Any, lead: Any = 1) -> Iterator[Expression]:
        """Monomials in what is plain, times polynomials in what may be near ±1."""
        constants = self.constants.symbols
        varying = [s for s in polynomial.ring.symbols if s not in constants]
        outer = [s for s in varying if not self.generators.has_form(s)]
        groups = grouped(polynomial, outer)
        if len(groups) == 1:
            groups = grouped(polynomial, varying)
        for powers, rest in groups:
            scale, factors = self._factors(rest)
            yield mul(
                self.constants.number(scale / lead),
                *_one(self._spelled(factors, {}) + self._plain(powers)),
            )

    def monomials(
        self, polynomial: Any, values: Mapping[Any, Expression]
    ) -> Iterator[Expression]:
        """Terms of a polynomial, with other values for some of its symbols."""
        varying = [
            s for s in polynomial.ring.symbols if s not in self.constants.symbols
        ]
        known = {**self.generators.values, **values}
        for powers, rest in grouped(polynomial, varying):
            factors = [self.builder.power(known[s], n) for s, n in powers.items()]
            yield mul(self.constants.number(rest.as_expr()), *_one(factors))

    def _plain(self, powers: dict[Any, int]) -> list[Expression]:
        values = self.generators.values
        return [self.builder.power(values[s], n) for s, n in powers.items()]


def _is_float(scale: Any) -> bool:
    """Whether a constant is a number of few bits."""
    scale = sympy.sympify(scale)
    if not scale.is_Rational:
        return False
    return int(scale.q).bit_count() == 1 and abs(int(scale.p)) < 1 << 11


def _one(factors: list[Expression]) -> list[Expression]:
    return [mul(*factors)] if factors else []
