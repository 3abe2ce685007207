"""Activations to f and its partials: a panel a partial, or chosen ones in one."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.figure import Figure

from mila_analysis.activation import Activation
from mila_analysis.partials import Partial, up_to
from mila_analysis.plotting import _style
from mila_analysis.plotting._axes import dress, header, settle
from mila_analysis.plotting._labels import partial_label
from mila_analysis.plotting._lines import (
    Bundle,
    crowded,
    draw_lines,
    entries,
    heading,
    name_lines,
    sample,
)
from mila_analysis.plotting.kinds import Range
from mila_analysis.plotting.request import Request

COLUMNS = 3
ORDER = 2


@dataclass(frozen=True, eq=False, slots=True)
class DerivativesData:
    """A bundle of curves a panel."""

    panels: tuple[Bundle, ...]


def compute(request: Request) -> DerivativesData:
    """Sample all partials to the second order, one a panel, or the chosen in one."""
    chosen = request.chosen(request.activations[0])
    groups = (chosen,) if chosen else tuple((p,) for p in shared(request.activations))
    return DerivativesData(
        tuple(sample(request.activations, g, request.x, request.points) for g in groups)
    )


def shared(activations: tuple[Activation, ...]) -> tuple[Partial, ...]:
    """Partials to the second order that all activations have."""
    first = activations[0].variables
    common = [v for v in first if all(v in a.variables for a in activations)]
    return up_to(ORDER, common)


def size(data: DerivativesData) -> Range:
    """One column for one panel; both, and a row for each three, for more."""
    if len(data.panels) == 1:
        wide = crowded(data.panels[0])
        return (_style.WIDER, 3.6) if wide else (_style.SINGLE, 2.75)
    rows = -(-len(data.panels) // COLUMNS)
    return _style.DOUBLE, 0.35 + 1.65 * rows


def draw(figure: Figure, data: DerivativesData) -> None:
    """Panels in reading order, each named above; one legend for all."""
    columns = min(COLUMNS, len(data.panels))
    rows = -(-len(data.panels) // columns)
    for i, bundle in enumerate(data.panels):
        axes = figure.add_subplot(rows, columns, i + 1)
        lines = draw_lines(axes, bundle, bundle.looks)
        dress(axes, bundle.x, bundle.curves)
        if len(bundle.partials) == 1:
            axes.set_title(partial_label(bundle.activations[0], bundle.partials[0]))
        if i + columns < len(data.panels):
            axes.set_xlabel("")
    first = data.panels[0]
    header(figure, *entries(first), heading(first.activations))
    if len(data.panels) == 1:
        settle(figure)
        name_lines(axes, first, lines)
