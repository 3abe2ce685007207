"""What holds of a family for every value of its parameter, proved by exact algebra.

Two kinds of families are seen. *Shifted*: a factor of a derivative is A(E)·x + B(E)
with E = exp(a·x + b·β + c). Its zeros are x = -G(E), G = B/A, where E > 0 solves
β = (log E + a·G(E) - c)/b. If the right side is strictly monotone, from -∞ to ∞ or
back, on each interval between the poles of G, every β has exactly one zero for each
interval. *Scaled*: f(x; β) = β^p·f(β·x; 1).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Any

import sympy

from mila_analysis.activation import Activation, Parameter
from mila_analysis.derivation import Derivation, derive
from mila_analysis.formula import parse
from mila_analysis.tower import Calculus, lift_all

__all__ = ["Branch", "Scaling", "Shifted", "scaling", "shifted"]

KINDS = {"f_x": ("minimum", "maximum"), "f_xx": ("inflection",)}
Z = sympy.Symbol("E", positive=True)


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """The zeros of a derivative of a family for E in one open interval.

    Attributes:
        low, high: ends of the interval of E; algebraic numbers, or ∞.
        kind: `minimum`, `maximum` or `inflection`.
    """

    low: Any
    high: Any
    kind: str


@dataclass(frozen=True, slots=True, eq=False)
class Shifted:
    """Zeros of a derivative of a family, for every value of its parameter.

    Attributes:
        partial: `f_x` or `f_xx`.
        parameter: symbol.
        exponential: exp(a·x + b·β + c), what E stands for.
        place: x as a rational function of E.
        value: f there, as one of E.
        level: what log E has to be added to: the parameter is log E plus that, over b.
        rate: dx/dβ, as a rational function of E.
        branches: each has exactly one zero for every value of the parameter.
    """

    partial: str
    parameter: Any
    exponential: Any
    place: Any
    value: Any
    level: Any
    rate: Any
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class Scaling:
    """f(x; p) = p^power·f(p·x; 1) for p > 0."""

    parameter: str
    power: int


def shifted(activation: Activation) -> tuple[Shifted, ...]:
    """What is proved of the extrema and of the inflections of a family.

    Nothing, where the family is not of the shape, or the proof does not succeed.
    """
    return _shifted(activation.formula, activation.variables)


@lru_cache(maxsize=64)
def _shifted(formula: str, variables: tuple[str, ...]) -> tuple[Shifted, ...]:
    if len(variables) != 2:
        return ()
    parameter = Parameter(variables[1], Fraction(1))
    twin = Activation("family", formula, parameters=(parameter,))
    derivation = derive(twin, 3, along=("x",))
    if len(derivation.cases) > 1 or len(derivation.generators) != 1:
        return ()
    found = (_of_partial(derivation, name) for name in KINDS)
    return tuple(each for each in found if each is not None)


def _of_partial(derivation: Derivation, name: str) -> Shifted | None:
    """The zeros of one derivative, if all its factors but one never vanish."""
    x, parameter = derivation.variables
    (generator,) = derivation.generators
    shape = sympy.Poly(generator.argument, x, parameter)
    if generator.function != "exp" or shape.total_degree() != 1:
        return None
    a, b, c = (shape.coeff_monomial(m) for m in (x, parameter, 1))
    if not a or not b:
        return None
    element = derivation.plain(name)
    factors = [(p.as_expr(), n) for p, n in element.numer.factor_list()[1]]
    open_ = [f for f in factors if not _is_positive(f[0], generator.symbol)]
    if len(open_) != 1 or open_[0][0].has(parameter) or open_[0][1] > 1:
        return None
    linear = sympy.Poly(open_[0][0].subs(generator.symbol, Z), x)
    if linear.degree() != 1:
        return None
    slope, start = linear.all_coeffs()
    place = sympy.cancel(-start / slope)
    level = sympy.cancel(-a * place - c)
    growth = sympy.cancel(1 / Z + sympy.diff(level, Z))
    branches = []
    curve = _Curve(place, level, growth, slope)
    for low, high in _between_poles(slope):
        kind = _branch(derivation, name, curve, (low, high))
        if kind is None:
            return None
        branches.append(Branch(low, high, kind))
    value = _put(derivation.plain("f"), derivation, place)
    if value.has(parameter):
        return None
    rate = sympy.factor(sympy.cancel(sympy.diff(place, Z) * b / growth))
    return Shifted(
        name, parameter, generator.definition, sympy.factor(place),
        sympy.factor(value), sympy.factor(level), rate, tuple(branches),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Curve:
    """The zeros of A(E)·x + B(E) as a curve over E.

    Attributes:
        place: x = -B/A.
        level: the parameter is (log E + level)/b.
        growth: derivative of log E + level.
        slope: A.
    """

    place: Any
    level: Any
    growth: Any
    slope: Any


def _is_positive(factor: Any, symbol: Any) -> bool:
    """Whether a polynomial in E alone has no zero for E > 0."""
    if factor.free_symbols - {symbol}:
        return False
    return not factor.has(symbol) or _zeros(factor.subs(symbol, Z)) == []


def _zeros(polynomial: Any) -> list[Any]:
    """Positive zeros, exact, from left to right."""
    roots = sympy.Poly(polynomial, Z).real_roots(multiple=True)
    return list(dict.fromkeys(r for r in roots if r > 0))


def _between_poles(slope: Any) -> Iterator[tuple[Any, Any]]:
    ends = [sympy.Integer(0), *(_zeros(slope) if slope.has(Z) else []), sympy.oo]
    yield from pairwise(ends)


def _put(element: Any, derivation: Derivation, place: Any) -> Any:
    """An element of the tower at x = place, as a rational function of E."""
    symbol = derivation.generators[0].symbol
    expression = element.as_expr().subs(symbol, Z)
    return sympy.cancel(expression.subs(derivation.variables[0], place))


def _branch(
    derivation: Derivation, name: str, curve: _Curve, ends: tuple[Any, Any]
) -> str | None:
    """What the zeros for E in an interval are, if there is one for each parameter."""
    low, high = ends
    place, level, growth, slope = curve.place, curve.level, curve.growth, curve.slope
    if _changes(growth, low, high, slope):
        return None
    inner = _inner(low, high)
    if _far(level, low, inner) == _far(level, high, inner):
        return None
    bend = _put(derivation.plain(f"{name}x"), derivation, place)
    if (
        bend == 0
        or bend.has(derivation.variables[1])
        or _changes(bend, low, high, slope)
    ):
        return None
    if name == "f_xx":
        return "inflection"
    return "minimum" if bend.subs(Z, inner) > 0 else "maximum"


def _far(level: Any, end: Any, inner: Any) -> int:
    """Sign of the limit of log E + level at an end of an interval; it is infinite.

    At a pole it is that of the numerator there, over that of the denominator inside.
    """
    top, bottom = (
        sympy.Poly(part, Z) for part in sympy.fraction(sympy.together(level))
    )
    if end == sympy.oo:
        grows = top.degree() > bottom.degree()
        return 1 if not grows or top.LC() / bottom.LC() > 0 else -1
    if end == 0 and bottom.eval(0):
        return -1
    above, below = sympy.N(top.as_expr().subs(Z, end), 40), bottom.eval(inner)
    return 1 if above * below > 0 else -1


def _inner(low: Any, high: Any) -> Any:
    """A rational between two ends."""
    middle = low + 1 if high == sympy.oo else (low + high) / 2
    return sympy.Rational(str(sympy.N(middle, 30)))


def _changes(quotient: Any, low: Any, high: Any, slope: Any) -> bool:
    """Whether a rational function has a zero or a pole in an open interval.

    Zeros of the slope are ends of such intervals, and never inside.
    """
    for part in sympy.fraction(sympy.cancel(quotient)):
        for factor, _ in sympy.factor_list(part, Z)[1]:
            if sympy.rem(slope, factor, Z) == 0:
                continue
            if any(bool(low < z) and bool(z < high) for z in _zeros(factor)):
                return True
    return False


def scaling(activation: Activation) -> Scaling | None:
    """f(x; p) = p^n·f(p·x; 1), where that is so; proved by exact algebra."""
    return _scaling(activation.formula, activation.variables)


@lru_cache(maxsize=64)
def _scaling(text: str, variables: tuple[str, ...]) -> Scaling | None:
    if len(variables) != 2:
        return None
    parsed = parse(text, variables)
    if len(parsed.cases) != 1:
        return None
    x, p = parsed.variables
    own = parsed.cases[0].expression
    other = own.subs(p, 1).subs(x, p * x)
    for power in (-1, 0, 1):
        difference = own - p**power * other
        (lifted,), generators = lift_all([difference], (x, p))
        if Calculus((x, p), generators).element(lifted) == 0:
            return Scaling(str(p), power)
    return None
