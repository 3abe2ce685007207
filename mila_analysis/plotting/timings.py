"""Speeds of implementations to time against size, over what memory alone takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator

from mila_analysis.benchmarking.results import Speed
from mila_analysis.benchmarking.titles import BRIEF
from mila_analysis.plotting._slots import spread
from mila_analysis.plotting._style import (
    DASHES,
    HAIRLINE,
    SMALL,
    THICK,
    THIN,
    Theme,
    current,
)

__all__ = ["LABELS", "Line", "draw_timings", "ends", "lines"]

OURS, ROOFLINE = "ours", "roofline"
PEERS = ("relu", "silu", "gelu", "mish", "eager", "compiled", "jax")
LABELS = 0.95  # inches to the right of the axes
LEADER = 0.2  # inches from the axes to a label
LINE = 8.6  # points from one label to the next
MARGIN = 1.5  # of the lowest and the highest time


@dataclass(frozen=True, slots=True)
class Line:
    """Nanoseconds an element of one implementation over sizes."""

    implementation: str
    sizes: tuple[int, ...]
    ns: tuple[float, ...]


def lines(speeds: Sequence[Speed], passes: str) -> list[Line]:
    """Curves of one panel, memory alone first and ours last, on top."""
    found: dict[str, dict[int, float]] = {}
    for speed in speeds:
        if speed.setting.passes == passes:
            row = found.setdefault(speed.implementation, {})
            row[speed.setting.size] = speed.ns
    order = (ROOFLINE, *PEERS, OURS)
    return [
        Line(name, tuple(sorted(found[name])), _rising(found[name]))
        for name in order
        if name in found
    ]


def ends(curves: Sequence[Line]) -> tuple[float, float]:
    """The least and the largest time."""
    every = [ns for curve in curves for ns in curve.ns]
    return min(every), max(every)


def _rising(row: Mapping[int, float]) -> tuple[float, ...]:
    return tuple(row[size] for size in sorted(row))


def draw_timings(
    axes: Axes, curves: Sequence[Line], title: str, ends: tuple[float, float]
) -> None:
    """Draw the curves of a panel, each with its name at its right end.

    Args:
        axes: where.
        curves: of `lines`.
        title: above them.
        ends: the least and the largest time that panels beside each other show.
    """
    axes.set_title(title)
    axes.set_xscale("log")
    axes.set_yscale("log")
    for curve in curves:
        _line(axes, curve)
    sizes = [size for curve in curves for size in curve.sizes]
    widen = 1.0 if min(sizes) < max(sizes) else 2.0
    axes.set_xlim(min(sizes) / widen, max(sizes) * widen)
    axes.set_ylim(ends[0] / MARGIN, ends[1] * MARGIN)
    axes.xaxis.set_major_locator(LogLocator(numticks=12))
    axes.yaxis.set_major_locator(LogLocator(numticks=12))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.minorticks_off()
    axes.grid(axis="y", color=current().faint, linewidth=HAIRLINE, alpha=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel("elements")
    _shade(axes, curves)
    _names(axes, curves)


def _line(axes: Axes, curve: Line) -> Line2D:
    theme, name = current(), curve.implementation
    if name == OURS:
        look = {"color": theme.accent, "linewidth": 1.8 * THICK, "linestyle": "solid"}
    elif name == ROOFLINE:
        look = {"color": theme.ink, "linewidth": THIN, "linestyle": "solid"}
    else:
        i = PEERS.index(name)
        look = {
            "color": _hues(theme)[i], "linewidth": THIN, "linestyle": DASHES[i + 1]
        }  # fmt: skip
    alone = {"marker": "o", "markersize": 3} if len(curve.sizes) == 1 else {}
    (line,) = axes.plot(curve.sizes, curve.ns, label=BRIEF[name], **look, **alone)
    return line


def _hues(theme: Theme) -> list[str]:
    """Hues of peers: all but the one that comes near the accent, which is ours."""
    accent = np.array(to_rgb(theme.accent))
    away = [float(np.sum((to_rgb(hue) - accent) ** 2)) for hue in theme.many]
    near = away.index(min(away))
    return [hue for i, hue in enumerate(theme.many) if i != near]


def _shade(axes: Axes, curves: Sequence[Line]) -> None:
    """Shade what no code can reach that moves these bytes."""
    for curve in curves:
        if curve.implementation == ROOFLINE:
            bottom = axes.get_ylim()[0]
            axes.fill_between(
                curve.sizes, bottom, curve.ns, color=current().faint, alpha=0.35,
                linewidth=0, zorder=0.3,
            )  # fmt: skip


def _names(axes: Axes, curves: Sequence[Line]) -> None:
    """Names beside the right ends, moved apart, with a line from end to name."""
    figure = axes.get_figure(root=True)
    height = axes.get_position().height * figure.get_figheight() * 72
    width = axes.get_position().width * figure.get_figwidth()
    place = axes.transScale + axes.transLimits
    ends = [float(place.transform((c.sizes[-1], c.ns[-1]))[1]) for c in curves]
    slots = spread([e * height for e in ends], LINE, 2.0, height - 2.0)
    for curve, end, slot in zip(curves, ends, slots, strict=True):
        start, at = float(place.transform((curve.sizes[-1], 1.0))[0]), slot / height
        target = 1 + LEADER / width
        bend = 1 + 0.25 * LEADER / width
        axes.plot(
            [start, bend, target - 0.15 * LEADER / width], [end, end, at],
            transform=axes.transAxes, color=current().ink, linewidth=HAIRLINE,
            clip_on=False, zorder=0.6, label="_leader",
        )  # fmt: skip
        axes.text(
            target, at, BRIEF[curve.implementation], transform=axes.transAxes,
            fontsize=SMALL, va="center_baseline", ha="left",
            fontweight="bold" if curve.implementation == OURS else "normal",
        )  # fmt: skip
