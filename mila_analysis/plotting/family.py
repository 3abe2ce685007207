"""Activations to the original's three panels: f, its x-derivatives, and further out."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from matplotlib.figure import Figure

from mila_analysis.activation import Activation, Parameter, swept_parameter
from mila_analysis.errors import ParameterError
from mila_analysis.partials import Partial
from mila_analysis.plotting import _style
from mila_analysis.plotting._axes import dress, header
from mila_analysis.plotting._labels import partial_label
from mila_analysis.plotting._lines import Bundle, draw_lines, entries, heading, sample
from mila_analysis.plotting.kinds import Range
from mila_analysis.plotting.request import Request

VALUES = (Fraction(-1, 4), Fraction(0), Fraction(1, 2), Fraction(1))
WIDER = 10 / 3  # the last panel reaches over [-10, 10] where the first show [-3, 3]
F, F_X, F_XX = Partial(), Partial(("x",)), Partial(("x", "x"))


@dataclass(frozen=True, eq=False, slots=True)
class FamilyData:
    """Bundles of f; of the first and second x-derivative; of the first, further out."""

    panels: tuple[Bundle, Bundle, Bundle]


def compute(request: Request) -> FamilyData:
    """Sample a family; one activation with a parameter is made one."""
    family = members(request)
    wide = _wider(request.x)

    def bundle(x: Range, *partials: Partial) -> Bundle:
        return sample(family, partials, x, request.points)

    near = bundle(request.x, F), bundle(request.x, F_X, F_XX)
    return FamilyData((*near, bundle(wide, F_X)))


def members(request: Request) -> tuple[Activation, ...]:
    """The activations given; of a single one, those with the original's values too."""
    first, *others = request.activations
    if others or not first.parameters:
        return request.activations
    swept = swept_parameter(first, request.parameter)
    every = sorted({*VALUES, swept.value})
    return tuple(first.bind(**{swept.name: v}) for v in every if _allowed(swept, v))


def _allowed(swept: Parameter, value: Fraction) -> bool:
    try:
        swept.bind(value)
    except ParameterError:
        return False
    return True


def _wider(x: Range) -> Range:
    middle, half = x[0] / 2 + x[1] / 2, (x[1] / 2 - x[0] / 2) * WIDER
    return middle - half, middle + half


def size(data: FamilyData) -> Range:
    """Both columns wide."""
    return _style.DOUBLE, 2.45 if len(data.panels[0].activations) == 1 else 2.6


def draw(figure: Figure, data: FamilyData) -> None:
    """Three panels side by side, and one legend: hue a member, dash an order."""
    looks = data.panels[1].looks
    for i, bundle in enumerate(data.panels):
        axes = figure.add_subplot(1, 3, i + 1)
        draw_lines(axes, bundle, [row[: len(bundle.partials)] for row in looks])
        dress(axes, bundle.x, bundle.curves)
        first = bundle.activations[0]
        axes.set_title(",  ".join(partial_label(first, p) for p in bundle.partials))
    header(figure, *entries(data.panels[1]), heading(data.panels[1].activations))
