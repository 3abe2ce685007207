"""Activations to an image of standard normal noise beside its images under each f.

`x` is the range of the colours; what is outside has the colour of its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import CenteredNorm, ListedColormap, Normalize
from matplotlib.figure import Figure

from mila_analysis.activation import Activation
from mila_analysis.errors import ParameterError
from mila_analysis.partials import Partial
from mila_analysis.plotting import _panels, _style
from mila_analysis.plotting._axes import header
from mila_analysis.plotting._curves import Floats, values
from mila_analysis.plotting._labels import family_title
from mila_analysis.plotting._levels import beyond
from mila_analysis.plotting.kinds import Range
from mila_analysis.plotting.request import Request

POINTS = 64
COLUMNS = 4
BAR = 20.0  # length of the colour bar under one panel, of its width
SHADES = 1024


@dataclass(frozen=True, eq=False, slots=True)
class NoiseData:
    """Noise, what each activation makes of it, and the ends of the scale of all."""

    activations: tuple[Activation, ...]
    noise: Floats
    images: tuple[Floats, ...]
    ends: Range
    seed: int

    @property
    def columns(self) -> int:
        """Panels side by side."""
        return _panels.columns(len(self.images) + 1, COLUMNS)

    @property
    def rows(self) -> int:
        """Panels one above the other."""
        return _panels.rows(len(self.images) + 1, COLUMNS)


def compute(request: Request) -> NoiseData:
    """Draw noise, and take f of each of its numbers.

    Raises:
        ParameterError: no value is finite.
    """
    side = request.points or POINTS
    noise = np.random.default_rng(request.seed).standard_normal((side, side))
    images = tuple(values(a, Partial())(noise) for a in request.activations)
    if not any(np.isfinite(image).any() for image in images):
        raise ParameterError("nothing to draw: no value is finite")
    return NoiseData(request.activations, noise, images, request.x, request.seed)


def size(data: NoiseData) -> Range:
    """A column and a half for two panels, both columns for more; about square."""
    width = _panels.across(data.columns)
    side = width / data.columns
    names = _panels.title_height(data.activations, side)
    return width, 0.55 + data.rows * (side + names)


def draw(figure: Figure, data: NoiseData) -> None:
    """A panel an image, on one scale of colours, in which the sign turns the hue."""
    colours = _colours(data.ends)
    for i, (image, title) in enumerate(_titled(data, figure.get_figwidth())):
        axes = figure.add_subplot(data.rows, data.columns, i + 1)
        axes.imshow(
            image,
            cmap=colours.cmap,
            norm=colours.norm,
            interpolation="nearest",
            aspect="auto",
        )
        _frame(axes, title)
    every = np.stack([data.noise, *data.images])
    figure.colorbar(
        colours,
        ax=list(figure.axes),
        location="bottom",
        pad=0.02,
        aspect=BAR * data.columns,
        extend=beyond(every, *data.ends),
    ).outline.set_linewidth(_style.HAIRLINE)
    header(figure, [], [], _heading(data))


def _titled(data: NoiseData, width: float) -> Iterator[tuple[Floats, str]]:
    yield data.noise, "noise $x$"
    titles = _panels.titles(data.activations, width / data.columns)
    yield from zip(data.images, titles, strict=True)


def _frame(axes: Axes, title: str) -> None:
    axes.set_title(title)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(True)


def _colours(ends: Range) -> ScalarMappable:
    """Colours from one end to the other; those of a field, the middle one at zero."""
    centred = CenteredNorm(0, max(map(abs, ends)))
    shades = _style.colormap(_style.FIELD)(centred(np.linspace(*ends, SHADES)))
    shown = ListedColormap(shades).with_extremes(bad=_style.current().faint)
    return ScalarMappable(Normalize(*ends), shown)


def _heading(data: NoiseData) -> str:
    family = family_title(data.activations) if len(data.activations) > 1 else ""
    what = f"Standard normal noise, seed {data.seed}, and $f(x)$"
    undefined = any(np.isnan(image).any() for image in data.images)
    what += ", grey where $f$ is not defined" if undefined else ""
    return f"{what}: {family}" if family else what
