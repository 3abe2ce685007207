"""SymPy expressions to a tower of their own, where equal functions are equal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import lcm
from typing import Any

import sympy

from mila_analysis import derivation, tower
from mila_analysis.backends.latex.quotient import reduced
from mila_analysis.derivation import Derivation
from mila_analysis.tower import Generator

__all__ = ["bound", "in_variables", "lift", "plain_in_variables", "same"]


def lift(
    expression: Any, symbols: Sequence[Any], *, plain: bool = False
) -> tuple[Any, tuple[Generator, ...]]:
    """Expression as an element of the fraction field over its own generators.

    With `plain` its denominators keep their roots; else it is canonical.
    """
    element, generators = tower.lift(expression, symbols, plain=plain)
    return reduced(element, generators), generators


def same(first: Any, second: Any, symbols: Sequence[Any]) -> bool:
    """Whether two expressions are the same function, proved by exact algebra.

    True is a proof. False may also mean that the tower does not see a relation between
    its generators.
    """
    root = sympy.Dummy("c")
    shifts = {*_shifts(first), *_shifts(second)}
    unit = lcm(*(int(shift.q) for shift in shifts)) if shifts else 1
    difference = _parted(first, root, unit) - _parted(second, root, unit)
    element, _ = lift(difference, [*symbols, root])
    return bool(element == 0)


def _shift(node: Any) -> Any:
    """Rational constant in the exponent of an exponential; 0 for other nodes."""
    if not isinstance(node, sympy.exp):
        return sympy.Integer(0)
    return node.args[0].expand().as_coeff_Add()[0]


def _shifts(expression: Any) -> set[Any]:
    return {_shift(node) for node in sympy.preorder_traversal(expression)}


def _parted(node: Any, root: Any, unit: int) -> Any:
    """Expression with exp(a + p/q) as exp(a)·c^n, where c is exp(1/unit)."""
    if not node.args:
        return root**unit if node is sympy.E else node
    shift = _shift(node)
    if isinstance(node, sympy.exp):
        exponent = node.args[0].expand() - shift
        constants, rest = _separated(exponent)
        parts = [_parted(e, root, unit) for e in (*constants, rest)]
        return sympy.Mul(*map(sympy.exp, parts)) * root ** int(shift * unit)
    return node.func(*(_parted(arg, root, unit) for arg in node.args))


def _separated(exponent: Any) -> tuple[list[Any], Any]:
    """Constants in a sum, such as π², and what depends on a variable."""
    terms = sympy.Add.make_args(exponent)
    constants = [t for t in terms if not t.free_symbols]
    return constants, exponent - sympy.Add(*constants)


def plain_in_variables(derived: Derivation, name: str, case: int = 0) -> Any:
    """The same with the roots of its denominators left there, as they are printed."""
    return derived.in_variables(derivation.factored(derived.cases[case].plain[name]))


def in_variables(derived: Derivation, name: str, case: int = 0) -> Any:
    """A partial of one case as a SymPy expression in the variables."""
    return derived.in_variables(derivation.factored(derived.element(name, case)))


def bound(expression: Any, values: Mapping[Any, Any]) -> Any:
    """Expression with rational values for its parameters."""
    exact = {
        symbol: sympy.Rational(value.numerator, value.denominator)
        for symbol, value in values.items()
    }
    return expression.subs(exact)
