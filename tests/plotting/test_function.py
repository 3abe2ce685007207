from __future__ import annotations

import numpy as np
import pytest

from mila_analysis import catalog
from mila_analysis.plotting import plot


def curves(figure):
    return [line for line in figure.axes[0].lines if len(line.get_xdata()) > 2]


def notes(figure):
    return [t.get_text() for t in figure.axes[0].texts]


def test_one_activation_is_one_curve_with_its_minimum(mila):
    figure = plot(mila.bind(beta="-0.25"))
    [axes] = figure.axes
    [line] = curves(figure)
    assert axes.get_xlim() == (-5, 5)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("$x$", "$f(x)$")
    assert line.get_ydata()[0] == pytest.approx(-0.02610, abs=1e-4)
    assert notes(figure) == ["$({-1.15}, {-0.249})$"]
    assert [t.get_text() for t in figure.texts] == [r"Mila ($\beta = -0.25$)"]


def test_limits_hold_the_curve_and_the_note(mila):
    figure = plot(mila)
    [axes], [line] = figure.axes, curves(figure)
    low, high = axes.get_ylim()
    assert low < line.get_ydata().min()
    assert high > line.get_ydata().max()
    [note] = axes.texts
    box, frame = note.get_window_extent(), axes.bbox
    assert frame.x0 <= box.x0 < box.x1 <= frame.x1
    assert frame.y0 <= box.y0 < box.y1 <= frame.y1


def test_relu_has_no_minimum_and_its_slope_a_gap(relu):
    figure = plot(relu, partials=["f_x"])
    f, f_x = curves(figure)
    assert notes(figure) == []
    assert not np.isnan(f.get_ydata()).any()
    assert np.isnan(f_x.get_ydata()).sum() == 1


def test_partials_are_fainter_than_f(mila):
    f, f_x, f_xx = curves(plot(mila, partials=["f_x", "f_xx"]))
    assert f.get_linewidth() > f_x.get_linewidth()
    assert f_x.get_alpha() < f.get_alpha()
    assert len({str(c.get_linestyle()) + c.get_color() for c in (f, f_x, f_xx)}) == 3


def test_several_minima_stand_in_a_table(family):
    figure = plot(family)
    texts = [t.get_text() for t in figure.axes[0].get_legend().get_texts()]
    assert texts == [
        "$({-1.03}, {-0.0486})$",
        "$({-1.19}, {-0.309})$",
        "$({-1.94}, {-1.20})$",
    ]


@pytest.mark.parametrize("betas", [(0,), (-1, 1), (-2, -1, 0, 2), range(-4, 4)])
@pytest.mark.parametrize("partials", [None, ["f_x"]])
def test_no_text_lies_on_a_curve(mila, covered, betas, partials):
    figure = plot([mila.bind(beta=b) for b in betas], partials=partials, dpi=100)
    assert covered(figure) == []


def test_a_comparison_covers_nothing_either(mila, relu, covered):
    others = [catalog.get(name) for name in ("mish", "swish", "tanh", "sigmoid")]
    assert covered(plot([mila, relu, *others], dpi=100)) == []


def test_the_legend_reads_along_rows(mila):
    figure = plot([mila.bind(beta=b) for b in range(5)], size=(2.5, 3))
    figure.draw_without_rendering()
    [legend] = figure.legends
    places = [
        (-round(t.get_window_extent().y0), t.get_window_extent().x0, t.get_text())
        for t in legend.get_texts()
    ]
    assert [text for *_, text in sorted(places)] == [
        rf"$\beta = {b}$" for b in range(5)
    ]


def test_points_are_taken(mila):
    [line] = curves(plot(mila, points=50))
    assert len(line.get_xdata()) == 50
