"""A kernel and points to errors in ulp, against enclosures of the exact values.

The error of a computed value is |computed - exact| in units in the last place of the
dtype at the exact value; below the normal numbers the unit is the least subnormal. The
condition number κ = Σ|terms| / |value| of the derived numerator says how much of the
error is due to cancellation: near a root of the partial no same-precision code can do
better than a few units of the largest term.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

import flint
import numpy as np

from mila_analysis.activation import Activation
from mila_analysis.balls import Enclosure, enclose_all
from mila_analysis.derivation import Derivation, derive

__all__ = ["Finding", "measure", "sample", "size_of_terms", "stratified", "ulp"]

WELL_CONDITIONED = 16
CLIP = 1500
"""Exponents beyond this change no condition number of a representable value."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Worst errors of one partial over the points measured.

    Attributes:
        partial: its name.
        points: how many were measured.
        max_ulp: largest error where κ ≤ 16 and the value is a normal number.
        worst_at: the point of that error.
        max_subnormal: largest error in units of the least subnormal, where the exact
            value is subnormal or zero.
        max_ulp_of_terms: largest error anywhere, in ulp of the sum of |terms|.
    """

    partial: str
    points: int
    max_ulp: float
    worst_at: float
    max_subnormal: float
    max_ulp_of_terms: float


def ulp(value: Fraction, dtype: Any) -> Fraction:
    """Unit in the last place of a dtype at an exact value, in exact arithmetic."""
    info = np.finfo(dtype)
    exponent = _exponent(value) if value else info.minexp
    return Fraction(2) ** (max(exponent, int(info.minexp)) - int(info.nmant))


def _exponent(value: Fraction) -> int:
    """floor(log2 |value|)."""
    top, bottom = abs(value.numerator), value.denominator
    guess = top.bit_length() - bottom.bit_length()
    return guess if Fraction(top, bottom) >= Fraction(2) ** guess else guess - 1


def stratified(
    dtype: Any, *, per_binade: int = 1, seed: int = 0
) -> np.ndarray[Any, Any]:
    """Points of every binade of a float dtype and both signs, subnormals and ±max."""
    info = np.finfo(dtype)
    rng = np.random.default_rng(seed)
    lowest = int(info.minexp) - int(info.nmant)
    exponents = np.repeat(np.arange(lowest, int(info.maxexp)), per_binade)
    mantissas = rng.uniform(1, 2, exponents.size)
    sizes = np.ldexp(mantissas.astype(np.longdouble), exponents).astype(dtype)
    extremes = [0.0, info.smallest_subnormal, info.tiny, info.max]
    sizes = np.concatenate([sizes, np.array(extremes, dtype)])
    return np.concatenate([-sizes[::-1], sizes])


def size_of_terms(
    derivation: Derivation, name: str, point: Mapping[str, Fraction]
) -> Fraction:
    """Σ|terms| of the numerator of a derived partial over its denominator, at a point.

    Its quotient by the size of the value is the condition number κ.
    """
    element = derivation.element(name, _case(derivation, point))
    bits = 128
    while True:
        with flint.ctx.workprec(bits):
            values = _generator_balls(derivation, point)
            powers = [values[s] for s in element.field.symbols]
            top = _sum(element.numer, powers, abs)
            bottom = abs(_sum(element.denom, powers, lambda term: term))
            size = top / bottom
            if size.rel_accuracy_bits() > 20 or size.is_zero() or bits > 1 << 13:
                return _fraction(size.mid())
        bits *= 2


def _sum(polynomial: Any, powers: Sequence[Any], each: Callable[[Any], Any]) -> Any:
    total = flint.arb(0)
    for exponents, coefficient in polynomial.terms():
        term = flint.arb(
            flint.fmpq(int(coefficient.numerator), int(coefficient.denominator))
        )
        for base, n in zip(powers, exponents, strict=True):
            for _ in range(n):  # the power of a ball that contains 0 is NaN
                term *= base
        total += each(term)
    return total


def _fraction(ball: Any) -> Fraction:
    mantissa, exponent = ball.man_exp()
    if mantissa == 0 or int(exponent) < -20_000:
        return Fraction(0)
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def _case(derivation: Derivation, point: Mapping[str, Fraction]) -> int:
    if len(derivation.cases) == 1:
        return 0
    by_symbol = {v: point[str(v)] for v in derivation.variables}
    for index, case in enumerate(derivation.cases):
        if all(
            _holds(Fraction(str(r.difference.subs(by_symbol))), r.comparison)
            for r in case.conditions
        ):
            return index
    return 0


def _holds(value: Fraction, comparison: str) -> bool:
    tests: dict[str, Callable[[Fraction], bool]] = {
        ">": lambda v: v > 0,
        ">=": lambda v: v >= 0,
        "<": lambda v: v < 0,
        "<=": lambda v: v <= 0,
    }
    return tests[comparison](value)


def _generator_balls(
    derivation: Derivation, point: Mapping[str, Fraction]
) -> dict[Any, Any]:
    values = {
        v: flint.arb(flint.fmpq(point[str(v)].numerator, point[str(v)].denominator))
        for v in derivation.variables
    }
    for generator in derivation.generators:
        argument = _plain_ball(generator.argument, values)
        values[generator.symbol] = (
            _bounded_exp(argument) if generator.function == "exp" else argument.log()
        )
    return values


def _bounded_exp(argument: Any) -> Any:
    """exp, with exponents beyond ±CLIP brought there: κ does not depend on them."""
    return flint.arb.min(
        flint.arb.max(argument, flint.arb(-CLIP)), flint.arb(CLIP)
    ).exp()


def _plain_ball(expression: Any, values: Mapping[Any, Any]) -> Any:
    if expression in values:
        return values[expression]
    if expression.is_Rational:
        return flint.arb(flint.fmpq(int(expression.p), int(expression.q)))
    parts = [_plain_ball(a, values) for a in expression.args]
    if expression.is_Add:
        return sum(parts[1:], start=parts[0])
    if expression.is_Mul:
        product = parts[0]
        for part in parts[1:]:
            product = product * part
        return product
    return parts[0] ** int(expression.exp)


def measure(
    function: Callable[..., Mapping[str, Any]],
    activation: Activation,
    points: np.ndarray[Any, Any],
    *,
    order: int = 2,
) -> dict[str, Finding]:
    """Worst errors of all partials of a kernel over points, for bound parameters.

    Args:
        function: x to a mapping of names to arrays, such as `kernel.partials`.
        activation: definition and parameter values, each exact in the dtype.
        points: finite floats; their dtype is the one measured.
        order: of the highest partials.
    """
    computed = function(points)
    derivation = derive(activation, order)
    worst = {name: _Worst() for name in derivation.names}
    for i, x in enumerate(points):
        exact = enclose_all(activation, float(x), order=order)
        point = {"x": Fraction(float(x)), **activation.values}
        for name, errors in worst.items():
            size = partial(size_of_terms, derivation, name, point)
            errors.add(float(x), computed[name][i], exact[name], points.dtype, size)
    return {name: errors.finding(name) for name, errors in worst.items()}


class _Worst:
    """Running maxima of the errors of one partial."""

    def __init__(self) -> None:
        self.points = 0
        self.normal, self.at, self.subnormal, self.terms = 0.0, 0.0, 0.0, 0.0

    def add(
        self,
        x: float,
        value: Any,
        exact: Enclosure,
        dtype: Any,
        size: Callable[[], Fraction],
    ) -> None:
        self.points += 1
        if not np.isfinite(value):
            self.normal = self.subnormal = self.terms = float("inf")
            self.at = x
            return
        difference = abs(Fraction(float(value)) - exact.mid)
        error = float(difference / ulp(exact.mid, dtype))
        if error <= min(self.normal, self.subnormal, self.terms):
            return
        largest = size()
        self.terms = max(self.terms, float(difference / ulp(largest, dtype)))
        if largest > WELL_CONDITIONED * abs(exact.mid):
            return
        if abs(exact.mid) < Fraction(float(np.finfo(dtype).tiny)):
            self.subnormal = max(self.subnormal, error)
        elif error > self.normal:
            self.normal, self.at = error, x

    def finding(self, name: str) -> Finding:
        return Finding(
            name, self.points, self.normal, self.at, self.subnormal, self.terms
        )


def sample(
    dtype: Any,
    *,
    centres: Sequence[float] = (),
    per_binade: int = 1,
    each: int = 100,
    seed: int = 0,
) -> np.ndarray[Any, Any]:
    """Stratified points, points around zero, and around centres at every distance.

    Args:
        dtype: of the points.
        centres: roots, changes of branch, the edge of underflow.
        per_binade: stratified points in each binade and sign.
        each: points around each centre, at distances from 1e-6 to 10.
        seed: of the random numbers.
    """
    rng = np.random.default_rng(seed)
    points = [stratified(dtype, per_binade=per_binade, seed=seed)]
    points.append(rng.uniform(-60, 60, 4 * each).astype(dtype))
    for centre in centres:
        distance = rng.normal(0, 1, each) * 10 ** rng.uniform(-6, 1, each)
        points.append((centre + distance).astype(dtype))
    return np.concatenate(points)
