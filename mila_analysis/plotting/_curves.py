"""Activation, partial and range of x to the points of a curve."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from mila_analysis import functions
from mila_analysis.activation import Activation
from mila_analysis.kernels import Kernel
from mila_analysis.partials import Partial
from mila_analysis.plotting._breaks import refined
from mila_analysis.plotting.kinds import Range

__all__ = ["Curve", "Floats", "curve", "grid", "values"]

Floats = NDArray[np.float64]
POINTS = 1001
_MADE: dict[Activation, Activation] = {}  # the first one seen of each function
CORE = 20.0  # activations bend near zero, and a wide grid would step over it


@dataclass(frozen=True, eq=False, slots=True)
class Curve:
    """Points of one partial of one activation; y is NaN at a gap or a jump."""

    activation: Activation
    partial: Partial
    x: Floats
    y: Floats


def values(activation: Activation, partial: Partial) -> Callable[..., Floats]:
    """Function of x, and of parameters by keyword, that computes a partial.

    Results are float64, and NaN where the partial is infinite or f is not defined: the
    formula of a derivative, such as 1/x of log x, may be defined where f is not.
    """
    kernel = _kernel(activation, max(2, partial.order))
    f, compute = kernel["f"], kernel[partial.name]
    known = {p.name: float(p.value) for p in activation.parameters}

    def evaluate(x: Floats, **given: Floats) -> Floats:
        parameters = known | given
        with np.errstate(all="ignore"):  # a user's formula may leave its domain
            result = np.asarray(compute(x, **parameters), dtype=np.float64)
            outside = np.isnan(f(x, **parameters)) if partial.order else False
        return np.where(np.isfinite(result) & ~outside, result, np.nan)

    return evaluate


def _kernel(activation: Activation, order: int) -> Kernel:
    """Kernel of an activation, made once for all values of its parameters."""
    zeros = tuple(replace(p, value=Fraction(0)) for p in activation.parameters)
    same = _MADE.setdefault(replace(activation, parameters=zeros), activation)
    return functions.lambdify(same, "numpy", order=order)


def grid(ends: Range, points: int | None = None) -> Floats:
    """Evenly spaced points over a range, and, unless counted, more near zero."""
    low, high = ends
    even = _even(low, high, points or POINTS)
    core = max(low, -CORE), min(high, CORE)
    if points or core[0] >= core[1] or high / 2 - low / 2 <= 2 * CORE:
        return even
    return np.union1d(even, _even(*core, POINTS))


def _even(low: float, high: float, points: int) -> Floats:
    t = np.linspace(0, 1, points)
    return low * (1 - t) + high * t  # high - low might overflow


def curve(
    activation: Activation, partial: Partial, ends: Range, points: int | None = None
) -> Curve:
    """Sample a partial over a range of x."""
    evaluate = values(activation, partial)
    x = grid(ends, points)
    return Curve(activation, partial, *refined(evaluate, x, evaluate(x)))
