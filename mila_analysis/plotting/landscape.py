"""Activations to the output of one random network over the plane of its two inputs.

Five affine maps, 2-16-16-16-16-1, with the activation after the first four: weights
N(0, 2/n) for n inputs of a layer, biases N(0, 1), drawn once from the seed, so that all
panels have the same weights. So narrow, a network of ReLU shows its flat facets; of
wide ones they are too small to be seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.contour import QuadContourSet
from matplotlib.figure import Figure

from mila_analysis.activation import Activation
from mila_analysis.errors import ParameterError
from mila_analysis.partials import Partial
from mila_analysis.plotting import _panels, _style
from mila_analysis.plotting._axes import header
from mila_analysis.plotting._curves import Floats, values
from mila_analysis.plotting._ends import common_ends
from mila_analysis.plotting._fields import Levelled, Plane, plane, round_levels
from mila_analysis.plotting._labels import family_title
from mila_analysis.plotting._levels import bar, beyond, fill, frame, outline
from mila_analysis.plotting._network import WIDTHS, Network, random_network
from mila_analysis.plotting.kinds import Range
from mila_analysis.plotting.request import Request

COLUMNS = 3
LEVELS = 18
BAR = 28.0  # length of the colour bar under one panel, of its width


@dataclass(frozen=True, eq=False, slots=True)
class LandscapeData:
    """Outputs of one network under each activation, over one plane, on one scale."""

    activations: tuple[Activation, ...]
    fields: tuple[Levelled, ...]
    seed: int

    @property
    def columns(self) -> int:
        """Panels side by side."""
        return _panels.columns(len(self.fields), COLUMNS)

    @property
    def rows(self) -> int:
        """Panels one above the other."""
        return _panels.rows(len(self.fields), COLUMNS)

    @property
    def whole(self) -> Levelled:
        """All fields as one, for what they have in common."""
        first = self.fields[0]
        return Levelled(
            first.plane, np.concatenate([f.z for f in self.fields]), first.levels
        )


def compute(request: Request) -> LandscapeData:
    """Draw a network, and take its output at each point under each activation.

    Raises:
        ParameterError: no output is finite.
    """
    network = random_network(request.seed)
    on = plane("x_2", request.x, request.x, request.points)
    outputs = [_output(network, a, on) for a in request.activations]
    finite = [z[np.isfinite(z)] for z in outputs]
    shown = [z for z in finite if z.size]
    if not shown:
        raise ParameterError("nothing to draw: the output is nowhere finite there")
    levels = round_levels(*common_ends(shown), LEVELS)
    fields = tuple(Levelled(on, z, levels) for z in outputs)
    return LandscapeData(request.activations, fields, request.seed)


def _output(network: Network, activation: Activation, on: Plane) -> Floats:
    inputs = np.stack([side.ravel() for side in np.meshgrid(on.x, on.p)])
    found = network.output(values(activation, Partial()), inputs)
    return found.reshape(on.p.size, on.x.size)


def size(data: LandscapeData) -> Range:
    """One column for one panel, both for three in a row; panels about square."""
    width = _panels.across(data.columns)
    side = width / data.columns
    names = _panels.title_height(data.activations, side)
    return width, 0.8 + data.rows * (0.92 * side + names)


def draw(figure: Figure, data: LandscapeData) -> None:
    """A panel an activation, and one colour bar below all of them."""
    ends = beyond(data.whole.z, data.whole.levels[0], data.whole.levels[-1])
    titles = _panels.titles(data.activations, figure.get_figwidth() / data.columns)
    drawn: list[QuadContourSet] = []
    for i, (field, title) in enumerate(zip(data.fields, titles, strict=True)):
        axes = figure.add_subplot(data.rows, data.columns, i + 1)
        frame(axes, field.plane, "x_1", field.plane.parameter)
        _panels.label_outer(axes, i, len(data.fields), data.columns)
        if np.isfinite(field.z).any():
            drawn.append(fill(axes, field, _style.FIELD, ends))
            outline(axes, field, drawn[-1])
            axes.set_title(title)
        else:
            axes.set_title(f"{title} (nowhere finite)")
    _bar(figure, drawn[0], data)
    header(figure, [], [], _heading(data))


def _bar(figure: Figure, filled: QuadContourSet, data: LandscapeData) -> None:
    panels: list[Axes] = list(figure.axes)
    bar(figure, panels, filled, data.whole, "bottom", BAR * data.columns)


def _heading(data: LandscapeData) -> str:
    shape = "-".join(map(str, WIDTHS))
    family = family_title(data.activations) if len(data.activations) > 1 else ""
    what = f"Output of one random network, {shape}, seed {data.seed}"
    return f"{what}: {family}" if family else what
