"""Curves of activations and partials to lines, and to the entries of their legend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from mila_analysis.activation import Activation
from mila_analysis.partials import Partial
from mila_analysis.plotting._curves import Curve, curve
from mila_analysis.plotting._labels import (
    family_labels,
    family_title,
    full_label,
    partial_label,
    short_names,
)
from mila_analysis.plotting._naming import beside_curves
from mila_analysis.plotting._style import Dash, Look, current, looks
from mila_analysis.plotting.kinds import Range

__all__ = [
    "Bundle",
    "crowded",
    "draw_lines",
    "entries",
    "heading",
    "name_lines",
    "sample",
]

FEW = 4  # curves
MARKS = 7  # on a line, where it has any
MARKER = {"markersize": 3.4, "markeredgewidth": 0}


@dataclass(frozen=True, eq=False, slots=True)
class Bundle:
    """Curves over one range of x: a row an activation, a column a partial."""

    activations: tuple[Activation, ...]
    partials: tuple[Partial, ...]
    x: Range
    rows: tuple[tuple[Curve, ...], ...]

    @property
    def curves(self) -> tuple[Curve, ...]:
        """All of them, row by row."""
        return tuple(c for row in self.rows for c in row)

    @property
    def looks(self) -> list[list[Look]]:
        """What each curve looks like in the style that is current."""
        return looks(current(), len(self.activations), len(self.partials))


def sample(
    activations: Sequence[Activation],
    partials: Sequence[Partial],
    x: Range,
    points: int | None = None,
) -> Bundle:
    """Sample each partial of each activation over a range of x."""
    rows = tuple(tuple(curve(a, p, x, points) for p in partials) for a in activations)
    return Bundle(tuple(activations), tuple(partials), x, rows)


def draw_lines(
    axes: Axes, bundle: Bundle, looks: Sequence[Sequence[Look]]
) -> list[Line2D]:
    """Draw a bundle, row by row, its markers staggered."""
    return [
        _line(axes, c, look, i / len(bundle.rows))
        for i, (row, marked) in enumerate(zip(bundle.rows, looks, strict=True))
        for c, look in zip(row, marked, strict=True)
    ]


def name_lines(axes: Axes, bundle: Bundle, lines: Sequence[Line2D]) -> None:
    """Names beside the lines, in settled axes, of a bundle that is crowded."""
    if crowded(bundle):
        legend = axes.get_legend()
        avoid = [t.get_window_extent() for t in axes.texts]
        avoid += [legend.get_window_extent()] if legend else []
        beside_curves(axes, lines, short_names(bundle.activations), avoid)


def crowded(bundle: Bundle) -> bool:
    """Whether there are more functions, a curve each, than a legend alone tells."""
    several = len(bundle.activations) > FEW and len(bundle.partials) == 1
    return several and not family_title(bundle.activations)


def _line(axes: Axes, c: Curve, look: Look, stagger: float) -> Line2D:
    step = 1 / MARKS
    (line,) = axes.plot(
        c.x,
        c.y,
        color=look.colour,
        linestyle=look.dash,
        linewidth=look.width,
        alpha=look.alpha,
        marker=look.marker,
        markevery=(step * stagger, step) if look.marker else None,
        **MARKER,
    )
    return line


def heading(activations: Sequence[Activation]) -> str:
    """What all curves have in common, to stand above them."""
    only = len(activations) == 1
    return full_label(activations[0]) if only else family_title(activations)


def entries(
    bundle: Bundle, looks: Sequence[Sequence[Look]] | None = None
) -> tuple[list[Line2D], list[str]]:
    """Handles and labels of a legend that tells the curves of a bundle apart.

    One entry an activation and one a partial; none for what there is one of.
    """
    looks = looks or bundle.looks
    handles: list[Line2D] = []
    labels: list[str] = []
    if len(bundle.activations) > 1:
        handles += [_key(replace(row[0], dash=_own_dash(row))) for row in looks]
        labels += map(_said, family_labels(bundle.activations), bundle.rows)
    if len(bundle.partials) > 1:
        several = len(bundle.activations) > 1
        plain = [Look(current().ink, look.dash) for look in looks[0]]
        handles += [_key(look) for look in (plain if several else looks[0])]
        labels += [partial_label(bundle.activations[0], p) for p in bundle.partials]
    return handles, labels


def _said(label: str, row: Sequence[Curve]) -> str:
    """Label of a row, which says so if there is nothing of it to be seen."""
    seen = any(np.isfinite(c.y).any() for c in row)
    return label if seen else f"{label} (not defined here)"


def _own_dash(row: Sequence[Look]) -> Dash:
    return row[0].dash if len(row) == 1 else "solid"


def _key(look: Look) -> Line2D:
    return Line2D(
        [], [], color=look.colour, linestyle=look.dash, marker=look.marker, **MARKER
    )
