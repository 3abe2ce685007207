"""Activations to levels of f and of its partials over x and a parameter."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.contour import QuadContourSet
from matplotlib.figure import Figure

from mila_analysis.activation import Activation, swept_parameter
from mila_analysis.partials import Partial
from mila_analysis.plotting import _style
from mila_analysis.plotting._axes import header, settle
from mila_analysis.plotting._fields import Field, plane, sample_field
from mila_analysis.plotting._labels import fixed_label, partial_label
from mila_analysis.plotting._level_labels import label
from mila_analysis.plotting._levels import bar, dress_plane, fill, outline
from mila_analysis.plotting.kinds import Range
from mila_analysis.plotting.request import Request

COLUMNS = 3


@dataclass(frozen=True, eq=False, slots=True)
class ContourData:
    """One row of fields an activation, one field a partial."""

    rows: tuple[tuple[Field, ...], ...]

    @property
    def fields(self) -> tuple[Field, ...]:
        """All of them, row by row."""
        return tuple(field for row in self.rows for field in row)

    @property
    def columns(self) -> int:
        """Panels side by side."""
        return min(COLUMNS, len(self.rows[0]))


def compute(request: Request) -> ContourData:
    """Sample the partials chosen, or f and its first ones, of each activation."""
    return ContourData(tuple(_fields(a, request) for a in request.activations))


def _fields(activation: Activation, request: Request) -> tuple[Field, ...]:
    swept = swept_parameter(activation, request.parameter).name
    on = plane(swept, request.x, request.sweep or request.x, request.points)
    default = (Partial(), Partial(("x",)), Partial((swept,)))
    chosen = request.chosen(activation) or default
    return tuple(sample_field(activation, partial, on) for partial in chosen)


def size(data: ContourData) -> Range:
    """One column for one panel, both for three in a row."""
    rows = -(-len(data.rows[0]) // data.columns) * len(data.rows)
    width = {1: _style.SINGLE, 2: _style.WIDER}.get(data.columns, _style.DOUBLE)
    return width, 0.25 + rows * (width / data.columns + 0.45)


def draw(figure: Figure, data: ContourData) -> None:
    """A panel a field, named above it, with a colour bar of its own below it."""
    several = len(data.rows) > 1
    down = -(-len(data.rows[0]) // data.columns)
    drawn = []
    for i, row in enumerate(data.rows):
        for j, field in enumerate(row):
            place = i * down * data.columns + j + 1
            axes = figure.add_subplot(down * len(data.rows), data.columns, place)
            drawn.append((axes, _panel(figure, axes, field)))
            axes.set_title(_title(field, several=several))
    header(figure, [], [], "" if several else _name(data.fields[0]))
    settle(figure)
    for axes, lines in drawn:
        label(axes, lines)


def _panel(figure: Figure, axes: Axes, field: Field) -> QuadContourSet | None:
    filled = fill(axes, field, _style.FIELD)
    dress_plane(axes, field)
    bar(figure, axes, filled, field, "bottom")
    return outline(axes, field, filled)


def _name(field: Field) -> str:
    return fixed_label(field.activation, field.plane.parameter)


def _title(field: Field, *, several: bool) -> str:
    label = partial_label(field.activation, field.partial)
    return f"{_name(field)}:  {label}" if several else label
