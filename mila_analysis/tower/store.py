"""The generators of a tower while it grows: each function of an element once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sympy
from sympy.polys.fields import FracField
from sympy.polys.orderings import lex

from mila_analysis.errors import FormulaError, UnsupportedError
from mila_analysis.primitives import PRIMITIVES
from mila_analysis.tower.generator import LETTERS, Generator, is_constant
from mila_analysis.tower.reduction import Reduction

__all__ = ["MAX_GENERATORS", "Store"]

MAX_GENERATORS = 6
"""Functions other than roots; a sine and its cosine are one."""

MAX_ROOTS = 4
"""Each doubles what a denominator is multiplied with."""

MAX_CONSTANTS = 8


class Store:
    """Generators in the order in which they were needed.

    Attributes:
        generators: each after what it depends on.
        symbols: of the variables and of the generators.
        is_closed: whether another one is refused.
    """

    def __init__(self, variables: tuple[Any, ...], lift: Callable[[Any], Any]) -> None:
        """Begin with no generators; `lift` brings those that a slope needs."""
        self.variables = variables
        self.generators: list[Generator] = []
        self.is_closed = False
        self.symbols = set(variables)
        self._lift = lift

    def close(self, generators: Sequence[Generator]) -> None:
        """Take these, and refuse any other."""
        self.generators = list(generators)
        self.symbols.update(g.symbol for g in generators)
        self.is_closed = True

    def canonical(self, expression: Any) -> Any:
        """Expression in symbols of the tower, equal for equal elements."""
        if not any(g.function in ("sqrt", "cos") for g in self.generators):
            return sympy.cancel(expression)
        symbols = [*(g.symbol for g in reversed(self.generators)), *self.variables]
        field = FracField(symbols, sympy.QQ, lex)
        reduced = Reduction(field, self.generators)
        return sympy.cancel(reduced(field.from_expr(expression)).as_expr())

    def generator(self, function: str, argument: Any) -> Any:
        """Symbol of a function of a canonical argument, added if it is new."""
        known = self._find(function, argument)
        if known is not None:
            return known
        if self.is_closed:
            raise UnsupportedError(f"{function}({argument}) is not in the tower")
        if argument.is_Rational and function == "log" and argument <= 0:
            raise FormulaError(f"log({argument}) is not a real number")
        if function in ("sin", "cos"):
            return self._add_angle(function, argument)
        symbol = self._symbol(function)
        # What the slope brings comes before what has it.
        slope = self._lift(_slope(function, symbol, argument))
        self._append(Generator(symbol, function, argument, slope))
        return symbol

    def _add_angle(self, function: str, argument: Any) -> Any:
        """Sine and cosine of an angle, as the slope of each needs the other."""
        pair = {name: self._symbol(name) for name in ("sin", "cos")}
        meaning = {PRIMITIVES[n].symbol(argument): s for n, s in pair.items()}
        for name, symbol in pair.items():
            slope = _slope(name, symbol, argument).xreplace(meaning)
            self._append(Generator(symbol, name, argument, slope))
        return pair[function]

    def _find(self, function: str, argument: Any) -> Any | None:
        found = (g for g in self.generators if g.function == function)
        return next((g.symbol for g in found if g.argument == argument), None)

    def _append(self, generator: Generator) -> None:
        self.generators.append(generator)
        known = {g.symbol: g for g in self.generators}
        constants = sum(is_constant(g, known) for g in self.generators)
        functions = [g.function for g in self.generators if not is_constant(g, known)]
        roots = functions.count("sqrt")
        others = len(functions) - roots - functions.count("cos")
        for count, limit, what in (
            (others, MAX_GENERATORS, "exponentials and logs"),
            (roots, MAX_ROOTS, "roots"),
            (constants, MAX_CONSTANTS, "constants"),
        ):
            if count > limit:
                raise UnsupportedError(f"the formula needs more than {limit} {what}")

    def _symbol(self, function: str) -> Any:
        letter = LETTERS[function]
        count = sum(g.function == function for g in self.generators)
        name = self._free(letter + (f"_{count + 1}" if count else ""))
        self.symbols.add(sympy.Symbol(name))
        return sympy.Symbol(name)

    def _free(self, name: str) -> str:
        taken = {str(v) for v in self.variables}
        while name in taken:
            name += "_"
        return name


def _slope(function: str, symbol: Any, argument: Any) -> Any:
    """Derivative of a generator by its argument, as the table of functions says."""
    if function == "pi":
        return sympy.Integer(0)
    rule = PRIMITIVES[function].slope
    if rule is None:
        raise UnsupportedError(f"no rule of differentiation for {function}")
    return rule(symbol, argument)
