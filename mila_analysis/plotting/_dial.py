"""Values of a parameter to a scale below a film, with a pointer and a still number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from matplotlib.axes import Axes
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator

from mila_analysis.activation import Activation
from mila_analysis.plotting._labels import number, symbol
from mila_analysis.plotting._style import NORMAL, current

__all__ = ["Dial", "figures"]

POINTER = 6.5  # points
LARGE = NORMAL + 2
MOST = 5  # figures before or behind the point; with more a number has an exponent


class Dial:
    """Axes of one line: a parameter's range, and where in it a film is.

    The number stands still and its digits below each other, whatever its sign.
    """

    def __init__(
        self,
        axes: Axes,
        activation: Activation,
        parameter: str,
        values: Sequence[Fraction],
    ) -> None:
        self.axes = axes
        self.places = figures(values)
        self.name = symbol(activation, parameter)
        ends = float(min(values)), float(max(values))
        axes.set_xlim(*ends)
        axes.set_ylim(0, 1)
        axes.yaxis.set_visible(False)
        axes.spines["left"].set_visible(False)
        axes.patch.set_visible(False)
        axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
        widest = max((self.said(v) for v in (values[0], values[-1])), key=len)
        axes.set_xlabel(f"${self.name} = {widest}$", fontsize=LARGE, labelpad=1)
        (self.pointer,) = axes.plot(
            ends, (0, 0), color=current().ink, linestyle="none", marker="o",
            markersize=POINTER, markeredgecolor=current().ground, markeredgewidth=0.9,
            clip_on=False,
        )  # fmt: skip
        self.number: Text = axes.xaxis.label

    def settle(self) -> None:
        """Put name and number where the label stands, in axes that are placed."""
        label = self.axes.xaxis.label
        box = label.get_window_extent()
        label.set_visible(False)
        name = self._text(box.x0, box.y0, f"${self.name} =$", "left")
        depth = box.y0 - name.get_window_extent().y0  # of β, below the line
        name.remove()
        self._text(box.x0, box.y0 + depth, f"${self.name} =$", "left")
        self.number = self._text(box.x1, box.y0 + depth, "", "right")

    def _text(self, x: float, y: float, text: str, side: str) -> Text:
        figure = self.axes.get_figure(root=True)
        x, y = figure.transFigure.inverted().transform((x, y))
        return figure.text(x, y, text, ha=side, va="baseline", fontsize=LARGE)

    def turn(self, value: Fraction) -> None:
        """Point at a value, and say it."""
        self.pointer.set_data([float(value)], [0])
        self.number.set_text(f"${self.said(value)}$")

    def said(self, value: Fraction) -> str:
        """A value as mathematics, to as many figures as all others."""
        if self.places is None:
            return number(float(value), 4)
        rounded = round(value, self.places)  # of -0.04 no minus is left
        return f"{{{float(rounded):.{self.places}f}}}"


def figures(values: Sequence[Fraction]) -> int | None:
    """Figures behind the point that tell evenly spaced values apart.

    They say all values exactly if a few do, or else both ends.
    `None` where there would be too many.
    """
    ends = values[0], values[-1]
    step = abs(ends[1] - ends[0]) / (len(values) - 1)
    least = max(0, math.ceil(-math.log10(step)))
    exact = [
        places
        for told in (values, ends)
        for places in (least, least + 1, least + 2)
        if all((value * 10**places).denominator == 1 for value in told)
    ]
    found = [*exact, least][0]
    return found if found <= MOST and max(map(abs, ends)) < 10**MOST else None
