"""Average ranks to a critical-difference diagram: what a bar joins may be alike.

After J. Demšar, Statistical Comparisons of Classifiers over Multiple Data Sets, JMLR 7,
2006, figure 1; the best stands on the left.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from matplotlib.backends.backend_agg import FigureCanvasAgg

from mila_analysis.experiments.published.caveats import IN_SHORT
from mila_analysis.experiments.published.naming import in_mathematics
from mila_analysis.experiments.published.ranking_tables import verdict
from mila_analysis.experiments.published.records import SCORES
from mila_analysis.plotting._drawing import LAYOUT_DPI, Drawing
from mila_analysis.plotting._style import HAIRLINE, SMALL, WIDER, context, current
from mila_analysis.plotting.request import check_dpi, check_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from mila_analysis.experiments.published.ranking import Ranking

__all__ = ["ranking"]

# Inches.
SIDE = 1.35  # left and right of the scale, for names
TOP = 0.72  # above the scale
BAR = 0.085  # from one bar to the next
NAME = 0.165  # from one name to the next
LINE = 0.125  # of the text below
TICK = 0.04
LETTERS = 92  # of a line of that text


def ranking(found: Ranking, *, style: str = "light", dpi: float = 300) -> Figure:
    """Draw average ranks on a scale, and bars over those that Nemenyi leaves together.

    Args:
        found: of `experiments.published.ranking.rank_activations`.
        style: `light` or `dark`.
        dpi: dots an inch, of pixels.
    """
    check_style(style)
    below = [*textwrap.wrap(verdict(found), LETTERS), IN_SHORT]
    rows = -(-len(found.ranked) // 2)
    bars = BAR * (len(found.groups) + 1)
    height = TOP + bars + NAME * rows + LINE * len(below) + 0.12
    with context(style):
        figure = Drawing(figsize=(WIDER, height), dpi=LAYOUT_DPI)
        FigureCanvasAgg(figure)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(0, WIDER)
        axes.set_ylim(height, 0)  # inches, downwards
        _scale(axes, found)
        _difference(axes, found)
        _bars(axes, found)
        _names(axes, found, TOP + bars)
        axes.text(
            WIDER / 2, height - 0.06, "\n".join(below), ha="center", va="bottom",
            fontsize=SMALL, linespacing=1.1,
        )  # fmt: skip
    figure.set_dpi(check_dpi(dpi, (WIDER, height)))
    return figure


def _at(found: Ranking, rank: float) -> float:
    """Where a rank is on the scale, in inches from the left."""
    return SIDE + (rank - 1) / (len(found.ranked) - 1) * (WIDER - 2 * SIDE)


def _line(axes: Axes, x: list[float], y: list[float], width: float, label: str) -> None:
    axes.plot(
        x, y, color=current().ink, linewidth=width, solid_capstyle="butt",
        solid_joinstyle="miter", label=label,
    )  # fmt: skip


def _scale(axes: Axes, found: Ranking) -> None:
    count = len(found.ranked)
    title = f"average rank by {SCORES[found.score].title} in {len(found.blocks)} blocks"
    axes.text(WIDER / 2, 0.06, title, ha="center", va="top")
    _line(axes, [_at(found, 1), _at(found, count)], [TOP, TOP], 0.7, "_scale")
    for rank in range(1, count + 1):
        x = _at(found, rank)
        _line(axes, [x, x], [TOP - TICK, TOP], 0.7, "_tick")
        axes.text(x, TOP - TICK - 0.02, str(rank), ha="center", va="bottom")
    for x, word, side in ((1, "better", "right"), (count, "worse", "left")):
        shift = -0.09 if side == "right" else 0.09
        axes.text(
            _at(found, x) + shift, TOP, word, ha=side, va="center", fontsize=SMALL,
            style="italic",
        )  # fmt: skip


def _difference(axes: Axes, found: Ranking) -> None:
    """How wide the critical difference is, or that it is wider than the scale."""
    y, start, end = TOP - 0.32, _at(found, 1), _at(found, 1 + found.difference)
    label = f"critical difference {found.difference:.2f}"
    if found.difference > len(found.ranked) - 1:
        label += ", wider than the scale"
        axes.text(start, y, label, fontsize=SMALL, va="center", ha="left")
        return
    _line(axes, [start, end], [y, y], 0.9, "critical difference")
    for x in (start, end):
        _line(axes, [x, x], [y - TICK, y + TICK], 0.9, "_end")
    if end + 1.2 < WIDER:
        axes.text(end + 0.06, y, label, fontsize=SMALL, va="center", ha="left")
    else:
        axes.text(start - 0.06, y, label, fontsize=SMALL, va="center", ha="right")


def _bars(axes: Axes, found: Ranking) -> None:
    """A thick bar over each group, none on another."""
    for row, (first, last) in enumerate(found.groups):
        x = [_at(found, found.ranked[i].rank) for i in (first, last)]
        y = TOP + BAR * (row + 1)
        axes.plot(
            [x[0] - 0.03, x[1] + 0.03], [y, y], color=current().accent, linewidth=2.4,
            solid_capstyle="butt", zorder=3, label="group",
        )  # fmt: skip


def _names(axes: Axes, found: Ranking, top: float) -> None:
    """Names beside the scale, the outermost highest, each with a line to its rank."""
    count = len(found.ranked)
    half = -(-count // 2)
    for i, one in enumerate(found.ranked):
        is_left = i < half
        y = top + NAME * ((i if is_left else count - 1 - i) + 0.5)
        edge = SIDE - 0.1 if is_left else WIDER - SIDE + 0.1
        x = _at(found, one.rank)
        _line(axes, [x, x, edge], [TOP, y, y], HAIRLINE, "_leader")
        name, rank = in_mathematics(one.name), f"{one.rank:.2f}"
        text = f"{name}  {rank}" if is_left else f"{rank}  {name}"
        axes.text(
            edge + (-0.04 if is_left else 0.04), y, text, va="center_baseline",
            ha="right" if is_left else "left", fontsize=SMALL + 0.5,
        )  # fmt: skip
