"""Activation and partial over x and a parameter to a sampled field and its levels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.ticker import MaxNLocator

from mila_analysis.activation import Activation
from mila_analysis.errors import ParameterError
from mila_analysis.partials import Partial
from mila_analysis.plotting._curves import Floats, grid, values
from mila_analysis.plotting._ends import robust_ends
from mila_analysis.plotting.kinds import Range

__all__ = ["Field", "Levelled", "Plane", "plane", "round_levels", "sample_field"]

POINTS = 241
LEVELS = 11  # at most: more could not be labelled


@dataclass(frozen=True, eq=False, slots=True)
class Plane:
    """Where a field is sampled: x, and a second variable by its name."""

    parameter: str
    x: Floats
    p: Floats

    @property
    def ends(self) -> tuple[Range, Range]:
        """Range of x, and of the second variable."""
        return (
            (float(self.x[0]), float(self.x[-1])),
            (float(self.p[0]), float(self.p[-1])),
        )


@dataclass(frozen=True, eq=False, slots=True)
class Levelled:
    """Values over a plane; a row of `z` a value of its second variable.

    Attributes:
        levels: round numbers over the range of z, zero among them if z reaches it.
    """

    plane: Plane
    z: Floats
    levels: Floats


@dataclass(frozen=True, eq=False, slots=True)
class Field(Levelled):
    """Values of a partial of an activation over x and a parameter."""

    activation: Activation
    partial: Partial


def plane(parameter: str, x: Range, p: Range, points: int | None = None) -> Plane:
    """Even grid over both ranges."""
    count = points or POINTS
    return Plane(parameter, grid(x, count), grid(p, count))


def sample_field(activation: Activation, partial: Partial, on: Plane) -> Field:
    """Compute a partial at every point of a plane.

    Raises:
        ParameterError: it is not finite anywhere there.
    """
    evaluate = values(activation, partial)
    z = evaluate(on.x[np.newaxis, :], **{on.parameter: on.p[:, np.newaxis]})
    z = np.broadcast_to(z, (on.p.size, on.x.size))
    finite = z[np.isfinite(z)]
    if not finite.size:
        raise ParameterError(f"nothing to draw: {partial.name} is nowhere finite there")
    return Field(on, z, round_levels(*robust_ends(finite)), activation, partial)


def round_levels(low: float, high: float, count: int = LEVELS) -> Floats:
    """Round numbers, evenly spaced, from below one value to above another."""
    if high == low:
        low, high = low - (abs(low) or 1.0), high + (abs(high) or 1.0)
    ticks = MaxNLocator(count, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return np.asarray(ticks, dtype=np.float64) + 0.0  # no minus zero in labels
