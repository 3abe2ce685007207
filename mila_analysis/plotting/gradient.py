"""Activations to arrows of their gradient, in x and a parameter, over levels of f."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.quiver import Quiver

from mila_analysis.activation import Activation, swept_parameter
from mila_analysis.partials import Partial
from mila_analysis.plotting import _style
from mila_analysis.plotting._axes import header, settle
from mila_analysis.plotting._curves import Floats
from mila_analysis.plotting._fields import Field, Plane, plane, sample_field
from mila_analysis.plotting._labels import fixed_label, short
from mila_analysis.plotting._levels import bar, dress_plane, fill, outline
from mila_analysis.plotting.kinds import Range
from mila_analysis.plotting.request import Request

ARROWS = 17  # a side
LONGEST = 1.7  # cells between arrows
SHAFT = 0.0085  # inches
KEY = 9.0  # pixels of the layout, above the axes
SHORTEST = 0.004  # of the longest gradient; less is a dot that points nowhere


@dataclass(frozen=True, eq=False, slots=True)
class GradientData:
    """A field of f an activation, and both components of its gradient at points."""

    fields: tuple[Field, ...]
    arrows: tuple[tuple[Field, Field], ...]


def compute(request: Request) -> GradientData:
    """Sample f on a fine grid and its gradient on a coarse one."""
    fields, arrows = [], []
    for activation in request.activations:
        swept = swept_parameter(activation, request.parameter).name
        ends = request.x, request.sweep or request.x
        fields.append(
            sample_field(activation, Partial(), plane(swept, *ends, request.points))
        )
        arrows.append(_gradient(activation, _coarse(swept, *ends)))
    return GradientData(tuple(fields), tuple(arrows))


def _gradient(activation: Activation, on: Plane) -> tuple[Field, Field]:
    return (
        sample_field(activation, Partial(("x",)), on),
        sample_field(activation, Partial((on.parameter,)), on),
    )


def _coarse(parameter: str, x: Range, p: Range) -> Plane:
    """Centres of the cells that both ranges are cut into."""
    edges = plane(parameter, x, p, ARROWS + 1)
    return Plane(parameter, _middles(edges.x), _middles(edges.p))


def _middles(edges: Floats) -> Floats:
    return edges[:-1] / 2 + edges[1:] / 2


def size(data: GradientData) -> Range:
    """One column for one activation, both for two; rows of two for more."""
    if len(data.fields) == 1:
        return _style.SINGLE, 3.35
    return _style.DOUBLE, 0.1 + 3.3 * -(-len(data.fields) // 2)


def draw(figure: Figure, data: GradientData) -> None:
    """A panel an activation, its colour bar beside it, the arrows' scale above it."""
    theme = _style.current()
    columns = min(2, len(data.fields))
    panels = []
    for i, field in enumerate(data.fields):
        axes = figure.add_subplot(-(-len(data.fields) // columns), columns, i + 1)
        filled = fill(axes, field, theme.sheet)
        outline(axes, field, filled, theme.level)
        dress_plane(axes, field)
        axes.set_title(_name(field), loc="left")
        bar(figure, axes, filled, field, "right").ax.set_title("$f$")
        panels.append(axes)
    header(figure, [], [])
    settle(figure)
    for axes, (along_x, along_p) in zip(panels, data.arrows, strict=True):
        _arrows(axes, along_x, along_p)


def _name(field: Field) -> str:
    return fixed_label(field.activation, field.plane.parameter)


def _arrows(axes: Axes, along_x: Field, along_p: Field) -> None:
    """Arrows as long as the root of the gradient, so that small ones are seen too."""
    length = np.hypot(along_x.z, along_p.z)
    largest = float(np.nanmax(length))
    if largest == 0:
        return
    seen = length >= SHORTEST * largest
    root = np.sqrt(length[seen] / largest)
    grid = np.meshgrid(along_x.plane.x, along_x.plane.p)
    drawn = axes.quiver(
        *(axis[seen] for axis in grid),
        *(part.z[seen] / length[seen] * root for part in (along_x, along_p)),
        angles="xy",
        pivot="mid",
        color=_style.current().ink,
        **_in_inches(axes),
    )
    _key(axes, drawn, largest)


def _in_inches(axes: Axes) -> dict[str, Any]:
    """Sizes of arrows that keep to print, whatever the resolution."""
    shorter = min(axes.get_window_extent().size) / axes.get_figure(root=True).dpi
    head = {"headwidth": 4.4, "headlength": 4.8, "headaxislength": 4.3, "minlength": 0}
    scale = ARROWS / (LONGEST * shorter)
    return head | {
        "units": "inches", "width": SHAFT, "scale_units": "inches", "scale": scale,
    }  # fmt: skip


def _key(axes: Axes, drawn: Quiver, largest: float) -> None:
    """An arrow above the axes, of a round gradient that is said beside it."""
    power = 10.0 ** np.floor(np.log10(largest))
    value = power * max(step for step in (1, 2, 5) if step * power <= largest)
    axes.quiverkey(
        drawn,
        0.92,
        1.0 + KEY / axes.get_window_extent().height,
        np.sqrt(value / largest),
        rf"length $\propto\sqrt{{|\nabla f|}}$;   $|\nabla f| = {short(value)}$",
        labelpos="W",
        labelsep=0.16,
        fontproperties={"size": _style.SMALL},
    )
