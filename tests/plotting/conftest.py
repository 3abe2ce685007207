"""Activations and checks that the tests of all kinds share."""

from __future__ import annotations

import pytest
from matplotlib.figure import Figure

from mila_analysis import catalog


@pytest.fixture
def mila():
    return catalog.get("mila")


@pytest.fixture
def relu():
    return catalog.get("relu")


@pytest.fixture
def family(mila):
    return [mila.bind(beta=b) for b in (-2, 0, 2)]


@pytest.fixture
def covered():
    """Function of a figure: texts of legends and notes that lie on a curve."""

    def check(figure: Figure) -> list[str]:
        figure.draw_without_rendering()
        return [
            name
            for axes in figure.axes
            for name, box in _boxes(figure)
            for line in axes.lines
            if line.get_transform()
            .transform_path(line.get_path())
            .intersects_bbox(box, filled=False)
        ]

    return check


def _boxes(figure: Figure):
    legends = [*figure.legends, *(a.get_legend() for a in figure.axes)]
    for legend in filter(None, legends):
        yield "legend", legend.get_window_extent()
    for axes in figure.axes:
        for note in axes.texts:
            if not getattr(note, "arrow_patch", None):
                yield note.get_text(), note.get_window_extent()
