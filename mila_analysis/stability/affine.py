"""Partials as arithmetic in E = exp(z) itself: short, and right where E is moderate.

With p = E and q = 1 every form is a polynomial in E by Horner's rule, its constant
added last. Terms that several partials share are computed once. The exponential of a
sum is the product of exponentials, which has no rounding error of the sum to correct.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

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
from mila_analysis.stability.compensated import Sum, exponent
from mila_analysis.stability.direct import Spelling
from mila_analysis.stability.horner import Horner
from mila_analysis.stability.terms import (
    NotHomogeneousError,
    Splitter,
    Term,
    coefficients,
    minus_one,
    rational,
    shared_monomial,
    without,
)
from mila_analysis.tower import Generator

__all__ = ["Affine"]


class Affine:
    """Partials of one derivation in the exponentials themselves.

    Attributes:
        reach: of each exponential, the summands of its exponent.
        deepest, highest: powers of the exponentials that were used.
    """

    def __init__(self, derivation: Derivation, builder: Builder) -> None:
        self.builder = builder
        self.splitter = Splitter(derivation)
        names = {v: Name(str(v)) for v in derivation.variables}
        self.spelling = Spelling(names, builder)
        self.exponents: dict[Any, Sum] = {}
        self.reach: list[tuple[Expression, ...]] = []
        self.deepest = self.highest = 1
        self._horner = Horner(builder)
        self._weights: dict[Any, tuple[Fraction, Expression]] = {}
        self._sums: dict[Expression, dict[Expression, Fraction]] = {}
        for generator in derivation.generators:
            self.spelling.names[generator.symbol] = self._generator(generator)

    def _generator(self, generator: Generator) -> Expression:
        if generator.function == "log":
            return self._logarithm(generator.argument)
        names, bind = self.spelling.names, self.builder.bind
        total = exponent(generator.argument, names, self.builder)
        self.exponents[generator.symbol] = total
        hint = str(generator.symbol).lower().replace("_", "")
        summands = _summands(generator.argument)
        if len(summands) > 1:
            parts = [self.spelling.spell(s) for s in summands]
            self.reach.append(tuple(parts))
            return bind(hint, mul(*(bind("factor", op("exp", p)) for p in parts)))
        self.reach.append((total.value,))
        value: Expression = op("exp", total.value)
        if total.error is not None:
            value = bind("rounded", value)
            value = op("add", value, op("mul", value, total.error))
        return bind(hint, value)

    def _logarithm(self, argument: Any) -> Expression:
        """log(1 + a·E + ...) by log1p."""
        symbols = argument.free_symbols
        if len(symbols) != 1 or not symbols <= set(self.exponents):
            raise NotHomogeneousError(f"log({argument})")
        (symbol,) = symbols
        polynomial = self.splitter.ring.from_expr(argument)
        if len(self.exponents) > 1:
            raise NotHomogeneousError(f"log({argument}) among several exponentials")
        constant, *rest = coefficients(polynomial)
        if constant != 1:
            raise NotHomogeneousError(f"log({argument})")
        base = self.spelling.names[symbol]
        inner = mul(self._horner.form(rest, base), base)
        return self.builder.bind("log", op("log1p", inner))

    def plain(self, expression: Any) -> Expression:
        """Expression of a condition, as it stands."""
        return self.spelling.spell(expression)

    def value(self, element: Any) -> Expression:
        """Expression of a partial."""
        terms = list(self.splitter.terms(element))
        if not terms:
            return number(0)
        products = max(len(t.monomial) for t in terms) > 1
        outside = shared_monomial(terms) if products else ()
        summands = {}
        for term in terms:
            content, value = self._summand(without(term, outside))
            summands[value] = content
        total = self._reused(summands) or self._total(summands)
        return mul(total, *(self.spelling.names[s] for s in outside))

    def _total(self, summands: dict[Expression, Fraction]) -> Expression:
        total = add(*(mul(Number(c), value) for value, c in summands.items()))
        if len(summands) == 1:
            return total
        name = self.builder.bind("sum", total)
        self._sums[name] = summands
        return name

    def _reused(self, summands: dict[Expression, Fraction]) -> Expression | None:
        """A known sum and one summand more: f_xx is f_xβ + f_β/x for Mila."""
        for name, known in self._sums.items():
            rest = {v: c - known.get(v, Fraction(0)) for v, c in summands.items()}
            more = {value: c for value, c in rest.items() if c}
            if known.keys() <= summands.keys() and len(more) == 1:
                ((value, content),) = more.items()
                if content * summands[value] > 0:  # never by taking away
                    return add(name, mul(Number(content), value))
        return None

    def _summand(self, term: Term) -> tuple[Fraction, Expression]:
        content, value = self._weight(term)
        for symbol in term.monomial:
            value = self._times(self.spelling.names[symbol], value)
        return content, value

    def _times(self, variable: Expression, weight: Expression) -> Expression:
        if weight == number(1):
            return variable
        return self.builder.bind("term", op("mul", variable, weight))

    def _weight(self, term: Term) -> tuple[Fraction, Expression]:
        """What the content of a known quotient in E lacks, and the quotient."""
        key = (term.forms, term.low)
        if key not in self._weights:
            value = self._quotient(term)
            content = Fraction(1) if value == number(1) else term.content
            self._weights[key] = content, self.builder.bind("weight", value)
        content, name = self._weights[key]
        return term.content / content, name

    def _quotient(self, term: Term) -> Expression:
        up, down = self._powers(term)
        up = [
            *up,
            *(self.builder.power(self._form(f), n) for f, n in term.forms if n > 0),
        ]
        down = [
            *down,
            *(self.builder.power(self._form(f), -n) for f, n in term.forms if n < 0),
        ]
        if not up and not down:
            return number(1)
        self._note(term)
        top = self._product(Number(term.content), up)
        return op("div", top, mul(*down)) if down else top

    def _product(self, content: Number, factors: list[Expression]) -> Expression:
        """Product with its content first: terms share what they have in common."""
        if not factors:
            return content
        value = self.builder.bind("scaled", mul(content, factors[0]))
        for factor in factors[1:]:
            value = self.builder.bind("product", mul(value, factor))
        return value

    def _powers(self, term: Term) -> tuple[list[Expression], list[Expression]]:
        up, down = [], []
        for generator, k in zip(self.splitter.exponentials, term.low, strict=True):
            base = self.spelling.names[generator.symbol]
            if k > 0:
                up.append(self.builder.power(base, k))
            if k < 0:
                down.append(self.builder.power(base, -k))
        return up, down

    def _note(self, term: Term) -> None:
        """Keep the highest degree that a numerator or a denominator takes on."""
        sizes = [0, 0]
        for form, n in term.forms:
            degree = sum(form.degree(g) for g in form.ring.gens)
            sizes[n < 0] += abs(n) * degree
        for k in term.low:
            sizes[k < 0] += abs(k)
            self.deepest = max(self.deepest, abs(k))
        self.highest = max(self.highest, *sizes)

    def _form(self, polynomial: Any) -> Expression:
        index = minus_one(polynomial)
        if index is not None:
            return self._minus_one(self.splitter.exponentials[index].symbol)
        if len(self.splitter.exponentials) > 1:
            return self.builder.bind("form", self._expanded(polynomial))
        (generator,) = self.splitter.exponentials
        base = self.spelling.names[generator.symbol]
        return self._horner.form(coefficients(polynomial), base)

    def _minus_one(self, symbol: Any) -> Expression:
        """E - 1 by expm1."""
        total = self.exponents[symbol]
        value: Expression = op("expm1", total.value)
        if total.error is not None:
            lost = op("mul", self.spelling.names[symbol], total.error)
            value = op("add", value, lost)
        return self.builder.bind("minus", value)

    def _expanded(self, polynomial: Any) -> Expression:
        terms = []
        for exponents, coefficient in sorted(polynomial.terms(), key=lambda t: -t[1]):
            factors: list[Expression] = [Number(rational(coefficient))]
            for generator, k in zip(self.splitter.exponentials, exponents, strict=True):
                if k:
                    factors.append(
                        self.builder.power(self.spelling.names[generator.symbol], k)
                    )
            terms.append(mul(*factors))
        return add(*terms)


def _summands(argument: Any) -> list[Any]:
    """Summands of an exponent, x first, if each is a variable or its negative."""
    terms = sorted(argument.as_ordered_terms(), key=lambda t: "x" not in str(t))
    return terms if all((t**2).is_Pow and (t**2).base.is_Symbol for t in terms) else []
