"""Bars of a dataset's classes: lengths, names, numbers that nothing crosses."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from mila_analysis.errors import ParameterError
from mila_analysis.experiments.data import Dataset, Split, load
from mila_analysis.plotting import plot, render


def made(labels, classes, name="mine"):
    """A dataset of black pictures."""
    labels = np.array(labels, dtype=np.int64)
    split = Split(np.zeros((len(labels), 1, 2, 2), np.uint8), labels)
    return Dataset(name, split, split, tuple(classes))


def test_bars_are_as_long_as_classes_are_large():
    data = load("digits")
    figure = plot(data, "classes")
    left, right = figure.axes
    for axes, split in ((left, data.train), (right, data.validation)):
        widths = [bar.get_width() for bar in axes.patches]
        assert widths == [np.sum(split.labels == i) for i in range(10)]
        assert [text.get_text() for text in axes.texts] == list(map(str, widths))
        assert axes.get_xlim()[0] == 0
        assert axes.get_xlim()[1] > max(widths)
        assert axes.get_ylim()[0] > axes.get_ylim()[1]  # the first class is on top
        (share,) = axes.lines
        assert share.get_xdata()[0] == len(split) / 10
    assert [text.get_text() for text in left.get_yticklabels()] == list(data.classes)


@pytest.mark.parametrize("classes", [2, 10, 100])
@pytest.mark.parametrize("largest", [9, 123_456])
def test_texts_stand_apart_and_inside(classes, largest):
    names = [f"class of number {i}" for i in range(classes)]
    figure = plot(made([0] * largest + [1], names), "classes", dpi=100)
    figure.draw_without_rendering()
    whole = figure.bbox
    for axes in figure.axes:
        frame = axes.get_window_extent()
        boxes = [text.get_window_extent() for text in axes.texts]
        assert all(box.x0 >= frame.x1 - 0.5 for box in boxes)
        assert all(box.x1 <= whole.x1 for box in boxes)
        assert all(above.y0 >= below.y1 - 1 for above, below in pairwise(boxes))
    left, right = figure.axes
    assert max(t.get_window_extent().x1 for t in left.texts) < right.bbox.x0
    assert min(t.get_window_extent().x0 for t in left.get_yticklabels()) >= 0


def test_a_dataset_of_ones_own_and_an_empty_class_are_drawn():
    figure = plot(made([0, 0, 2], "abc", name="My clothes"), "classes")
    assert any("My clothes" in text.get_text() for text in figure.texts)
    assert [bar.get_width() for bar in figure.axes[0].patches] == [2, 0, 1]
    assert render(plot(made([], "ab"), "classes"), "svg")


def test_what_does_not_go_together_is_refused(mila):
    data = load("digits")
    with pytest.raises(ParameterError, match="is of a dataset, not of activations"):
        plot(mila, "classes")
    with pytest.raises(ParameterError, match="is of activations, not of a dataset"):
        plot(data, "function")
    for options in (
        {"x": (0, 1)},
        {"points": 9},
        {"partials": ["f"]},
        {"sweep": (0, 1)},
    ):
        with pytest.raises(ParameterError, match="no ranges, partials or points"):
            plot(data, "classes", **options)
    with pytest.raises(ParameterError, match="1 to 1000 classes"):
        plot(made([], []), "classes")
    with pytest.raises(ParameterError, match="too small"):
        plot(data, "classes", size=(1, 1))
