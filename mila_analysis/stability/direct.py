"""The factored derivative to arithmetic as it stands, for what has no other form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy

from mila_analysis.derivation import Derivation, factored
from mila_analysis.errors import UnsupportedError
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
from mila_analysis.stability.terms import rational

__all__ = ["Direct", "Spelling"]


class Spelling:
    """SymPy expressions to arithmetic over the names of their symbols."""

    def __init__(self, names: Mapping[Any, Expression], builder: Builder) -> None:
        self.names = dict(names)
        self.builder = builder

    def spell(self, expression: Any) -> Expression:
        """Sums, products, quotients and integer powers as they stand."""
        if expression in self.names:
            return self.names[expression]
        if expression.is_Rational:
            return Number(rational(expression))
        if expression.is_Add:
            return add(*(self.spell(t) for t in expression.args))
        top, bottom = sympy.fraction(expression)
        if bottom != 1:
            return op("div", self.spell(top), self.spell(bottom))
        if expression.is_Mul:
            return mul(*(self.spell(f) for f in expression.args))
        if expression.is_Pow and expression.exp.is_Integer:
            return self._power(self.spell(expression.base), int(expression.exp))
        raise UnsupportedError(f"no arithmetic for {expression}")

    def finite(self, symbol: Any) -> Expression:
        """A variable with infinities replaced by the largest numbers."""
        cut = op("finite", self.names[symbol])
        return self.builder.bind(f"{symbol}_finite".lower(), cut)

    def _power(self, base: Expression, exponent: int) -> Expression:
        result: Expression = number(1)
        square = self.builder.bind("w", base)
        while exponent:
            if exponent & 1:
                result = mul(result, square)
            exponent >>= 1
            if exponent:
                square = self.builder.bind("w", op("mul", square, square))
        return result


class Direct:
    """Generators as functions of their arguments, partials as quotients of products."""

    def __init__(self, derivation: Derivation, builder: Builder) -> None:
        self.builder = builder
        names = {v: Name(str(v)) for v in derivation.variables}
        self.spelling = Spelling(names, builder)
        self.constants = Constants(derivation)
        for generator in derivation.generators:
            symbol = generator.symbol
            if symbol in self.constants.symbols:
                self.spelling.names[symbol] = self.constants.number(symbol)
                continue
            argument = self.spelling.spell(generator.argument)
            hint = str(generator.symbol).lower()
            value = builder.bind(hint, op(generator.function, argument))
            self.spelling.names[generator.symbol] = value

    def value(self, element: Any) -> Expression:
        """Expression of a partial."""
        return self.spelling.spell(factored(element))

    def plain(self, expression: Any) -> Expression:
        """Expression of a condition."""
        return self.spelling.spell(expression)
