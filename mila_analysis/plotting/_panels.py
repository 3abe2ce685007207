"""Panels of one figure to rows and columns, and to titles and labels that fit."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from matplotlib.axes import Axes

from mila_analysis.activation import Activation
from mila_analysis.plotting import _style
from mila_analysis.plotting._labels import family_labels

__all__ = ["across", "columns", "label_outer", "rows", "title_height", "titles"]

LETTER = 0.47  # width of a letter, of its height
LINE = 0.145  # inches of a line of a title


def columns(count: int, most: int) -> int:
    """Panels side by side, so that rows are as even as can be."""
    return ceil(count / rows(count, most))


def rows(count: int, most: int) -> int:
    """Panels one above the other, where at most so many stand in a row."""
    return ceil(count / most)


def across(side_by_side: int) -> float:
    """Inches of paper: one column for one panel, both for three or more."""
    return {1: _style.SINGLE, 2: _style.WIDER}.get(side_by_side, _style.DOUBLE)


def titles(activations: Sequence[Activation], inches: float) -> tuple[str, ...]:
    """What tells each activation from the others, in lines of a panel's width."""
    letters = int(inches * 72 / (LETTER * _style.NORMAL))
    return family_labels(activations, max(8, letters))


def title_height(activations: Sequence[Activation], inches: float) -> float:
    """Inches that the tallest of these titles needs."""
    return LINE * max(t.count("\n") + 1 for t in titles(activations, inches))


def label_outer(axes: Axes, number: int, count: int, columns: int) -> None:
    """Keep the labels of a panel only where no other one is beside or below it."""
    if number % columns:
        axes.set_ylabel("")
        axes.tick_params(labelleft=False)
    if number + columns < count:
        axes.set_xlabel("")
        axes.tick_params(labelbottom=False)
