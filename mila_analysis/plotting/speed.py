"""Results of a benchmark to a figure: time against size, and error against time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mila_analysis.benchmarking.targets import BOTH, FORWARD
from mila_analysis.errors import ParameterError
from mila_analysis.plotting._drawing import LAYOUT_DPI
from mila_analysis.plotting._style import DOUBLE, context
from mila_analysis.plotting.request import check_dpi, check_style
from mila_analysis.plotting.timings import LABELS, draw_timings, ends, lines
from mila_analysis.plotting.tradeoff import draw_tradeoff

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from mila_analysis.benchmarking.results import Results

__all__ = ["speed"]

# Inches: what is left of the axes, above and below them, and from a column to the next.
LEFT, TOP, HEAD, FOOT = 0.44, 0.26, 0.24, 0.46
TALL = {"sizes": 2.7, "accuracy": 2.0}
PARTIALS = {FORWARD: ("f", "$f$"), BOTH: ("f_x", r"$\partial f/\partial x$")}
RIGHT = 0.08  # inches of a column that has no labels beside it


def speed(results: Results, *, style: str = "light", dpi: float = 300) -> Figure:
    """Draw what was measured: a row of panels a part, forward left, both passes right.

    Args:
        results: of `benchmarking.running.run`, or read from their JSON.
        style: `light` or `dark`.
        dpi: dots an inch, of pixels.

    Raises:
        ParameterError: nothing was measured that could be drawn.
    """
    check_style(style)
    rows = [part for part in TALL if _panels(results, part)]
    if not rows:
        raise ParameterError(
            "nothing to draw: neither 'sizes' nor 'accuracy' was measured"
        )
    height = TOP + sum(HEAD + TALL[part] + FOOT for part in rows)
    with context(style):
        figure = Figure(figsize=(DOUBLE, height), dpi=LAYOUT_DPI)
        FigureCanvasAgg(figure)
        _draw(figure, results, rows)
    figure.set_dpi(check_dpi(dpi, (DOUBLE, height)))
    return figure


def _panels(results: Results, part: str) -> list[str]:
    """Passes of which there is a panel."""
    if part == "sizes":
        return [p for p in (FORWARD, BOTH) if lines(results.speeds, p)]
    found = {q.partial for q in results.qualities}
    return [passes for passes, (name, _) in PARTIALS.items() if name in found]


def _draw(figure: Figure, results: Results, rows: list[str]) -> None:
    height = figure.get_figheight()
    figure.text(0.5, 1 - 0.06 / height, _heading(results), ha="center", va="top")
    bottom = height - TOP
    for part in rows:
        bottom -= HEAD + TALL[part]
        for column, passes in enumerate(_panels(results, part)):
            axes = _axes(figure, column, bottom, part)
            (_sizes if part == "sizes" else _accuracy)(axes, results, passes)
            if column:
                axes.set_ylabel("")
        bottom -= FOOT


def _heading(results: Results) -> str:
    return f"{results.label} on {results.machine.processor}"


def _axes(figure: Figure, column: int, bottom: float, part: str) -> Axes:
    width, height = figure.get_size_inches()
    beside = LABELS if part == "sizes" else RIGHT
    wide = width / 2 - LEFT - beside
    box = LEFT + column * width / 2, bottom, wide, TALL[part]
    x, y, w, h = (part / (height if i % 2 else width) for i, part in enumerate(box))
    return figure.add_axes((x, y, w, h))


def _sizes(axes: Axes, results: Results, passes: str) -> None:
    curves = lines(results.speeds, passes)
    every = [c for p in (FORWARD, BOTH) for c in lines(results.speeds, p)]
    one = next(s.setting for s in results.speeds)
    threads = "1 thread" if one.threads == 1 else f"{one.threads} threads"
    title = f"Time of {passes.replace('+', ' + ')} ({one.dtype}, {threads})"
    draw_timings(axes, curves, title, ends(every))
    axes.set_ylabel("ns an element")


def _accuracy(axes: Axes, results: Results, passes: str) -> None:
    name, shown = PARTIALS[passes]
    chosen = [q for q in results.qualities if q.partial == name]
    draw_tradeoff(axes, chosen, f"Worst error of {shown} and time of {passes}")
    axes.set_ylabel("ulp")
