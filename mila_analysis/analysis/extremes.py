"""Where f rises and falls: monotone intervals, minima and maxima, and its range."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mila_analysis.analysis.features import (
    Extremum,
    Interval,
    Number,
    Range,
    enclosed,
    enclosure,
)
from mila_analysis.analysis.line import Joint, Line, Stretch, same

__all__ = ["extrema", "interval", "joined", "monotone", "value_range"]

KINDS = {1: "increasing", -1: "decreasing", 0: "constant"}


def interval(
    number: int, stretches: Sequence[Stretch], joints: Sequence[Joint], kind: str
) -> Interval:
    """A stretch, with those of its ends at which f is what it tends to there."""
    segment = stretches[number].segment
    low: Number = -math.inf
    high: Number = math.inf
    has_low = has_high = False
    if number > 0 and segment.low is not None:
        joint = joints[number - 1]
        low, has_low = enclosure(segment.low.ball), same(joint.here, joint.right)
    if number < len(joints) and segment.high is not None:
        joint = joints[number]
        high, has_high = enclosure(segment.high.ball), same(joint.left, joint.here)
    return Interval(low, high, kind, has_low, has_high)


def joined(first: Interval, second: Interval) -> Interval:
    """Two intervals with an end in common as one."""
    return replace(first, high=second.high, has_high=second.has_high)


def monotone(line: Line) -> tuple[Interval, ...]:
    """The line cut into intervals on which f rises, falls or is constant."""
    stretches, joints = line.joints("f_x")
    found: list[Interval] = []
    for number, stretch in enumerate(stretches):
        own = interval(number, stretches, joints, KINDS[stretch.segment.sign])
        if number and found[-1].kind == own.kind and joints[number - 1].is_continuous:
            found[-1] = joined(found[-1], own)
        else:
            found.append(own)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Level:
    """A point, or an interval on which f is constant, with what is beside it.

    Attributes:
        first, last: numbers of the joints at its ends; -1 and the number of joints
            are infinite.
        value: of f.
    """

    first: int
    last: int
    value: Any


def extrema(line: Line, kind: str) -> tuple[Extremum, ...]:
    """Local minima or maxima, from left to right.

    Raises:
        UndecidedError: f_x, or a limit of f, is not decided.
    """
    toward = -1 if kind == "minimum" else 1
    stretches, joints = line.joints("f_x")
    found = [
        (level, _extremum(level, kind, stretches, joints))
        for level in _levels(stretches, joints)
        if _is_extreme(level, stretches, joints, toward)
    ]
    values = [level.value for level, _ in found]
    others = [*_values(joints), *(line.end("f", side).limit for side in (-1, 1))]
    return tuple(
        replace(e, is_global=_is_outermost(level.value, [*values, *others], toward))
        for level, e in found
    )


def _levels(stretches: Sequence[Stretch], joints: Sequence[Joint]) -> Iterable[_Level]:
    """Joints, and intervals on which f is constant with their ends, in order."""
    number = 0
    while number <= len(joints):
        if stretches[number].segment.sign == 0:
            first = number - 1
            if first >= 0 and not joints[first].is_continuous:
                yield _Level(first, first, joints[first].here)
            last = number
            while (
                last < len(joints)
                and joints[last].is_continuous
                and stretches[last + 1].segment.sign == 0
            ):
                last += 1
            yield _Level(first, last, _inner_value(stretches[number]))
            number = last + 1
            jumps = last < len(joints) and not joints[last].is_continuous
            if jumps and stretches[last + 1].segment.sign != 0:
                yield _Level(last, last, joints[last].here)
            continue
        if number and stretches[number - 1].segment.sign != 0:
            yield _Level(number - 1, number - 1, joints[number - 1].here)
        number += 1


def _inner_value(stretch: Stretch) -> Any:
    return stretch.piece.value("f", stretch.segment.inner)


def _is_extreme(
    level: _Level, stretches: Sequence[Stretch], joints: Sequence[Joint], toward: int
) -> bool:
    """Whether f is nowhere beyond the level beside it, nor constant on both sides."""
    sides = []
    if level.first >= 0:
        joint, sign = joints[level.first], stretches[level.first].segment.sign
        sides.append(_beside(joint.left, sign, joint, level, toward))
    if level.last < len(joints):
        joint = joints[level.last]
        sign = -stretches[level.last + 1].segment.sign
        sides.append(_beside(joint.right, sign, joint, level, toward))
    return bool(sides) and all(sides)


def _beside(value: Any, sign: int, joint: Joint, level: _Level, toward: int) -> bool:
    """Whether f comes to a level from the other side: falls to a minimum."""
    if not same(joint.here, level.value):
        return bool((joint.here - level.value) * toward < 0)
    if not same(value, level.value):
        return bool((value - level.value) * toward < 0)
    return sign == toward


def _extremum(
    level: _Level,
    kind: str,
    stretches: Sequence[Stretch],
    joints: Sequence[Joint],
) -> Extremum:
    low: Number = -math.inf
    high: Number = math.inf
    curvature = None
    has_low = has_high = False
    if level.first >= 0:
        low = enclosure(joints[level.first].at.ball)
        has_low = same(joints[level.first].here, level.value)
    if level.last < len(joints):
        high = enclosure(joints[level.last].at.ball)
        has_high = same(joints[level.last].here, level.value)
    if level.first == level.last and not joints[level.first].is_cut:
        piece = stretches[level.first].piece
        curvature = enclosed(piece.value("f_xx", joints[level.first].at.ball))
    value = enclosed(level.value)
    return Extremum(kind, low, high, value, curvature, False, has_low, has_high)


def _values(joints: Sequence[Joint]) -> list[Any]:
    return [value for j in joints for value in (j.left, j.here, j.right)]


def _is_outermost(value: Any, others: Iterable[Any], toward: int) -> bool:
    """Whether a value is not beyond others; those that overlap are the same."""
    return all(not (other - value) * toward > 0 for other in others)


def value_range(line: Line) -> Range:
    """Infimum and supremum of f, and whether they are values of it."""
    stretches, joints = line.joints("f_x")
    taken = [level.value for level in _levels(stretches, joints)]
    taken += [joint.here for joint in joints]
    limits = [line.end("f", side).limit for side in (-1, 1)]
    limits += [value for j in joints for value in (j.left, j.right)]
    low, has_low = _outermost(taken, limits, -1)
    high, has_high = _outermost(taken, limits, 1)
    return Range(low, high, has_low, has_high)


def _outermost(taken: list[Any], limits: list[Any], toward: int) -> tuple[Number, bool]:
    best, *others = (*taken, *limits)
    for value in others:
        best = best.max(value) if toward > 0 else best.min(value)
    attained = best.is_finite() and any(same(value, best) for value in taken)
    return enclosure(best), bool(attained)
