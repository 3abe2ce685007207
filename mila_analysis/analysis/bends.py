"""How f is curved: convex and concave intervals, inflections, bounds of slopes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import flint

from mila_analysis.analysis.extremes import interval, joined
from mila_analysis.analysis.features import Bound, Interval, Point, enclosed, enclosure
from mila_analysis.analysis.line import Line, same
from mila_analysis.analysis.zeros import Zero

__all__ = ["curvature", "inflections", "largest_size"]

KINDS = {1: "convex", -1: "concave", 0: "linear"}


def curvature(line: Line) -> tuple[Interval, ...]:
    """The line cut into intervals on which f is convex, concave or linear."""
    stretches, joints = line.joints("f_xx")
    found: list[Interval] = []
    for number, stretch in enumerate(stretches):
        own = interval(number, stretches, joints, KINDS[stretch.segment.sign])
        if number and found[-1].kind == own.kind and joints[number - 1].is_smooth:
            found[-1] = joined(found[-1], own)
        else:
            found.append(own)
    return tuple(found)


def inflections(line: Line) -> tuple[Point, ...]:
    """Points where f goes over from convex to concave, or back, with a tangent."""
    stretches, joints = line.joints("f_xx")
    found = []
    for number, joint in enumerate(joints):
        before, after = (s.segment.sign for s in stretches[number : number + 2])
        if before * after < 0 and joint.is_smooth:
            found.append(Point(enclosed(joint.at.ball), joint.at.order))
    return tuple(found)


def largest_size(line: Line, name: str) -> Bound:
    """Least upper bound of |f_x| or |f_xx|, and where it is taken.

    Raises:
        UndecidedError: the zeros of the next derivative, or a limit, are not decided.
    """
    for cut in line.cuts:
        if not cut.is_continuous:
            return Bound(float("inf"), None, f"a jump at x = {_shown(cut.at)}")
        if name == "f_xx" and not cut.is_smooth:
            return Bound(float("inf"), None, f"a kink at x = {_shown(cut.at)}")
    first, *others = _candidates(line, name)
    size, at, why = first
    for other, place, reason in others:
        found = at is None and place is not None
        if other > size or (same(other, size) and found):
            at, why = place, reason
        size = size.max(other)
    is_taken = at is not None and size.is_finite()
    return Bound(enclosure(size), enclosed(at.ball) if at and is_taken else None, why)


def _candidates(line: Line, name: str) -> Iterator[tuple[Any, Zero | None, str]]:
    """Sizes at critical points, at both sides of cuts, and far out."""
    for piece in line.pieces:
        if piece.partials[name].is_constant or piece.partials[name].is_zero:
            ends = [end.ball for end in (piece.low, piece.high) if end is not None]
            at = ends[0] if ends else flint.arb(0)
            yield abs(piece.value(name, at)), None, "all over an interval"
        for zero in piece.zeros(f"{name}x"):
            yield abs(piece.value(name, zero.ball)), zero, ""
    for cut, before, after in zip(
        line.cuts, line.pieces, line.pieces[1:], strict=False
    ):
        values = [piece.value(name, cut.at.ball) for piece in (before, after)]
        is_taken = cut.is_smooth and same(*values)
        for value in values:
            why = "" if is_taken else f"beside x = {_shown(cut.at)}"
            yield abs(value), cut.at if is_taken else None, why
    for side in (-1, 1):
        yield abs(line.end(name, side).limit), None, f"as x → {'-' * (side < 0)}∞"


def _shown(at: Zero) -> str:
    return f"{float(at.ball.mid()):.6g}"
