"""A polynomial in the variables to arithmetic none of whose steps is too large.

A number below 1 is multiplied before a square is complete: x²/4 may be a float where x²
is none. A square is formed after other factors: s·x² may be one where x² is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from mila_analysis.program import Expression, Number, add, mul, number, op
from mila_analysis.stability.direct import Spelling
from mila_analysis.stability.terms import (
    NotHomogeneousError,
    Splitter,
    Term,
    rational,
)

__all__ = ["Polynomials", "parted", "scaled"]


class Polynomials:
    """Polynomials of a derivation that have no exponential in them."""

    def __init__(self, splitter: Splitter, spelling: Spelling) -> None:
        self.splitter, self.spelling = splitter, spelling
        self.builder = spelling.builder

    def value(self, element: Any, terms: list[Term]) -> Expression:
        """A polynomial in the variables, which keeps its digits beside a root of x."""
        if len(terms) == 1:
            return self._product(terms[0])
        content, factors = element.numer.factor_list()
        scale = rational(content) / rational(element.denom.LC)
        parts = [(list(self.splitter.terms(element.field(f))), n) for f, n in factors]
        early, late = parted(scale)
        if early == 1:
            powers = [self.builder.power(self._factor(t), n) for t, n in parts]
            return scaled(mul(*powers), late)
        early, parts = _taken(early, parts)
        steps = [v for t, n in parts for v in [self._factor(t)] * n]
        return scaled(mul(Number(early), *steps), late)

    def _factor(self, terms: Sequence[Term]) -> Expression:
        return self.builder.bind("factor", add(*map(self._product, terms)))

    def _product(self, term: Term) -> Expression:
        """A monomial: 0 where a factor is 0, whatever the others are.

        Squares are formed last: s·x² may be a float where x² is none.

        Raises:
            NotHomogeneousError: two squares, whose product may be one of both at once.
        """
        symbols = sorted(term.monomial, key=term.monomial.count)
        early, late = parted(term.content, alone=len(set(symbols)) == 1)
        plain = mul(Number(early), *(self.spelling.names[s] for s in symbols))
        if len(set(symbols)) < 2:
            return scaled(plain, late)
        if symbols.count(symbols[0]) > 1:
            raise NotHomogeneousError("a product of two squares")
        finite = mul(*(self.spelling.finite(s) for s in symbols))
        cut = self.builder.bind("product", finite)
        chosen = op("select", op("==", cut, number(0)), cut, plain)
        return scaled(chosen, late)


def scaled(value: Expression, factor: Fraction) -> Expression:
    """A value times a number."""
    return mul(Number(factor), value) if factor != 1 else value


def parted(factor: Fraction, *, alone: bool = False) -> tuple[Fraction, Fraction]:
    """What of a factor is multiplied first, as it makes the product smaller; the rest.

    Powers of one variable alone take any number first: what is between them and the
    first step is between floats.
    """
    if abs(factor) >= 1 and not alone:
        return Fraction(1), factor
    return abs(factor), Fraction(1 if factor > 0 else -1)


def _taken(
    early: Fraction, parts: Sequence[tuple[list[Term], int]]
) -> tuple[Fraction, list[tuple[list[Term], int]]]:
    """What is left of a number before factors, and these, sums first.

    A sum is no small number where x is one. It takes a power of two itself, as that is
    exact: 2x + 1 may be no float where a quarter of it is one.
    """
    (first, n), *rest = sorted(parts, key=lambda part: len(part[0]) == 1)
    if n > 1 or early.numerator > 1 or early.denominator & (early.denominator - 1):
        return early, [(first, n), *rest]
    first = [replace(t, content=t.content * early) for t in first]
    return Fraction(1), [(first, 1), *rest]
