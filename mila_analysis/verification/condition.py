"""A partial and a point to Σ|terms|: what the condition number κ is made of.

The derived numerator is a product of irreducible factors. The terms of a factor are its
monomials in what is plain, with what multiplies each of them; E - 1, erf(u) ± 1 and
√u ± v are computed without cancellation, and are one term each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import flint

from mila_analysis.derivation import Derivation
from mila_analysis.stability.terms import grouped
from mila_analysis.tower import Generator

__all__ = ["size_of_terms"]

CLIP = {"exp": 1500, "erf": 60}
"""Arguments beyond this change no condition number of a representable value."""


def size_of_terms(
    derivation: Derivation, name: str, point: Mapping[str, Fraction]
) -> Fraction:
    """Σ|terms| of the numerator of a derived partial over its denominator, at a point.

    Its quotient by the size of the value is the condition number κ.
    """
    element = derivation.plain(name, _case(derivation, point))
    factors = _factors(derivation, element)
    bits = 128
    while True:
        with flint.ctx.workprec(bits):
            values = _values(derivation, point)
            powers = [values[s] for s in element.field.symbols]
            size = _size(factors, powers)
            size /= abs(_sum(element.denom, powers))
            if size.rel_accuracy_bits() > 20 or size.is_zero() or bits > 1 << 13:
                return _fraction(size.mid())
        bits *= 2


@dataclass(frozen=True, slots=True)
class _Factor:
    """A factor to a power: one term, or groups of terms as arithmetic adds them.

    Attributes:
        polynomial: the factor.
        power: of it.
        groups: monomials in what is plain, each with the factors that it multiplies;
            none if the factor is one term.
    """

    polynomial: Any
    power: int
    groups: tuple[tuple[Any, tuple[_Factor, ...]], ...] = ()


@lru_cache(maxsize=256)
def _factors(derivation: Derivation, element: Any) -> tuple[_Factor, ...]:
    """Factors of a numerator."""
    kinds = {g.symbol: g for g in derivation.generators}
    return _split(element.numer, kinds)


def _split(polynomial: Any, kinds: Mapping[Any, Generator]) -> tuple[_Factor, ...]:
    content, powers = polynomial.factor_list()
    constant = _Factor(polynomial.ring.ground_new(content), 1)
    return (constant, *(_factor(p, n, kinds) for p, n in powers))


def _factor(polynomial: Any, n: int, kinds: Mapping[Any, Generator]) -> _Factor:
    if len(polynomial.terms()) == 1 or _is_saved(polynomial, kinds):
        return _Factor(polynomial, n)
    ring = polynomial.ring
    inner = {s for s, g in kinds.items() if g.function in ("exp", "erf")}
    found = grouped(polynomial, [s for s in ring.symbols if s not in inner])
    if len(found) == 1:
        terms = [ring.from_dict({e: c}) for e, c in polynomial.terms()]
        return _Factor(polynomial, n, tuple((t, ()) for t in terms))
    groups = []
    for monomial, rest in found:
        outer = ring.one
        for symbol, k in monomial.items():
            outer *= ring.gens[ring.symbols.index(symbol)] ** k
        groups.append((outer, _split(rest, kinds)))
    return _Factor(polynomial, n, tuple(groups))


def _size(factors: Sequence[_Factor], powers: Sequence[Any]) -> Any:
    """Product of the sizes of factors: |value| of one term, Σ|terms| of others."""
    total = flint.arb(1)
    for factor in factors:
        if not factor.groups:
            size = abs(_sum(factor.polynomial, powers))
        else:
            size = sum(
                (
                    abs(_sum(m, powers)) * _size(inner, powers)
                    for m, inner in factor.groups
                ),
                flint.arb(0),
            )
        total *= size**factor.power
    return total


def _is_saved(polynomial: Any, generators: Mapping[Any, Generator]) -> bool:
    """Whether a factor is E - 1, erf(u) ± 1 or √u ± v."""
    if len(polynomial.terms()) != 2:
        return False
    expression = polynomial.as_expr()
    for symbol in expression.free_symbols & set(generators):
        kind = generators[symbol].function
        if kind == "sqrt" and generators[symbol].argument.free_symbols:
            return bool(polynomial.degree(polynomial.ring(symbol)) == 1)
        unit = {"exp": (symbol - 1,), "erf": (symbol - 1, symbol + 1)}.get(kind, ())
        if expression in unit:
            return True
    return False


def _sum(polynomial: Any, powers: Sequence[Any]) -> Any:
    """Value of a polynomial at balls."""
    total = flint.arb(0)
    for exponents, coefficient in polynomial.terms():
        term = flint.arb(
            flint.fmpq(int(coefficient.numerator), int(coefficient.denominator))
        )
        for base, n in zip(powers, exponents, strict=True):
            for _ in range(n):  # the power of a ball that contains 0 is NaN
                term *= base
        total += term
    return total


def _fraction(ball: Any) -> Fraction:
    mantissa, exponent = ball.man_exp()
    if mantissa == 0 or int(exponent) < -20_000:
        return Fraction(0)
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def _case(derivation: Derivation, point: Mapping[str, Fraction]) -> int:
    if len(derivation.cases) == 1:
        return 0
    for index, case in enumerate(derivation.cases):
        if all(
            _holds(_compared(derivation, r.difference, point), r.comparison)
            for r in case.conditions
        ):
            return index
    return 0


def _compared(
    derivation: Derivation, difference: Any, point: Mapping[str, Fraction]
) -> Fraction:
    """A difference, or with functions a number of its sign: 0 if no balls tell it."""
    value = difference.subs({v: point[str(v)] for v in derivation.variables})
    if value.is_Rational:
        return Fraction(int(value.p), int(value.q))
    for bits in (64, 256, 1 << 10, 1 << 12):
        with flint.ctx.workprec(bits):
            ball = _plain_ball(difference, _values(derivation, point))
            if ball > 0 or ball < 0:
                return Fraction(1 if ball > 0 else -1)
    return Fraction(0)


def _holds(value: Fraction, comparison: str) -> bool:
    tests: dict[str, Callable[[Fraction], bool]] = {
        ">": lambda v: v > 0,
        ">=": lambda v: v >= 0,
        "<": lambda v: v < 0,
        "<=": lambda v: v <= 0,
    }
    return tests[comparison](value)


def _values(derivation: Derivation, point: Mapping[str, Fraction]) -> dict[Any, Any]:
    """Balls of the variables and of the generators."""
    values = {
        v: flint.arb(flint.fmpq(point[str(v)].numerator, point[str(v)].denominator))
        for v in derivation.variables
    }
    for generator in derivation.generators:
        values[generator.symbol] = _value(generator, values)
    return values


def _value(generator: Generator, values: Mapping[Any, Any]) -> Any:
    function = generator.function
    if function == "pi":
        return flint.arb.pi()
    argument = _plain_ball(generator.argument, values)
    if function in CLIP:
        bound = flint.arb(CLIP[function])
        argument = flint.arb.min(flint.arb.max(argument, -bound), bound)
    return getattr(argument, function)()


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
