"""Cases of a piecewise definition, and operations on all of their combinations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any

import sympy

from mila_analysis.errors import FormulaError
from mila_analysis.formula.limits import MAX_CASES
from mila_analysis.formula.powers import check_size, clipped

__all__ = [
    "Case",
    "Formula",
    "Relation",
    "combine",
    "contradict",
    "possible",
    "put_in",
    "single_point",
]

_NEGATION = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}
_FLIPPED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}
_IMPOSSIBLE = (sympy.nan, sympy.zoo, sympy.oo, sympy.I)


@dataclass(frozen=True, slots=True)
class Relation:
    """`difference` compared with zero by `>`, `>=`, `<` or `<=`."""

    difference: Any
    comparison: str

    def negated(self) -> Relation:
        """The opposite relation, for every number that is not NaN."""
        return Relation(self.difference, _NEGATION[self.comparison])


@dataclass(frozen=True, slots=True)
class Case:
    """An expression, and the relations that all hold where it is the definition."""

    conditions: tuple[Relation, ...]
    expression: Any


@dataclass(frozen=True, slots=True)
class Formula:
    """A parsed definition: SymPy symbols of its variables, and its disjoint cases."""

    text: str
    variables: tuple[Any, ...]
    cases: tuple[Case, ...]


def combine(operation: Callable[..., Any], values: Sequence[list[Case]]) -> list[Case]:
    """Operation on every combination of the cases of its operands."""
    return possible(
        Case(
            tuple(r for c in chosen for r in c.conditions),
            operation(*(c.expression for c in chosen)),
        )
        for chosen in product(*values)
        if not contradict([r for c in chosen for r in c.conditions])
    )


def put_in(formula: Formula, argument: list[Case]) -> list[Case]:
    """Cases of a function of `u` with the cases of its argument put in."""
    (u,) = formula.variables
    return possible(
        Case(
            given.conditions
            + tuple(
                Relation(r.difference.subs(u, given.expression), r.comparison)
                for r in c.conditions
            ),
            c.expression.subs(u, given.expression),
        )
        for given in argument
        for c in formula.cases
    )


def possible(cases: Iterable[Case]) -> list[Case]:
    """Those of the cases that can hold, without what always holds of them.

    Raises:
        FormulaError: too many, no real number, or numbers that are too large.
    """
    found: list[Case] = []
    for case in cases:
        kept = dict.fromkeys(r for r in case.conditions if _always(r) is not True)
        if any(_always(r) is False for r in kept) or contradict(tuple(kept)):
            continue
        if len(found) == MAX_CASES:
            raise FormulaError(f"the formula has more than {MAX_CASES} cases")
        _check(case.expression, tuple(kept))
        found.append(Case(tuple(kept), case.expression))
    return found


def _always(relation: Relation) -> bool | None:
    """Whether a relation between numbers holds; None for one with variables."""
    value = relation.difference
    if not value.is_Rational:
        return None
    above, below = bool(value > 0), bool(value < 0)
    return {">": above, ">=": not below, "<": below, "<=": not above}[
        relation.comparison
    ]


def contradict(conditions: Sequence[Relation]) -> bool:
    """Whether relations plainly exclude each other: opposites, or bounds of one x."""
    if any(relation.negated() in conditions for relation in conditions):
        return True
    bounds: dict[Any, list[tuple[Any, str]]] = {}
    for relation in conditions:
        bound = _bound(relation)
        if bound is not None:
            bounds.setdefault(bound[0], []).append(bound[1:])
    return any(_is_empty(found) for found in bounds.values())


def single_point(conditions: Sequence[Relation]) -> tuple[Any, Any] | None:
    """Variable and value, where relations leave it only one; None where more."""
    closed = [b for r in conditions if (b := _bound(r)) is not None and "=" in b[2]]
    for (one, low, above), (other, high, below) in product(closed, closed):
        if (one, low, above, below) == (other, high, ">=", "<="):
            return one, low
    return None


def _is_empty(found: Sequence[tuple[Any, str]]) -> bool:
    low, high = (
        [(value, sign) for value, sign in found if sign[0] == side] for side in "><"
    )
    return any(
        a > b or (a == b and (s == ">" or t == "<")) for a, s in low for b, t in high
    )


@lru_cache(maxsize=1024)
def _bound(relation: Relation) -> tuple[Any, Any, str] | None:
    """Variable, bound and comparison of `a·x + b > 0` with rational a and b."""
    constant, rest = relation.difference.as_coeff_Add()
    factor, variable = rest.as_coeff_Mul()
    if not (variable.is_Symbol and factor.is_Rational and factor):
        return None
    sign = relation.comparison
    return variable, -constant / factor, sign if factor > 0 else _FLIPPED[sign]


def _check(value: Any, conditions: Sequence[Relation]) -> None:
    if value.has(*_IMPOSSIBLE):
        where = " and ".join(f"{r.difference} {r.comparison} 0" for r in conditions)
        where = f"where {clipped(where)}" if where else "anywhere"
        raise FormulaError(f"the formula is not a real number {where}")
    check_size(value)
