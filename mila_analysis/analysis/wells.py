"""The negative well of f around its least value, and where its slope is dead."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import flint

from mila_analysis.analysis.constants import ball_of
from mila_analysis.analysis.features import (
    Extremum,
    Interval,
    Well,
    enclosed,
    enclosure,
)
from mila_analysis.analysis.levels import crossings
from mila_analysis.analysis.line import Joint, Line
from mila_analysis.analysis.pieces import Segment
from mila_analysis.analysis.undecided import UndecidedError
from mila_analysis.analysis.zeros import FINE_BITS
from mila_analysis.balls import Enclosure

__all__ = ["dead", "well"]


def well(line: Line, minima: Sequence[Extremum] | None) -> Well | None:
    """Where f is negative around its global minimum; None where it has no such well.

    Raises:
        UndecidedError: the zeros of f, or where it is half as deep, are not decided;
            or there are several such wells.
    """
    if minima is None:
        raise UndecidedError("its minima are not proved")
    lowest = [m for m in minima if m.is_global and m.value.low < 0]
    if any(m.value.high >= 0 for m in lowest):
        if any(s.segment.sign < 0 for s in line.stretches("f")):
            raise UndecidedError("whether its least value is negative was not decided")
        return None
    if len(lowest) > 1:
        raise UndecidedError(f"it has {len(lowest)} of them, one as deep as the other")
    if not lowest:
        return None
    (bottom,) = lowest
    low, high = (_end(bottom, _not_negative(line), side) for side in (-1, 1))
    with flint.ctx.workprec(FINE_BITS):
        shallow = _not_below(line, _ball(bottom.value) / 2)
        left, right = (_end(bottom, shallow, side) for side in (-1, 1))
        depth = enclosed(-_ball(bottom.value))
        return Well(
            low=enclosure(low),
            high=enclosure(high),
            depth=depth,
            half_low=enclosure(left),
            half_high=enclosure(right),
            half_width=enclosure(right - left),
        )


def _ball(value: Enclosure) -> Any:
    return ball_of(value.low).union(ball_of(value.high))


_Block = tuple[Any, tuple[bool, bool, bool]]
"""A point, and whether f is below a level just before it, at it, and just after it."""


def _not_negative(line: Line) -> list[_Block]:
    """Zeros of f, and cuts, where it may not be negative."""
    _, joints = line.joints("f")
    return [_block(joint, flint.arb(0)) for joint in joints]


def _not_below(line: Line, level: Any) -> list[_Block]:
    """The same for a level that is not zero."""
    found = [
        (zero.ball, (False, False, False))
        for piece in line.pieces
        for zero in crossings(piece, "f", level)
    ]
    return [*found, *(_block(cut, level) for cut in line.cuts)]


def _block(joint: Joint, level: Any) -> _Block:
    before, here, after = (
        bool(value < level) for value in (joint.left, joint.here, joint.right)
    )
    return joint.at.ball, (before, here, after)


def _end(bottom: Extremum, blocks: Sequence[_Block], side: int) -> Any:
    """End of the interval around a minimum on which f is below a level, maybe ±∞."""
    end = bottom.low if side < 0 else bottom.high
    if not isinstance(end, Enclosure):
        return flint.arb.pos_inf() * side
    found = []
    for at, below in blocks:
        away = (at - _ball(end)) * side
        outer = below if away > 0 else below[:2] if side < 0 else below[1:]
        if not away < 0 and not all(outer):
            found.append(at)
    if not found:
        return flint.arb.pos_inf() * side
    return min(found, key=lambda at: at.mid() * side)


def dead(line: Line, threshold: Fraction) -> tuple[Interval, ...]:
    """Intervals, as long as can be, on which |f_x| is below a threshold.

    Raises:
        UndecidedError: it is not decided where f_x rises and falls.
    """
    found: list[Interval] = []
    with flint.ctx.workprec(FINE_BITS):
        level = ball_of(threshold)
    for number, piece in enumerate(line.pieces):
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
            smooth = low is piece.low and number > 0 and line.cuts[number - 1].is_smooth
            if found and found[-1].high == left and smooth:
                found[-1] = Interval(found[-1].low, right, "dead")
            else:
                found.append(Interval(left, right, "dead"))
    return tuple(found)
