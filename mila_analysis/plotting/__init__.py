"""Activations and a kind of figure to a figure, and a figure to bytes or a window.

Importing this package imports neither Matplotlib nor NumPy; drawing does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from mila_analysis.activation import Activation, Number
from mila_analysis.experiments.data import Dataset
from mila_analysis.plotting.animating import FILMS, Film, animate, film_format
from mila_analysis.plotting.kinds import KINDS, Kind, get
from mila_analysis.plotting.rendering import FORMATS, render
from mila_analysis.plotting.request import (
    STYLES,
    check,
    check_dpi,
    check_size,
    check_style,
)
from mila_analysis.plotting.window import show

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "FILMS",
    "FORMATS",
    "KINDS",
    "STYLES",
    "Film",
    "Kind",
    "animate",
    "film_format",
    "plot",
    "render",
    "show",
]


def plot(
    activations: Activation | Iterable[Activation] | Dataset,
    kind: str = "function",
    *,
    x: Sequence[Number] | None = None,
    sweep: Sequence[Number] | None = None,
    parameter: str | None = None,
    partials: Sequence[str] | None = None,
    title: str | None = None,
    size: Sequence[float] | None = None,
    dpi: float = 300,
    style: str = "light",
    points: int | None = None,
    seed: int | None = None,
) -> Figure:
    """Draw a figure of one or several activations, or of a dataset.

    Args:
        activations: one, or up to eight in one figure: a family, a comparison; up
            nine in a `landscape` or `histogram`; to 64 in a `grid`; for `classes` a
            dataset of `experiments.data.load`.
        kind: `function`, `derivatives`, `family`, `contour`, `gradient`,
            `features`, `grid`, `landscape`, `noise`, `histogram` or `classes`.
        x: both ends of the range of x.
        sweep: both ends of the range of a parameter: an axis of `contour`,
            `gradient` and `features`, a family of five values in the other kinds.
        parameter: name of the parameter that is swept; the first unless given.
        partials: names such as `f_x`; which ones a kind shows unless given, its
            own module says.
        title: a heading above the figure.
        size: width and height in inches.
        dpi: dots an inch, of pixels.
        style: `light` or `dark`.
        points: samples along a line, or along each side of a field; random ones in a
            `histogram`.
        seed: of the random numbers of `landscape`, `noise` and `histogram`; 0 unless
            given.

    Returns:
        A figure that no window knows; `render` makes bytes of it, `show` a window.

    Raises:
        UnknownNameError: no such kind.
        ParameterError: an option that cannot be; one line says which and why.
        PartialError: a partial that an activation does not have.
    """
    request = check(
        get(kind), activations, x, sweep, parameter, partials, points, seed=seed
    )
    chosen = None if size is None else check_size(size)
    check_style(style)
    check_dpi(dpi, chosen or (1, 1))
    from mila_analysis.plotting._drawing import draw

    figure = draw(request, style, chosen, title or "")
    figure.set_dpi(check_dpi(dpi, tuple(figure.get_size_inches())))
    return figure
