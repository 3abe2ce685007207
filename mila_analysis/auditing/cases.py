"""A tree to its exact cases: SymPy expressions, each with the relations that hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

import sympy

from mila_analysis.errors import UnsupportedError
from mila_analysis.formula import Case, Relation
from mila_analysis.notation.definitions import definition
from mila_analysis.notation.tree import Node, fold
from mila_analysis.primitives import PRIMITIVES

__all__ = ["exact_cases"]

MAX_CASES = 48
MAX_EXPONENT = 64

MAX_DEGREE = 120
"""Of all polynomials together: a product of sums is multiplied out."""

_COMPARISONS = (">", ">=", "<", "<=")
_OPERATIONS: dict[str, Callable[..., Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "neg": lambda a: -a,
    **{name: row.rewrite or row.symbol for name, row in PRIMITIVES.items()},
}
_Value = list[Case] | list[tuple[Case, Relation]]


def exact_cases(tree: Node, names: Mapping[str, Any]) -> tuple[Case, ...]:
    """Exact meaning of a tree, every decimal as it is written.

    Args:
        tree: to be read.
        names: what each variable stands for: a symbol, or a rational.

    Raises:
        UnsupportedError: too many cases, or an exponent too large for algebra.
    """
    if fold(tree, _degree) > MAX_DEGREE:
        raise UnsupportedError("its powers are too high for algebra")

    def rule(node: Node, args: tuple[Any, ...]) -> Any:
        return _meaning(node, args, names)

    found: list[Case] = fold(tree, rule)
    return tuple(found)


def _degree(node: Node, args: tuple[int, ...]) -> int:
    """At least the degree of what a node is once it is multiplied out."""
    if node.kind in ("*", "/"):
        return sum(args)
    if node.kind == "**":
        power = node.args[1].value
        size = 2 if power is None else min(abs(power.numerator), MAX_DEGREE + 1)
        return args[0] * max(size, 1)
    if node.kind == "number":
        return 0
    return max(args, default=1)


def _meaning(node: Node, args: tuple[Any, ...], names: Mapping[str, Any]) -> Any:
    kind = node.kind
    if kind == "number" and node.value is not None:
        return [Case((), sympy.Rational(node.value.numerator, node.value.denominator))]
    if kind == "name":
        return [Case((), names[node.text])]
    if kind in _COMPARISONS:
        return [
            (c, Relation(c.expression, kind))
            for c in _combined(lambda a, b: a - b, args)
        ]
    if kind == "where":
        return _where(*args)
    if kind == "**":
        return _combined(_power, args)
    if kind in _OPERATIONS:
        return _combined(_OPERATIONS[kind], args)
    inner = definition(kind)
    if inner is None:
        raise UnsupportedError(f"no exact meaning of {kind}")
    return _applied(inner, args)


def _applied(inner: Node, args: Sequence[list[Case]]) -> list[Case]:
    """A defined function on every combination of the cases of its arguments."""
    found: list[Case] = []
    for chosen in product(*args):
        values = (c.expression for c in chosen)
        given = tuple(r for c in chosen for r in c.conditions)
        found.extend(
            Case((*given, *case.conditions), case.expression)
            for case in exact_cases(inner, dict(zip(("u", "v"), values, strict=False)))
        )
    return _kept(found)


def _where(relations: Any, yes: list[Case], no: list[Case]) -> list[Case]:
    return _kept(
        [
            Case((*given.conditions, kept, *c.conditions), c.expression)
            for given, relation in relations
            for kept, branch in ((relation, yes), (relation.negated(), no))
            for c in branch
        ]
    )


def _power(base: Any, exponent: Any) -> Any:
    if exponent.is_Integer:
        if abs(exponent) > MAX_EXPONENT:
            raise UnsupportedError(f"an exponent above {MAX_EXPONENT}: {exponent}")
        return base**exponent
    if exponent.is_Rational and exponent.q == 2:
        return sympy.Pow(base, exponent)
    return sympy.exp(exponent * sympy.log(base))


def _combined(operation: Callable[..., Any], values: Sequence[list[Case]]) -> Any:
    return _kept(
        [
            Case(
                tuple(r for c in chosen for r in c.conditions),
                operation(*(c.expression for c in chosen)),
            )
            for chosen in product(*values)
        ]
    )


def _kept(cases: list[Case]) -> list[Case]:
    """Cases that can hold, each relation once."""
    found = [
        Case(tuple(dict.fromkeys(c.conditions)), c.expression)
        for c in cases
        if not any(r.negated() in c.conditions for r in c.conditions)
    ]
    kept = [c for c in found if not any(_is_false(r) for r in c.conditions)]
    if len(kept) > MAX_CASES:
        raise UnsupportedError(f"more than {MAX_CASES} cases")
    return kept


def _is_false(relation: Relation) -> bool:
    """Whether a relation between numbers does not hold."""
    value = relation.difference
    if not value.is_Rational:
        return False
    return not {">": value > 0, ">=": value >= 0, "<": value < 0, "<=": value <= 0}[
        relation.comparison
    ]
