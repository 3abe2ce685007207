"""The values near exponent 0 as power series: where double-double cannot decide ties.

At z = 0 partials are rational (see `origin`), and for tiny z they are as near to such
values as z is: f''(x) of the sigmoid is -x/8 + x³/48 - ..., and -x/8 may lie in the
middle between two subnormal floats. No fixed number of digits sees the next term then;
a sum that starts with the exact first terms keeps its sign.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import factorial, lcm
from typing import Any

from mila_analysis.derivation import Derivation
from mila_analysis.program import (
    Builder,
    Expression,
    Name,
    Number,
    add,
    mul,
    number,
    op,
)
from mila_analysis.stability.form import Program
from mila_analysis.stability.origin import EXPONENT, origin
from mila_analysis.stability.terms import rational

__all__ = ["ORDER", "near_origin"]

ORDER = 6
"""Powers of z: for |z| < 2^-30, z^7 is below the last digit of a pair of doubles."""

Terms = dict[tuple[int, ...], Fraction]
"""Powers of the variables to a coefficient."""


def near_origin(derivation: Derivation) -> Program | None:
    """The exponent, and the partials that are rational where it is 0, by series.

    None where `origin` gives none: with several exponentials, or with cases.
    """
    exact = origin(derivation)
    if exact is None:
        return None
    (generator,) = (g for g in derivation.generators if g.function == "exp")
    builder = Builder()
    builder.reserve(*(str(v) for v in derivation.variables), *derivation.names)
    builder.reserve(EXPONENT)
    for binding in exact.exponent.bindings:
        builder.reserve(binding.name)
        builder.bindings.append(binding)
    z = builder.bind("z", exact.exponent.outputs[EXPONENT])
    outputs: dict[str, Expression] = {EXPONENT: z}
    for name in exact.program.outputs:
        element = derivation.cases[0].partials[name]
        series = _quotient(element, derivation, generator.symbol)
        outputs[name] = _sum(series, z, derivation, builder)
    return Program(tuple(builder.bindings), outputs)


def _quotient(element: Any, derivation: Derivation, symbol: Any) -> list[Terms]:
    """Coefficients of z^k of a partial, E being exp(z), as polynomials."""
    top = [_coefficient(element.numer, derivation, symbol, k) for k in _POWERS]
    bottom = [_coefficient(element.denom, derivation, symbol, k) for k in _POWERS]
    unit = (0,) * len(derivation.variables)
    series: list[Terms] = []
    for k in _POWERS:
        total = dict(top[k])
        for j in range(k):
            factor = bottom[k - j].get(unit, Fraction(0))
            for powers, c in series[j].items():
                total[powers] = total.get(powers, Fraction(0)) - factor * c
        series.append({p: c / bottom[0][unit] for p, c in total.items() if c})
    return series


_POWERS = range(ORDER + 1)


def _coefficient(polynomial: Any, derivation: Derivation, symbol: Any, k: int) -> Terms:
    """That of z^k of a polynomial in E = exp(z): E^i has i^k / k!."""
    found: Terms = {}
    symbols = polynomial.ring.symbols
    for exponents, c in polynomial.terms():
        powers = dict(zip(symbols, exponents, strict=True))
        key = tuple(powers.get(v, 0) for v in derivation.variables)
        i = powers.get(symbol, 0)
        term = rational(c) * Fraction(i**k, factorial(k))
        found[key] = found.get(key, Fraction(0)) + term
    return {powers: c for powers, c in found.items() if c}


def _sum(
    series: list[Terms], z: Expression, derivation: Derivation, builder: Builder
) -> Expression:
    """The series by Horner's rule, over one integer; at z = 0 its first term.

    If there is none, the sum is right at z = 0, and so is the sign of its zero.
    """
    below = lcm(*(c.denominator for terms in series for c in terms.values()))
    first, *rest = (_polynomial(t, below, derivation, builder) for t in series)
    value: Expression = number(0)
    for coefficient in reversed(rest):
        value = builder.bind("part", _next(coefficient, z, value))
    whole = builder.bind("part", _next(first, z, value))
    chosen = whole
    if first != number(0):
        at_zero = op("==", z, number(0))
        chosen = builder.bind("chosen", op("select", at_zero, first, whole))
    return chosen if below == 1 else op("div", chosen, number(below))


def _next(coefficient: Expression, z: Expression, value: Expression) -> Expression:
    """coefficient + z·value."""
    if value == number(0):
        return coefficient
    product = mul(z, value)
    return product if coefficient == number(0) else add(coefficient, product)


def _polynomial(
    terms: Mapping[tuple[int, ...], Fraction],
    below: int,
    derivation: Derivation,
    builder: Builder,
) -> Expression:
    """Integer multiples of monomials."""
    summands: list[Expression] = []
    for powers, c in sorted(terms.items()):
        factors = [
            builder.power(Name(str(v)), n)
            for v, n in zip(derivation.variables, powers, strict=True)
            if n
        ]
        summands.append(mul(Number(c * below), *factors))
    return builder.bind("part", add(*summands)) if summands else number(0)
