"""An activation to its features; what cannot be proved is left out, with the reason."""

from __future__ import annotations

from collections.abc import Callable, Collection
from fractions import Fraction
from typing import Any

import flint

from mila_analysis.activation import Activation, Number, exact
from mila_analysis.analysis.bends import curvature, inflections, largest_size
from mila_analysis.analysis.extremes import (
    extrema,
    interval,
    joined,
    monotone,
    value_range,
)
from mila_analysis.analysis.features import (
    Features,
    Interval,
    Limit,
    Point,
    enclosed,
    enclosure,
)
from mila_analysis.analysis.gaussian import gaussian
from mila_analysis.analysis.line import Line
from mila_analysis.analysis.undecided import TooNearError, UndecidedError
from mila_analysis.analysis.wells import dead, well
from mila_analysis.analysis.zeros import FINE_BITS
from mila_analysis.budget import within
from mila_analysis.errors import ParameterError, UnsupportedError

__all__ = ["analyze"]

MAX_SECONDS = 60


def analyze(
    activation: Activation,
    *,
    threshold: Number = Fraction(1, 1000),
    fields: Collection[str] | None = None,
) -> Features:
    """Features of an activation at its parameter values, every number enclosed.

    Args:
        activation: defined on the whole line; its cases may jump.
        threshold: a slope below this in size is called dead.
        fields: of `Features` that are wanted; all unless given, the rest stay None.

    Raises:
        UnsupportedError: it is undefined somewhere, or too large to be derived.
        ParameterError: the threshold is not positive.
    """
    small = exact(threshold, "threshold")
    if small <= 0:
        raise ParameterError(f"threshold must be positive, not {threshold}")
    late = UnsupportedError(f"the analysis takes more than {MAX_SECONDS} s")
    return within(MAX_SECONDS, lambda: _analyzed(activation, small, fields), late)


def _analyzed(
    activation: Activation, threshold: Fraction, wanted: Collection[str] | None
) -> Features:
    with flint.ctx.workprec(FINE_BITS):
        line = Line.of(activation)
        tried = _Trial(wanted)
        minima = tried("minima", lambda: extrema(line, "minimum"))
        found: dict[str, Any] = {
            "zeros": tried("zeros", lambda: _zeros(line)),
            "zero_intervals": tried("zero_intervals", lambda: _zero_intervals(line)),
            "minima": minima,
            "maxima": tried("maxima", lambda: extrema(line, "maximum")),
            "inflections": tried("inflections", lambda: inflections(line)),
            "left": tried("left", lambda: _limit(line, -1)),
            "right": tried("right", lambda: _limit(line, 1)),
            "range": tried("range", lambda: value_range(line)),
            "monotone": tried("monotone", lambda: monotone(line)),
            "curvature": tried("curvature", lambda: curvature(line)),
            "lipschitz": tried("lipschitz", lambda: largest_size(line, "f_x")),
            "smoothness": tried("smoothness", lambda: largest_size(line, "f_xx")),
            "well": tried("well", lambda: well(line, minima)),
            "dead": tried("dead", lambda: dead(line, threshold)),
            "gaussian": tried("gaussian", lambda: gaussian(line)),
        }
        return Features(
            activation, threshold=threshold, unproved=dict(tried.reasons), **found
        )


class _Trial:
    """Attempts at proofs, and why those that failed did."""

    def __init__(self, wanted: Collection[str] | None) -> None:
        self.wanted = wanted
        self.reasons: dict[str, str] = {}

    def __call__(self, name: str, attempt: Callable[[], Any]) -> Any:
        if self.wanted is not None and name not in self.wanted:
            return None
        try:
            return attempt()
        except UndecidedError as error:
            self.reasons[name] = str(error)
        except TooNearError:
            self.reasons[name] = "it oscillates far out, or no bound was found there"
        return None


def _zeros(line: Line) -> tuple[Point, ...]:
    """Zeros of f, and cuts at which it is zero, outside of intervals of zeros."""
    stretches, joints = line.joints("f")
    found = []
    for number, joint in enumerate(joints):
        beside = [s.segment.sign for s in stretches[number : number + 2]]
        if joint.is_cut and (not joint.here.contains(0) or 0 in beside):
            continue
        found.append(Point(enclosed(joint.at.ball), joint.at.order))
    return tuple(found)


def _zero_intervals(line: Line) -> tuple[Interval, ...]:
    stretches, joints = line.joints("f")
    found: list[Interval] = []
    for number, stretch in enumerate(stretches):
        if stretch.segment.sign:
            continue
        own = interval(number, stretches, joints, "zero")
        if found and found[-1].high == own.low and joints[number - 1].here.contains(0):
            found[-1] = joined(found[-1], own)
        else:
            found.append(own)
    return tuple(found)


def _limit(line: Line, side: int) -> Limit:
    end = line.end("f", side)
    if end.slope is None:
        return Limit(enclosure(end.limit), None, None)
    asymptote = enclosed(end.slope), enclosed(end.intercept)
    return Limit(enclosure(end.limit), *asymptote)
