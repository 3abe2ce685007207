"""An activation to its exact partial derivatives, by a differential tower.

The definition is lifted into a field where differentiation is arithmetic (`tower`),
each partial is derived there from the one before, and comes out cancelled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sympy

from mila_analysis import formula, partials
from mila_analysis.activation import Activation
from mila_analysis.budget import within
from mila_analysis.errors import UnsupportedError
from mila_analysis.formula import Case, Relation
from mila_analysis.partials import Partial
from mila_analysis.shown import Shown
from mila_analysis.tower import Calculus, Generator, Reduction, lift_all

__all__ = ["Derivation", "DerivedCase", "derive", "factored"]

MAX_SECONDS = 20
"""Of one derivation; those of the catalog take less than one."""


@dataclass(frozen=True, slots=True, eq=False)
class DerivedCase:
    """Partials of one case of the definition, as elements of the tower.

    Attributes:
        conditions: relations that all hold where the case applies.
        partials: name to canonical quotient of polynomials in variables, generators.
        plain: name to the same function with the roots of its denominators left there,
            for arithmetic; the same elements where there are no roots.
    """

    conditions: tuple[Relation, ...]
    partials: Mapping[str, Any]
    plain: Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Derivation(Shown):
    """Exact partial derivatives of an activation; holds no parameter value.

    `d["f_x"]` is a SymPy expression in the variables; `d.tower("f_x")` the same in the
    generators. At a kink the partial is that of the case that contains the point.
    `formula` is the text that was derived.
    """

    variables: tuple[Any, ...]
    generators: tuple[Generator, ...]
    cases: tuple[DerivedCase, ...]
    order: int
    formula: str = ""

    def __getitem__(self, name: str) -> Any:
        return self._assemble(name, self.in_variables)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def tower(self, name: str) -> Any:
        """A partial in the generator symbols, in factored form."""
        return self._assemble(name, lambda expression: expression)

    def element(self, name: str, case: int = 0) -> Any:
        """A partial as an element of the fraction field, for exact algebra."""
        return self.cases[case].partials[self.partial(name).name]

    def plain(self, name: str, case: int = 0) -> Any:
        """The same with the roots of its denominators left there, for arithmetic."""
        return self.cases[case].plain[self.partial(name).name]

    def reduced(self, element: Any) -> Any:
        """Canonical form of a field element: equal functions are equal in it."""
        return Reduction(element.field, self.generators)(element)

    def partial(self, name: str) -> Partial:
        """Canonical partial of a name, checked to be derived here."""
        found = partials.parse(name, [str(v) for v in self.variables])
        if found.name not in self.cases[0].partials:
            raise UnsupportedError(
                f"{found.name} has order {found.order}; derived up to {self.order}"
            )
        return found

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all partials derived, lowest order first."""
        return tuple(self.cases[0].partials)

    def in_variables(self, expression: Any) -> Any:
        """Expression with its generators written out."""
        for generator in reversed(self.generators):
            expression = expression.subs(generator.symbol, generator.definition)
        return expression

    def _assemble(self, name: str, spell: Any) -> Any:
        key = self.partial(name).name
        pieces = [(spell(factored(c.partials[key])), c) for c in self.cases]
        if all(piece == pieces[0][0] for piece, _ in pieces):
            return pieces[0][0]
        return sympy.Piecewise(*((p, _condition(c, spell)) for p, c in pieces))


def _condition(case: DerivedCase, spell: Any) -> Any:
    relations = {">": sympy.Gt, ">=": sympy.Ge, "<": sympy.Lt, "<=": sympy.Le}
    return sympy.And(
        *(relations[r.comparison](spell(r.difference), 0) for r in case.conditions)
    )


def factored(element: Any) -> Any:
    """Field element to a product of powers of irreducible polynomials."""
    top, bottom = _factors(element.numer), _factors(element.denom)
    return sympy.Mul(*top) / sympy.Mul(*bottom)


def _factors(polynomial: Any) -> list[Any]:
    content, powers = polynomial.factor_list()
    scale = sympy.Rational(int(content.numerator), int(content.denominator))
    return [scale, *(p.as_expr() ** n for p, n in powers)]


def derive(
    activation: Activation, order: int = 2, *, along: tuple[str, ...] | None = None
) -> Derivation:
    """Exact partials of an activation up to an order, in x and its parameters.

    Args:
        activation: values of its parameters play no part.
        order: 0 to 4.
        along: variables in which partials are taken; None is all of them.

    Raises:
        FormulaError: the formula is not one.
        UnsupportedError: it is outside the tower, or the order is above 4, or it takes
            more time or has more terms than the budget allows.
    """
    if not 0 <= order <= partials.MAX_ORDER:
        raise UnsupportedError(f"order {order}: 0 to {partials.MAX_ORDER} are derived")
    late = UnsupportedError(
        f"the partials up to order {order} take more than {MAX_SECONDS} s to derive; "
        "a lower order or a shorter formula may be within that"
    )
    return within(
        MAX_SECONDS,
        lambda: _derive(
            activation.formula,
            activation.variables,
            order,
            along or activation.variables,
        ),
        late,
    )


@lru_cache(maxsize=128)
def _derive(
    text: str, variables: tuple[str, ...], order: int, along: tuple[str, ...]
) -> Derivation:
    parsed = formula.parse(text, variables)
    wanted = partials.up_to(order, along)
    lifted, generators = lift_all(
        [e for case in parsed.cases for e in _expressions(case)], parsed.variables
    )
    calculus = Calculus(parsed.variables, generators)
    plain = Calculus(parsed.variables, generators, plain=True)
    source = iter(lifted)
    cases = []
    for case in parsed.cases:
        expression = next(source)
        found = dict(calculus.partials(expression, wanted))
        written = found
        if calculus.is_algebraic:
            written = dict(plain.partials(expression, wanted))
        relations = (Relation(next(source), r.comparison) for r in case.conditions)
        cases.append(DerivedCase(tuple(relations), found, written))
    return Derivation(parsed.variables, generators, tuple(cases), order, text)


def _expressions(case: Case) -> list[Any]:
    return [case.expression, *(r.difference for r in case.conditions)]
