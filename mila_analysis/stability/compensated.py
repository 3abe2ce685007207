"""A polynomial in the variables to its float value and its rounding error.

The exponent of an exponential has to be known to an absolute, not a relative, error:
the half ulp lost in x + β would be hundreds of ulp of exp(x + β). See `sums`.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import sympy

from mila_analysis.program import Builder, Expression, Number
from mila_analysis.stability.direct import Spelling
from mila_analysis.stability.sums import Arithmetic, Sum
from mila_analysis.stability.terms import NotHomogeneousError, rational

__all__ = ["exponent"]


def exponent(
    argument: Any, names: Mapping[Any, Expression], builder: Builder, suffix: str = ""
) -> Sum:
    """Exponent with its rounding error; what is no polynomial is just evaluated."""
    symbols = sorted(argument.free_symbols, key=_x_first)
    if not symbols:
        raise NotHomogeneousError(f"exp({argument})")  # a constant that is no rational
    if not argument.is_polynomial(*symbols):
        plain = Spelling(names, builder).spell(argument)
        return Sum(builder.bind(f"z{suffix}", plain))
    arithmetic = Arithmetic(builder, suffix)
    terms = [
        _monomial(arithmetic, rational(c), exponents, [names[s] for s in symbols])
        for exponents, c in sympy.Poly(argument, *symbols).terms()
    ]
    total, *rest = terms
    for term in rest:
        total = arithmetic.sum(total, term)
    return Sum(builder.bind(f"z{suffix}", total.value), total.error)


def _x_first(symbol: Any) -> tuple[bool, str]:
    return (str(symbol) != "x", str(symbol))


def _monomial(
    arithmetic: Arithmetic,
    coefficient: Fraction,
    exponents: tuple[int, ...],
    names: list[Expression],
) -> Sum:
    factors = [n for n, k in zip(names, exponents, strict=True) for _ in range(k)]
    if not factors:
        return arithmetic.number(Number(coefficient))
    total = Sum(factors[0])
    for factor in factors[1:]:
        total = arithmetic.product(total, Sum(factor))
    return arithmetic.scaled(total, Number(coefficient))
