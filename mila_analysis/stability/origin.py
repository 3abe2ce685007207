"""The values where the exponent is 0: rational, and the only ones that can be exact.

Let E = exp(z) be the one exponential, x and the parameters rational (floats are), and
z a polynomial in them. Where z ≠ 0, E is transcendental (Lindemann-Weierstrass: exp of
a nonzero algebraic number is). A partial is then a rational function of E over Q: it is
transcendental, so neither 0 nor a midpoint between floats, unless E cancels from it at
that very x, as from f(0) = 0, where every term has a factor that is exactly 0. So more
digits decide every rounding in the end, except where z = 0. There E = 1 and a partial
is a polynomial in x and the parameters: it may be 0 (f_xx(20, -20) of Mila) or a tie,
and only exact arithmetic tells.

The same holds of log(1 + E), rational at no nonzero z; but at z = 0 it is log 2, so
that partials with logarithms have no value here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any

import sympy

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
from mila_analysis.stability.terms import rational

__all__ = ["EXPONENT", "Origin", "origin"]

EXPONENT = "exponent"

Terms = dict[tuple[int, ...], Fraction]
"""Powers of the variables to a coefficient."""


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """Exact arithmetic where an exponent is 0.

    Both programs add, subtract and multiply x, the parameters and integers; the last
    step of a partial may be a division by an integer.

    Attributes:
        exponent: one output, `exponent`: 0 exactly where `program` holds.
        program: outputs are the partials that are rational there.
    """

    exponent: Program
    program: Program


def origin(derivation: Derivation) -> Origin | None:
    """Values at exponent 0; None without an exponential, or with several."""
    exponentials = [g for g in derivation.generators if g.function == "exp"]
    if len(exponentials) != 1 or len(derivation.cases) != 1:
        return None
    (generator,) = exponentials
    argument = generator.argument
    if not argument.is_polynomial(*derivation.variables):
        return None
    partials = derivation.cases[0].partials
    found = {n: _at_one(e, derivation, generator.symbol) for n, e in partials.items()}
    known = {n: value for n, value in found.items() if value is not None}
    exponent = sympy.Poly(argument, *derivation.variables)
    z = {powers: rational(c) for powers, c in exponent.terms()}
    return Origin(
        _program({EXPONENT: z}, derivation.variables),
        _program(known, derivation.variables),
    )


def _at_one(element: Any, derivation: Derivation, symbol: Any) -> Terms | None:
    """A partial for E = 1 as a polynomial in the variables, if it is one."""
    top = _collected(element.numer, derivation.variables, symbol)
    bottom = _collected(element.denom, derivation.variables, symbol)
    if top is None or bottom is None:
        return None
    constant = bottom.pop((0,) * len(derivation.variables), Fraction(0))
    if bottom or not constant:
        return None
    return {powers: c / constant for powers, c in top.items()}


def _collected(polynomial: Any, variables: Sequence[Any], symbol: Any) -> Terms | None:
    """Coefficients by powers of the variables, E being 1; None with a logarithm."""
    found: Terms = {}
    symbols = polynomial.ring.symbols
    for exponents, coefficient in polynomial.terms():
        powers = dict(zip(symbols, exponents, strict=True))
        if any(n and s != symbol and s not in variables for s, n in powers.items()):
            return None
        key = tuple(powers.get(v, 0) for v in variables)
        found[key] = found.get(key, Fraction(0)) + rational(coefficient)
    return {powers: c for powers, c in found.items() if c}


def _program(values: dict[str, Terms], variables: Sequence[Any]) -> Program:
    builder = Builder()
    builder.reserve(*(str(v) for v in variables), *values)
    outputs = {n: _expression(terms, variables, builder) for n, terms in values.items()}
    return Program(tuple(builder.bindings), outputs)


def _expression(terms: Terms, variables: Sequence[Any], builder: Builder) -> Expression:
    """Sum of integer multiples of monomials, over one integer."""
    if not terms:
        return number(0)
    below = lcm(*(c.denominator for c in terms.values()))
    total = add(
        *(
            _monomial(Number(c * below), powers, variables, builder)
            for powers, c in sorted(terms.items())
        )
    )
    return total if below == 1 else op("div", total, number(below))


def _monomial(
    coefficient: Number,
    powers: Sequence[int],
    variables: Sequence[Any],
    builder: Builder,
) -> Expression:
    factors = [
        builder.power(Name(str(v)), n)
        for v, n in zip(variables, powers, strict=True)
        if n
    ]
    return mul(coefficient, *factors)
