"""Differentiation in the fraction field over variables and generators."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sympy
from sympy.polys.fields import FracField
from sympy.polys.orderings import lex

from mila_analysis.errors import UnsupportedError
from mila_analysis.partials import Partial
from mila_analysis.tower.generator import Generator
from mila_analysis.tower.lifting import Tower
from mila_analysis.tower.reduction import Reduction
from mila_analysis.tower.size import check_element, check_expression
from mila_analysis.tower.store import MAX_GENERATORS

__all__ = ["Calculus", "lift", "lift_all"]


def lift(
    expression: Any, variables: Sequence[Any], *, plain: bool = False
) -> tuple[Any, tuple[Generator, ...]]:
    """SymPy expression as an element of the fraction field over its own generators.

    It is canonical, or with `plain` has the denominators it comes with.

    Raises:
        UnsupportedError: it holds a function that the tower has no rule for.
    """
    (lifted,), generators = lift_all([expression], tuple(variables))
    calculus = Calculus(tuple(variables), generators, plain=plain)
    return calculus.element(lifted), generators


def lift_all(
    expressions: Sequence[Any], variables: tuple[Any, ...]
) -> tuple[list[Any], tuple[Generator, ...]]:
    """Expressions over generators that they share.

    A finer unit of an exponent may turn up late, when a logarithm has been split; then
    all is lifted again, with what is known by now.
    """
    units: dict[Any, Any] = {}
    for _ in range(MAX_GENERATORS):
        tower = Tower(variables, units)
        lifted = [tower.lift(expression) for expression in expressions]
        if not tower.refined:
            break
    return lifted, tuple(tower.generators)


class Calculus:
    """Differentiation in the fraction field over variables and generators.

    Its elements are canonical; with `plain` they keep the denominators they come with.
    """

    def __init__(
        self,
        variables: tuple[Any, ...],
        found: tuple[Generator, ...],
        *,
        plain: bool = False,
    ) -> None:
        self.variables = variables
        self.generators = found
        symbols = [*(g.symbol for g in reversed(found)), *variables]
        self.field = FracField(symbols, sympy.QQ, lex)
        reduction = Reduction(self.field, found)
        self.is_algebraic = reduction.is_needed
        self.reduced = reduction.plain if plain else reduction
        self.slopes = {v: self._slopes(v) for v in variables}

    def element(self, expression: Any) -> Any:
        """Expression in the symbols of the tower as a canonical element.

        Raises:
            UnsupportedError: it is too large to be multiplied out.
        """
        check_expression(expression)
        return self.reduced(self.field.from_expr(expression))

    def _slopes(self, variable: Any) -> list[tuple[Any, Any]]:
        """Derivative of each symbol of the field with respect to a variable."""
        slopes = [(self.field(variable), self.field.one)]
        for generator in self.generators:
            u = self.field.from_expr(generator.argument)
            g = self.field(generator.symbol)
            if generator.slope is None:
                raise UnsupportedError(f"no rule of differentiation for {g}")
            slope = self.element(generator.slope) * self._derivative(u, slopes)
            slopes.append((g, self.reduced(slope)))
        return slopes

    @staticmethod
    def _derivative(element: Any, slopes: list[tuple[Any, Any]]) -> Any:
        return sum(
            (element.diff(symbol) * slope for symbol, slope in slopes if slope),
            start=element.field.zero,
        )

    def partials(
        self, expression: Any, wanted: tuple[Partial, ...]
    ) -> Iterator[tuple[str, Any]]:
        """Names and elements of the wanted partials; lower orders come first."""
        known: dict[tuple[str, ...], Any] = {(): self.element(expression)}
        by_name = {str(v): v for v in self.variables}
        for partial in wanted:
            chosen = partial.variables
            if chosen:
                lower = known[chosen[:-1]]
                known[chosen] = self.reduced(
                    self._derivative(lower, self.slopes[by_name[chosen[-1]]])
                )
            check_element(known[chosen], partial.name)
            yield partial.name, known[chosen]
