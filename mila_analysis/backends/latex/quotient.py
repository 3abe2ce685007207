"""An element of a tower to a constant and powers of irreducible sums."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import sympy

from mila_analysis.backends.latex.glyphs import radical
from mila_analysis.backends.latex.numerals import decimal
from mila_analysis.tower import Generator

__all__ = ["Factor", "Quotient", "reduced", "split", "tidied"]

Powers = tuple[int, ...]

LONG = 10**6
"""Integers from here on are too long for a coefficient, if decimals are shorter."""


@dataclass(frozen=True, slots=True)
class Factor:
    """A power of a polynomial.

    Attributes:
        terms: exponents of each symbol, to the constant before them.
        exponent: negative in a denominator; a fraction for a root.
    """

    terms: Mapping[Powers, Any]
    exponent: Fraction

    @property
    def leading(self) -> Any:
        """Constant of the highest term, in the order of the symbols."""
        return self.terms[max(self.terms)]

    @property
    def is_monomial(self) -> bool:
        """Whether it is a single symbol."""
        return len(self.terms) == 1

    def scaled(self, by: Any) -> Factor:
        """The factor with its polynomial multiplied by a constant."""
        return replace(self, terms={p: by * c for p, c in self.terms.items()})


@dataclass(frozen=True, slots=True)
class Quotient:
    """constant · Π factors, in symbols of which the highest come first."""

    symbols: tuple[Any, ...]
    constant: Any
    factors: tuple[Factor, ...]

    @property
    def used(self) -> set[Any]:
        """Symbols that occur."""
        return {
            symbol
            for factor in self.factors
            for powers in factor.terms
            for symbol, n in zip(self.symbols, powers, strict=True)
            if n
        }


def split(element: Any, generators: Sequence[Generator]) -> Quotient:
    """Element of a tower to its factors over Q, roots combined with their base."""
    element = reduced(element, generators)
    symbols = element.field.symbols
    constant, merged = sympy.Integer(1), dict[Any, Fraction]()
    for polynomial, sign in ((element.numer, 1), (element.denom, -1)):
        content, powers = polynomial.factor_list()
        constant *= (
            sympy.Rational(int(content.numerator), int(content.denominator)) ** sign
        )
        for factor, n in powers:
            merged[factor] = merged.get(factor, Fraction(0)) + sign * n
    for generator in generators:
        _merge_root(merged, element.field, generator, generators)
    factors = tuple(
        Factor(
            {
                tuple(p): sympy.Rational(int(c.numerator), int(c.denominator))
                for p, c in factor.terms()
            },
            n,
        )
        for factor, n in merged.items()
        if n
    )
    return Quotient(symbols, constant, factors)


def tidied(quotient: Quotient) -> Quotient:
    """Quotient whose sums have short decimals where they had long integers.

    A formula with decimals, such as 0.044715, gives integers of its denominators' size.
    """
    constant, factors = quotient.constant, []
    for factor in quotient.factors:
        divisor = _divisor([abs(int(c.p)) for c in factor.terms.values()])
        n = sympy.Rational(factor.exponent.numerator, factor.exponent.denominator)
        constant *= sympy.Integer(divisor) ** n
        factors.append(factor.scaled(sympy.Rational(1, divisor)))
    return Quotient(quotient.symbols, constant, tuple(factors))


def _divisor(coefficients: Sequence[int]) -> int:
    """Number by which integers are divided to need the fewest digits as decimals."""
    largest = max(coefficients)
    if largest < LONG:
        return 1
    candidates = {1, 10 ** (len(str(largest)) - 1), *coefficients}
    return min(
        sorted(candidates), key=lambda d: sum(_digits(c, d) for c in coefficients)
    )


def _digits(top: int, bottom: int) -> float:
    """Digits of a quotient as a decimal; infinitely many if it does not end."""
    ratio = sympy.Rational(top, bottom)
    found = decimal(ratio)
    return math.inf if found is None else len(str(found[0])) + abs(found[1]) / 100


def _merge_root(
    merged: dict[Any, Fraction],
    field: Any,
    generator: Generator,
    generators: Sequence[Generator],
) -> None:
    """Powers of a root to powers of its base, if that is one irreducible factor."""
    root = radical(generator, generators)
    symbol = field.ring(generator.symbol)
    if root is None or symbol not in merged:
        return
    argument, rate = root
    base = field.from_expr(argument)
    known = base.numer in merged or _is_irreducible(base.numer)
    if base.denom != 1 or not known:
        return
    n = merged.pop(symbol)
    merged[base.numer] = merged.get(base.numer, Fraction(0)) + n * Fraction(
        int(rate.p), int(rate.q)
    )


def _is_irreducible(polynomial: Any) -> bool:
    content, powers = polynomial.factor_list()
    return content == 1 and len(powers) == 1 and powers[0][1] == 1


def reduced(element: Any, generators: Sequence[Generator]) -> Any:
    """Element with every root below its own order: (√u)² is u."""
    field = element.field
    for generator in generators:
        root = radical(generator, generators)
        if root is not None:
            base = field.from_expr(root[0])
            top, bottom = (
                _lowered(side, field(generator.symbol), base, root[1])
                for side in (element.numer, element.denom)
            )
            element = top / bottom
    return element


def _lowered(polynomial: Any, root: Any, base: Any, rate: Any) -> Any:
    place = polynomial.ring.gens.index(root.numer)
    result = root.field.zero
    for powers, coefficient in polynomial.terms():
        whole, rest = divmod(powers[place], int(rate.q))
        others = [n if i != place else 0 for i, n in enumerate(powers)]
        term = polynomial.ring.from_dict({tuple(others): coefficient})
        result += root.field(term) * base ** (whole * int(rate.p)) * root**rest
    return result
