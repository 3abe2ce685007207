from __future__ import annotations

from mila_analysis.plotting import plot


def drawn(axes):
    return [line for line in axes.lines if len(line.get_xdata()) > 2]


def labels(figure):
    [legend] = figure.legends
    return {t.get_text() for t in legend.get_texts()}


def test_the_originals_three_panels(mila, covered):
    figure = plot(mila, "family", dpi=100)
    assert [axes.get_xlim() for axes in figure.axes] == [(-3, 3), (-3, 3), (-10, 10)]
    assert [len(drawn(axes)) for axes in figure.axes] == [4, 8, 4]
    assert {rf"$\beta = {b}$" for b in ("0", "1", "0.5", "-0.25")} < labels(figure)
    assert r"$\partial^{2} f\,/\,\partial x^{2}$" in labels(figure)
    assert covered(figure) == []


def test_orders_differ_by_dash_and_members_by_marker(mila):
    middle = drawn(plot(mila, "family").axes[1])
    assert {line.get_linestyle() for line in middle[::2]} == {"-"}
    assert {line.get_linestyle() for line in middle[1::2]} == {"--"}
    assert len({line.get_marker() for line in middle}) == 4


def test_a_value_of_ones_own_joins_the_originals(mila):
    assert r"$\beta = 0.7$" in labels(plot(mila.bind(beta="0.7"), "family"))


def test_a_sweep_takes_their_place(mila):
    assert r"$\beta = -0.25$" not in labels(plot(mila, "family", sweep=(-2, 2)))


def test_any_activations_will_do(mila, relu):
    figure = plot([mila, relu], "family", x=(0, 6))
    assert [axes.get_xlim() for axes in figure.axes] == [(0, 6), (0, 6), (-7, 13)]
    assert [len(drawn(axes)) for axes in figure.axes] == [2, 4, 2]


def test_one_activation_without_parameters(relu):
    assert [len(drawn(axes)) for axes in plot(relu, "family").axes] == [1, 2, 1]
