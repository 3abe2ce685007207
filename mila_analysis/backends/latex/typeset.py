"""A quotient in a tower to LaTeX: signs, order and coefficients as one would write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby
from itertools import product as combinations
from typing import Any

from mila_analysis.backends.latex.coefficient import Coefficient
from mila_analysis.backends.latex.expression import Glyph
from mila_analysis.backends.latex.numerals import Numerals, is_negative
from mila_analysis.backends.latex.pieces import (
    Piece,
    Term,
    alone,
    fraction,
    power,
    product,
    summed,
    total,
)
from mila_analysis.backends.latex.quotient import Factor, Powers, Quotient

__all__ = ["Printed", "Typesetter"]

MANY = 100
"""Minus signs that one at the head of a long sum is worth."""


@dataclass(frozen=True, slots=True)
class Printed:
    """A printed quotient: in one piece, and in pieces that may stand on several lines.

    Attributes:
        text: LaTeX.
        front: what precedes the long sum of the numerator when that is broken.
        terms: LaTeX of the terms of that sum, each with its sign; or none.
    """

    text: str
    front: str = ""
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Typesetter:
    """LaTeX of quotients.

    Attributes:
        glyphs: how each symbol is written, in the order within a product.
        numerals: how constants are.
    """

    glyphs: Mapping[Any, Glyph]
    numerals: Numerals

    def printed(self, quotient: Quotient) -> Printed:
        """LaTeX of a quotient."""
        if quotient.constant == 0:
            return Printed("0")
        negative, quotient = self._oriented(quotient)
        above = [f for f in quotient.factors if self._is_above(f, quotient.symbols)]
        below = [
            replace(f, exponent=-f.exponent) for f in quotient.factors if f not in above
        ]
        number, divisor = self.numerals.split(quotient.constant)
        sums = [f for f in above if not f.is_monomial]
        top = self._pieces(above, quotient.symbols)
        if number != "1" or not top:
            top.insert(0, Piece(number))
        bottom = self._pieces(below, quotient.symbols)
        if divisor:
            bottom.insert(0, Piece(divisor))
        sign = "-" * negative
        room = alone(top) if bottom or not negative else product(top)
        text = sign + fraction(room, alone(bottom) if bottom else "")
        if not sums or sums[-1].exponent != 1 or not top[-1].inner:
            return Printed(text)
        front = sign + fraction(product(top[:-1]), alone(bottom) if bottom else "")
        dotted = (
            not bottom
            and top[:-1]
            and product(top[-2:]).startswith(top[-2].text + r" \cdot")
        )
        terms = self._terms(sums[-1], quotient.symbols)
        return Printed(
            text,
            "" if front == "1" else front + r" \cdot" * bool(dotted),
            tuple(_signed(terms)),
        )

    def _is_above(self, factor: Factor, symbols: Sequence[Any]) -> bool:
        """Whether a factor stands in the numerator, as e^{-x} does."""
        if factor.exponent > 0 or not factor.is_monomial:
            return factor.exponent > 0
        return self.glyphs[symbols[max(factor.terms).index(1)]].inverts

    def _oriented(self, quotient: Quotient) -> tuple[bool, Quotient]:
        """Signs of the sums, and of the whole, such that the fewest minuses remain."""
        negative = is_negative(quotient.constant)
        constant = -quotient.constant if negative else quotient.constant
        free = [i for i, f in enumerate(quotient.factors) if _is_odd_sum(f)]
        choices = []
        for flips in combinations((1, -1), repeat=len(free)):
            factors = list(quotient.factors)
            for i, flip in zip(free, flips, strict=True):
                factors[i] = factors[i].scaled(flip)
            outside = negative ^ (flips.count(-1) % 2 == 1)
            choices.append(
                (outside, Quotient(quotient.symbols, constant, tuple(factors)))
            )
        return min(choices, key=lambda choice: self._cost(*choice))

    def _cost(self, outside: bool, quotient: Quotient) -> int:
        """How much the signs of a quotient ask of its reader."""
        sums = [f for f in quotient.factors if not f.is_monomial]
        lone = quotient.constant == 1 and len(quotient.factors) == len(sums) == 1
        # A minus before a lone sum asks for parentheses that nothing else needs.
        needless = lone and outside and sums[0].exponent == 1
        minuses = sum(self._minuses(f, quotient.symbols) for f in sums)
        return outside + minuses + MANY * MANY * needless

    def _minuses(self, factor: Factor, symbols: Sequence[Any]) -> int:
        """Minus signs between terms; one at the head of a long sum is worth many."""
        signs = [c.negative for _, c in self._collected(factor, symbols)]
        if all(signs):
            return MANY
        headless = signs[0] and len(signs) > 2
        return sum(signs) + MANY * headless

    def _pieces(self, factors: Iterable[Factor], symbols: Sequence[Any]) -> list[Piece]:
        """Factors in reading order: letters, sums of variables, other sums."""
        factors = list(factors)
        letters = {
            symbols[max(f.terms).index(1)]: f.exponent for f in factors if f.is_monomial
        }
        pieces = [
            self._letter(symbol, letters[symbol])
            for symbol in self.glyphs
            if symbol in letters
        ]
        sums = [f for f in factors if not f.is_monomial]
        sums.sort(key=lambda f: (f.exponent.denominator > 1, _length(f)))
        return pieces + [self._sum(f, symbols) for f in sums]

    def _letter(self, symbol: Any, exponent: Fraction) -> Piece:
        if exponent.denominator == 1:
            return self.glyphs[symbol].raised(int(exponent))
        base = self.glyphs[symbol].raised(1).text
        return Piece(
            rf"\sqrt{{{base}}}"
            if exponent == Fraction(1, 2)
            else power(base, str(exponent))
        )

    def _sum(self, factor: Factor, symbols: Sequence[Any]) -> Piece:
        text = total(self._terms(factor, symbols))
        if factor.exponent == Fraction(1, 2):
            return Piece(rf"\sqrt{{{text}}}")
        return summed(text, str(factor.exponent))

    def _terms(self, factor: Factor, symbols: Sequence[Any]) -> list[Term]:
        """Terms of a sum, coefficients of the same functions collected."""
        terms: list[Term] = []
        first = self._constants()
        for powers, coefficient in self._collected(factor, symbols):
            factors = [p for p in zip(symbols, powers, strict=True) if p[1]][::-1]
            constants = [self.glyphs[s].raised(n) for s, n in factors if s in first]
            functions = [self.glyphs[s].raised(n) for s, n in factors if s not in first]
            if not factors and coefficient.is_open:
                whole = {
                    p: coefficient.constant * c for p, c in coefficient.terms.items()
                }
                terms += self._plain(whole, coefficient.negative, symbols)
                continue
            before = self._coefficient(coefficient, symbols, constants)
            terms.append(Term(coefficient.negative, product([*before, *functions])))
        if terms[0].negative:
            terms.sort(key=lambda term: term.negative)
        return terms

    def _collected(
        self, factor: Factor, symbols: Sequence[Any]
    ) -> list[tuple[Powers, Coefficient]]:
        """Powers of the generators, falling, each with its coefficient in variables."""
        functions = [not self.glyphs[s].is_variable for s in symbols]

        def key(powers: Powers) -> Powers:
            return tuple(n * f for n, f in zip(powers, functions, strict=True))

        ordered = sorted(factor.terms, key=lambda p: (key(p), p), reverse=True)
        return [
            (
                shared,
                Coefficient.of(
                    {
                        tuple(
                            a - b for a, b in zip(p, shared, strict=True)
                        ): factor.terms[p]
                        for p in run
                    }
                ),
            )
            for shared, run in groupby(ordered, key)
        ]

    def _constants(self) -> set[Any]:
        """Symbols that are numbers, such as √2: in a product they precede variables."""
        order = list(self.glyphs)
        count = next(i for i, s in enumerate(order) if self.glyphs[s].is_variable)
        return set(order[:count])

    def _coefficient(
        self,
        coefficient: Coefficient,
        symbols: Sequence[Any],
        constants: Sequence[Piece],
    ) -> list[Piece]:
        number, divisor = self.numerals.split(coefficient.constant)
        pieces = (
            [Piece(fraction(number, divisor))] if (number, divisor) != ("1", "") else []
        )
        pieces += constants
        if len(coefficient.terms) == 1:
            ((powers, _),) = coefficient.terms.items()
            return pieces + self._variables(powers, symbols)
        inner = total(self._plain(coefficient.terms, False, symbols))
        return [*pieces, summed(inner)]

    def _variables(self, powers: Powers, symbols: Sequence[Any]) -> list[Piece]:
        exponents = dict(zip(symbols, powers, strict=True))
        return [
            g.raised(exponents[s]) for s, g in self.glyphs.items() if exponents.get(s)
        ]

    def _plain(
        self, terms: Mapping[Powers, Any], negative: bool, symbols: Sequence[Any]
    ) -> list[Term]:
        """Terms of a polynomial in variables, a positive one first."""
        plain = []
        for powers, constant in terms.items():
            below = is_negative(constant)
            number, divisor = self.numerals.split(-constant if below else constant)
            letters = self._variables(powers, symbols)
            if not letters or (number, divisor) != ("1", ""):
                letters.insert(0, Piece(fraction(number, divisor)))
            plain.append(Term(below ^ negative, product(letters)))
        if plain[0].negative:
            plain.sort(key=lambda term: term.negative)
        return plain


def _is_odd_sum(factor: Factor) -> bool:
    """Whether a change of its sign changes that of the whole."""
    whole = factor.exponent.denominator == 1
    return not factor.is_monomial and whole and factor.exponent % 2 == 1


def _length(factor: Factor) -> int:
    return len(factor.terms)


def _signed(terms: Sequence[Term]) -> list[str]:
    first, *rest = terms
    return ["-" * first.negative + first.text] + [
        ("- " if term.negative else "+ ") + term.text for term in rest
    ]
