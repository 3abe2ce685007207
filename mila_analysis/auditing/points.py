"""An activation to points where formulas are compared: plain ones, then others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from mila_analysis.activation import Activation, Parameter
from mila_analysis.auditing.enclosing import Point
from mila_analysis.errors import ParameterError

__all__ = ["generic_points", "plain_points"]

WHOLE = (-2, 1, -1, 2, -3, 3, 0, -4, 4, -5, 5)
FURTHER = ("1/2", "-1/2", "3/2", "-3/2", "5/2", "-5/2", "1/4", "-1/4", "3/4", "-3/4",
           "7", "-7", "10", "-10", "15", "-15", "20", "-20", "25", "-25")  # fmt: skip
VALUES = ("1", "-1", "0", "1/2", "2", "-1/4", "3/2")
"""For a parameter that has no value."""

PHASE = Fraction(618033988749, 10**12)  # of the golden ratio: spreads points evenly
SPAN = 24


def plain_points(
    activation: Activation, fixed: Mapping[str, Fraction]
) -> tuple[Point, ...]:
    """Whole numbers, then halves and larger ones; each with plain parameter values."""
    settings = _settings(activation, fixed)
    whole = [{"x": Fraction(x), **given} for given in settings for x in WHOLE]
    further = [{"x": Fraction(x), **settings[0]} for x in FURTHER]
    return (*whole, *further)


def generic_points(
    activation: Activation, fixed: Mapping[str, Fraction], count: int = 60
) -> tuple[Point, ...]:
    """Points without a pattern, where no coincidence is to be expected."""
    found = []
    for n in range(1, count + 1):
        x = _scattered(n) * SPAN - Fraction(SPAN, 2)
        given = {
            p.name: fixed.get(p.name, _within(p, _scattered(n * (k + 2) + 1) * 4 - 2))
            for k, p in enumerate(activation.parameters)
        }
        found.append({"x": x, **given})
    return tuple(found)


def _scattered(n: int) -> Fraction:
    return Fraction(int(n * PHASE % 1 * 1009), 1009)


def _within(parameter: Parameter, value: Fraction) -> Fraction:
    try:
        return parameter.bind(value).value
    except ParameterError:
        high, low = parameter.high, parameter.low
        inside = abs(value) + (low or 0)
        return min(inside, high) if high is not None else inside


def _settings(
    activation: Activation, fixed: Mapping[str, Fraction]
) -> Sequence[dict[str, Fraction]]:
    """Values for the parameters that have none; all the fixed ones if all have one."""
    free = [p for p in activation.parameters if p.name not in fixed]
    if not free:
        return [dict(fixed)]
    rows = []
    for shift in range(len(VALUES)):
        row = dict(fixed)
        for place, parameter in enumerate(free):
            text = VALUES[(shift + place) % len(VALUES)]
            row[parameter.name] = _within(parameter, Fraction(text))
        rows.append(row)
    return rows
