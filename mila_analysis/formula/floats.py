"""An expression to its value in floats, fast and unproved."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import sympy

__all__ = ["value_of"]

_FUNCTIONS = {
    sympy.exp: math.exp,
    sympy.log: math.log,
    sympy.tanh: math.tanh,
    sympy.erf: math.erf,
    sympy.sin: math.sin,
    sympy.cos: math.cos,
    sympy.atan: math.atan,
}


def value_of(expression: Any, names: Mapping[Any, float]) -> float:
    """Value with a float for each symbol; NaN where there is none, or no float."""
    try:
        return _value(expression, names)
    except OverflowError:
        return math.inf
    except (ArithmeticError, ValueError, KeyError, TypeError):
        return math.nan


def _value(node: Any, names: Mapping[Any, float]) -> float:
    if node.is_Symbol:
        return names[node]
    if node.is_Number or node.is_NumberSymbol:
        return float(node)
    values = [_value(arg, names) for arg in node.args]
    if node.is_Add:
        return math.fsum(values)
    if node.is_Mul:
        return math.prod(values)
    if node.is_Pow:
        return math.pow(*values)
    return _FUNCTIONS[node.func](*values)
