"""A training run to the paths of the parameters that its activations learned."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from mila_analysis.errors import ParameterError
from mila_analysis.experiments.results import RunResult
from mila_analysis.plotting._axes import header
from mila_analysis.plotting._labels import symbol
from mila_analysis.plotting._runs import paper, subject
from mila_analysis.plotting._style import (
    HAIRLINE,
    THIN,
    WIDER,
    Look,
    current,
    looks,
)

__all__ = ["parameters"]

HEIGHT, PANEL = 0.6, 2.2  # inches
MANY = 8  # lines that can be told apart
Path = tuple[str, list[float]]  # a label, and a value an epoch, from before the first


def parameters(result: RunResult, *, style: str = "light", dpi: float = 300) -> Figure:
    """Draw each learned parameter against the epoch, from its first value on.

    A panel a parameter, a line a layer. Of more than eight layers the hue goes from
    the first to the last, and the legend names some.

    Args:
        result: a run that learned parameters.
        style: `light` or `dark`.
        dpi: dots an inch, of pixels.

    Raises:
        ParameterError: it learned none.
    """
    names = result.config.learnable
    if not result.last.parameters:
        raise ParameterError(
            "nothing to draw: no parameter of an activation is learned"
        )
    size = (WIDER, HEIGHT + PANEL * len(names))
    with paper([result], size, style, dpi) as figure:
        panels = figure.subplots(len(names), 1, sharex=True, squeeze=False)[:, 0]
        handles: list[Line2D] = []
        for axes, name in zip(panels, names, strict=True):
            handles = _panel(axes, _paths(result, name))
            axes.set_ylabel(f"${symbol(result.config.function, name)}$")
        panels[-1].set_xlabel("epoch")
        header(figure, handles, [h.get_label() for h in handles], subject([result]))
    return figure


def _paths(result: RunResult, name: str) -> list[Path]:
    """Path of one parameter in each layer."""
    start = float(result.config.function.values[name])
    return [
        (layer, [start, *(epoch.parameters[key] for epoch in result.epochs)])
        for key in result.last.parameters
        for layer, _, learned in [key.rpartition(".")]
        if learned == name
    ]


def _panel(axes: Axes, paths: Sequence[Path]) -> list[Line2D]:
    """Draw paths, and return the lines that a legend names."""
    faint = current().faint
    axes.axhline(paths[0][1][0], color=faint, linewidth=HAIRLINE, zorder=0.5)
    drawn = [
        axes.plot(
            range(len(values)), values, label=label, color=look.colour,
            linestyle=look.dash, linewidth=look.width,
        )[0]
        for (label, values), look in zip(paths, _looks(len(paths)), strict=True)
    ]  # fmt: skip
    axes.set_xlim(0, max(len(values) for _, values in paths) - 1)
    axes.margins(y=0.08)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    if len(drawn) <= MANY:
        return drawn
    last = len(drawn) - 1
    return [drawn[0], drawn[last // 3], drawn[2 * last // 3], drawn[last]]


def _looks(count: int) -> list[Look]:
    if count <= MANY:
        return [row[0] for row in looks(current(), count)]
    hues = current().many
    last = len(hues) - 1
    return [Look(hues[round(i * last / (count - 1))], width=THIN) for i in range(count)]
