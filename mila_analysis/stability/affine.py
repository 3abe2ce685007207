"""Partials as arithmetic in E = exp(z) itself: short, and right where E is moderate.

With p = E and q = 1 every form is a polynomial in E by Horner's rule, its constant
added last. There is one division for each denominator: its reciprocal, which all
partials share. The exponential of a sum is the product of exponentials, which has no
rounding error of the sum to correct.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
from mila_analysis.stability.compensated import exponent
from mila_analysis.stability.direct import Spelling
from mila_analysis.stability.horner import Horner
from mila_analysis.stability.sums import Sum
from mila_analysis.stability.terms import (
    NotHomogeneousError,
    Splitter,
    Term,
    coefficients,
    minus_one,
    rational,
    shared_monomial,
    times,
    without,
)
from mila_analysis.tower import Generator

__all__ = ["Affine"]


@dataclass(frozen=True, slots=True)
class Factor:
    """A value, and the power of the exponentials by which it grows."""

    value: Expression
    degree: int


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
        """Expression of a partial: the sum of its terms, times what they share.

        Rounding errors of what is shared do not grow where the sum cancels.
        """
        terms = list(self.splitter.terms(element))
        if not terms:
            return number(0)
        if len(terms) == 1:
            return self._single(terms[0])
        products = max(len(t.monomial) for t in terms) > 1
        outside = shared_monomial(terms) if products else ()
        shared = _shared(terms)
        scale = self._product(shared)
        summands: dict[Expression, Fraction] = {}
        degrees = []
        for term in (_over(without(t, outside), shared) for t in terms):
            weight = self._product(term)
            degrees.append(weight.degree)
            value = self._with_variables(weight.value, term.monomial)
            summands[value] = summands.get(value, Fraction(0)) + term.content
        self._note(max(degrees) + scale.degree)
        total = self._reused(summands) or self._total(summands)
        value = self._times(scale.value, total)
        return mul(value, *(self.spelling.names[s] for s in outside))

    def _single(self, term: Term) -> Expression:
        """A term alone: its variables last, where its weight is as small as it gets."""
        value = self._quotient(term)
        if value is None:
            shared = _shared_alone(term)
            scale, weight = self._product(shared), self._product(_over(term, shared))
            self._note(scale.degree + weight.degree)
            value = self._times(scale.value, weight.value)
        return mul(Number(term.content), self._with_variables(value, term.monomial))

    def _with_variables(self, value: Expression, symbols: Sequence[Any]) -> Expression:
        for symbol in symbols:
            value = self._times(self.spelling.names[symbol], value)
        return value

    def _times(self, factor: Expression, value: Expression) -> Expression:
        if number(1) in (factor, value):
            return value if factor == number(1) else factor
        return self.builder.bind("term", op("mul", factor, value))

    def _total(self, summands: dict[Expression, Fraction]) -> Expression:
        contents = sorted(summands.items(), key=lambda item: item[1] < 0)
        total = add(*(mul(Number(c), value) for value, c in contents if c))
        name = self.builder.bind("sum", total)
        self._sums[name] = summands
        return name

    def _reused(self, summands: dict[Expression, Fraction]) -> Expression | None:
        """A known sum and one summand more, as for f_xx and f_xβ of Mila."""
        for name, known in self._sums.items():
            rest = {v: c - known.get(v, Fraction(0)) for v, c in summands.items()}
            more = {value: c for value, c in rest.items() if c}
            if known.keys() <= summands.keys() and len(more) == 1:
                ((value, content),) = more.items()
                if content * summands[value] > 0:  # never by taking away
                    return add(name, mul(Number(content), value))
        return None

    def _product(self, term: Term) -> Factor:
        """Forms, exponentials and reciprocals of a term: its content is left out.

        Reciprocals are multiplied in between, so that no product leaves the floats
        long before the result does.
        """
        up, down = self._factors(term)
        if not up and not down:
            return Factor(number(1), 0)
        total = (up or down).pop(0)
        while up or down:
            factor = (up if self._rises(total, up, down) else down).pop(0)
            value = op("mul", factor.value, total.value)  # as Horner's rule writes it
            degree = total.degree + factor.degree
            total = Factor(self.builder.bind("product", value), degree)
            self._note(degree)
        return total

    def _rises(self, total: Factor, up: Sequence[Factor], down: list[Factor]) -> bool:
        """Whether the next factor is one of those that grow."""
        if not up or not down:
            return bool(up)
        known = self.builder.knows(op("mul", up[0].value, total.value))
        sizes = [abs(total.degree + f[0].degree) for f in (up, down)]
        return known or sizes[0] < sizes[1]

    def _quotient(self, term: Term) -> Expression | None:
        """A term with one denominator, and no power of it: it is divided by that.

        A reciprocal is for what several partials share, and rounds once more.
        """
        bottoms = [(form, n) for form, n in term.forms if n < 0]
        if len(bottoms) != 1 or bottoms[0][1] != -1 or min(term.low) < 0:
            return None
        form = bottoms[0][0]
        bottom = self._form(form)
        top = self._product(times(term, [(form, 1)]))
        if top.value == number(1):
            return None
        self._note(_degree(form))
        self._note(top.degree - _degree(form))
        return self.builder.bind("quotient", op("div", top.value, bottom))

    def _factors(self, term: Term) -> tuple[list[Factor], list[Factor]]:
        """What to multiply, and with which reciprocals; forms before powers of E."""
        down = [
            self._reciprocal(self._form(form), _degree(form))
            for form, n in term.forms
            for _ in range(-n)
        ]
        up = [
            Factor(self._form(form), _degree(form))
            for form, n in term.forms
            for _ in range(n)
        ]
        for generator, k in zip(self.splitter.exponentials, term.low, strict=True):
            base = self.spelling.names[generator.symbol]
            up += [Factor(base, 1)] * k
            down += [self._reciprocal(base, 1) for _ in range(-k)]
            self.deepest = max(self.deepest, abs(k))
        for factor in up:
            self._note(factor.degree)
        return up, down

    def _reciprocal(self, value: Expression, degree: int) -> Factor:
        self._note(degree)
        inverse = self.builder.bind("inverse", op("div", number(1), value))
        return Factor(inverse, -degree)

    def _note(self, degree: int) -> None:
        """Keep the highest power of exponentials by which a value grows or decays."""
        self.highest = max(self.highest, abs(degree))

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
            value = op("copysign", op("add", value, lost), total.value)  # -0 stays
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


def _degree(form: Any) -> int:
    return sum(form.degree(g) for g in form.ring.gens)


def _shared(terms: Sequence[Term]) -> Term:
    """Powers of exponentials and reciprocals that all terms of a sum have."""
    lows = zip(*(t.low for t in terms), strict=True)
    low = tuple(min(ks) if min(ks) > 0 else min(max(ks), 0) for ks in lows)
    powers = [dict(t.forms) for t in terms]
    forms = [
        (form, max(p.get(form, 0) for p in powers))
        for form, n in terms[0].forms
        if n < 0
    ]
    return Term(
        Fraction(1), (), tuple((f, n) for f, n in forms if n < 0), low, terms[0].high
    )


def _shared_alone(term: Term) -> Term:
    """The same of one term, as other partials share it: one reciprocal a numerator."""
    top = sum(n for _, n in term.forms if n > 0)
    forms = [(f, min(n + top, 0)) for f, n in term.forms if n < 0]
    kept = tuple((f, n) for f, n in forms if n)
    low = term.low if kept or not top else tuple(0 for _ in term.low)
    return Term(Fraction(1), (), kept, low, term.high)


def _over(term: Term, shared: Term) -> Term:
    """A term divided by what it shares."""
    rest = times(term, [(form, -n) for form, n in shared.forms])
    low = tuple(k - s for k, s in zip(term.low, shared.low, strict=True))
    return replace(rest, low=low)


def _summands(argument: Any) -> list[Any]:
    """Summands of an exponent, x first, if each is a variable or its negative."""
    terms = sorted(argument.as_ordered_terms(), key=lambda t: "x" not in str(t))
    return terms if all((t**2).is_Pow and (t**2).base.is_Symbol for t in terms) else []
