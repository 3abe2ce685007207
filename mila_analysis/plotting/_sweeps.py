"""Activation and range of a parameter to a family, or to an axis of a field."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from mila_analysis.activation import Activation, Parameter, numeral
from mila_analysis.errors import ParameterError, suggestion

__all__ = ["SWEPT_VALUES", "domain", "family", "swept_parameter"]

SWEPT_VALUES = 5

Ends = tuple[float, float]


def swept_parameter(activation: Activation, name: str | None = None) -> Parameter:
    """The parameter of an activation that is swept: the one named, or the first.

    Raises:
        ParameterError: there is none, or none of that name.
    """
    label = activation.title or activation.name
    if not activation.parameters:
        raise ParameterError(f"{label} has no parameter to sweep")
    if name is None:
        return activation.parameters[0]
    known = {p.name: p for p in activation.parameters}
    if name not in known:
        hint = suggestion(name, known) or f"; choose from {', '.join(known)}"
        raise ParameterError(f"{label} has no parameter '{name}'{hint}")
    return known[name]


def family(
    activation: Activation, sweep: Ends, name: str | None = None
) -> tuple[Activation, ...]:
    """An activation at evenly spaced values of a parameter, both ends included."""
    swept = swept_parameter(activation, name).name
    low, high = (Fraction(repr(end)) for end in sweep)
    step = (high - low) / (SWEPT_VALUES - 1)
    return tuple(
        activation.bind(**{swept: low + i * step}) for i in range(SWEPT_VALUES)
    )


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
