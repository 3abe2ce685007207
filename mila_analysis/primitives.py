"""Elementary functions to their SymPy class, rule of differentiation and ball rule.

One row adds one function. `slope` is the only place where a derivative is stated, and
it is the chain rule of an elementary function, checked against SymPy in the tests. The
functions that users may write but that have no row are spelled through the rows, as
text, in `DEFINED`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flint
import sympy

__all__ = ["DEFINED", "PRIMITIVES", "Primitive"]

Rule = Callable[..., Any]

HUGE = 2**64
"""Arb's own exponential of a number above this has no finite radius."""

HUGE_EXPONENT = 1 << 20
"""An argument above 2^HUGE_EXPONENT is refused: its digits would fill the memory."""


@dataclass(frozen=True, slots=True)
class Primitive:
    """An elementary function g = name(u).

    Attributes:
        name: as written in a formula.
        symbol: SymPy class, or function that makes an expression.
        ball: power series over balls to that of its image.
        slope: (g, u) to dg/du, for a function that is a generator of the tower; in
            SymPy, and other rows may stand in it.
        rewrite: u to an equal expression in other rows, for one that is not.
    """

    name: str
    symbol: Any
    ball: Rule
    slope: Rule | None = None
    rewrite: Rule | None = None


def exp_ball(series: Any) -> Any:
    """Exponential of a power series over balls, of any finite size."""
    start = series[0]
    if not start.is_finite() or abs(start).upper() < HUGE:
        return series.exp()
    rest = flint.arb_series([0, *series.coeffs()[1:]], prec=series.prec)
    return _huge_exp(start) * rest.exp()


def _huge_exp(ball: Any) -> Any:
    """Exponential of a huge ball, by a multiple of log 2 known to enough digits.

    The exponent of the result, with thousands of bits, is nothing special to a ball. Of
    an argument that is itself uncertain only the larger end is taken, and zero. What
    vanishes has a bound that any exponential number may be multiplied with.
    """
    if ball.rad() > 1:
        return _huge_exp(ball.upper()).union(flint.arb(0))
    _, exponent = abs(ball).upper().man_exp()
    if exponent > HUGE_EXPONENT and ball < 0:
        return flint.arb((1, -(1 << (HUGE_EXPONENT - 1)))).union(flint.arb(0))
    if exponent > HUGE_EXPONENT:
        raise ValueError("an exponential of an exponential number")
    with flint.ctx.workprec(2 * flint.ctx.prec + max(int(exponent), 0) + 64):
        log2 = flint.arb.const_log2()
        power = (ball.mid() / log2).floor().unique_fmpz()
        rest = ball - power * log2
    return rest.exp() * flint.arb((1, power))


def tanh_ball(series: Any) -> Any:
    """Hyperbolic tangent of a power series over balls, without overflow."""
    if series[0] < 0:
        return -tanh_ball(-series)
    decayed = exp_ball(-2 * series)
    return (1 - decayed) / (1 + decayed)


def sqrt_ball(series: Any) -> Any:
    """Square root of a power series over balls; at 0 it has a value and no slope."""
    if not series[0].is_zero():
        return series.sqrt()
    if all(c.is_zero() for c in series.coeffs()):
        return series
    undefined = [flint.arb("nan")] * (series.prec - 1)
    return flint.arb_series([0, *undefined], prec=series.prec)


def erf_ball(series: Any) -> Any:
    """Error function of a power series over balls, of any finite size."""
    return _with_slope(series[0].erf(), _gaussian(series), series)


def erfc_ball(series: Any) -> Any:
    """1 - erf of a power series over balls, exact where it is far below 1."""
    return _with_slope(series[0].erfc(), -_gaussian(series), series)


def _gaussian(series: Any) -> Any:
    return 2 * exp_ball(-(series * series)) / flint.arb.pi().sqrt()


def _with_slope(start: Any, slope: Any, series: Any) -> Any:
    """Series of a function of which its value and its derivative are known."""
    rest = (slope * series.derivative()).integral()
    return flint.arb_series([start, *rest.coeffs()[1:]], prec=series.prec)


PRIMITIVES = {
    row.name: row
    for row in (
        Primitive(
            "exp",
            sympy.exp,
            exp_ball,
            slope=lambda g, u: g,
        ),
        Primitive(
            "log",
            sympy.log,
            flint.arb_series.log,
            slope=lambda g, u: 1 / u,
        ),
        Primitive(
            "sqrt",
            sympy.sqrt,
            sqrt_ball,
            slope=lambda g, u: 1 / (2 * g),
        ),
        Primitive(
            "erf",
            sympy.erf,
            erf_ball,
            slope=lambda g, u: 2 / sympy.sqrt(sympy.pi) * sympy.exp(-(u**2)),
        ),
        Primitive(
            "sin",
            sympy.sin,
            flint.arb_series.sin,
            slope=lambda g, u: sympy.cos(u),
        ),
        Primitive(
            "cos",
            sympy.cos,
            flint.arb_series.cos,
            slope=lambda g, u: -sympy.sin(u),
        ),
        Primitive(
            "atan",
            sympy.atan,
            flint.arb_series.atan,
            slope=lambda g, u: 1 / (1 + u**2),
        ),
        Primitive(
            "tanh",
            sympy.tanh,
            tanh_ball,
            rewrite=lambda u: (sympy.exp(2 * u) - 1) / (sympy.exp(2 * u) + 1),
        ),
    )
}

DEFINED = {
    "sinh": "(exp(u) - exp(-u)) / 2",
    "cosh": "(exp(u) + exp(-u)) / 2",
    "asinh": "log(u + sqrt(u ** 2 + 1))",
    "tan": "sin(u) / cos(u)",
    "erfc": "1 - erf(u)",
    "sigmoid": "1 / (1 + exp(-u))",
    "softplus": "log(1 + exp(u))",
    "relu": "where(u > 0, u, 0)",
    "abs": "where(u > 0, u, -u)",
    "sign": "where(u > 0, 1, where(u < 0, -1, 0))",
}
"""Functions of one argument `u` by their formula."""
