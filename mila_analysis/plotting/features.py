"""Activations to what is proved of them as a parameter varies: minimum and bounds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from mila_analysis.activation import Activation, swept_parameter
from mila_analysis.analysis.features import Number
from mila_analysis.analysis.sweeping import sweep, values_between
from mila_analysis.balls import Enclosure
from mila_analysis.errors import ParameterError
from mila_analysis.plotting import _style
from mila_analysis.plotting._axes import header, zero_lines
from mila_analysis.plotting._curves import Floats
from mila_analysis.plotting._labels import fixed_label, symbol
from mila_analysis.plotting.kinds import Range
from mila_analysis.plotting.request import Request

POINTS = 49
PANELS = {
    "minimum_at": "place of the minimum, $x^*$",
    "minimum": "least value, $f(x^*)$",
    "curvature": r"curvature there, $f''(x^*)$",
    "lipschitz": r"largest slope, $\sup\,|f'|$",
}


@dataclass(frozen=True, eq=False, slots=True)
class Swept:
    """Features of one activation over a parameter; NaN where there is none."""

    activation: Activation
    parameter: str
    values: Floats
    numbers: dict[str, Floats]


@dataclass(frozen=True, eq=False, slots=True)
class FeaturesData:
    """Curves of all activations, over the same values."""

    swept: tuple[Swept, ...]


@lru_cache(maxsize=4)  # a report draws it in light and in dark
def compute(request: Request) -> FeaturesData:
    """Analyze each activation at each value of the parameter."""
    low, high = (Fraction(repr(end)) for end in request.sweep or (-3.0, 3.0))
    values = values_between(low, high, request.points or POINTS)
    found = tuple(_swept(a, request.parameter, values) for a in request.activations)
    if not any(np.isfinite(n).any() for s in found for n in s.numbers.values()):
        raise ParameterError("nothing to draw: no such feature was proved in the sweep")
    return FeaturesData(found)


def _swept(
    activation: Activation, parameter: str | None, values: Sequence[Fraction]
) -> Swept:
    name = swept_parameter(activation, parameter).name
    samples = tuple(sweep(activation, name, values, PANELS))
    numbers = {
        key: np.array([_float(s.numbers[key]) for s in samples]) for key in PANELS
    }
    return Swept(activation, name, np.array([float(v) for v in values]), numbers)


def _float(number: Number | None) -> float:
    if isinstance(number, Enclosure):
        return float(number.mid)
    return math.nan


def size(data: FeaturesData) -> Range:
    """Both columns wide, two rows."""
    del data
    return _style.DOUBLE, 4.6


def draw(figure: Figure, data: FeaturesData) -> None:
    """Two rows of two panels; a dot where the parameter has its own value."""
    first = data.swept[0]
    looks = [row[0] for row in _style.looks(_style.current(), len(data.swept))]
    axes: Axes | None = None
    for number, (key, title) in enumerate(PANELS.items(), 1):
        axes = figure.add_subplot(2, 2, number, sharex=axes)
        for swept, look in zip(data.swept, looks, strict=True):
            _curve(axes, swept, key, look)
        ends = float(first.values[0]), float(first.values[-1])
        zero_lines(axes, ends)
        axes.set_xlim(*ends)
        axes.set_title(title)
        _frame(axes, [swept.numbers[key] for swept in data.swept])
        axes.set_xlabel(f"${symbol(first.activation, first.parameter)}$")
    header(figure, *_entries(data, looks))


def _curve(axes: Axes, swept: Swept, key: str, look: _style.Look) -> None:
    y = swept.numbers[key]
    axes.plot(
        swept.values, y, color=look.colour, linestyle=look.dash, linewidth=_style.THICK
    )
    own = float(swept.activation.values[swept.parameter])
    if swept.values[0] <= own <= swept.values[-1] and np.isfinite(y).all():
        height = float(np.interp(own, swept.values, y))
        axes.plot([own], [height], "o", color=look.colour, markersize=4)


def _frame(axes: Axes, rows: Sequence[Floats]) -> None:
    """Limits of y around what is finite, without the line through zero if it is far."""
    known = np.concatenate([row[np.isfinite(row)] for row in rows])
    if known.size:
        low, high = float(known.min()), float(known.max())
        room = 0.06 * ((high - low) or max(abs(high), 1.0))
        axes.set_ylim(low - room, high + room)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))


def _entries(
    data: FeaturesData, looks: Sequence[_style.Look]
) -> tuple[list[Line2D], list[str]]:
    """Legend: names; the parameter that varies has no value in them."""
    labels = [fixed_label(s.activation, s.parameter) for s in data.swept]
    handles = [
        Line2D([], [], color=look.colour, linestyle=look.dash, linewidth=_style.THICK)
        for look in looks
    ]
    return handles, labels
