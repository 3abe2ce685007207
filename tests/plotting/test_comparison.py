"""Several different functions in one figure: told apart, named, none flattened."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mila_analysis import catalog
from mila_analysis.catalog import define, get, resolve
from mila_analysis.plotting import plot, render
from mila_analysis.plotting._ends import common_ends
from mila_analysis.plotting._labels import name, short_names

EIGHT = (
    *map(get, ("mish", "relu", "swish", "softplus", "sigmoid", "tanh")),
    define("leaky", "where(x >= 0, x, alpha*x)", alpha="0.3"),
    define("elu", "where(x > 0, x, alpha*(exp(x) - 1))", alpha=1),
)
LONG = "x*tanh(log(1+exp(x))) + 0.1*x**2/(1+exp(-3*x)) - {}*exp(-x**2)"


def curves(figure):
    return [line for line in figure.axes[0].lines if len(line.get_xdata()) > 2]


def names(figure):
    return [text for text in figure.axes[0].texts if "(" not in text.get_text()]


def nearest(figure, text):
    """Which curve passes closest to a text, and how close, in pixels."""
    box = text.get_window_extent()
    middle = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2

    def distance(line):
        x, y = line.get_transform().transform(line.get_xydata()).T
        dx = np.maximum(abs(x - middle[0]) - box.width / 2, 0)
        dy = np.maximum(abs(y - middle[1]) - box.height / 2, 0)
        return np.nanmin(np.hypot(dx, dy))

    return min((distance(line), i) for i, line in enumerate(curves(figure)))


@pytest.mark.parametrize("count", range(2, 9))
@pytest.mark.parametrize("style", ["light", "dark"])
def test_no_two_curves_share_a_hue_or_a_dash(count, style):
    lines = curves(plot(EIGHT[:count], dpi=50, points=101, style=style))
    assert len(lines) == count
    assert len({line.get_color() for line in lines}) == count
    assert len({str(line._unscaled_dash_pattern) for line in lines}) == count


@pytest.mark.parametrize("count", range(2, 9))
@pytest.mark.parametrize(
    ("kind", "partials"), [("function", None), ("derivatives", ["f_x"])]
)
def test_nothing_lies_on_a_curve(count, kind, partials, covered):
    figure = plot(EIGHT[:count], kind, partials=partials, dpi=100)
    assert covered(figure) == []


@pytest.mark.parametrize(
    ("kind", "partials"), [("function", None), ("derivatives", ["f_x"])]
)
def test_many_curves_are_named_each_beside_itself(kind, partials):
    figure = plot(EIGHT[:6], kind, partials=partials, dpi=100)
    figure.draw_without_rendering()
    found = {text.get_text(): text for text in names(figure)}
    assert set(found) == {a.title for a in EIGHT[:6]}
    order = [a.title for a in EIGHT[:6]]
    led = [line for line in figure.axes[0].lines if line.get_markevery() == [1]]
    dotted = {line.get_color(): line for line in led}
    for title, text in found.items():
        own = curves(figure)[order.index(title)]
        assert text.get_color() == own.get_color()
        if own.get_color() in dotted:  # a line leads to a dot on its curve
            x, y = dotted[own.get_color()].get_data()
            assert np.interp(x[1], *own.get_data()) == pytest.approx(y[1], abs=0.03)
        else:
            distance, closest = nearest(figure, text)
            assert order[closest] == title
            assert distance < 10


def test_few_curves_and_families_are_told_by_the_legend_alone(mila):
    assert names(plot(EIGHT[:4], dpi=50)) == []
    assert names(plot([mila.bind(beta=b) for b in range(5)], dpi=50)) == []


def test_curves_that_coincide_share_no_name():
    twins = [replace(get("relu"), name=f"r{i}", title=f"R{i}") for i in range(5)]
    figure = plot(twins, dpi=50)
    assert names(figure) == []
    assert len(figure.legends[0].get_texts()) == 5


def test_long_formulas_are_wrapped_and_told_apart():
    figure = plot([resolve(LONG.format(a)) for a in ("0.25", "0.75")])
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == [
        f"x*tanh(log(1+exp(x))) +\n0.1*x**2/(1+exp(-3*x)) - {a}*exp(-x**2)"
        for a in ("0.25", "0.75")
    ]
    box = figure.legends[0].get_window_extent()
    assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1


def test_labels_that_are_cut_alike_are_numbered():
    long = " + ".join(["x"] * 35)
    figure = plot([resolve(long), resolve(f"{long} + 1")], dpi=50)
    first, second = (t.get_text() for t in figure.legends[0].get_texts())
    assert first.endswith("… (1)")
    assert second.endswith("… (2)")


def test_one_long_formula_stands_above_its_figure():
    figure = plot(resolve(LONG.format("0.25")), dpi=50)
    assert figure.texts[0].get_text().startswith("x*tanh(")


@pytest.mark.parametrize("line", range(8, 60))
@pytest.mark.parametrize(
    "text",
    [LONG.format(1), "Thresholded ReLU", "x" * 200, "x**2**x", "where(x>0,x,-1e-3*x)"],
)
def test_no_line_of_a_name_is_longer_than_asked(text, line):
    lines = name(replace(get("relu"), title=text), line).split("\n")
    assert len(lines) <= 2
    assert max(map(len, lines)) <= line
    if len(text) <= line:
        assert lines == [text]
    assert not any(part.startswith("*") for part in lines) or "*" * 2 in text


def test_names_beside_curves_have_parameters_only_where_they_need_them(mila):
    assert short_names([mila, get("relu")]) == ("Mila", "ReLU")
    two = short_names([mila, mila.bind(beta=1), get("relu")])
    assert two == (r"Mila ($\beta = 0$)", r"Mila ($\beta = 1$)", "ReLU")


def test_a_curve_that_runs_away_flattens_no_other():
    low, high = plot([get("mish"), resolve("exp(exp(x))")], dpi=50).axes[0].get_ylim()
    assert -2 < low < -0.31
    assert 5 < high < 12


@pytest.mark.parametrize(
    ("curves", "ends"),
    [
        ([[0, 1], [0, 5]], (0, 5)),
        ([[0, 1], [-2, 500]], (-1, 2)),
        ([[0, 1], [-500, 0]], (-1, 1)),
        ([[0, 0], [0, 500]], (0, 500)),  # what is flat anyway is no measure
        ([[-1, 2], [0, 1e5], [0, 1e300]], (-1, 5)),
        ([[-1e308, 1e308]], (-1e308, 1e308)),
    ],
)
def test_ends_of_several_curves(curves, ends):
    assert common_ends([np.array(y, dtype=float) for y in curves]) == ends


def test_a_function_that_is_nowhere_defined_is_said_to_be(relu):
    figure = plot([resolve("log(x - 100)"), relu], dpi=50)
    texts = [t.get_text() for t in figure.legends[0].get_texts()]
    assert texts == ["log(x - 100) (not defined here)", "ReLU"]


def test_names_come_out_the_same_every_time():
    first, second = (render(plot(EIGHT, dpi=50), "png") for _ in range(2))
    assert first == second


@pytest.mark.parametrize("kind", ["contour", "gradient"])
def test_a_plane_of_several_functions_has_a_panel_each(kind):
    chosen = [get("mila"), get("swish")]
    figure = plot(chosen, kind, points=21, dpi=50)
    titles = [a.get_title() + a.get_title(loc="left") for a in figure.axes]
    for activation in chosen:
        assert any(activation.title in title for title in titles)


def test_the_catalog_has_the_six_of_the_gallery():
    from mila_analysis.gallery import SIX

    assert len({catalog.get(word).name for word in SIX}) == 6
