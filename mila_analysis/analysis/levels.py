"""Where a partial takes a given value, from the intervals on which it is monotone."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import flint

from mila_analysis.analysis.pieces import Piece, Segment
from mila_analysis.analysis.undecided import UndecidedError
from mila_analysis.analysis.zeros import FINE_BITS, Zero, refined

__all__ = ["crossings"]

FAR = 64


def crossings(piece: Piece, name: str, level: Any) -> Iterator[Zero]:
    """Points inside a piece where a partial crosses a level, from left to right.

    Raises:
        UndecidedError: it is not proved where the partial rises and falls, or whether
            it reaches the level.
    """
    for segment in piece.segments(f"{name}x" if "_" in name else f"{name}_x"):
        if segment.sign:
            found = _crossing(piece, name, level, segment)
            if found is not None:
                yield found


def _crossing(piece: Piece, name: str, level: Any, segment: Segment) -> Zero | None:
    """The crossing on an interval on which the partial is monotone."""
    first = _sign(_at(piece, name, segment.low, -1) - level)
    last = _sign(_at(piece, name, segment.high, 1) - level)
    if first * last >= 0:
        return None
    low, high = _bracket(piece, name, level, segment, first, last)

    def series(ball: Any, length: int) -> Any:
        try:
            return piece.partials[name].over(ball, length) - level
        except UndecidedError:
            return None

    return refined(series, low, high)


def _at(piece: Piece, name: str, end: Zero | None, side: int) -> Any:
    if end is None:
        return piece.end(name, side).limit
    return piece.value(name, end.ball)


def _sign(difference: Any) -> int:
    if difference > 0:
        return 1
    if difference < 0:
        return -1
    raise UndecidedError("whether a value is reached was not decided")


def _bracket(
    piece: Piece, name: str, level: Any, segment: Segment, first: int, last: int
) -> tuple[Fraction, Fraction]:
    """Rationals inside of the interval on both sides of the crossing, close to it."""
    with flint.ctx.workprec(FINE_BITS):
        low = _rational(segment.low, 1) if segment.low else None
        high = _rational(segment.high, -1) if segment.high else None
        start = low if low is not None else high
        step = Fraction(1)
        for _ in range(FAR):
            if low is not None and high is not None:
                break
            inner = Fraction(0) if start is None else start
            if low is None:
                trial = inner - step
                if _sign(_value(piece, name, trial) - level) == first:
                    low = trial
            if high is None:
                trial = inner + step
                if _sign(_value(piece, name, trial) - level) == last:
                    high = trial
            step *= 2
        if low is None or high is None:
            raise UndecidedError("where a value is reached was not found")
        signs = [_sign(_value(piece, name, at) - level) for at in (low, high)]
        if low > high or signs != [first, last]:
            raise UndecidedError("where a value is reached was not told from an end")
        return _closer(piece, name, level, (low, high), first)


def _closer(
    piece: Piece, name: str, level: Any, ends: tuple[Fraction, Fraction], first: int
) -> tuple[Fraction, Fraction]:
    """The ends, closer to the crossing, for Newton's intervals."""
    low, high = ends
    for _ in range(24):
        middle = (low + high) / 2
        side = _value(piece, name, middle) - level
        if side.contains(0):
            break
        low, high = (middle, high) if _sign(side) == first else (low, middle)
    return low, high


def _rational(end: Zero, side: int) -> Fraction:
    """A rational on the inner side of an end."""
    ball = end.ball.upper() if side > 0 else end.ball.lower()
    mantissa, exponent = ball.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def _value(piece: Piece, name: str, at: Fraction) -> Any:
    return piece.value(name, flint.arb(flint.fmpq(at.numerator, at.denominator)))
