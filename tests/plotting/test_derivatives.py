from __future__ import annotations

from mila_analysis.plotting import plot

SIX = [
    "$f$",
    r"$\partial f\,/\,\partial x$",
    r"$\partial f\,/\,\partial \beta$",
    r"$\partial^{2} f\,/\,\partial x^{2}$",
    r"$\partial^{2} f\,/\,\partial x\,\partial \beta$",
    r"$\partial^{2} f\,/\,\partial \beta^{2}$",
]


def titles(figure):
    return [axes.get_title() for axes in figure.axes]


def drawn(axes):
    return [line for line in axes.lines if len(line.get_xdata()) > 2]


def test_six_panels_for_one_parameter(mila):
    figure = plot(mila, "derivatives")
    assert titles(figure) == SIX
    assert [len(drawn(axes)) for axes in figure.axes] == [1] * 6


def test_three_panels_without_parameters(relu):
    assert titles(plot(relu, "derivatives")) == [SIX[0], SIX[1], SIX[3]]


def test_several_activations_share_what_they_all_have(mila, relu, covered):
    figure = plot([mila, relu], "derivatives", dpi=100)
    assert titles(figure) == [SIX[0], SIX[1], SIX[3]]
    assert [len(drawn(axes)) for axes in figure.axes] == [2] * 3
    assert covered(figure) == []


def test_chosen_partials_share_one_panel(mila, covered):
    figure = plot(mila, "derivatives", partials=["f_x", "f_beta"], dpi=100)
    [axes], [legend] = figure.axes, figure.legends
    assert [t.get_text() for t in legend.get_texts()] == SIX[1:3]
    assert len({line.get_linestyle() for line in drawn(axes)}) == 2
    assert covered(figure) == []


def test_higher_orders_can_be_chosen(mila):
    [axes] = plot(mila, "derivatives", partials=["f_xxx"]).axes
    assert axes.get_title() == r"$\partial^{3} f\,/\,\partial x^{3}$"
