"""Errors and times of implementations to a point each: the best is low and left."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator
from matplotlib.transforms import Bbox

from mila_analysis.benchmarking.results import Quality
from mila_analysis.benchmarking.titles import BRIEF, OURS
from mila_analysis.plotting._slots import beside
from mila_analysis.plotting._style import HAIRLINE, SMALL, current

__all__ = ["draw_tradeoff", "is_off", "label"]

FARTHEST = 1e4  # ulp: a float32 has 2^24; what is farther is marked at the top
LOWEST = 0.21  # ulp: below 0.5, what is correctly rounded
END, TRIANGLES, TOP = 1.7, 2.9, 7.5  # over the largest error: of the scale, and above
SIDE = 1.9  # of the times, for labels
FINE = 300.0  # from end to end, up to which an axis has more ticks than decades


def draw_tradeoff(axes: Axes, qualities: Sequence[Quality], title: str) -> None:
    """Draw worst errors over times: ours filled, others open, wrong ones at the top."""
    theme = current()
    axes.set_title(title)
    axes.set_xscale("log")
    axes.set_yscale("log")
    times = [q.ns for q in qualities]
    worst = max([2.0, *(q.ulp for q in qualities if q.ulp and not is_off(q))])
    far = any(map(is_off, qualities))
    ends = (min(times) / SIDE, max(times) * SIDE), (LOWEST, worst * END)
    axes.set_xlim(*ends[0])
    axes.set_ylim(LOWEST, worst * (TOP if far else END))
    axes.axhline(0.5, color=theme.faint, linewidth=HAIRLINE, zorder=0.5)
    points = [
        (q.ns, worst * TRIANGLES if is_off(q) else float(q.ulp or 0)) for q in qualities
    ]
    for q, point in zip(qualities, points, strict=True):
        is_ours = q.implementation in OURS
        axes.plot(
            *point,
            marker="^" if is_off(q) else "o",
            markersize=4.6 if is_ours else 4.2,
            markeredgewidth=0.9,
            markeredgecolor=theme.accent if is_ours else theme.ink,
            markerfacecolor=theme.accent if is_ours else theme.ground,
            linestyle="none",
            zorder=3 if is_ours else 2.5,
            label=BRIEF[q.implementation],
        )
    axes.set_xlabel("ns an element, of $10^5$")
    for axis, between in zip((axes.xaxis, axes.yaxis), ends, strict=True):
        axis.set_major_locator(FixedLocator(_ticks(*between)))
        axis.set_major_formatter("{x:g}")
    axes.minorticks_off()
    taken = [_better(axes), _rounded(axes)]
    rules = [_across(axes, 0.5)]
    if far:
        taken.append(_off(axes, worst * END))
        rules.append(_across(axes, worst * END))
    beside(axes, points, [label(q) for q in qualities], taken, rules)


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers between two ends, fewer of them if these are far apart."""
    factors = (1, 2, 5) if high / low <= FINE else (1,)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    every = [factor * 10.0**power for power in powers for factor in factors]
    return [tick for tick in every if low <= tick <= high]


def _off(axes: Axes, end: float) -> Bbox:
    """Draw where the scale ends; the place, in pixels, of what says so."""
    axes.axhline(end, color=current().faint, linewidth=HAIRLINE, linestyle=(0, (4, 3)))
    note = axes.text(
        0.012, end * 1.06, "off the scale", transform=axes.get_yaxis_transform(),
        ha="left", va="bottom", fontsize=SMALL, style="italic",
    )  # fmt: skip
    return note.get_window_extent()


def _across(axes: Axes, height: float) -> Bbox:
    """A line across the axes, in pixels."""
    y = float(axes.transData.transform((1.0, height))[1])
    return Bbox.from_extents(axes.bbox.x0, y - 0.5, axes.bbox.x1, y + 0.5)


def _rounded(axes: Axes) -> Bbox:
    """Name the line of half an ulp; where its name is, in pixels."""
    note = axes.text(
        0.995, 0.43, "correctly rounded", transform=axes.get_yaxis_transform(),
        ha="right", va="top", fontsize=SMALL, style="italic",
    )  # fmt: skip
    return note.get_window_extent()


def _better(axes: Axes) -> Bbox:
    """An arrow into the corner where everybody wants to be."""
    note = axes.annotate(
        "better", (0.012, 1.08 * LOWEST), xytext=(0.075, 0.33),
        xycoords=axes.get_yaxis_transform(), textcoords=axes.get_yaxis_transform(),
        fontsize=SMALL, style="italic", va="center",
        arrowprops={
            "arrowstyle": "->", "lw": HAIRLINE, "color": current().ink,
            "shrinkA": 1, "shrinkB": 0,
        },
    )  # fmt: skip
    return note.get_window_extent()


def is_off(quality: Quality) -> bool:
    """Whether an error is NaN, or too large for the scale."""
    return quality.ulp is None or quality.ulp > FARTHEST


def label(quality: Quality) -> str:
    """What stands beside a point; one that is off the scale says how far."""
    name = BRIEF[quality.implementation]
    if quality.ulp is None:
        return f"{name}: NaN or ∞"
    if is_off(quality):
        mantissa, _, exponent = f"{quality.ulp:.0e}".partition("e")
        return rf"{name}: ${mantissa} \times 10^{{{int(exponent)}}}$"
    return name
