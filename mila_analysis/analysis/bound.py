"""Partials in x of one case, with the parameters at their values: quotients of sums.

A quotient is evaluated on Taylor series over balls; `tails` has the same far out. What
is said of a whole interval rests on these two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, reduce
from operator import mul
from typing import Any

import flint

from mila_analysis.analysis.constants import ball_of
from mila_analysis.analysis.undecided import UndecidedError
from mila_analysis.balls import flint_cap
from mila_analysis.derivation import Derivation
from mila_analysis.primitives import PRIMITIVES

__all__ = ["Polynomial", "Quotient", "Tower", "bound", "quotients"]


MAX_DEGREE = 40
"""Of a polynomial that is evaluated around the middle of a ball."""


@dataclass(frozen=True)
class Polynomial:
    """Σ c·Π symbol^n: exponents, by the places of symbols in the tower, and c."""

    terms: tuple[tuple[tuple[int, ...], Fraction], ...]

    @property
    def is_constant(self) -> bool:
        """Whether no symbol is left."""
        return all(not any(powers) for powers, _ in self.terms)

    @property
    def in_x(self) -> bool:
        """Whether x is the only symbol."""
        return all(not any(powers[1:]) for powers, _ in self.terms)

    @cached_property
    def degrees(self) -> tuple[int, ...]:
        """Highest power of each symbol."""
        return tuple(map(max, zip(*(p for p, _ in self.terms), strict=True)))

    def over_constant(self, divisor: Polynomial) -> Polynomial:
        """Sum over a number that is not 0."""
        ((_, c),) = divisor.terms
        return Polynomial(tuple((powers, own / c) for powers, own in self.terms))

    def centered(self, ball: Any, length: int) -> Any:
        """Series of one in x alone over a ball, by powers of x - middle: narrower."""
        coefficients = [flint.arb(0)] * (self.degrees[0] + 1)
        for powers, c in self.terms:
            coefficients[powers[0]] = ball_of(c)
        middle = ball.mid()
        shifted = flint.arb_poly(coefficients)(flint.arb_poly([middle, 1])).coeffs()
        away = [ball - middle, 1] if length > 1 else [ball - middle]
        step, found = flint.arb_series(away, prec=length), shifted[-1]
        for c in reversed(shifted[:-1]):
            found = found * step + c
        return found

    def over(self, values: Sequence[Any], length: int) -> Any:
        """Value, given those of the symbols as series."""
        total = flint.arb_series([0], prec=length)
        for powers, c in self.terms:
            part = flint.arb_series([ball_of(c)], prec=length)
            for value, n in zip(values, powers, strict=False):  # those known so far
                if n:
                    part = part * _raised(value, n)
            total = total + part
        return total


def _raised(series: Any, n: int) -> Any:
    """n-th power; that of python-flint is through a logarithm, which 0 has not."""
    return reduce(mul, [series] * n)


@dataclass(frozen=True, slots=True)
class Generator:
    """A function of quotients of the symbols before it."""

    function: str
    top: Polynomial
    bottom: Polynomial | None

    def argument(self, values: Sequence[Any], length: int) -> Any:
        """Series of what it is a function of."""
        if self.bottom is not None:
            return self.top.over(values, length) / self.bottom.over(values, length)
        ball = values[0][0]
        narrow = not self.top.terms or ball.rad().is_zero()
        if not narrow and self.top.in_x and 1 < self.top.degrees[0] < MAX_DEGREE:
            return self.top.centered(ball, length)
        return self.top.over(values, length)


@dataclass(frozen=True)
class Tower:
    """x and the generators of a derivation, parameters at their values."""

    generators: tuple[Generator, ...]

    def has_no_zero(self, polynomial: Polynomial, ball: Any) -> bool:
        """Whether a sum has none over a ball, seen by what it grows with.

        Where exp(u) is large, the sum over its highest power has narrow balls.
        """
        values = self.over(ball, 1)
        total = flint.arb(0)
        falling: dict[int, Any] = {}
        for place, generator in enumerate(self.generators, start=1):
            if generator.function == "exp" and polynomial.degrees[place]:
                argument = generator.argument(values, 1)
                if argument[0] > 0:
                    falling[place] = PRIMITIVES["exp"].ball(-argument)[0]
        for powers, c in polynomial.terms:
            part = ball_of(c)
            for place, n in enumerate(powers):
                inverse = falling.get(place)
                rest = polynomial.degrees[place] - n
                power = n if inverse is None else rest
                value = values[place][0] if inverse is None else inverse
                for _ in range(power):
                    part = part * value
            total = total + part
        return bool(total.is_finite() and not total.contains(0))

    def over(self, ball: Any, length: int) -> list[Any]:
        """Taylor series of all symbols over a ball, within `flint_cap(length)`."""
        start = [ball, 1] if length > 1 else [ball]
        values = [flint.arb_series(start, prec=length)]
        for generator in self.generators:
            if generator.function == "pi":
                values.append(flint.arb_series([flint.arb.pi()], prec=length))
                continue
            argument = generator.argument(values, length)
            values.append(PRIMITIVES[generator.function].ball(argument))
        return values


@dataclass(frozen=True)
class Quotient:
    """Π factors^n / Π factors^n: a partial of one case.

    Attributes:
        tower: what its symbols are.
        above, below: factors with their powers; the first above is a constant.
    """

    tower: Tower
    above: tuple[tuple[Polynomial, int], ...]
    below: tuple[tuple[Polynomial, int], ...]

    @cached_property
    def is_zero(self) -> bool:
        """Whether it is 0 everywhere."""
        return any(not p.terms for p, _ in self.above)

    @cached_property
    def is_constant(self) -> bool:
        """Whether it is a number."""
        return all(p.is_constant for p, _ in (*self.above, *self.below))

    def over(self, ball: Any, length: int = 1) -> Any:
        """Taylor series over a ball, in the precision of the context.

        Raises:
            UndecidedError: it is not defined all over the ball, or not plainly so.
        """
        with flint_cap(length):
            try:
                values = self.tower.over(ball, length)
                found = _product(self.above, values, length)
                if self.below:
                    found = found / _product(self.below, values, length)
            except (ValueError, ZeroDivisionError, ArithmeticError):
                raise UndecidedError("a value was not enclosed") from None
        return found


def _product(
    factors: Sequence[tuple[Polynomial, int]], values: Sequence[Any], length: int
) -> Any:
    parts = (_raised(p.over(values, length), n) for p, n in factors)
    return reduce(mul, parts, flint.arb_series([1], prec=length))


def bound(
    derivation: Derivation, values: Mapping[str, Fraction]
) -> list[dict[str, Quotient]]:
    """Each case of a derivation: its partials, with parameters at their values."""
    return [
        quotients(case.plain, derivation.generators, values)
        for case in derivation.cases
    ]


def quotients(
    elements: Mapping[str, Any], generators: Sequence[Any], values: Mapping[str, Any]
) -> dict[str, Quotient]:
    """Elements of a tower, in those of its generators alone that they need.

    Another case may need a root or a logarithm that is undefined where this one holds.
    """
    field = next(iter(elements.values())).field
    names = [str(symbol) for symbol in field.symbols]
    arguments = {str(g.symbol): field.from_expr(g.argument) for g in generators}
    needed: set[str] = set()
    for element in elements.values():
        needed |= _symbols(element, names)
    for g in reversed(generators):
        if str(g.symbol) in needed:
            needed |= _symbols(arguments[str(g.symbol)], names)
    kept = [g for g in generators if str(g.symbol) in needed]
    binder = _Binder(names, ["x", *(str(g.symbol) for g in kept)], values)
    bound_ = []
    for g in kept:
        argument = arguments[str(g.symbol)]
        top, bottom = binder(argument.numer), binder(argument.denom)
        if bottom.is_constant:
            bound_.append(Generator(g.function, top.over_constant(bottom), None))
        else:
            bound_.append(Generator(g.function, top, bottom))
    tower = Tower(tuple(bound_))
    return {name: _quotient(e, tower, binder) for name, e in elements.items()}


def _symbols(element: Any, names: Sequence[str]) -> set[str]:
    """Names of the symbols in an element."""
    return {
        name
        for polynomial in (element.numer, element.denom)
        for powers in polynomial.itermonoms()
        for name, n in zip(names, powers, strict=True)
        if n
    }


def _quotient(element: Any, tower: Tower, binder: _Binder) -> Quotient:
    sides = []
    for polynomial in (element.numer, element.denom):
        content, powers = _factors(polynomial)
        start = (
            binder.number(Fraction(int(content.numerator), int(content.denominator))),
            1,
        )
        sides.append((start, *((binder(p), n) for p, n in powers)))
    return Quotient(tower, sides[0], sides[1])


_KNOWN: dict[Any, Any] = {}


def _factors(polynomial: Any) -> Any:
    """Factors of a polynomial of a derivation, which is kept, found once."""
    if polynomial not in _KNOWN:
        if len(_KNOWN) > 4096:
            _KNOWN.clear()
        _KNOWN[polynomial] = polynomial.factor_list()
    return _KNOWN[polynomial]


@dataclass(frozen=True, slots=True)
class _Binder:
    """Polynomials of the tower's field to those in x and generators alone."""

    names: Sequence[str]
    order: Sequence[str]
    values: Mapping[str, Fraction]

    def number(self, value: Fraction) -> Polynomial:
        """A constant."""
        return Polynomial((((0,) * len(self.order), value),) if value else ())

    def __call__(self, polynomial: Any) -> Polynomial:
        found: dict[tuple[int, ...], Fraction] = {}
        places = {name: n for n, name in enumerate(self.order)}
        for powers, c in polynomial.terms():
            value = Fraction(int(c.numerator), int(c.denominator))
            kept = [0] * len(self.order)
            for name, n in zip(self.names, powers, strict=True):
                if name in places:
                    kept[places[name]] = n
                elif n:
                    value *= self.values[name] ** n
            key = tuple(kept)
            found[key] = found.get(key, Fraction(0)) + value
        return Polynomial(tuple((k, c) for k, c in found.items() if c))
