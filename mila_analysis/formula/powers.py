"""Exponents and numbers that SymPy would work out, to a refusal before it does."""

from __future__ import annotations

import math
from typing import Any

import sympy

from mila_analysis.errors import FormulaError
from mila_analysis.formula.floats import value_of
from mila_analysis.formula.limits import MAX_BITS, MAX_EXPONENT

__all__ = ["check_exponent", "check_size", "clipped", "is_high"]


def check_size(value: Any) -> None:
    """Refuse numbers and powers that are too large, anywhere in an expression."""
    for number in value.atoms(sympy.Rational):
        if number.p.bit_length() + number.q.bit_length() > MAX_BITS:
            raise FormulaError("the formula holds a number that is too large")
    for power in value.atoms(sympy.Pow):
        if is_high(power.exp):
            shown = clipped(str(power))
            raise FormulaError(f"an exponent above {MAX_EXPONENT} in {shown}")
    for power in value.atoms(sympy.exp):
        check_exponent(power.args[0])


def is_high(exponent: Any) -> bool:
    """Whether a constant exponent is beyond the limit, or a quotient too fine."""
    if exponent.is_Rational:
        return bool(max(abs(exponent.p), exponent.q) > MAX_EXPONENT)
    return not exponent.free_symbols and not abs(value_of(exponent, {})) <= MAX_EXPONENT


def check_exponent(exponent: Any) -> None:
    """Refuse what is a power in disguise: exp(10**9*log(2)) has 300 million digits.

    Raises:
        FormulaError: a logarithm with a large factor, or a number beyond float64.
    """
    is_constant = not exponent.free_symbols and not exponent.is_Rational
    if is_constant and math.isinf(value_of(exponent, {})):
        raise FormulaError("the formula holds a number that is too large")
    for term in sympy.Add.make_args(exponent):
        if not term.has(sympy.log):
            continue
        factors = [f for f in sympy.Mul.make_args(term) if not f.has(sympy.log)]
        constant = sympy.Mul(*(f for f in factors if not f.free_symbols))
        if is_high(constant):
            shown = clipped(str(constant))
            raise FormulaError(f"an exponent beyond {MAX_EXPONENT}: {shown}")


def clipped(text: str) -> str:
    """Text that fits into a message."""
    return text if len(text) <= 60 else f"{text[:57]}..."
