"""A training run to its confusion matrix: parts of each true class, and counts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, PowerNorm, to_rgb
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from mila_analysis.experiments.results import RunResult
from mila_analysis.plotting._axes import header
from mila_analysis.plotting._runs import paper, subject
from mila_analysis.plotting._style import SMALL, WIDER, current

__all__ = ["confusion"]

FEW = 20  # classes whose counts can be read
NAMED = 40  # classes whose names can
ROOT = 0.5  # of the scale: a mistake of 1 % must be seen beside 99 %
BELOW = 0.5  # inches, that the scale is wider than titles are high
HALF = 0.19  # of luminance, between light and dark


def confusion(result: RunResult, *, style: str = "light", dpi: float = 300) -> Figure:
    """Draw what was predicted of each true class after the last epoch.

    Colours are parts of a row, on a scale of square roots; numbers are counts.

    Args:
        result: the run.
        style: `light` or `dark`.
        dpi: dots an inch, of pixels.
    """
    with paper([result], (WIDER, WIDER - BELOW), style, dpi) as figure:
        axes = figure.subplots()
        counts = np.array(result.confusion)
        image = _cells(axes, _parts(counts))
        _names(axes, result.classes)
        if len(result.classes) <= FEW:
            _numbers(axes, counts, image)
        _bar(figure, axes, image)
        last = result.last
        heading = f"{subject([result])}: validation after epoch {last.number}"
        header(figure, [], [], heading)
    return figure


def _parts(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Percent of each row; a class without examples has none."""
    return 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


def _cells(axes: Axes, parts: npt.NDArray[np.float64]) -> AxesImage:
    theme = current()
    colours = LinearSegmentedColormap.from_list("parts", [theme.ground, theme.accent])
    return axes.imshow(
        parts, cmap=colours, norm=PowerNorm(ROOT, 0, 100), interpolation="nearest"
    )


def _names(axes: Axes, classes: tuple[str, ...]) -> None:
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    if len(classes) > NAMED:
        return
    places = range(len(classes))
    turned = max(map(len, classes)) > 2
    axes.set_xticks(
        places, classes, fontsize=SMALL, rotation=45 if turned else 0,
        ha="right" if turned else "center", rotation_mode="anchor",
    )  # fmt: skip
    axes.set_yticks(places, classes, fontsize=SMALL)
    axes.tick_params(length=0)


def _numbers(axes: Axes, counts: npt.NDArray[np.int64], image: AxesImage) -> None:
    """Counts, in ink or in the colour of the ground, whichever is seen better."""
    theme = current()
    size = SMALL if len(counts) <= 12 else SMALL * 0.75
    shown = image.cmap(image.norm(image.get_array()))
    for (row, column), count in np.ndenumerate(counts):
        if count:
            dark = _luminance(shown[row, column][:3]) < HALF
            inks = sorted(
                (theme.ink, theme.ground), key=lambda c: _luminance(to_rgb(c))
            )
            axes.text(
                column, row, str(count), ha="center", va="center", fontsize=size,
                color=inks[1] if dark else inks[0],
            )  # fmt: skip


def _luminance(colour: tuple[float, float, float]) -> float:
    """Relative luminance of WCAG 2."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour
    ]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def _bar(figure: Figure, axes: Axes, image: AxesImage) -> None:
    bar = figure.colorbar(image, ax=axes, fraction=0.05, pad=0.03)
    bar.set_label("% of the true class")
    bar.set_ticks([0, 1, 5, 20, 50, 100])
    bar.minorticks_off()
    bar.outline.set_linewidth(0.6)
