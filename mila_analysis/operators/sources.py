"""The C file that an activation's operators run, the same for all parameter values."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from mila_analysis.activation import Activation
from mila_analysis.kernels import generate_code

__all__ = ["source"]


def source(activation: Activation, *, order: int = 2, accuracy: str = "fast") -> str:
    """C file of an activation whatever its parameter values: it is compiled once.

    Raises:
        UnsupportedError: C has no such accuracy.
    """
    return _source(_unbound(activation), order, accuracy)


@lru_cache(maxsize=256)
def _source(activation: Activation, order: int, accuracy: str) -> str:
    return generate_code(activation, "c", order=order, accuracy=accuracy).text


def _unbound(activation: Activation) -> Activation:
    """The same with values that each parameter can have."""
    values = {}
    for p in activation.parameters:
        least = Fraction(0) if p.low is None else max(Fraction(0), p.low)
        values[p.name] = least if p.high is None else min(least, p.high)
    return activation.bind(**values)
