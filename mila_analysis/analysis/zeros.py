"""All zeros of a sum in the symbols of a tower, on an interval: found, and none missed.

The interval is halved until on each piece either the value has no zero, or the slope
has none and the signs at the ends tell whether there is one. A multiple zero at a
simple rational is proved by exact zeros of the lower derivatives there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint

from mila_analysis.analysis.bound import Polynomial, Tower
from mila_analysis.analysis.constants import ball_of
from mila_analysis.analysis.exact import is_zero_at
from mila_analysis.analysis.surds import normed
from mila_analysis.analysis.undecided import UndecidedError
from mila_analysis.balls import flint_cap

__all__ = ["Zero", "isolated", "refined", "zeros_of"]

BITS = 90
FINE_BITS = 160
CLOSE = 100
"""Binary digits of a zero."""

MAX_PIECES = 4000
MAX_STEPS = 400
TINY = 2.0**-150
MAX_ORDER = 8
NARROW = Fraction(1, 1 << 40)
TOO_NARROW = Fraction(1, 1 << 64)

Series = Callable[[Any, int], Any]
Vanishes = Callable[[Fraction], bool]


@dataclass(frozen=True, slots=True)
class Zero:
    """A point where a function vanishes.

    Attributes:
        ball: enclosure.
        order: multiplicity.
        exact: the point, where it is known to be rational.
    """

    ball: Any
    order: int = 1
    exact: Fraction | None = None


def zeros_of(
    tower: Tower, polynomial: Polynomial, low: Fraction, high: Fraction
) -> list[Zero]:
    """Zeros in a closed interval, from left to right.

    Raises:
        UndecidedError: the proof that these are all is not to be had.
    """
    if polynomial.is_constant:
        return []
    if polynomial.in_x:
        return _of_polynomial(polynomial, low, high)
    if len(polynomial.terms) == 1 and _exponentials(tower, polynomial):
        return []
    known = _of_surd(tower, polynomial, low, high)
    if known is not None:
        return known

    def series(ball: Any, length: int) -> Any:
        with flint_cap(length):
            try:
                return polynomial.over(tower.over(ball, length), length)
            except (ValueError, ZeroDivisionError, ArithmeticError):
                return None

    def vanishes(point: Fraction) -> bool:
        return is_zero_at(tower, polynomial, point)

    def excludes(ball: Any) -> bool:
        with flint_cap(1):
            try:
                return tower.has_no_zero(polynomial, ball)
            except (ValueError, ZeroDivisionError, ArithmeticError):
                return False

    return isolated(series, low, high, vanishes, excludes)


def _exponentials(tower: Tower, polynomial: Polynomial) -> bool:
    """Whether a product holds nothing but exponentials."""
    ((powers, _),) = polynomial.terms
    kinds = ("x", *(g.function for g in tower.generators))
    return all(
        kind in ("exp", "pi") for kind, n in zip(kinds, powers, strict=True) if n
    )


def _of_surd(
    tower: Tower, polynomial: Polynomial, low: Fraction, high: Fraction
) -> list[Zero] | None:
    """Zeros of a sum with one root: those of its norm at which the conjugate is not 0.

    None where it is no such sum, or balls do not tell which of both is 0.
    """
    both = normed(tower, polynomial)
    if both is None or not both[0].terms:
        return None
    norm, conjugate = both
    found = []
    with flint.ctx.workprec(FINE_BITS), flint_cap(1):
        for zero in [] if norm.is_constant else _of_polynomial(norm, low, high):
            try:
                values = tower.over(zero.ball, 1)
                own, other = (p.over(values, 1)[0] for p in (polynomial, conjugate))
            except (ValueError, ZeroDivisionError, ArithmeticError):
                return None
            if own > 0 or own < 0:
                continue
            if not (other > 0 or other < 0):
                return None
            found.append(zero)
    return found


def _of_polynomial(polynomial: Polynomial, low: Fraction, high: Fraction) -> list[Zero]:
    """Real zeros of a polynomial in x, by Arb's own isolation."""
    degree = max(powers[0] for powers, _ in polynomial.terms)
    coefficients: list[Any] = [flint.fmpq(0)] * (degree + 1)
    for powers, c in polynomial.terms:
        coefficients[powers[0]] = flint.fmpq(c.numerator, c.denominator)
    whole = flint.fmpq_poly(coefficients)
    _, factors = flint.fmpz_poly(whole.numer()).factor()
    with flint.ctx.workprec(FINE_BITS):
        found = [z for factor, n in factors for z in _real(factor, n)]
        ends = ball_of(low), ball_of(high)
        inside = [z for z in found if not (z.ball < ends[0] or z.ball > ends[1])]
        return sorted(inside, key=lambda z: z.ball.mid())


def _real(factor: Any, order: int) -> Iterator[Zero]:
    if factor.degree() == 1:
        start, slope = (int(c) for c in factor.coeffs())
        exact = Fraction(-start, slope)
        yield Zero(ball_of(exact), order, exact)
        return
    for root, _ in factor.complex_roots():
        if root.imag.is_zero():
            yield Zero(root.real, order)


def isolated(
    series: Series,
    low: Fraction,
    high: Fraction,
    vanishes: Vanishes = lambda _: False,
    excludes: Callable[[Any], bool] = lambda _: False,
) -> list[Zero]:
    """Zeros of a function, given its Taylor series over balls, in a closed interval.

    Args:
        series: ball and length to the Taylor series, or None where there is none.
        low: left end of the interval.
        high: its right end.
        vanishes: whether exact algebra says that a rational is a zero.
        excludes: whether a ball holds no zero, by another proof than its series.

    Raises:
        UndecidedError: a piece gets too narrow, or too many are left.
    """
    found: list[Zero] = []
    waiting = [(low, high)]
    tried = set()
    rooms: list[tuple[Fraction, Fraction]] = []
    for _ in range(MAX_PIECES):
        if not waiting:
            return _in_order(found)
        left, right = waiting.pop()
        known = next((r for r in rooms if r[0] - r[1] < right and left < sum(r)), None)
        if known is not None:  # of a zero at an end of a piece beside this one
            waiting += _around(left, right, *known)
            continue
        point = _candidate(left, right)
        if point is not None and point not in tried:
            tried.add(point)
            room = _multiple(series, point, vanishes, found)
            if room is not None:
                rooms.append((point, room))
                waiting += _around(left, right, point, room)
                continue
        outcome = _decided(series, vanishes, left, right)
        if outcome is not None:
            found += outcome
            continue
        with flint.ctx.workprec(BITS):
            if excludes(_between(left, right)):
                continue
        if right - left < TOO_NARROW * max(Fraction(1), abs(left)):
            break
        middle = (left + right) / 2
        waiting += [(left, middle), (middle, right)]
    raise UndecidedError("a multiple zero, or too many of them")


def _candidate(left: Fraction, right: Fraction) -> Fraction | None:
    """Zero, or the simplest rational in a narrow piece: maybe a multiple zero."""
    if left <= 0 <= right:
        return Fraction(0)
    if right - left > NARROW * max(Fraction(1), abs(left)):
        return None
    return _simplest(left, right)


def _simplest(low: Fraction, high: Fraction) -> Fraction:
    """Rational of least denominator between two of the same sign."""
    if low < 0:
        return -_simplest(-high, -low)
    whole = -(-low.numerator // low.denominator)
    if whole <= high:
        return Fraction(whole)
    below = whole - 1
    return below + 1 / _simplest(1 / (high - below), 1 / (low - below))


def _around(
    left: Fraction, right: Fraction, point: Fraction, room: Fraction
) -> Iterator[tuple[Fraction, Fraction]]:
    if left < point - room:
        yield left, point - room
    if point + room < right:
        yield point + room, right


def _multiple(
    series: Series,
    point: Fraction,
    vanishes: Vanishes,
    found: list[Zero],
) -> Fraction | None:
    """Half a width around an exact zero in which it is the only one, or None."""
    with flint.ctx.workprec(BITS):
        at = series(ball_of(point), MAX_ORDER)
    if at is None or not at[0].contains(0):
        return None
    if not (at[0].is_zero() or vanishes(point)):
        return None
    order = next((n for n in range(1, MAX_ORDER) if not at[n].is_zero()), None)
    if order is None or at[order].contains(0):
        return None
    room = Fraction(1)
    for _ in range(60):
        with flint.ctx.workprec(BITS):
            over = series(_between(point - room, point + room), order + 1)
        if over is not None and not over[order].contains(0):
            found.append(Zero(ball_of(point), order, point))
            return room
        room /= 2
    return None


def _between(low: Fraction, high: Fraction) -> Any:
    return ball_of(low).union(ball_of(high))


def _decided(
    series: Series, vanishes: Vanishes, low: Fraction, high: Fraction
) -> list[Zero] | None:
    """Zeros in a piece, or None where it is still too wide."""
    with flint.ctx.workprec(BITS):
        over = series(_between(low, high), 2)
        if over is None or not (over[0].is_finite() and over[1].is_finite()):
            known = over is not None and over[0].is_finite()
            return [] if known and not over[0].contains(0) else None
        if not over[0].contains(0) or _is_away(series, over[1], low, high):
            return []
        if over[1].contains(0):
            return None
    first, last = (_sign(series, vanishes, end) for end in (low, high))
    if first is None or last is None:
        return None
    if first == 0 or last == 0:
        end = low if first == 0 else high
        return [Zero(ball_of(end), 1, end)]
    return [refined(series, low, high)] if first != last else []


def _is_away(series: Series, slope: Any, low: Fraction, high: Fraction) -> bool:
    """Whether the value in the middle and the slopes leave no room for a zero."""
    at = series(ball_of((low + high) / 2), 1)
    if at is None:
        return False
    width = flint.arb(0, 1) * ball_of((high - low) / 2)
    return not (at[0] + slope * width).contains(0)


def _sign(series: Series, vanishes: Vanishes, at: Fraction) -> int | None:
    """Sign at a point, with as many digits as it takes; 0 only for an exact zero."""
    for bits in (BITS, 4 * BITS, 16 * BITS):
        with flint.ctx.workprec(bits):
            value = series(ball_of(at), 1)
            if value is None:
                continue
            if value[0].is_zero():
                return 0
            if not value[0].contains(0):
                return 1 if value[0] > 0 else -1
        if bits == BITS and vanishes(at):
            return 0
    return None


def refined(series: Series, low: Fraction, high: Fraction) -> Zero:
    """The one zero between two points of different signs, by Newton's intervals.

    Where the slope is not yet of one sign, the interval is halved by the sign of its
    middle.
    """
    with flint.ctx.workprec(FINE_BITS):
        over = _between(low, high)
        start = series(ball_of(low), 1)
        for _ in range(MAX_STEPS):
            if over.rel_accuracy_bits() >= CLOSE or over.rad() < TINY:
                break
            narrower = _newton(series, over)
            if narrower is None or narrower.rad() * 2 > over.rad():
                narrower = _halved(series, over, start)
            if narrower is None:
                break
            over = narrower
        return Zero(over)


def _newton(series: Series, over: Any) -> Any:
    """What Newton's step from the middle leaves of an interval; None if it fails."""
    middle = over.mid()
    slope, value = series(over, 2), series(middle, 1)
    if slope is None or value is None:
        return None
    if not slope[1].is_finite() or slope[1].contains(0):
        return None
    try:
        return (middle - value[0] / slope[1]).intersection(over)
    except ValueError:  # the signs at the ends are not what was said
        raise UndecidedError("a zero was not enclosed") from None


def _halved(series: Series, over: Any, start: Any) -> Any:
    """The half with the zero; None where balls do not tell which one that is."""
    middle = over.mid()
    value = series(middle, 1)
    if start is None or value is None or value[0].contains(0):
        return None
    right = (value[0] > 0) == (start[0] > 0)
    return middle.union(over.upper()) if right else over.lower().union(middle)


def _in_order(found: list[Zero]) -> list[Zero]:
    """Zeros from left to right, each once: an end of two pieces is found twice."""
    exact: dict[Fraction, Zero] = {}
    others = []
    for zero in found:
        if zero.exact is None:
            others.append(zero)
        else:
            known = exact.get(zero.exact)
            exact[zero.exact] = (
                max(known, zero, key=lambda z: z.order) if known else zero
            )
    return sorted([*exact.values(), *others], key=lambda z: z.ball.mid())
