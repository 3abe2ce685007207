"""Moments of f(X) and f_x(X) for a standard normal X, by Taylor series with bounds.

On short intervals the integrand, from the definition itself, is its Taylor polynomial
around the middle; the next coefficient over the whole interval bounds what is left,
and tells how long the next interval may be. The mean of an odd function is exactly 0.
Beyond ±12 it is bounded by the expansion of f far out, which exp(-7x²/16) beats, and
between ±12 and cuts further out by balls.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint

from mila_analysis.analysis.constants import RATIONAL, ball_of
from mila_analysis.analysis.features import Gaussian, Number, enclosure
from mila_analysis.analysis.line import Line
from mila_analysis.analysis.parity import is_odd
from mila_analysis.analysis.pieces import Piece
from mila_analysis.analysis.scales import Scale, largest
from mila_analysis.analysis.tails import End
from mila_analysis.analysis.undecided import UndecidedError
from mila_analysis.analysis.zeros import Zero
from mila_analysis.balls import flint_cap

__all__ = ["gaussian"]

BITS = 128
TERMS = 32
REACH = Fraction(12)
FURTHEST = Fraction(1 << 40)
HALVINGS = 8
FIRST_WIDTH = Fraction(1)
NARROWEST = Fraction(1, 1 << 40)
GRAIN = 1 << 60
MAX_INTERVALS = 2000
SMALL = 2.0**-80
"""Bound on what a polynomial leaves, as a share of the integral, or of 1 if more."""

BOUND_BITS = 64
"""Of such a bound."""

ORDER = TERMS + 8
"""What is left grows about as this power of the width: balls widen with it, too."""

SAFETY = 0.85
HALF = Fraction(1, 2)

FALL = Scale(exponent=frozenset({((Fraction(2), RATIONAL), Fraction(-7, 16))}))


@dataclass(frozen=True, slots=True)
class _Sums:
    """Integrals of f, f² and f_x² times the density."""

    value: Any
    square: Any
    slope: Any

    def __add__(self, other: _Sums) -> _Sums:
        return _Sums(
            self.value + other.value,
            self.square + other.square,
            self.slope + other.slope,
        )


def gaussian(line: Line) -> Gaussian:
    """Mean, variance and gains for standard normal inputs.

    Raises:
        UndecidedError: no bound far out is to be had, or a piece gets too narrow.
    """
    with flint.ctx.workprec(BITS):
        total = _Sums(flint.arb(0), flint.arb(0), flint.arb(0))
        for piece in line.pieces:
            for part in (*_parts(piece), *_beyond(piece), *_at_ends(piece)):
                total += part
        for piece, side in ((line.pieces[0], -1), (line.pieces[-1], 1)):
            for part in _far(piece, side):
                total += part
        if not all(b.is_finite() for b in (total.value, total.square, total.slope)):
            raise UndecidedError("a moment was not enclosed")
        mean = total.value
        if mean.contains(0) and is_odd(line):
            mean = flint.arb(0)
        balls = mean, total.square - mean * mean, total.square, total.slope
        numbers = [enclosure(b) for b in balls]
        gains = [_gain(total.square), _gain(total.slope)]
    return Gaussian(*numbers, *gains)  # type: ignore[arg-type]


def _gain(square: Any) -> Number | None:
    """1/√square; None where that may be infinite, or not."""
    if square > 0:
        return enclosure(1 / square.sqrt())
    return math.inf if square.is_zero() else None


def _parts(piece: Piece) -> Iterator[_Sums]:
    """Integrals over short intervals that make up a piece within reach."""
    low = -REACH if piece.low is None else max(-REACH, _near(piece.low))
    high = REACH if piece.high is None else min(REACH, _near(piece.high))
    if piece.partials["f"].is_zero or low >= high:
        return
    width = FIRST_WIDTH
    for _ in range(MAX_INTERVALS):
        if low >= high:
            return
        end = min(low + width, high)
        found, factor = _integrated(piece, low, end)
        width = Fraction(int((end - low) * factor * GRAIN), GRAIN)
        if found is not None:
            yield found
            low = end
        elif width < NARROWEST:
            break
    raise UndecidedError("an integral was not enclosed")


def _near(zero: Zero) -> Fraction:
    """A cut as a rational; `_at_ends` bounds what is between."""
    if zero.exact is not None:
        return zero.exact
    mantissa, exponent = zero.ball.mid().man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def _at_ends(piece: Piece) -> Iterator[_Sums]:
    """Bounds of the integrals between cuts and the rationals taken for them."""
    for end in (piece.low, piece.high):
        if end is not None and end.exact is None:
            yield _bounded(piece, end.ball, 2 * end.ball.rad())


def _beyond(piece: Piece) -> Iterator[_Sums]:
    """Bounds of the integrals beyond reach, up to the ends of a piece.

    What the outermost pieces have further out `_far` bounds.
    """
    for side in (-1, 1):
        near, far = (piece.low, piece.high)[::side]
        if far is None:
            continue
        start = REACH if near is None else max(REACH, side * _near(near))
        yield from _steps(piece, side, start, side * _near(far))


def _steps(piece: Piece, side: int, start: Fraction, stop: Fraction) -> Iterator[_Sums]:
    """Bounds of the integrals over start ≤ side·x ≤ stop."""
    if stop > FURTHEST:
        raise UndecidedError("it is not bounded this side of too distant a point")
    while start < stop:
        end = min(start * 9 / 8, stop)
        yield from _halved(piece, side, (start, end), HALVINGS)
        start = end


def _halved(
    piece: Piece, side: int, ends: tuple[Fraction, Fraction], times: int
) -> Iterator[_Sums]:
    """Bounds over one step, halved where a ball over all of it is too wide."""
    low, high = ends
    over = ball_of(low).union(ball_of(high)) * side
    try:
        yield _bounded(piece, over, ball_of(high - low))
    except UndecidedError:
        if times == 0:
            raise
        middle = (low + high) / 2
        yield from _halved(piece, side, (low, middle), times - 1)
        yield from _halved(piece, side, (middle, high), times - 1)


def _bounded(piece: Piece, over: Any, width: Any) -> _Sums:
    """Bounds of the integrals over a ball of some width."""
    with flint_cap(2):
        found = _integrands(piece, over, 2)
    sizes = [(abs(series[0]) * width).upper() for series in found]
    return _Sums(*(flint.arb(0, 1) * size for size in sizes))


def _integrated(
    piece: Piece, low: Fraction, high: Fraction
) -> tuple[_Sums | None, Fraction]:
    """Integrals over an interval, and how much wider or narrower the next one may be.

    There are none where it is too wide for the polynomial.
    """
    half = ball_of((high - low) / 2)
    try:
        rests, excess = _rests(piece, ball_of(low).union(ball_of(high)), half)
        if not excess < 1:
            return None, _factor(excess)
        with flint_cap(TERMS):
            inner = _integrands(piece, ball_of((low + high) / 2), TERMS)
    except (UndecidedError, ValueError, ZeroDivisionError, ArithmeticError):
        return None, HALF
    weights = [2 * half ** (n + 1) / (n + 1) for n in range(0, TERMS, 2)]
    sums = [
        sum((at[2 * n] * w for n, w in enumerate(weights)), start=flint.arb(0))
        + flint.arb(0, 1) * rest.upper()
        for at, rest in zip(inner, rests, strict=True)
    ]
    return _Sums(*sums), _factor(excess)


def _rests(piece: Piece, over: Any, half: Any) -> tuple[list[Any], Any]:
    """Bounds of what the polynomials leave of the integrals over a ball.

    Also how many times more than is allowed the worst of them is.
    """
    length = TERMS + 2
    with flint.ctx.workprec(BOUND_BITS), flint_cap(length):
        factor = 2 * half ** (TERMS + 1) / (TERMS + 1)
        found = _integrands(piece, over, length)
        rests = [abs(s[TERMS]) * factor for s in found]
        sizes = [(abs(s[0]) * 2 * half).lower().max(flint.arb(1)) for s in found]
        parts = [r / (s * SMALL) for r, s in zip(rests, sizes, strict=True)]
    return rests, parts[0].max(parts[1]).max(parts[2]).upper()


def _factor(excess: Any) -> Fraction:
    """Factor of a width with which what is left should be just small enough.

    Nothing that is proved hangs on it.
    """
    if not excess.is_finite():
        return HALF
    if excess.is_zero():
        return Fraction(2)
    wanted = SAFETY * math.exp(min(1.0, -float(excess.log()) / ORDER))
    return Fraction(round(64 * min(max(wanted, 0.25), 2)), 64)


def _integrands(piece: Piece, ball: Any, length: int) -> tuple[Any, Any, Any]:
    """Taylor series of the three integrands."""
    value = piece.definition.over(ball, length)
    x = flint.arb_series([ball, 1], prec=length)
    density = (-(x * x) / 2).exp() * (1 / (2 * flint.arb.pi()).sqrt())
    weighted = value * density
    slope = value.derivative()
    slope = flint.arb_series(slope.coeffs(), prec=length)
    return weighted, value * weighted, slope * slope * density


def _far(piece: Piece, side: int) -> Iterator[_Sums]:
    """Bounds of the integrals beyond reach, over an outermost piece."""
    tails = piece.left if side < 0 else piece.right
    end = piece.high if side < 0 else piece.low
    near = REACH if end is None else max(REACH, side * _near(end))

    def sizes(end: End) -> tuple[Fraction, list[Any]]:
        start = max(end.start, 2 * near)
        bounds = []
        for name, power in (("f", 1), ("f", 2), ("f_x", 2)):
            scale, bound = end.tail.size(end.expansion(piece.partials[name]))
            fallen = largest(scale**power * FALL, ball_of(start))
            bounds.append((bound if power == 1 else bound * bound) * fallen)
        return start, bounds

    _, (start, bounds) = tails.nearest(sizes)
    yield from _steps(piece, side, near, start)
    # The integral of exp(-x²/16)/√(2π) beyond any point is below √2.
    yield _Sums(*(flint.arb(0, 1) * (2 * bound).upper() for bound in bounds))
