"""Irreducible sums that cancel somewhere to arithmetic that keeps their digits.

- E - 1 is expm1 of the exponent; erf(u) ± 1 is erfcx times exp(-u²).
- √u + v, where the signs differ, is (u - v²)/(√u - v).
- What vanishes where erf(u) is ±1 is written in what all lack there: `corners`.
- What vanishes at x = 0 faster than its terms loses its low powers: `remainder`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, Protocol

import sympy

from mila_analysis.program import Builder, Expression, Number, add, mul, number, op
from mila_analysis.stability.corners import corners
from mila_analysis.stability.differences import all_of_one_sign
from mila_analysis.stability.generators import Exponential, Generators
from mila_analysis.stability.remainder import remainder
from mila_analysis.stability.terms import rational
from mila_analysis.tower import Generator

__all__ = ["Cancelling"]


class Speller(Protocol):
    """What spells elements of the tower."""

    field: Any
    generators: Generators

    def value(self, element: Any) -> Expression:
        """Expression of an element."""

    def sum(self, polynomial: Any) -> Expression:
        """Expression of an irreducible polynomial, as it stands."""

    def monomials(
        self, polynomial: Any, values: Mapping[Any, Expression]
    ) -> Iterator[Expression]:
        """Terms of a polynomial, with other values for some of its symbols."""

    def reduced(self, element: Any) -> Any:
        """Canonical form of an element."""


class Cancelling:
    """Rules for the irreducible sums of one derivation."""

    def __init__(self, speller: Speller, builder: Builder) -> None:
        self.builder = builder
        self.speller = speller
        self.field = speller.field

    @property
    def generators(self) -> Generators:
        """Values of the symbols."""
        return self.speller.generators

    def form(self, polynomial: Any) -> Expression | None:
        """A symbol, or an irreducible sum by a rule that saves its digits."""
        terms = polynomial.terms()
        if len(terms) == 1:
            (symbol,) = polynomial.as_expr().free_symbols
            return self.generators.values[symbol]
        expression = polynomial.as_expr()
        for symbol in sorted(expression.free_symbols, key=str):
            generator = self.generators.functions.get(symbol)
            if generator is None:
                continue
            found = self._form_of(generator, polynomial, expression)
            if found is not None:
                return found
        return None

    def _form_of(
        self, generator: Generator, polynomial: Any, expression: Any
    ) -> Expression | None:
        symbol = generator.symbol
        if generator.function == "exp" and expression == symbol - 1:
            return self._minus_one(self.generators.exponentials[symbol])
        if generator.function == "exp":
            return self._near_origin(generator, polynomial)
        if generator.function == "erf" and expression in (symbol - 1, symbol + 1):
            return self._complement(generator, expression == symbol + 1)
        if generator.function == "erf":
            return self._in_corners(generator, polynomial)
        if generator.function == "sqrt":
            return self._conjugate(generator, polynomial)
        return None

    def _minus_one(self, at: Exponential) -> Expression:
        value: Expression = op("expm1", at.exponent.value)
        if at.lost is not None:
            value = op("add", value, op("mul", at.plain, at.lost))
        return self.builder.bind("minus", value)

    def _near_origin(self, generator: Generator, polynomial: Any) -> Expression | None:
        """A sum whose low powers cancel at x = 0, without them near there."""
        found = remainder(polynomial, generator, self.field)
        if found is None:
            return None
        bind, value = self.builder.bind, self.speller.value
        z = bind("z", value(found.exponent))
        rests = [
            mul(value(c), op("exp_rest", mul(number(j), z), number(found.order)))
            for j, c in found.rests.items()
        ]
        near = bind("near", add(value(found.leading), *rests))
        far = bind("form", self.speller.sum(polynomial))
        is_near = op("<", op("abs", mul(number(max(found.rests)), z)), number(2))
        return bind("either", op("select", is_near, near, far))

    def _complement(self, generator: Generator, is_sum: bool) -> Expression:
        """erf(u) + 1 or erf(u) - 1: exp(-u²)·erfcx(|u|) on the side where it decays."""
        bind = self.builder.bind
        element = self.field.from_expr(generator.argument)
        u = bind("u", self.speller.value(element))
        decayed = bind("decayed", mul(self._gauss(element), op("erfcx", op("abs", u))))
        positive = op(">", u, number(0))
        if is_sum:
            far = op("sub", number(2), decayed)
            return bind("complement", op("select", positive, far, decayed))
        near, far = op("neg", decayed), op("sub", decayed, number(2))
        return bind("complement", op("select", positive, near, far))

    def _in_corners(self, generator: Generator, polynomial: Any) -> Expression | None:
        """A sum that vanishes where erf(u) is ±1, by what each symbol lacks there."""
        functions = list(self.generators.functions.values())
        bind = self.builder.bind
        value: Expression | None = None
        for corner in corners(polynomial, generator, functions):
            if value is None:
                value = bind("form", self.speller.sum(polynomial))
            lacking = {generator.symbol: self._complement(generator, corner.side < 0)}
            u = self.speller.value(self.field.from_expr(generator.argument))
            conditions = [op(">", mul(number(corner.side), u), number(1))]
            for near in corner.near_one:
                at = self.generators.exponentials[near.symbol]
                lacking[near.symbol] = self._minus_one(at)
                size = op("abs", at.exponent.value)
                conditions.append(op("<", size, Number(Fraction(1, 2))))
            terms = self.speller.monomials(corner.polynomial, lacking)
            inside = bind("corner", add(*terms))
            for condition in conditions:
                inside = op("select", condition, inside, value)
            value = bind("either", inside)
        return value

    def _gauss(self, element: Any) -> Expression:
        """exp(-u²), a generator that erf brings."""
        wanted = self.field.from_expr(sympy.cancel(-(element**2).as_expr()))
        for symbol in self.generators.exponentials:
            argument = self.field.from_expr(self.generators.functions[symbol].argument)
            if argument == self.speller.reduced(wanted):
                return self.generators.values[symbol]
        square = self.generators.sum(self.speller.reduced(wanted))
        return self.builder.bind("gauss", op("exp", square.value))

    def _conjugate(self, generator: Generator, polynomial: Any) -> Expression | None:
        """√u + v by (u - v²)/(√u - v) where v is negative."""
        symbol = generator.symbol
        parts = sympy.Poly(polynomial.as_expr(), symbol)
        if parts.degree() != 1:
            return None
        slope, rest = parts.all_coeffs()
        if not slope.is_Rational or rest == 0:
            return None
        found = self._with_root(generator, slope, rest)
        if found is None:  # √(x² + 1) - 1 + 2x: the part without x may cancel alone
            constant, others = rest.as_independent(sympy.Symbol("x"), as_Add=True)
            found = constant and self._with_root(generator, slope, constant)
            if found:
                added = self.speller.value(self.field.from_expr(others))
                return self.builder.bind("form", op("add", added, found))
        return found or None

    def _with_root(
        self, generator: Generator, slope: Any, rest: Any
    ) -> Expression | None:
        square = self.field.from_expr(generator.argument) * self.field(slope**2)
        norm = square - self.field.from_expr(rest**2)
        if not all_of_one_sign(norm):
            return None
        bind = self.builder.bind
        sign = 1 if slope > 0 else -1
        root = mul(
            Number(rational(abs(slope))), self.generators.values[generator.symbol]
        )
        v = bind("v", self.speller.value(self.field.from_expr(sign * rest)))
        over = op("div", self.speller.value(norm), op("sub", root, v))
        total = op("select", op(">", v, number(0)), op("add", root, v), over)
        return bind("conjugate", total if sign > 0 else op("neg", total))
