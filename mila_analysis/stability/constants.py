"""Generators that hold no variable to numbers: π, √2, and what is made of them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy

from mila_analysis.derivation import Derivation
from mila_analysis.program import Number
from mila_analysis.stability.terms import rational

__all__ = ["Constants"]

DIGITS = 110
"""Of a constant that is no rational: more than 300 bits."""


class Constants:
    """The constants of one derivation, as rationals or as named numbers.

    Attributes:
        symbols: generators whose arguments hold no variable.
        named: name of each irrational constant in use, to its exact expression.
    """

    def __init__(self, derivation: Derivation) -> None:
        self.symbols: set[Any] = set()
        self.named: dict[str, Any] = {}
        self._derivation = derivation
        for generator in derivation.generators:
            if sympy.sympify(generator.argument).free_symbols <= self.symbols:
                self.symbols.add(generator.symbol)

    def holds(self, polynomial: Any) -> bool:
        """Whether no symbol but constants stands in a polynomial."""
        return self.holds_all(polynomial.as_expr().free_symbols)

    def holds_all(self, symbols: set[Any]) -> bool:
        """Whether all symbols are constants."""
        return symbols <= self.symbols

    def number(self, expression: Any) -> Number:
        """A SymPy expression in constants as a number; it has a name if irrational."""
        expression = sympy.sympify(expression)
        if not expression.free_symbols:
            return Number(rational(expression))
        for name, known in self.named.items():
            if known == expression:
                return self._named(name, known)
        name = f"c{len(self.named) + 1}"
        self.named[name] = expression
        return self._named(name, expression)

    def _named(self, name: str, expression: Any) -> Number:
        written = self._derivation.in_variables(expression)
        return Number(_near(written), name)


def _near(expression: Any) -> Fraction:
    """A rational that the digits of an expression stand for."""
    return rational(sympy.Rational(str(sympy.N(expression, DIGITS))))
