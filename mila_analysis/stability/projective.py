"""Exponentials in homogeneous coordinates: E = p/q with max(p, q) = 1, no overflow.

A quotient of polynomials in E = exp(z) of equal degree is the same quotient of *forms*
in (p : q). With t = exp(-|z|) the coordinates are (t : 1) where z ≤ 0 and (1 : t) where
z > 0, so every power is in [0, 1], and a denominator with positive coefficients is
bounded below. One line of arithmetic serves the whole real line.

- The common power of p and q, the part that underflows, is multiplied *last*, and the
  part of exp(-|z|) below the normal floats after it, so that a subnormal result is
  rounded once.
- The rounding error of z corrects t.
- E - 1 is formed with expm1; log of a polynomial in E is n·max(z, 0) + log1p(...).
- Where a term has vanished, x is replaced by one of modest size: 0·∞ is 0 there.
- Products are formed in an order in which none is too large before it is complete
  (`polynomials`). There is none for three variables: they are not for here.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

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
from mila_analysis.stability.compensated import exponent
from mila_analysis.stability.coordinates import (
    Coordinates,
    Decay,
    coordinates,
    decay,
)
from mila_analysis.stability.direct import Spelling
from mila_analysis.stability.homogeneous import Forms
from mila_analysis.stability.limits import Limit, split_limit
from mila_analysis.stability.polynomials import Polynomials, parted, scaled
from mila_analysis.stability.sums import Sum
from mila_analysis.stability.terms import (
    NotHomogeneousError,
    Splitter,
    Term,
    coefficients,
    common,
    common_bottom,
    is_minus_one,
    minus_one,
    shared_monomial,
    times,
    without,
)
from mila_analysis.tower import Generator

__all__ = ["Projective"]


class Projective:
    """Partials of one derivation as arithmetic in homogeneous coordinates."""

    def __init__(self, derivation: Derivation, builder: Builder) -> None:
        self.builder = builder
        self.splitter = Splitter(derivation)
        self.exponentials = self.splitter.exponentials
        self.variables = set(derivation.variables)
        names = {v: Name(str(v)) for v in derivation.variables}
        self.spelling = Spelling(names, builder)
        self.coordinates: list[Coordinates] = []
        self.forms = Forms(self.exponentials, self.coordinates, builder)
        self.polynomials = Polynomials(self.splitter, self.spelling)
        self.logarithms: set[Any] = set()
        for generator in derivation.generators:
            if generator.function == "exp":
                self._exponential(generator)
            else:
                value = self._logarithm(generator.argument)
                self.spelling.names[generator.symbol] = value
                self.logarithms.add(generator.symbol)  # all vanish as E does

    # Generators

    def _exponential(self, generator: Generator) -> None:
        suffix = f"{len(self.coordinates) + 1}" if len(self.exponentials) > 1 else ""
        total = self._exponent(generator.argument, suffix)
        self.coordinates.append(coordinates(total, self.builder, suffix))
        if any(generator.symbol in g.argument.free_symbols for g in self.exponentials):
            grown = op("finite", op("exp", total.value))
            self.spelling.names[generator.symbol] = self.builder.bind("grown", grown)

    def _exponent(self, argument: Any, suffix: str) -> Sum:
        """Exponent with its error; in products infinite variables are cut first."""
        names = dict(self.spelling.names)
        symbols = argument.free_symbols
        if not symbols:
            raise NotHomogeneousError(f"exp({argument})")
        is_polynomial = argument.is_polynomial(*symbols)
        if is_polynomial and not sympy.Poly(argument, *symbols).is_linear:
            shared = sorted(symbols & self.variables, key=str)
            names.update({s: self.spelling.finite(s) for s in shared})
        return exponent(argument, names, self.builder, suffix)

    def _logarithm(self, argument: Any) -> Expression:
        """log of a polynomial A(E): n·max(z, 0) + log of the form A(p, q)."""
        if len(self.exponentials) != 1 or argument.free_symbols != {
            self.exponentials[0].symbol
        }:
            raise NotHomogeneousError(f"log({argument})")
        known = coefficients(self.splitter.ring.from_expr(argument))
        if known[0] != 1 or known[-1] != 1 or min(known) < 0:
            raise NotHomogeneousError(f"log({argument})")
        (at,), degree = self.coordinates, len(known) - 1
        growth: Expression = op("log1p", self.forms.minus_one(known))
        if at.error is not None:
            lost = mul(number(degree), op("mul", at.step, at.error))
            growth = op("add", growth, lost)
        linear = mul(number(degree), op("maximum", at.z, number(0)))
        return self.builder.bind("log", op("add", linear, growth))

    # Partials

    def plain(self, expression: Any) -> Expression:
        """Expression of a condition, as it stands."""
        return self.spelling.spell(expression)

    def value(self, element: Any) -> Expression:
        """Expression of a partial: a sum of terms, then their common decay."""
        terms = list(self.splitter.terms(element))
        if not terms:
            return number(0)
        if any(map(self._is_large, terms)):
            raise NotHomogeneousError("a product of three variables")
        low = self._shared([t.low for t in terms])
        high = self._shared([t.high for t in terms])
        decays = [
            decay(at, k, n, self.builder)
            for at, k, n in zip(self.coordinates, low, high, strict=True)
            if max(k, n) > 0
        ]
        if not self.coordinates and not any(t.forms for t in terms):
            return self.polynomials.value(element, terms)
        products = max(len(t.monomial) for t in terms) > 1
        outside = shared_monomial(terms) if products and decays else ()
        inside = [without(t, outside) for t in terms]
        single = len(self.coordinates) == 1 and not products
        bottom = common_bottom(inside) if single else []
        inside = [times(t, bottom) for t in inside]
        split = max(len(t.monomial) for t in inside) > 1
        plain = products or not any(t.monomial for t in terms)
        scale = Fraction(1) if plain else common([t.content for t in terms])
        inner = decays if split else []
        total = add(*(self._summand(t, scale, low, high, inner) for t in inside))
        if bottom:
            powers = [self.forms.power(f, n) for f, n in bottom]
            total = op("div", total, mul(*powers))
        if not split:
            total = mul(scaled(total, scale), *(d.weight for d in decays))
        total = mul(total, *(self._variable(s, terms[0], decays) for s in outside))
        for each in decays:
            total = op("fade", total, each.tail)
        return total

    def _is_large(self, term: Term) -> bool:
        """Whether it has three variables, and no decay at both ends."""
        decays = any(min(k, n) > 0 for k, n in zip(term.low, term.high, strict=True))
        return len(self.variables.intersection(term.monomial)) > 2 and not decays

    def _summand(
        self,
        term: Term,
        scale: Fraction,
        low: Sequence[int],
        high: Sequence[int],
        decays: Sequence[Decay],
    ) -> Expression:
        """One term without the common decay, or with it between its variables."""
        factor = term.content / scale
        if not term.monomial and any(is_minus_one(f) for f, n in term.forms if n > 0):
            value, factor = self._quotient(term, factor), Fraction(1)
        else:
            value = self._quotient(term)
        variables = [self._variable(s, term, decays) for s in term.monomial]
        if variables:
            value = self._times(variables[0], value)
        value = self._decayed(value, term, low, high)
        early, late = parted(factor) if variables[1:] else (Fraction(1), factor)
        value = scaled(value, early)
        value = mul(value, *(d.weight for d in decays), *variables[1:])
        value = self._grown(value, term)
        return scaled(value, late)

    def _shared(self, powers: Sequence[tuple[int, ...]]) -> list[int]:
        """The decay that all terms have in common; with several exponentials, none."""
        if len(self.coordinates) > 1:
            return [0] * len(self.coordinates)
        return [max(min(column), 0) for column in zip(*powers, strict=True)]

    def _decayed(
        self, value: Expression, term: Term, low: Sequence[int], high: Sequence[int]
    ) -> Expression:
        """A term times the powers of p and q, and their tails, that it alone has.

        A power by an exponential of its own has no rounding of t squared.
        """
        for i, at in enumerate(self.coordinates):
            for base, (k, n), shared in (
                (at.p, (term.low[i], 0), low[i]),
                (at.q, (0, term.high[i]), high[i]),
            ):
                power = k + n
                if power > shared > 0:
                    value = mul(value, self.builder.power(base, power - shared))
                elif power > 0 == shared:
                    own = decay(at, k, n, self.builder)
                    value = op("fade", mul(value, own.weight), own.tail)
        return value

    def _grown(self, value: Expression, term: Term) -> Expression:
        """A term over the powers of p and q that it grows by, and over their tails."""
        for i, at in enumerate(self.coordinates):
            for base, tail, power in (
                (at.p, at.tail_p, term.low[i]),
                (at.q, at.tail_q, term.high[i]),
            ):
                if power < 0:
                    growth = op("div", number(1), self.builder.power(base, -power))
                    if len(self.coordinates) > 1:
                        growth = op("finite", growth)
                    value = op("swell", op("mul", value, growth), tail)
        return value

    def _times(self, variable: Expression, quotient: Expression) -> Expression:
        if quotient == number(1):
            return variable
        return self.builder.bind("term", op("mul", variable, quotient))

    def _quotient(self, term: Term, content: Fraction = Fraction(1)) -> Expression:
        top = [self.forms.power(f, n) for f, n in term.forms if n > 0]
        bottom = [self.forms.power(f, -n) for f, n in term.forms if n < 0]
        numerator = mul(Number(content), *top)
        if not bottom:
            return numerator
        limit = self._limit(term) if content == 1 and top else None
        if limit is None:
            return self.builder.bind("ratio", op("div", numerator, mul(*bottom)))
        (at,) = self.coordinates
        part = op("div", op("mul", at.t, self.forms.horner(limit.rest)), mul(*bottom))
        value = add(self.forms.side(*limit.value), part)
        return self.builder.bind("ratio", value)

    def _limit(self, term: Term) -> Limit | None:
        """Split of a quotient in one exponential, where that loses nothing."""
        if len(self.coordinates) != 1 or any(is_minus_one(f) for f, _ in term.forms):
            return None
        return split_limit(term)

    def _variable(self, symbol: Any, term: Term, shared: Sequence[Decay]) -> Expression:
        """A variable, bounded where the term has vanished: 0·∞ is 0 there."""
        value = self.spelling.names[symbol]
        fading = any(s in self.logarithms and s != symbol for s in term.monomial)
        fading = fading or any(self._is_nested(f) for f, n in term.forms if n > 0)
        decays = [(k > 0, n > 0) for k, n in zip(term.low, term.high, strict=True)]
        if fading and not any(any(sides) for sides in decays):
            decays[0] = (True, False)
        if shared:  # by one exponential
            ((low, high),), ((known, above),) = decays, [d.sides for d in shared]
            decays = [(low and not known, high and not above)]
        if len(term.monomial) > 1:  # the rest of the product may be 0
            value = self.spelling.finite(symbol)
        tails = [d.tail for d in shared]
        for at, sides in zip(self.coordinates, decays, strict=True):
            tails += [_tail_of(at, *sides)] if any(sides) else []
        return self._modest(symbol, value, tails)

    def _is_nested(self, form: Any) -> bool:
        """Whether a form is E - 1 for exp(c·exp(z)): it vanishes as exp(z) does."""
        index = minus_one(form)
        if not index:
            return False
        inner = self.exponentials[0].symbol
        argument = self.exponentials[index].argument
        return bool((argument / inner).is_Rational)

    def _modest(
        self, symbol: Any, value: Expression, tails: Sequence[Expression]
    ) -> Expression:
        """A variable as it is, but where a tail is 0, of a modest size."""
        for tail in tails:
            value = op("modest", value, tail)
        return self.builder.bind(f"{symbol}_modest".lower(), value)


def _tail_of(at: Coordinates, low: bool, high: bool) -> Expression:
    """What a term lacks that decays where z ≤ 0, where z > 0, or on both sides."""
    if low and high:
        return at.tail
    return at.tail_p if low else at.tail_q
