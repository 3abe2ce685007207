"""An element of a field to the integers by which it is a sum of given elements."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import sympy

__all__ = ["multiples_of"]


def multiples_of(elements: Sequence[Any], wanted: Any) -> list[int] | None:
    """Integers n with Σ n·element = wanted; None if there are none, or several."""
    if not elements:
        return None
    everything = [*elements, wanted]
    shared = reduce(lambda a, b: a.lcm(b), (e.denom for e in everything))
    rows = [dict((e.numer * shared.exquo(e.denom)).terms()) for e in everything]
    monomials = sorted({powers for row in rows for powers in row})
    columns = [[_rational(row.get(m, 0)) for m in monomials] for row in rows]
    system = sympy.Matrix(columns[:-1]).T
    try:
        solution, free = system.gauss_jordan_solve(sympy.Matrix(columns[-1]))
    except ValueError:  # SymPy's word for no solution
        return None
    if free or not all(n.is_Integer for n in solution):
        return None
    return [int(n) for n in solution]


def _rational(coefficient: Any) -> Any:
    return sympy.Rational(int(coefficient.numerator), int(coefficient.denominator))
