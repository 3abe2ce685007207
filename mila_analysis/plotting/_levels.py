"""Sampled field to filled levels, their lines and labels, and a colour bar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colorbar import Colorbar
from matplotlib.colors import CenteredNorm
from matplotlib.contour import QuadContourSet
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mila_analysis.plotting._curves import Floats
from mila_analysis.plotting._fields import Field, Levelled, Plane
from mila_analysis.plotting._labels import symbol
from mila_analysis.plotting._style import HAIRLINE, colormap

__all__ = ["ZERO", "bar", "beyond", "dress_plane", "fill", "frame", "outline"]

ZERO = 1.5  # points: the width of the line on which a field is zero
DARK = 0.25  # luminance below which black lines would drown
TICKS = 7
LINE = 0.6
NEGATIVE = (0, (3.5, 1.8))
Side = Literal["bottom", "right"]
Ends = Literal["neither", "both", "min", "max"]
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


def fill(
    axes: Axes, field: Levelled, stops: Sequence[str], extend: Ends | None = None
) -> QuadContourSet:
    """Fill between levels; zero has the middle colour, whatever the range.

    Args:
        axes: to draw on.
        field: whose levels.
        stops: of the colours.
        extend: past which levels there is colour; its own values say so unless given.
    """
    filled = axes.contourf(
        field.plane.x,
        field.plane.p,
        field.z,
        levels=field.levels,
        cmap=colormap(tuple(stops)),
        norm=CenteredNorm(0, float(np.abs(field.levels).max())),
        extend=extend or beyond(field.z, field.levels[0], field.levels[-1]),
    )
    filled.set_edgecolor("face")  # else viewers of PDF show the ground between bands
    filled.set_linewidth(HAIRLINE / 2)
    return filled


def beyond(z: Floats, low: float, high: float) -> Ends:
    """At which ends of a scale there are values past it."""
    below, above = bool(np.nanmin(z) < low), bool(np.nanmax(z) > high)
    if below and above:
        return "both"
    return "min" if below else "max" if above else "neither"


def outline(
    axes: Axes, field: Levelled, filled: QuadContourSet, colour: str = ""
) -> QuadContourSet | None:
    """Draw the levels as lines, negative ones dashed, zero thick.

    Args:
        axes: that show the filled field already.
        field: whose levels.
        filled: what the lines must be seen on.
        colour: of all lines but zero; black or white, as can be seen, unless given.

    Returns:
        The lines, or `None` where the field has no level inside its range.
    """
    low, high = np.nanmin(field.z), np.nanmax(field.z)
    inside = field.levels[(low < field.levels) & (field.levels < high)]
    if not inside.size:
        return None
    return axes.contour(
        field.plane.x,
        field.plane.p,
        field.z,
        levels=inside,
        colors=[(level and colour) or _ink(filled, level) for level in inside],
        linewidths=[ZERO if level == 0 else LINE for level in inside],
        linestyles=[NEGATIVE if level < 0 else "solid" for level in inside],
    )


def _ink(filled: QuadContourSet, level: float) -> str:
    """Black, or white where the field is dark."""
    red_green_blue = np.asarray(filled.cmap(filled.norm(level)))[:3]
    return "#000000" if red_green_blue**2.2 @ LUMINANCE > DARK else "#ffffff"


def bar(
    figure: Figure,
    axes: Axes | Sequence[Axes],
    filled: QuadContourSet,
    field: Levelled,
    where: Side,
    aspect: float = 28,
) -> Colorbar:
    """Colour bar beside the axes, with a line across it at zero."""
    levels = field.levels
    bar = figure.colorbar(
        filled, ax=axes, location=where, ticks=_ticks(levels), pad=0.02, aspect=aspect
    )
    bar.outline.set_linewidth(HAIRLINE)
    bar.minorticks_off()
    if levels[0] < 0 < levels[-1]:
        across = bar.ax.axvline if where == "bottom" else bar.ax.axhline
        across(0, color=_ink(filled, 0), linewidth=ZERO)
    return bar


def _ticks(levels: Floats) -> Floats:
    """Every level, or every other or third if they are many; always zero."""
    step = -(-levels.size // TICKS)
    zero = int(np.abs(levels).argmin())
    return levels[zero % step :: step]


def dress_plane(axes: Axes, field: Field) -> None:
    """Limits, a frame, and the symbols of x and the parameter."""
    frame(axes, field.plane, "x", symbol(field.activation, field.plane.parameter))


def frame(axes: Axes, plane: Plane, across: str, up: str) -> None:
    """Limits, a frame, and the symbols of both variables."""
    x, p = plane.ends
    axes.set(xlim=x, ylim=p, xlabel=f"${across}$", ylabel=f"${up}$")
    axes.spines[:].set_visible(True)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
