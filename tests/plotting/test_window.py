from __future__ import annotations

import pytest
from matplotlib import pyplot as plt

from mila_analysis.errors import UnsupportedError
from mila_analysis.plotting import plot, show


def test_no_display_is_said_and_no_figure_is_left(mila):
    figure = plot(mila, dpi=50)
    with pytest.raises(UnsupportedError, match="display"):
        show(figure)
    assert plt.get_fignums() == []


def test_a_window_shows_the_figure(mila, monkeypatch):
    shown = []
    monkeypatch.setattr(
        "matplotlib.backends.backend_agg.FigureCanvasAgg.required_interactive_framework",
        "test",
    )
    monkeypatch.setattr(
        plt, "show", lambda **_: shown.append(plt.get_current_fig_manager().canvas)
    )
    figure = plot(mila, dpi=50)
    show(figure)
    assert shown[0].figure is figure
    plt.close("all")
