"""Figure to a window on the screen: the one place that uses pyplot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mila_analysis.errors import UnsupportedError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["show"]

SCREEN_DPI = 150


def show(figure: Figure) -> None:
    """Open a window with a figure, and wait until it is closed.

    Raises:
        UnsupportedError: there is no display, or no library to open a window with.
    """
    from matplotlib import pyplot as plt

    try:
        manager = plt.figure().canvas.manager
    except Exception as error:
        raise UnsupportedError(f"cannot open a window: {error}") from error
    canvas = manager.canvas if manager else None
    if canvas is None or canvas.required_interactive_framework is None:
        plt.close()
        raise UnsupportedError("cannot open a window: there is no display")
    figure.set_dpi(SCREEN_DPI)
    canvas.figure = figure
    figure.set_canvas(canvas)
    canvas.draw_idle()
    plt.show(block=True)
