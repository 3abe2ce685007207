r"""Long decimals of a formula to letters: SELU's 1.0507009873554805 x is c_{1} x.

Their products have twice the digits, and no column holds a sum of those.
"""

from __future__ import annotations

import re
from dataclasses import replace

import sympy

from mila_analysis import formula
from mila_analysis.activation import Activation, Parameter, exact

__all__ = ["named"]

LONG = 12
"""Significant digits up to which a numeral stands for itself."""

LETTERS = "ckqr"
_NUMERAL = re.compile(r"(?<![\w.])(?:\d+\.\d*|\.\d+|\d+)(?![\w.])", re.ASCII)


def named(activation: Activation) -> tuple[Activation, tuple[str, ...]]:
    """Activation whose long decimals are parameters, and the names of those."""
    found = dict.fromkeys(
        m[0] for m in _NUMERAL.finditer(activation.formula) if _is_long(m)
    )
    used = {name[0] for name in activation.variables}
    letter = next((letter for letter in LETTERS if letter not in used), None)
    if not found or letter is None:
        return activation, ()
    names = {
        numeral: f"{letter}{n}" if len(found) > 1 else letter
        for n, numeral in enumerate(found, 1)
    }
    text = _NUMERAL.sub(
        lambda m: names[m[0]] if _is_long(m) else m[0], activation.formula
    )
    constants = tuple(Parameter(name, exact(n)) for n, name in names.items())
    parameters = (*activation.parameters, *constants)
    twin = replace(activation, formula=text, parameters=parameters)
    if _in_exponents(twin, set(names.values())):
        return activation, ()
    return twin, tuple(names.values())


def _in_exponents(activation: Activation, names: set[str]) -> bool:
    """Whether a name stands in the exponent of a power, which has to be a number."""
    parsed = formula.parse(activation.formula, activation.variables)
    powers = {p for case in parsed.cases for p in case.expression.atoms(sympy.Pow)}
    return any(str(s) in names for p in powers for s in p.exp.free_symbols)


def _is_long(match: re.Match[str]) -> bool:
    """Whether a numeral has more digits than one would read in a formula."""
    return len(match[0].replace(".", "").strip("0")) > LONG
