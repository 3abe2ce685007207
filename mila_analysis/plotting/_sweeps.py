"""Activation and range of a parameter to a family, or to an axis of a field."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from mila_analysis.activation import Activation, numeral, swept_parameter
from mila_analysis.errors import ParameterError

__all__ = ["SWEPT_VALUES", "domain", "family"]

SWEPT_VALUES = 5

Ends = tuple[float, float]


def family(
    activation: Activation,
    sweep: Ends,
    name: str | None = None,
    count: int = SWEPT_VALUES,
) -> tuple[Activation, ...]:
    """An activation at evenly spaced values of a parameter, both ends included."""
    swept = swept_parameter(activation, name).name
    low, high = (Fraction(repr(end)) for end in sweep)
    step = (high - low) / (count - 1)
    return tuple(activation.bind(**{swept: low + i * step}) for i in range(count))


def domain(
    activations: Iterable[Activation], sweep: Ends, name: str | None, *, asked: bool
) -> tuple[Fraction, Fraction]:
    """Range of a parameter's axis for several activations.

    What was asked for must lie in every domain; a default is cut to them.
    """
    low, high = map(Fraction, sweep)
    for activation in activations:
        swept = swept_parameter(activation, name)
        if asked:
            swept.bind(low)
            swept.bind(high)
        low = low if swept.low is None else max(low, swept.low)
        high = high if swept.high is None else min(high, swept.high)
    if low >= high:
        raise ParameterError(
            f"{swept.name} has no value from {numeral(low)}: give a sweep"
        )
    return low, high
