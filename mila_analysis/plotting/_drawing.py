"""Checked request to a figure, whichever the kind: style, paper, ink, layout."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mila_analysis.errors import ParameterError
from mila_analysis.plotting._axes import settle
from mila_analysis.plotting._style import context
from mila_analysis.plotting.kinds import Range
from mila_analysis.plotting.request import Request

__all__ = ["LAYOUT_DPI", "draw"]

LAYOUT_DPI = 100  # layout must not depend on the resolution that is asked for later


def draw(request: Request, style: str, size: Range | None, title: str) -> Figure:
    """Compute a request, then draw it on a new figure in a style."""
    kind = request.kind.load()
    with context(style):
        data = kind.compute(request)
        chosen = size or kind.size(data)
        figure = Figure(figsize=chosen, dpi=LAYOUT_DPI, layout="constrained")
        FigureCanvasAgg(figure)
        if title:
            figure.suptitle(title)
        with _room(chosen):
            kind.draw(figure, data)
            settle(figure)
    return figure


@contextmanager
def _room(size: Range) -> Iterator[None]:
    """Turn Matplotlib's warning that nothing is left for axes into an error."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "constrained_layout not applied")
        try:
            yield
        except UserWarning:
            raise ParameterError(
                f"{size[0]:g} by {size[1]:g} inches is too small for this figure"
            ) from None
