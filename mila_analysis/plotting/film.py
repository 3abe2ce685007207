"""Activation and range of a parameter to curves that move as the parameter does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mila_analysis.activation import Activation, swept_parameter
from mila_analysis.partials import Partial
from mila_analysis.plotting import _style
from mila_analysis.plotting._axes import dress, header, settle
from mila_analysis.plotting._dial import Dial
from mila_analysis.plotting._labels import fixed_label
from mila_analysis.plotting._lines import Bundle, draw_lines, entries, sample
from mila_analysis.plotting._minima import Minimum, minima
from mila_analysis.plotting._style import Look
from mila_analysis.plotting._sweeps import family
from mila_analysis.plotting.request import Request

__all__ = ["FilmData", "Stage", "Watch", "compute"]

SIZE = (4.8, 3.52)  # inches; at 150 dpi even dots, as MP4 has them
BOLD, LIGHT = 1.8, 1.1  # points: a film is seen on screens
SLOPE = Partial(("x",))
DIAL = 0.02  # of the height of the axes above it
DOT = 5.5
TRAIL = {"linestyle": "none", "marker": ".", "markersize": 2.4, "markeredgewidth": 0}

Watch = Callable[[Sequence[Any], str], Iterable[Any]]


@dataclass(frozen=True, eq=False, slots=True)
class FilmData:
    """One bundle of curves, and the minima of its f, for each value of a parameter."""

    parameter: str
    values: tuple[Fraction, ...]
    bundles: tuple[Bundle, ...]
    minima: tuple[tuple[Minimum, ...], ...]


def compute(request: Request, frames: int, watch: Watch) -> FilmData:
    """Sample f and the partials asked for, the slope unless any, at each value."""
    (activation,) = request.activations
    name = swept_parameter(activation, request.parameter).name
    asked = request.chosen(activation) or (SLOPE,)
    partials = tuple(dict.fromkeys((Partial(), *asked)))
    members = family(activation, request.sweep or (0, 1), name, frames)
    bundles, lowest = [], []
    for member in watch(members, "Computing"):
        bundles.append(sample([member], partials, request.x, request.points))
        lowest.append(minima(bundles[-1].rows[0][0]))
    values = tuple(_value(member, name) for member in members)
    return FilmData(name, values, tuple(bundles), tuple(lowest))


def _value(activation: Activation, name: str) -> Fraction:
    return swept_parameter(activation, name).value


class Stage:
    """Axes that hold all curves of a film, and show those of one value."""

    def __init__(self, figure: Figure, data: FilmData) -> None:
        """Draw what stands still, and everything else at the first value."""
        first = data.bundles[0]
        heights = {"height_ratios": (1, DIAL)}
        axes, below = figure.subplots(2, 1, gridspec_kw=heights)
        looks = _looks(first)
        self.data = data
        self.figure = figure
        self.axes: Axes = axes
        self.lines = draw_lines(axes, first, [looks])
        self.lines[0].set_zorder(3)  # f, over its slope where both are 0
        every = [curve for bundle in data.bundles for curve in bundle.curves]
        label = "$f(x)$" if len(first.partials) == 1 else ""
        dress(axes, first.x, every, ylabel=label)
        axes.set_xlabel("$x$", labelpad=0)
        self.trail = _trail(axes, data, looks[0])
        (self.dots,) = axes.plot([], [], zorder=4, **_dot(looks[0]))
        self.dial = Dial(below, first.activations[0], data.parameter, data.values)
        said = fixed_label(first.activations[0], data.parameter)
        header(figure, *entries(first, [looks]), said)
        settle(figure)
        self.dial.settle()
        self.show(0)

    def show(self, i: int) -> None:
        """Set everything that moves to where it is at one value."""
        for line, curve in zip(self.lines, self.data.bundles[i].curves, strict=True):
            line.set_data(curve.x, curve.y)
        lowest = self.data.minima[i]
        self.dots.set_data([m.x for m in lowest], [m.y for m in lowest])
        self.dial.turn(self.data.values[i])


def _looks(bundle: Bundle) -> list[Look]:
    """Hue and width tell curves apart: dashes would crawl along one that moves."""
    f, *others = bundle.looks[0]
    solid = [replace(look, dash="solid", width=LIGHT) for look in others]
    return [replace(f, width=BOLD), *solid]


def _trail(axes: Axes, data: FilmData, look: Look) -> Line2D:
    """Where minima are over the whole film, a speck each."""
    every = [m for found in data.minima for m in found]
    x, y = [m.x for m in every], [m.y for m in every]
    (trail,) = axes.plot(x, y, color=look.colour, alpha=0.5, zorder=1.5, **TRAIL)
    return trail


def _dot(look: Look) -> dict[str, Any]:
    return {
        "color": look.colour,
        "marker": "o",
        "linestyle": "none",
        "markersize": DOT,
        "markeredgecolor": _style.current().ground,
        "markeredgewidth": 0.9,
    }
