"""Two formulas to a proof that they are one function: exact algebra in one tower.

Exponentials are split until their exponents are different monomials, which makes them
algebraically independent: then equal functions have equal elements, and unequal ones
unequal elements. With logarithms or roots in play, unequal elements prove nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any

import sympy

from mila_analysis import tower
from mila_analysis.auditing.regions import Region, region_of
from mila_analysis.derivation import Derivation, factored
from mila_analysis.errors import FormulaError, UnsupportedError
from mila_analysis.formula import Case

__all__ = ["Proof", "is_same", "prove"]


@dataclass(frozen=True, slots=True)
class Proof:
    """What algebra says.

    Attributes:
        proved: the two are equal wherever both have a value.
        undecided: why algebra could not tell, if it could not.
        kinks: single points that the proof leaves out.
    """

    proved: bool
    undecided: str = ""
    kinks: tuple[Fraction, ...] = ()


def prove(
    cases: Sequence[Case],
    derived: Derivation,
    name: str,
    values: Mapping[str, Fraction],
) -> Proof:
    """Compare the cases of a candidate with those of a partial.

    Args:
        cases: of the candidate, in the same variables.
        derived: holds the exact partial.
        name: of the partial.
        values: of the parameters that have one.
    """
    bound = {
        v: sympy.Rational(values[str(v)].numerator, values[str(v)].denominator)
        for v in derived.variables
        if str(v) in values
    }
    kinks: list[Fraction] = []
    for case in cases:
        for exact in derived.cases:
            conditions = (*case.conditions, *exact.conditions)
            region = region_of(
                [
                    (_bound(derived.in_variables(c.difference), bound), c.comparison)
                    for c in conditions
                ]
            )
            if region.kind is Region.EMPTY:
                continue
            truth = derived.in_variables(factored(exact.partials[name]))
            pair = _bound(case.expression, bound), _bound(truth, bound)
            if region.kind is Region.POINT and region.at is not None:
                x, at = derived.variables[0], region.at
                here = {x: sympy.Rational(at.numerator, at.denominator)}
                first, second = (e.subs(here) for e in pair)
                if _same(first, second, derived.variables) is not True:
                    kinks.append(at)
                continue
            found = _same(*pair, derived.variables)
            if found is True:
                continue
            return Proof(False, found if isinstance(found, str) else "")
    return Proof(True, kinks=tuple(dict.fromkeys(kinks)))


def _bound(expression: Any, values: Mapping[Any, Any]) -> Any:
    return expression.subs(values) if values else expression


def _same(first: Any, second: Any, symbols: Sequence[Any]) -> bool | str:
    """Whether two expressions are equal, or why that cannot be told."""
    try:
        return is_same(first, second, symbols)
    except (UnsupportedError, FormulaError) as error:
        return str(error)
    except (ZeroDivisionError, RecursionError):
        return "the algebra is too large"


def is_same(first: Any, second: Any, symbols: Sequence[Any]) -> bool:
    """Whether two expressions are one element of a tower that they share.

    True is a proof. False is one too if no logarithm and no root occurs.
    """
    if first == second:
        return True
    root = sympy.Dummy("c", positive=True)
    unit = lcm(*(int(q) for q in _constants(first) | _constants(second)), 1)
    difference = _split(first, root, unit) - _split(second, root, unit)
    element, _ = tower.lift(difference, (*symbols, root))
    return bool(element == 0)


def _constants(expression: Any) -> set[Any]:
    """Denominators of the rational numbers in exponents."""
    found = set()
    for node in sympy.preorder_traversal(expression):
        if isinstance(node, sympy.exp):
            constant = node.args[0].expand().as_coeff_Add()[0]
            found.add(sympy.Integer(constant.q))
        elif node is sympy.E:
            found.add(sympy.Integer(1))
    return found


def _split(node: Any, root: Any, unit: int) -> Any:
    """exp(a + b + 3/4) as exp(a)·exp(b)·c^n, where c is exp(1/unit)."""
    if node is sympy.E:
        return root**unit
    if not node.args:
        return node
    if not isinstance(node, sympy.exp):
        return node.func(*(_split(arg, root, unit) for arg in node.args))
    result = sympy.Integer(1)
    for term in sympy.Add.make_args(node.args[0].expand()):
        if term.is_Rational:
            result *= root ** int(term * unit)
        else:
            result *= sympy.exp(_split(term, root, unit))
    return result
