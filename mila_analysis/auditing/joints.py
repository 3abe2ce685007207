"""An activation to the points where one case of it ends and another begins.

A derivative need not exist there; which value stands for it is a convention, and any
between those of both sides is as good as ours.
"""

from __future__ import annotations

from functools import lru_cache

import sympy

from mila_analysis.activation import Activation
from mila_analysis.continuity.cuts import cuts_of
from mila_analysis.formula import parse

__all__ = ["joints"]


@lru_cache(maxsize=64)
def joints(activation: Activation) -> frozenset[float]:
    """Floats at which the definition goes over from one case to another."""
    parsed = parse(activation.formula, activation.variables)
    x, *parameters = parsed.variables
    values = {
        symbol: sympy.Rational(value.numerator, value.denominator)
        for symbol, value in zip(parameters, activation.values.values(), strict=True)
    }
    differences = {
        relation.difference.subs(values)
        for case in parsed.cases
        for relation in case.conditions
    }
    return frozenset(
        float(cut.at)
        for difference in differences
        if difference.has(x)
        for cut in cuts_of(difference, x).points
        if float(cut.at) == cut.at
    )
