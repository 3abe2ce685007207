"""Activations to histograms of standard normal noise and of f of it, with moments.

Heights are densities with respect to all samples: an area is a share of them. A bin
that is higher than the frame says how much it holds. Below each name stand the mean
and the standard deviation of the samples before and after f, and those of f(X) as
`analysis` proves them for a standard normal X; a dash where it does not. `x` is the
range that is shown; moments are of all samples that have a value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from mila_analysis.activation import Activation
from mila_analysis.errors import ParameterError
from mila_analysis.partials import Partial
from mila_analysis.plotting import _panels, _style
from mila_analysis.plotting._axes import header
from mila_analysis.plotting._curves import Floats, values
from mila_analysis.plotting._labels import family_title
from mila_analysis.plotting._moments import Moments, proven, sampled
from mila_analysis.plotting.kinds import Range
from mila_analysis.plotting.request import Request

SAMPLES = 100_000
BINS = 80
COLUMNS = 3
TALLEST = 3.0  # times the noise's highest bin that the frame reaches at most
ROOM = 1.06  # above the highest bin
LINES, LINE = 4, 1.15 * _style.SMALL  # of moments above each panel, in points
PLACES, EXACT_PLACES = 3, 4  # decimals of sampled and of proven moments
FILL = 0.45  # opacity
NOTE = 0.33  # of the width of a panel, that a note may need


@dataclass(frozen=True, eq=False, slots=True)
class Histogram:
    """Density of samples in bins, and their moments."""

    density: Floats
    moments: Moments


@dataclass(frozen=True, eq=False, slots=True)
class Image:
    """What an activation makes of the noise.

    Attributes:
        activation: that makes it.
        samples: of its values.
        exact: their moments as they are proved, if they are.
        whole: whether every sample has a value.
    """

    activation: Activation
    samples: Histogram
    exact: Moments | None
    whole: bool


@dataclass(frozen=True, eq=False, slots=True)
class HistogramData:
    """Histograms over the same bins."""

    edges: Floats
    noise: Histogram
    images: tuple[Image, ...]
    samples: int
    seed: int

    @property
    def columns(self) -> int:
        """Panels side by side."""
        return _panels.columns(len(self.images), COLUMNS)

    @property
    def rows(self) -> int:
        """Panels one above the other."""
        return _panels.rows(len(self.images), COLUMNS)

    @property
    def top(self) -> float:
        """Height of the frame: of the highest bin, unless it flattens the noise."""
        highest = max(float(i.samples.density.max()) for i in self.images)
        noise = float(self.noise.density.max())
        most = TALLEST * noise if noise else highest
        return ROOM * min(max(highest, noise), most)


def compute(request: Request) -> HistogramData:
    """Draw noise, and take f of each of its numbers.

    Raises:
        ParameterError: no value is finite, or none is in the range of x.
    """
    count = request.points or SAMPLES
    edges = np.linspace(*request.x, BINS + 1)
    x = np.random.default_rng(request.seed).standard_normal(count)
    images = tuple(_image(a, x, edges) for a in request.activations)
    if all(np.isnan(i.samples.moments.mean) for i in images):
        raise ParameterError("nothing to draw: no value is finite")
    noise = _histogram(x, edges)
    if not any(h.density.any() for h in (noise, *(i.samples for i in images))):
        raise ParameterError("nothing to draw: no value is in the range of x")
    return HistogramData(edges, noise, images, count, request.seed)


def _image(activation: Activation, x: Floats, edges: Floats) -> Image:
    y = values(activation, Partial())(x)
    whole = bool(np.isfinite(y).all())
    return Image(activation, _histogram(y, edges), proven(activation), whole)


def _histogram(y: Floats, edges: Floats) -> Histogram:
    counts, _ = np.histogram(y[np.isfinite(y)], edges)
    return Histogram(counts / (y.size * np.diff(edges)), sampled(y))


def size(data: HistogramData) -> Range:
    """One column for one panel, both for three in a row."""
    width = _panels.across(data.columns)
    side = width / data.columns
    names = _panels.title_height([i.activation for i in data.images], side)
    return width, 0.6 + data.rows * (0.75 * side + 0.45 + names)


def draw(figure: Figure, data: HistogramData) -> None:
    """A panel an activation: its histogram over the outline of the noise."""
    titles = _panels.titles(
        [i.activation for i in data.images], figure.get_figwidth() / data.columns
    )
    first: Axes | None = None
    for i, (image, title) in enumerate(zip(data.images, titles, strict=True)):
        axes = figure.add_subplot(
            data.rows, data.columns, i + 1, sharex=first, sharey=first
        )
        first = first or axes
        _dress(axes, data)
        _panels.label_outer(axes, i, len(data.images), data.columns)
        _bars(axes, data, image)
        _table(axes, data.noise, image)
        axes.set_title(title, pad=6 + LINES * LINE)
    header(figure, *_entries(), _heading(data))


def _bars(axes: Axes, data: HistogramData, image: Image) -> None:
    theme = _style.current()
    axes.stairs(
        image.samples.density, data.edges, fill=True, color=theme.accent, alpha=FILL
    )
    axes.stairs(data.noise.density, data.edges, color=theme.ink, linewidth=_style.THIN)
    known = image.exact or image.samples.moments
    dash = _style.DASHES[1]
    axes.axvline(known.mean, color=theme.accent, linestyle=dash, linewidth=_style.THIN)
    for low, high in _cut(image.samples.density, data.top):
        held = float((image.samples.density * np.diff(data.edges))[low:high].sum())
        bins = "one bin" if high - low == 1 else f"{high - low} bins"
        text = f"{held:.0%} in {bins}".replace("%", " %")
        _note(axes, (data.edges[low], data.edges[high]), known.mean, text)


def _cut(density: Floats, top: float) -> Iterator[tuple[int, int]]:
    """First and last bin, plus one, of each run of bins that are above the frame."""
    steps = np.diff(np.concatenate([[False], density > top, [False]]).astype(int))
    yield from zip(np.flatnonzero(steps > 0), np.flatnonzero(steps < 0), strict=True)


def _note(axes: Axes, run: Range, mean: float, text: str) -> None:
    """Text beside a run of bins, away from the mean unless there is no room."""
    (low, high), (first, last) = run, axes.get_xlim()
    free = (low - first) / (last - first), (last - high) / (last - first)
    right = free[1] > NOTE if mean <= (low + high) / 2 else free[0] <= NOTE
    axes.annotate(
        text,
        (high if right else low, 1),
        xycoords=axes.get_xaxis_transform(),
        xytext=(3 if right else -3, -1),
        textcoords="offset points",
        ha="left" if right else "right",
        va="top",
        fontsize=_style.SMALL,
    )


def _table(axes: Axes, noise: Histogram, image: Image) -> None:
    """Three columns of small text between the name and the frame."""
    exact = image.exact.digits(EXACT_PLACES) if image.exact else ("\N{EM DASH}",) * 2
    rows = (
        ("", "mean", "s.d."),
        ("input, sampled", *noise.moments.digits(PLACES)),
        (
            f"output, {'sampled' if image.whole else 'where defined'}",
            *image.samples.moments.digits(PLACES),
        ),
        ("output, exact", *exact),
    )
    for up, row in enumerate(reversed(rows)):
        for place, cell in zip((0.0, 0.74, 1.0), row, strict=True):
            axes.annotate(
                cell,
                (place, 1),
                xycoords="axes fraction",
                xytext=(0, 4 + up * LINE),
                textcoords="offset points",
                ha="right" if place else "left",
                va="baseline",
                fontsize=_style.SMALL,
            )


def _dress(axes: Axes, data: HistogramData) -> None:
    axes.set(xlim=(data.edges[0], data.edges[-1]), ylim=(0, data.top))
    axes.set(xlabel="$x$ and $f(x)$", ylabel="density")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))


def _entries() -> tuple[list[Patch | Line2D], list[str]]:
    theme = _style.current()
    dash = {"color": theme.accent, "linestyle": _style.DASHES[1]}
    handles = [
        Line2D([], [], color=theme.ink, linewidth=_style.THIN),
        Patch(facecolor=theme.accent, alpha=FILL),
        Line2D([], [], linewidth=_style.THIN, **dash),
    ]
    return handles, ["input $x$", "output $f(x)$", "mean of $f(x)$"]


def _heading(data: HistogramData) -> str:
    activations = [i.activation for i in data.images]
    family = family_title(activations) if len(activations) > 1 else ""
    count = f"{data.samples:,}".replace(",", "\N{THIN SPACE}")
    what = f"{count} samples of a standard normal, seed {data.seed}"
    return f"{family}: {what}" if family else what
