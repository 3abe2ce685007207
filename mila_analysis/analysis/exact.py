"""Values at a rational point that are sums of surds, exactly; so that zero is zero.

√m·π^(k/2) are linearly independent over the rationals, for m without square factors.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from mila_analysis.analysis.bound import Polynomial, Tower
from mila_analysis.analysis.constants import RATIONAL, Constant, Surd

__all__ = ["is_zero_at"]

_Number = dict[Surd, Fraction]

_AT_ZERO: dict[str, _Number] = {
    "exp": {RATIONAL: Fraction(1)},
    "sqrt": {},
    "erf": {},
    "sin": {},
    "cos": {RATIONAL: Fraction(1)},
    "atan": {},
}


def is_zero_at(tower: Tower, polynomial: Polynomial, point: Fraction) -> bool:
    """Whether a sum is exactly zero at a point; False also where that is not seen."""
    values = _symbols(tower, point)
    return values is not None and _sum(polynomial, values) == {}


def _symbols(tower: Tower, point: Fraction) -> list[_Number] | None:
    """Exact values of x and of all generators, or None."""
    values = [{RATIONAL: point} if point else {}]
    for generator in tower.generators:
        if generator.function == "pi":
            values.append({Surd(1, 2): Fraction(1)})
            continue
        argument: _Number | None = _sum(generator.top, values)
        if generator.bottom is not None:
            argument = _over(argument, _sum(generator.bottom, values))
        value = None if argument is None else _function(generator.function, argument)
        if value is None:
            return None
        values.append(value)
    return values


def _function(name: str, argument: _Number | None) -> _Number | None:
    if not argument:
        return _AT_ZERO.get(name)
    if argument == {RATIONAL: Fraction(1)} and name == "log":
        return {}
    if name == "sqrt" and len(argument) == 1:
        ((surd, factor),) = argument.items()
        root = Constant.of(factor, surd).root()
        return None if root.factor is None else {root.surd: root.factor}
    return None


def _over(top: _Number | None, bottom: _Number) -> _Number | None:
    if top is None or len(bottom) != 1:
        return None
    ((surd, factor),) = bottom.items()
    inverse = Constant.of(factor, surd).inverse()
    return _product(top, {inverse.surd: inverse.factor or Fraction(0)})


def _product(first: _Number, second: _Number) -> _Number:
    found: _Number = {}
    for s, a in first.items():
        for t, b in second.items():
            part = Constant.of(a, s) * Constant.of(b, t)
            factor = part.factor or Fraction(0)
            found[part.surd] = found.get(part.surd, Fraction(0)) + factor
    return {surd: factor for surd, factor in found.items() if factor}


def _sum(polynomial: Polynomial, values: Sequence[_Number]) -> _Number:
    found: _Number = {}
    for powers, c in polynomial.terms:
        part: _Number = {RATIONAL: c}
        for value, n in zip(values, powers, strict=False):  # those known so far
            for _ in range(n):
                part = _product(part, value)
        for surd, factor in part.items():
            found[surd] = found.get(surd, Fraction(0)) + factor
    return {surd: factor for surd, factor in found.items() if factor}
