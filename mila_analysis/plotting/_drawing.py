"""Checked request to a figure, whichever the kind: style, paper, ink, layout."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mila_analysis.errors import ParameterError
from mila_analysis.plotting._axes import settle, too_small
from mila_analysis.plotting._style import context
from mila_analysis.plotting.kinds import Range
from mila_analysis.plotting.rendering import render
from mila_analysis.plotting.request import Request

__all__ = ["LAYOUT_DPI", "draw", "sheet"]

LAYOUT_DPI = 100  # layout must not depend on the resolution that is asked for later


class Drawing(Figure):  # type: ignore[misc] # Matplotlib's types are not followed
    """A figure that a notebook shows, though no window knows it."""

    def _repr_svg_(self) -> str:
        return render(self, "svg").decode()


def draw(request: Request, style: str, size: Range | None, title: str) -> Figure:
    """Compute a request, then draw it on a new figure in a style."""
    kind = request.kind.load()
    with context(style):
        data = kind.compute(request)
        with sheet(size or kind.size(data), title) as figure:
            kind.draw(figure, data)
    return figure


@contextmanager
def sheet(size: Range, title: str) -> Iterator[Figure]:
    """A new figure to draw on in the style that is current; settled at the end."""
    figure = Drawing(figsize=size, dpi=LAYOUT_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    with _refused(size, title):
        if title:
            figure.suptitle(title)
        yield figure
        settle(figure)


@contextmanager
def _refused(size: Range, title: str) -> Iterator[None]:
    """Turn what Matplotlib has against a size or a title into our own errors."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "constrained_layout not applied")
        warnings.filterwarnings("error", "Glyph .* missing")
        try:
            yield
        except UserWarning as warning:
            if "Glyph" in str(warning):
                raise ParameterError(f"no font here has all of: {title}") from None
            raise too_small(*size) from None
        except ValueError as error:
            if "Parse" not in str(error):  # the words of Matplotlib's own parser
                raise
            raise ParameterError(f"the title is not mathematics: {title}") from None
