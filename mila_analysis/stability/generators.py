"""The generators of a tower to wide arithmetic, and the sums of them that cancel.

- Exponents carry their rounding errors (`sums`), as do logarithms in exponents.
- E - 1 is expm1 of the exponent; erf(u) ± 1 is erfcx times exp(-u²).
- √u + v, where the signs differ, is (u - v²)/(√u - v).
- log(1 + w) is log1p(w); that of a polynomial in one exponential is n·max(z, 0) and
  log1p of the rest.
- log a - log b, where no other combination of the two occurs, is log1p((a - b)/b).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from itertools import permutations
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
from mila_analysis.stability.remainder import remainder
from mila_analysis.stability.sums import Arithmetic, Sum
from mila_analysis.stability.terms import rational
from mila_analysis.tower import Generator

__all__ = ["Generators"]


class Speller(Protocol):
    """What spells polynomials in the symbols that have values."""

    field: Any
    constants: Constants

    def value(self, element: Any) -> Expression:
        """Expression of an element of the tower."""

    def sum(self, polynomial: Any) -> Expression:
        """Expression of an irreducible polynomial in those symbols, as it stands."""


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
        self.merges = self._merges(derivation)

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

    def _function(self, generator: Generator) -> Expression:
        """A function that does not enlarge the error of its argument."""
        argument = self.speller.value(self._argument(generator))
        return self.builder.bind(
            str(generator.symbol).lower(), op(generator.function, argument)
        )

    def _exp(self, generator: Generator) -> Expression:
        bind = self.builder.bind
        hint = str(generator.symbol).lower()
        z = self._sum(self._argument(generator))
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
        z = self._sum(self._argument(generator))
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
        if _all_of_one_sign(rest) and not _constant_term(rest.numer):
            return bind("log", op("log1p", self.speller.value(rest)))
        return bind("log", op("log", self.speller.value(argument)))

    def _softplus(self, argument: Any) -> Sum | None:
        """log of a palindrome in one E: n·max(z, 0) + log1p(A(t) - 1), t = e^-|z|."""
        symbols = argument.as_expr().free_symbols
        if argument.denom != 1 or len(symbols) != 1:
            return None
        (symbol,) = symbols
        if symbol not in self.exponentials:
            return None
        known = sympy.Poly(argument.as_expr(), symbol).all_coeffs()
        if known[-1] != 1 or known != known[::-1] or min(known) < 0:
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

    # Differences of logarithms

    def _merges(self, derivation: Derivation) -> dict[Any, Any]:
        """Logarithms that stand only in differences: first symbol to second."""
        logs = [g for g in derivation.generators if g.function == "log"]
        found: dict[Any, Any] = {}
        for a, b in permutations(logs, 2):
            if {a.symbol, b.symbol} & {*found, *found.values()}:
                continue
            difference = self.field.from_expr(a.argument - b.argument)
            if _all_of_one_sign(difference) and all(
                _is_free(self._shifted(e, a.symbol, b.symbol), b.symbol)
                for e in _elements(derivation, self.field)
            ):
                found[a.symbol] = b.symbol
        return found

    def merged(self, element: Any) -> Any:
        """An element with the symbol of a first logarithm for the difference."""
        for first, second in self.merges.items():
            element = self._shifted(element, first, second)
        return element

    def _shifted(self, element: Any, first: Any, second: Any) -> Any:
        ring = element.numer.ring
        place = ring.symbols.index(first)
        total = ring.gens[place] + ring.gens[ring.symbols.index(second)]
        parts = (
            p.compose(ring.gens[place], total) for p in (element.numer, element.denom)
        )
        return element.field.new(*parts)

    # Exponents

    def _sum(self, element: Any) -> Sum:
        """A rational function of the symbols, with its rounding error."""
        top = self._polynomial_sum(element.numer)
        if self.speller.constants.holds(element.denom):
            scale = 1 / element.denom.as_expr()
            return self.arithmetic.scaled(top, self.speller.constants.number(scale))
        return self.arithmetic.quotient(top, self._polynomial_sum(element.denom))

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

    # Forms

    def form(self, polynomial: Any) -> Expression | None:
        """A symbol, or an irreducible sum by a rule that saves its digits."""
        terms = polynomial.terms()
        if len(terms) == 1:
            (symbol,) = polynomial.as_expr().free_symbols
            return self.values[symbol]
        expression = polynomial.as_expr()
        for symbol in sorted(expression.free_symbols, key=str):
            generator = self.functions.get(symbol)
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
            return self._minus_one(self.exponentials[symbol])
        if generator.function == "exp":
            return self._near_origin(generator, polynomial)
        if generator.function == "erf" and expression in (symbol - 1, symbol + 1):
            return self._complement(generator, expression == symbol + 1)
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

    def _gauss(self, element: Any) -> Expression:
        """exp(-u²), a generator that erf brings."""
        wanted = self.field.from_expr(sympy.cancel(-(element**2).as_expr()))
        for symbol in self.exponentials:
            argument = self.field.from_expr(self.functions[symbol].argument)
            if argument == self.reduced(wanted):
                return self.values[symbol]
        square = self._sum(self.reduced(wanted))
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
        square = self.field.from_expr(generator.argument) * self.field(slope**2)
        norm = square - self.field.from_expr(rest**2)
        if not _all_of_one_sign(norm):
            return None
        bind = self.builder.bind
        sign = 1 if slope > 0 else -1
        root = mul(Number(rational(abs(slope))), self.values[symbol])
        v = bind("v", self.speller.value(self.field.from_expr(sign * rest)))
        over = op("div", self.speller.value(norm), op("sub", root, v))
        total = op("select", op(">", v, number(0)), op("add", root, v), over)
        return bind("conjugate", total if sign > 0 else op("neg", total))

    def reduced(self, element: Any) -> Any:
        """Canonical form of an element, by the relations of its roots."""
        return element


def _x_first(symbol: Any) -> tuple[bool, str]:
    return (str(symbol) != "x", str(symbol))


def _elements(derivation: Derivation, field: Any) -> list[Any]:
    """Every element that a program computes: partials, and arguments."""
    found = [e for case in derivation.cases for e in case.partials.values()]
    for case in derivation.cases:
        found += [field.from_expr(r.difference) for r in case.conditions]
    return found + [field.from_expr(g.argument) for g in derivation.generators]


def _is_free(element: Any, symbol: Any) -> bool:
    place = element.numer.ring.symbols.index(symbol)
    parts = (element.numer, element.denom)
    return all(p.degree(p.ring.gens[place]) <= 0 for p in parts)


def _all_of_one_sign(element: Any) -> bool:
    """Whether no sum in a quotient cancels, if its symbols are positive."""
    return all(
        len({c > 0 for _, c in part.terms()}) <= 1
        for part in (element.numer, element.denom)
    )


def _constant_term(polynomial: Any) -> bool:
    return any(not any(exponents) for exponents, _ in polynomial.terms())
