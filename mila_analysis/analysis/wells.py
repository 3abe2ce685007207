"""The negative well of f around its least value, and where its slope is dead."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import flint

from mila_analysis.analysis.constants import ball_of
from mila_analysis.analysis.extremes import end_number
from mila_analysis.analysis.features import (
    Extremum,
    Interval,
    Number,
    Well,
    enclosed,
    enclosure,
)
from mila_analysis.analysis.levels import crossings
from mila_analysis.analysis.line import Line
from mila_analysis.analysis.pieces import Segment
from mila_analysis.analysis.undecided import UndecidedError
from mila_analysis.analysis.zeros import FINE_BITS, Zero
from mila_analysis.balls import Enclosure

__all__ = ["dead", "well"]


def well(line: Line, minima: Sequence[Extremum] | None) -> Well | None:
    """Where f is negative around its global minimum; None where it has no such well.

    Raises:
        UndecidedError: the zeros of f, or where it is half as deep, are not decided.
    """
    if minima is None:
        raise UndecidedError("its minima are not proved")
    lowest = [m for m in minima if m.is_global and m.value.high < 0]
    if len(lowest) != 1:
        return None
    (bottom,) = lowest
    low, high = _negative(line, bottom)
    with flint.ctx.workprec(FINE_BITS):
        level = _ball(bottom.value) / 2
        left, right = _beside(line, level, bottom)
        depth = enclosed(-_ball(bottom.value))
        width = enclosure(right - left)
        return Well(low, high, depth, enclosure(left), enclosure(right), width)


def _ball(value: Enclosure) -> Any:
    return ball_of(value.low).union(ball_of(value.high))


def _negative(line: Line, bottom: Extremum) -> tuple[Number, Number]:
    """Ends of the longest interval around the minimum on which f is below zero."""
    stretches, joints = line.joints("f")
    inside = next(e for e in (bottom.low, bottom.high) if isinstance(e, Enclosure))
    low: Number = -math.inf
    high: Number = math.inf
    for number, joint in enumerate(joints):
        below = [v < 0 for v in (joint.left, joint.here, joint.right)]
        if all(below):
            continue
        if joint.at.ball < ball_of(inside.high):
            low = end_number(stretches[number], 1)
        elif high == math.inf:
            high = end_number(stretches[number], 1)
    return low, high


def _beside(line: Line, level: Any, bottom: Extremum) -> tuple[Any, Any]:
    """The nearest points on both sides of the minimum where f has a value.

    They are infinite where f stays below it.
    """
    found = [z for piece in line.pieces for z in crossings(piece, "f", level)]
    left = [z for z in found if _is_below(z, bottom.low)]
    right = [z for z in found if not _is_below(z, bottom.high)]
    nearest = (left[-1:], -1), (right[:1], 1)
    return tuple(z[0].ball if z else _staying(line, level, side) for z, side in nearest)


def _staying(line: Line, level: Any, side: int) -> Any:
    if not line.end("f", side).limit < level:
        raise UndecidedError("it jumps where it would be half as deep")
    return flint.arb.pos_inf() * side


def _is_below(zero: Zero, end: Number) -> bool:
    if not isinstance(end, Enclosure):
        return end > 0
    return bool(zero.ball < ball_of(end.low))


def dead(line: Line, threshold: Fraction) -> tuple[Interval, ...]:
    """Intervals, as long as can be, on which |f_x| is below a threshold.

    Raises:
        UndecidedError: it is not decided where f_x rises and falls.
    """
    found: list[Interval] = []
    with flint.ctx.workprec(FINE_BITS):
        level = ball_of(threshold)
    for piece in line.pieces:
        inner = sorted(
            (z for c in (level, -level) for z in crossings(piece, "f_x", c)),
            key=lambda z: z.ball.mid(),
        )
        ends = [piece.low, *inner, piece.high]
        for low, high in pairwise(ends):
            if not abs(piece.value("f_x", Segment(low, high, 0).inner)) < level:
                continue
            left = -math.inf if low is None else enclosure(low.ball)
            right = math.inf if high is None else enclosure(high.ball)
            if found and found[-1].high == left:
                found[-1] = Interval(found[-1].low, right, "dead")
            else:
                found.append(Interval(left, right, "dead"))
    return tuple(found)
