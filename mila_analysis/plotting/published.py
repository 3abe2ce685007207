"""Published runs to a score over the depth of the network, a panel a data set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.ticker import MaxNLocator

from mila_analysis.errors import ParameterError
from mila_analysis.experiments.published import (
    SCORES,
    Block,
    Run,
    published_runs,
)
from mila_analysis.experiments.published.caveats import IN_SHORT
from mila_analysis.experiments.published.naming import in_mathematics
from mila_analysis.experiments.published.records import DATASETS, FULL
from mila_analysis.experiments.published.standing import blocks
from mila_analysis.plotting._axes import header
from mila_analysis.plotting._drawing import sheet
from mila_analysis.plotting._style import (
    DOUBLE,
    HAIRLINE,
    MARKERS,
    SMALL,
    context,
    current,
)
from mila_analysis.plotting.kinds import Range
from mila_analysis.plotting.request import check_dpi, check_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

__all__ = ["Panel", "depths", "named", "panels"]

HIGH = 2.9  # inches
SPREAD = 0.84  # of the room of a depth that its points take
REST = "others"
SHORTEST = 100  # epochs below which a network has a panel of its own
OFF = 0.5  # of the heights of named points, as far as others may be off them
MARGIN = 0.06


@dataclass(frozen=True, slots=True)
class Panel:
    """Networks of a data set and version that were trained about equally long."""

    title: str
    blocks: tuple[Block, ...]


def depths(
    runs: Sequence[Run], score: str = "top1", *, style: str = "light", dpi: float = 300
) -> Figure:
    """Draw a score over depth, a marker an activation; lines join equal training.

    Eight activations, those with most runs, have a marker and a name; others that are
    far off are only counted.

    Args:
        runs: of `experiments.published`.
        score: `top1`, `loss`, `top3` or `top5`.
        style: `light` or `dark`.
        dpi: dots an inch, of pixels.

    Raises:
        ParameterError: none of the runs has the score.
    """
    check_style(style)
    scored = [run for run in runs if run.value(score) is not None]
    if not scored:
        raise ParameterError(f"nothing to draw: none of these runs has {score}")
    size = (DOUBLE, HIGH)
    with context(style), sheet(size, "") as figure:
        _draw(figure, scored, score)
    figure.set_dpi(check_dpi(dpi, size))
    return figure


def panels(runs: Sequence[Run]) -> tuple[Panel, ...]:
    """Panels of runs; what was trained the shortest has one beside the others."""
    found: dict[tuple[str, str, bool], list[Block]] = {}
    for block in sorted(blocks(runs)):
        is_short = block.epochs < SHORTEST
        found.setdefault((block.dataset, block.version, is_short), []).append(block)
    return tuple(
        Panel(_title(*key, alone=(*key[:2], False) not in found), tuple(found[key]))
        for key in sorted(found)
    )


def _title(dataset: str, version: str, is_short: bool, *, alone: bool) -> str:
    return f"{DATASETS[dataset]}, ResNet {version}" if alone or not is_short else ""


def named(runs: Sequence[Run]) -> tuple[str, ...]:
    """Names of the activations that have a marker: those of Mila last, by β."""
    often, everywhere = (Counter(r.name for r in rs) for rs in (runs, published_runs()))
    known = [name for name in everywhere if name in often]
    most = sorted(known, key=lambda n: (often[n], everywhere[n]), reverse=True)
    kept = most[: len(MARKERS)]
    return tuple(sorted(kept, key=lambda name: (name[:4] == "Mila", _value_in(name))))


def _value_in(name: str) -> float:
    _, _, value = name.rstrip(")").partition(" = ")
    return float(value.partition(",")[0] or 0)


def _draw(figure: Figure, runs: Sequence[Run], score: str) -> None:
    chosen, names = panels(runs), named(runs)
    ratios = [len(panel.blocks) + 0.2 for panel in chosen]
    row = figure.subplots(1, len(chosen), squeeze=False, width_ratios=ratios)[0]
    handles: dict[str, Line2D] = {}
    for axes, panel in zip(row, chosen, strict=True):
        inside = [run for run in runs if run.block in panel.blocks]
        _dress(axes, panel)
        handles |= _points(axes, panel, inside, score, names)
    row[0].set_ylabel(f"{SCORES[score].title} ({SCORES[score].unit})")
    below = f"depth of the ResNet, and epochs that it was trained. {IN_SHORT}"
    figure.supxlabel(below, fontsize=SMALL)
    shown = [name for name in (*names, REST) if name in handles]
    labels = [in_mathematics(name) for name in shown]
    header(figure, [handles[name] for name in shown], labels)


def _dress(axes: Axes, panel: Panel) -> None:
    axes.set_title(panel.title)
    labels = [f"{block.depth}\n{block.epochs}" for block in panel.blocks]
    axes.set_xticks(range(len(labels)), labels, linespacing=1.1)
    axes.set_xlim(-0.5, len(labels) - 0.5)
    axes.tick_params(axis="x", length=0)
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    for edge in range(1, len(labels)):
        axes.axvline(edge - 0.5, color=current().faint, linewidth=HAIRLINE, zorder=0.5)


def _points(
    axes: Axes, panel: Panel, runs: Sequence[Run], score: str, names: Sequence[str]
) -> dict[str, Line2D]:
    """Draw all runs of a panel; a line for the legend by the name of each."""
    found: dict[str, Line2D] = {}
    for i, name in enumerate(names):
        mine = [run for run in runs if run.name == name]
        if mine:
            mine.sort(key=lambda run: run.block)
            found[name] = _marked(axes, panel, mine, score, i, names)
    rest = [run for run in runs if run.name not in names]
    ends = _ends([run for run in runs if run.name in names] or rest, rest, score)
    room = MARGIN * (ends[1] - ends[0]) or 0.5
    axes.set_ylim(ends[0] - room, ends[1] + room)
    if rest:
        found[REST] = _others(axes, panel, rest, score, ends, names)
    return found


def _height(run: Run, score: str) -> float:
    return float((run.nats if score == "loss" else run.value(score)) or 0)


def _marked(
    axes: Axes,
    panel: Panel,
    runs: Sequence[Run],
    score: str,
    place: int,
    names: Sequence[str],
) -> Line2D:
    """Points of one activation, those of full training joined; the line of a legend."""
    theme = current()
    hue, marker = theme.hues(len(names))[place], MARKERS[place]
    x = [panel.blocks.index(run.block) + _shift(place, names) for run in runs]
    y = [_height(run, score) for run in runs]
    full = [i for i, run in enumerate(runs) if run.block.epochs == FULL]
    axes.plot(
        [x[i] for i in full], [y[i] for i in full], color=hue, linewidth=0.6,
        alpha=0.45, zorder=1, label="_line",
    )  # fmt: skip
    (line,) = axes.plot(
        x, y, color=hue, marker=marker, linestyle="none", label=names[place],
        markersize=4.2 if marker in "*XP" else 3.4, markeredgewidth=0.4,
        markeredgecolor=theme.ground, zorder=3,
    )  # fmt: skip
    return line


def _shift(place: int, names: Sequence[str]) -> float:
    """From the middle of a depth to the points of one activation, or to the others."""
    return SPREAD * ((place + 0.5) / (len(names) + 1) - 0.5)


def _ends(shown: Sequence[Run], rest: Sequence[Run], score: str) -> Range:
    """Lowest and highest of what is shown: of the rest what is near enough."""
    heights = [_height(run, score) for run in shown]
    reach = OFF * (max(heights) - min(heights))
    low, high = min(heights) - reach, max(heights) + reach
    near = [h for run in rest if low <= (h := _height(run, score)) <= high]
    return min([*heights, *near]), max([*heights, *near])


def _others(
    axes: Axes,
    panel: Panel,
    runs: Sequence[Run],
    score: str,
    ends: Range,
    names: Sequence[str],
) -> Line2D:
    """Points without a name, and how many of them are off the scale."""
    theme = current()
    inside = [run for run in runs if ends[0] <= _height(run, score) <= ends[1]]
    (line,) = axes.plot(
        [panel.blocks.index(r.block) + _shift(len(names), names) for r in inside],
        [_height(run, score) for run in inside],
        color=theme.ink, marker="_", markersize=5, markeredgewidth=0.7, alpha=0.6,
        linestyle="none", zorder=2, label=REST,
    )  # fmt: skip
    off = Counter(
        (panel.blocks.index(run.block), _height(run, score) > ends[1])
        for run in runs
        if run not in inside
    )
    for (place, is_higher), count in off.items():
        word, arrow = ("higher", "↑") if is_higher else ("lower", "↓")
        axes.text(
            place, is_higher, f"{arrow} {count} {word}", ha="center",
            va="top" if is_higher else "bottom", fontsize=SMALL - 0.5,
            transform=axes.get_xaxis_transform(),
        )  # fmt: skip
    return line
