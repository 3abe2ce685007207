"""Elementary functions of expansions: what exp, log, sqrt, erf are like far out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import factorial

import flint

from mila_analysis.analysis.constants import RATIONAL, Constant, Surd, ball_of
from mila_analysis.analysis.expansions import SERIES, Expansion, Tail
from mila_analysis.analysis.scales import ONE, Irrational, Key, Scale, compared
from mila_analysis.analysis.undecided import TooNearError, UndecidedError
from mila_analysis.balls import flint_cap
from mila_analysis.primitives import PRIMITIVES

__all__ = ["FUNCTIONS", "Huge"]

FALL = 16
"""What falls as exp(-exp x) is bounded by exp(-FALL·x)."""


@dataclass(frozen=True, slots=True)
class Huge:
    """1/inverse, of what grows faster than all scales."""

    inverse: Expansion


def _exp(tail: Tail, u: Expansion) -> Expansion | Huge:
    """exp of a sum: exp of what grows is a scale, of the constant a number."""
    growing = [t for t in u.terms if compared(t[0], ONE) > 0]
    if u.rest and compared(u.rest[0], ONE) >= 0:
        raise UndecidedError("an exponential far out was not bounded")
    if any(scale.exponent for scale, _ in growing):
        return _exp_of_exponentials(tail, u)
    power, first = Fraction(0), Constant.of(1)
    exponent: dict[Key, Fraction] = {}
    for scale, constant in growing:
        if scale == LOG and constant.rational is not None:
            power += constant.rational
        elif scale.log:
            raise UndecidedError("a power of a logarithm far out was not bounded")
        elif constant.factor is not None:
            exponent[scale.power, constant.surd] = constant.factor
        else:
            unit = Irrational(abs(constant.ball))
            exponent[scale.power, unit] = Fraction(constant.sign)
    for scale, constant in u.terms:
        if scale == ONE and constant.rational is not None:
            first = Constant.of(1, Surd(1, 0, constant.rational))
        elif scale == ONE:
            first = Constant(constant.ball.exp())
    w = Expansion(tuple(t for t in u.terms if compared(t[0], ONE) < 0), u.rest)
    small = tail.smallness(w)
    found = tail.series(w, EXPONENTIAL, small.exp() / factorial(SERIES))
    return tail.product(
        found, tail.monomial(first, Scale.of(power, Fraction(0), exponent))
    )


LOG = Scale(log=Fraction(1))
EXPONENTIAL = [Constant.of(Fraction(1, factorial(k))) for k in range(SERIES)]


def _exp_of_exponentials(tail: Tail, u: Expansion) -> Expansion | Huge:
    """exp(±c·s) with s an exponential: at most K·exp(-N·x^r), or 1 over that.

    N·x^r - c·s falls from where its derivative is negative: N·r·x^r ≤ c·s·σ, where σ
    is a lower bound of x·(log s)′; the quotient of both sides falls by then.
    """
    scale, constant, w = tail.parted(u)
    size = abs(constant.ball).lower() * (1 - tail.smallness(w))
    slopes = scale.slopes
    top, first = next(iter(slopes.items()))
    start = tail.start
    growth = ball_of(top) * first * start ** ball_of(top)
    for r, c in list(slopes.items())[1:]:
        if not c > 0:
            growth -= ball_of(r) * abs(c) * start ** ball_of(r)
    growth += ball_of(min(scale.power, Fraction(0)))
    growth += ball_of(min(scale.log, Fraction(0))) / start.log()
    if not growth > 0:
        raise TooNearError
    ratio = tail.largest(Scale(top) / scale) * FALL * ball_of(top)
    if not ratio <= size * growth:
        raise TooNearError
    fall = Scale.of(Fraction(0), Fraction(0), {(top, RATIONAL): Fraction(-FALL)})
    bound = (-size * scale.at(start)).exp() / fall.at(start)
    small = tail.bounded(bound.upper(), fall)
    return small if constant.sign < 0 else Huge(small)


def _log(tail: Tail, u: Expansion) -> Expansion:
    """log(C·s·(1 + w)) = log C + log s + log(1 + w)."""
    scale, constant, w = tail.parted(u)
    if constant.sign < 0:
        raise UndecidedError("it is undefined far out")
    terms = []
    if constant.rational != 1:
        terms.append((ONE, Constant(constant.ball.log())))
    if scale.power:
        terms.append((LOG, Constant.of(scale.power)))
    if scale.log:
        raise UndecidedError("a logarithm of a logarithm far out was not bounded")
    for (r, unit), q in scale.exponent:
        c = Constant(ball_of(q) * unit.ball)
        if isinstance(unit, Surd):
            c = Constant.of(q, unit)
        terms.append((Scale(r), c))
    small = tail.smallness(w)
    coefficients = [Constant.of(c) for c in (0, 1, Fraction(-1, 2))]
    last = tail.series(w, coefficients, 1 / (SERIES * (1 - small)))
    return tail.sum([tail.collected(terms), last])


def _sqrt(tail: Tail, u: Expansion) -> Expansion:
    if u.is_zero:
        return u
    scale, constant, w = tail.parted(u)
    if constant.sign < 0:
        raise UndecidedError("it is undefined far out")
    small = tail.smallness(w)
    coefficients = [Constant.of(c) for c in (1, Fraction(1, 2), Fraction(-1, 8))]
    # The next coefficient is 1/16, and its power of 1 + w is -5/2.
    last = tail.series(w, coefficients, (1 - small) ** ball_of(Fraction(-5, 2)) / 16)
    half = Fraction(1, 2)
    return tail.product(last, tail.monomial(constant.root(), scale**half))


def _erf(tail: Tail, u: Expansion) -> Expansion:
    """±1 where u grows: 1 - erf(v) = θ·exp(-v²)/(v√π), with 1 - 1/(2v²) ≤ θ ≤ 1."""
    if not _grows(u):
        return _at_limit(tail, u, "erf")
    sign = Constant.of(u.leading[1].sign)
    v = tail.scaled(u, sign)
    square = tail.product(v, v)
    fallen = _exp(tail, tail.scaled(square, Constant.of(-1)))
    if isinstance(fallen, Huge):
        raise UndecidedError("an error function far out was not bounded")
    inverse = tail.inverse(square)
    scale, bound = tail.size(inverse)
    theta = tail.sum([tail.number(1), tail.bounded(bound / 2, scale)])
    factor = tail.scaled(tail.inverse(v), Constant.of(1, Surd(1, -1)))
    tail.smallness(inverse)
    rest = tail.product(tail.product(theta, fallen), factor)
    one = tail.number(1)
    return tail.scaled(tail.sum([one, tail.scaled(rest, Constant.of(-1))]), sign)


def _atan(tail: Tail, u: Expansion) -> Expansion:
    """±π/2 - atan(1/u) where u grows."""
    if not _grows(u):
        return _at_limit(tail, u, "atan")
    v = tail.inverse(u)
    tail.smallness(v)
    coefficients = [Constant.of(c) for c in (0, 1, 0)]
    last = tail.series(v, coefficients, flint.arb(1) / 3)
    half = Constant.of(Fraction(u.leading[1].sign, 2), Surd(1, 2))
    return tail.sum([tail.monomial(half), tail.scaled(last, Constant.of(-1))])


def _wave(name: str) -> Callable[[Tail, Expansion], Expansion]:
    def wave(tail: Tail, u: Expansion) -> Expansion:
        """At most 1 in size, and nothing else is known, where its argument grows."""
        if _grows(u):
            return tail.bounded(flint.arb(1))
        return _at_limit(tail, u, name)

    return wave


def _grows(u: Expansion) -> bool:
    if u.rest and compared(u.rest[0], ONE) > 0:
        raise UndecidedError("the argument of a function far out was not bounded")
    return bool(u.terms) and compared(u.terms[0][0], ONE) > 0


def _at_limit(tail: Tail, u: Expansion, name: str) -> Expansion:
    """Taylor series of a function at the limit of its argument."""
    limit = Constant.of(0)
    for scale, constant in u.terms:
        if scale == ONE:
            limit = constant
    w = tail.sum([u, tail.monomial(-limit)])
    scale, bound = tail.size(w)
    small = (bound * tail.largest(scale)).upper()
    rule = PRIMITIVES[name].ball
    with flint_cap(SERIES + 1):
        found = rule(flint.arb_series([limit.ball, 1], prec=SERIES + 1))
        over = limit.ball + flint.arb(0, 1) * small
        last = rule(flint.arb_series([over, 1], prec=SERIES + 1))[SERIES]
    if not last.is_finite():
        raise TooNearError
    coefficients: Sequence[Constant] = [Constant(found[k]) for k in range(SERIES)]
    if limit.rational == 0:
        coefficients = AT_ZERO[name]
    return tail.series(w, coefficients, abs(last).upper())


_ZERO, _UNIT = Constant.of(0), Constant.of(1)
AT_ZERO: Mapping[str, tuple[Constant, ...]] = {
    "erf": (_ZERO, Constant.of(2, Surd(1, -1)), _ZERO),
    "atan": (_ZERO, _UNIT, _ZERO),
    "sin": (_ZERO, _UNIT, _ZERO),
    "cos": (_UNIT, _ZERO, Constant.of(Fraction(-1, 2))),
}
"""Coefficients at 0."""

FUNCTIONS: Mapping[str, Callable[[Tail, Expansion], Expansion | Huge]] = {
    "exp": _exp,
    "log": _log,
    "sqrt": _sqrt,
    "erf": _erf,
    "atan": _atan,
    "sin": _wave("sin"),
    "cos": _wave("cos"),
}
