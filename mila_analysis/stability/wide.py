"""A derivation to arithmetic for wide numbers, whose exponents nothing leaves.

Wide numbers, m·2^e with an exponent of their own, neither overflow nor underflow, so
the factored derivative may be computed as it stands. What is left to do is to lose no
digits where it cancels: that is for the rules of `generators` and `cancelling`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mila_analysis.derivation import Derivation
from mila_analysis.program import Builder, Expression, add, mul, op
from mila_analysis.stability.cancelling import Cancelling
from mila_analysis.stability.constants import Constants
from mila_analysis.stability.generators import Generators
from mila_analysis.stability.terms import grouped

__all__ = ["Wide"]


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
        scale = self.constants.number(top / bottom)
        if not below:
            return mul(scale, *above)
        quotient = op("div", mul(scale, *above), mul(*below))
        return self.builder.bind("ratio", quotient)

    def plain(self, expression: Any) -> Expression:
        """Expression of the difference in a condition."""
        return self.value(self.field.from_expr(expression))

    def _factors(self, polynomial: Any) -> tuple[Any, list[Expression]]:
        """The constant factor, and the others as they are computed."""
        content, powers = polynomial.factor_list()
        scale = polynomial.ring.ground_new(content).as_expr()
        factors = []
        for factor, n in powers:
            if self.constants.holds(factor):
                scale *= factor.as_expr() ** n
            else:
                factors.append(self.builder.power(self._irreducible(factor), n))
        return scale, factors

    def _irreducible(self, polynomial: Any) -> Expression:
        """A symbol, a sum that a rule saves the digits of, or a sum as it stands."""
        known = self.cancelling.form(polynomial)
        if known is not None:
            return known
        return self.builder.bind("form", self.sum(polynomial))

    def sum(self, polynomial: Any) -> Expression:
        """A sum as it stands."""
        return add(*self._summands(polynomial))

    def _summands(self, polynomial: Any) -> Iterator[Expression]:
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
                self.constants.number(scale), *_one(factors + self._plain(powers))
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


def _one(factors: list[Expression]) -> list[Expression]:
    return [mul(*factors)] if factors else []
