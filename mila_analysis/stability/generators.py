"""The generators of a tower to their values in wide arithmetic.

- Exponents carry their rounding errors (`sums`), as do logarithms and exponentials that
  stand in exponents.
- log(1 + w) is log1p(w); that of a palindrome in one exponential is n·max(z, 0) and
  log1p of the rest; log a - log b is log1p((a - b)/b), see `differences`.
- sin and cos of a sum are those of its value and of its error, by the angle sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any, Protocol

import sympy

from mila_analysis.derivation import Derivation
from mila_analysis.program import (
    Builder,
    Expression,
    Name,
    Number,
    add,
    mul,
    number,
    op,
)
from mila_analysis.stability.constants import Constants
from mila_analysis.stability.differences import (
    all_of_one_sign,
    differences,
    shifted,
)
from mila_analysis.stability.sums import Arithmetic, Sum
from mila_analysis.stability.terms import rational
from mila_analysis.tower import Generator

__all__ = ["Generators"]

FAR = 8
"""An exponential of more is all that a logarithm of a sum with it is made of."""


class Speller(Protocol):
    """What spells polynomials in the symbols that have values."""

    field: Any
    constants: Constants

    def value(self, element: Any) -> Expression:
        """Expression of an element of the tower."""


@dataclass(frozen=True, slots=True)
class Exponential:
    """An exponent with its rounding error, and the exponential without it."""

    exponent: Sum
    lost: Expression | None
    plain: Expression


class Generators:
    """Values of all symbols of one derivation.

    Attributes:
        values: expression of each symbol.
    """

    def __init__(
        self, derivation: Derivation, speller: Speller, builder: Builder
    ) -> None:
        self.builder = builder
        self.speller = speller
        self.field = speller.field
        self.arithmetic = Arithmetic(builder)
        self.values: dict[Any, Expression] = {
            v: Name(str(v)) for v in derivation.variables
        }
        self.sums: dict[Any, Sum] = {}
        self.exponentials: dict[Any, Exponential] = {}
        self.functions = {g.symbol: g for g in derivation.generators}
        self.merges = differences(derivation, self.field)

    def evaluate(self) -> None:
        """Bind the values of all generators that are no constants."""
        for generator in self.functions.values():
            if generator.symbol not in self.speller.constants.symbols:
                self.values[generator.symbol] = self._value(generator)

    def has_form(self, symbol: Any) -> bool:
        """Whether sums with a symbol may cancel near ±1: exponentials and erf."""
        generator = self.functions.get(symbol)
        return generator is not None and generator.function in ("exp", "erf")

    # Values

    def _value(self, generator: Generator) -> Expression:
        rule = {"exp": self._exp, "log": self._log, "erf": self._function}
        rule |= {"sin": self._circular, "cos": self._circular}
        value: Expression = rule.get(generator.function, self._function)(generator)
        return value

    def _argument(self, generator: Generator) -> Any:
        return self.merged(self.field.from_expr(generator.argument))

    def merged(self, element: Any) -> Any:
        """An element with differences of logarithms for the first of each two."""
        return shifted(element, self.merges)

    def _function(self, generator: Generator) -> Expression:
        """A function that does not enlarge the error of its argument."""
        argument = self.speller.value(self._argument(generator))
        return self.builder.bind(
            str(generator.symbol).lower(), op(generator.function, argument)
        )

    def _exp(self, generator: Generator) -> Expression:
        bind = self.builder.bind
        hint = str(generator.symbol).lower()
        z = self.sum(self._argument(generator))
        z = Sum(bind("z", z.value), z.error)
        plain = bind(hint, op("exp", z.value))
        lost = None if z.error is None else bind("lost", op("small", z.error))
        self.exponentials[generator.symbol] = Exponential(z, lost, plain)
        if lost is None:
            return plain
        return bind(hint, op("add", plain, op("mul", plain, lost)))

    def _circular(self, generator: Generator) -> Expression:
        """sin or cos of a sum, by the angles of its value and of its error."""
        bind = self.builder.bind
        z = self.sum(self._argument(generator))
        sine, cosine = (
            bind("sine", op("sin", z.value)),
            bind("cosine", op("cos", z.value)),
        )
        is_sine = generator.function == "sin"
        if z.error is None:
            return sine if is_sine else cosine
        error = bind("lost", z.error)
        a, b = bind("sine", op("sin", error)), bind("cosine", op("cos", error))
        if is_sine:
            return bind("s", op("add", mul(sine, b), mul(cosine, a)))
        return bind("c", op("sub", mul(cosine, b), mul(sine, a)))

    # Logarithms

    def _log(self, generator: Generator) -> Expression:
        bind = self.builder.bind
        argument = self.field.from_expr(generator.argument)
        other = self.merges.get(generator.symbol)
        if other is not None:
            bottom = self.field.from_expr(self.functions[other].argument)
            rest = self.speller.value((argument - bottom) / bottom)
            return bind("log", op("log1p", rest))
        known = self._softplus(argument)
        if known is not None:
            self.sums[generator.symbol] = known
            return known.value
        rest = argument - 1
        if all_of_one_sign(rest) and not _constant_term(rest.numer):
            found = bind("log", op("log1p", self.speller.value(rest)))
        else:
            found = bind("log", op("log", self.speller.value(argument)))
        far = self._far(argument)
        if far is None:
            return found
        at, total = far
        is_far = op(">", at.exponent.value, number(FAR))
        value = bind("log", op("select", is_far, total.value, found))
        error = total.error or number(0)
        error = bind("lost", op("select", is_far, error, number(0)))
        self.sums[generator.symbol] = Sum(value, error)
        return value

    def _far(self, argument: Any) -> tuple[Exponential, Sum] | None:
        """log of a polynomial A of degree n in one E far out: n·z + log(A/E^n).

        Beyond the largest exponent that exponentials keep, no digit of E tells z.
        """
        symbols = argument.numer.as_expr().free_symbols & set(self.exponentials)
        if argument.denom != 1 or len(symbols) != 1:
            return None
        (symbol,) = symbols
        at, bind = self.exponentials[symbol], self.builder.bind
        ring = argument.numer.ring
        place = ring.symbols.index(symbol)
        degree = argument.numer.degree(place)
        decayed = bind("t", op("exp", op("neg", at.exponent.value)))
        terms = []
        for k in range(degree, -1, -1):
            known = {
                (*powers[:place], 0, *powers[place + 1 :]): c
                for powers, c in argument.numer.terms()
                if powers[place] == k
            }
            if known:
                factor = self.speller.value(self.field(ring.from_dict(known)))
                terms.append(mul(*self._one(factor, decayed, degree - k)))
        growth = Sum(bind("log", op("log", add(*terms))))
        error = None if at.lost is None else mul(number(degree), at.lost)
        linear = bind("linear", mul(number(degree), at.exponent.value))
        return at, self.arithmetic.sum(Sum(linear, error), growth)

    def _one(self, factor: Expression, base: Expression, n: int) -> list[Expression]:
        return [factor, self.builder.power(base, n)] if n else [factor]

    def _softplus(self, argument: Any) -> Sum | None:
        """log of a palindrome in one E: n·max(z, 0) + log1p(A(t) - 1), t = e^-|z|."""
        symbols = argument.as_expr().free_symbols
        if argument.denom != 1 or len(symbols) != 1:
            return None
        (symbol,) = symbols
        if symbol not in self.exponentials:
            return None
        known = sympy.Poly(argument.as_expr(), symbol).all_coeffs()
        if known[-1] != 1 or known != known[::-1]:
            return None
        if min(known) < 0 and sympy.Poly(known, symbol).count_roots(0, 1):
            return None
        return self._folded(self.exponentials[symbol], known)

    def _folded(self, at: Exponential, known: list[Any]) -> Sum:
        bind, degree = self.builder.bind, len(known) - 1
        z = at.exponent.value
        above = bind("above", op("step", z))
        t = bind("t", op("exp", op("neg", op("abs", z))))
        if at.lost is not None:
            sign = op("sub", mul(number(2), above), number(1))
            t = bind("t", op("sub", t, mul(t, op("mul", sign, at.lost))))
        rest = add(
            *(
                mul(Number(rational(c)), self.builder.power(t, k))
                for k, c in enumerate(known)
                if k and c
            )
        )
        growth = Sum(bind("log", op("log1p", rest)))
        error = None if at.lost is None else mul(number(degree), above, at.lost)
        linear = mul(number(degree), op("maximum", z, number(0)))
        return self.arithmetic.sum(Sum(bind("linear", linear), error), growth)

    # Exponents

    def sum(self, element: Any) -> Sum:
        """A rational function of the symbols, with its rounding error."""
        top = self._factored_sum(element.numer)
        if self.speller.constants.holds(element.denom):
            scale = 1 / element.denom.as_expr()
            return self.arithmetic.scaled(top, self.speller.constants.number(scale))
        return self.arithmetic.quotient(top, self._polynomial_sum(element.denom))

    def _factored_sum(self, polynomial: Any) -> Sum:
        """A polynomial in which factors that may cancel near ±1 stand as they are."""
        content, factors = polynomial.factor_list()
        saved = [(p, n) for p, n in factors if len(p.terms()) > 1 and self._varies(p)]
        if not saved:
            return self._polynomial_sum(polynomial)
        rest = polynomial.ring.ground_new(content)
        for p, n in factors:
            rest = rest if (p, n) in saved else rest * p**n
        values = [
            Sum(self.speller.value(self.field(p))) for p, n in saved for _ in range(n)
        ]
        return reduce(self.arithmetic.product, values, self._polynomial_sum(rest))

    def _varies(self, polynomial: Any) -> bool:
        return any(map(self.has_form, polynomial.as_expr().free_symbols))

    def _polynomial_sum(self, polynomial: Any) -> Sum:
        terms = []
        constants = self.speller.constants
        groups: dict[tuple[Any, ...], Any] = {}
        for exponents, coefficient in polynomial.terms():
            factors, scale = [], sympy.Rational(rational(coefficient))
            for symbol, n in zip(polynomial.ring.symbols, exponents, strict=True):
                if symbol in constants.symbols:
                    scale *= symbol**n
                else:
                    factors += [symbol] * n
            key = tuple(sorted(factors, key=_x_first))
            groups[key] = groups.get(key, sympy.Integer(0)) + scale
        for key, scale in groups.items():
            terms.append(self._monomial(key, constants.number(scale)))
        return reduce(self.arithmetic.sum, terms)

    def _monomial(self, factors: tuple[Any, ...], scale: Number) -> Sum:
        if not factors:
            return self.arithmetic.number(scale)
        total = reduce(self.arithmetic.product, map(self._symbol_sum, factors))
        return self.arithmetic.scaled(total, scale)

    def _symbol_sum(self, symbol: Any) -> Sum:
        """A symbol with what is known of its error."""
        if symbol in self.sums:
            return self.sums[symbol]
        if symbol in self.exponentials:
            at = self.exponentials[symbol]
            lost: Expression = op("exp_error", at.exponent.value, at.plain)
            if at.lost is not None:
                lost = op("add", lost, op("mul", at.plain, at.lost))
            return Sum(at.plain, self.builder.bind("lost", lost))
        return Sum(self.values[symbol])


def _x_first(symbol: Any) -> tuple[bool, str]:
    return (str(symbol) != "x", str(symbol))


def _constant_term(polynomial: Any) -> bool:
    return any(not any(exponents) for exponents, _ in polynomial.terms())
