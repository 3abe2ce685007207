"""Small multiples: one window, readable names, places that never overlap."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest
import typer

from mila_analysis import catalog, plotting
from mila_analysis.cli import app
from mila_analysis.cli.exits import run
from mila_analysis.errors import ParameterError
from mila_analysis.plotting import plot, render


def grid(activations, **options):
    return plot(activations, "grid", points=51, dpi=50, **options)


def many(count):
    """So many activations with names of their own."""
    relu = catalog.get("relu")
    return [replace(relu, name=f"a{i}", title=f"Function {i}") for i in range(count)]


def test_each_panel_has_f_and_its_slope(mila, relu):
    figure = grid([mila, relu])
    assert [axes.get_title() for axes in figure.axes] == ["Mila", "ReLU"]
    for axes in figure.axes:
        f, f_x = (line for line in axes.lines if len(line.get_xdata()) > 2)
        x, y = f.get_data()
        inner = slice(1, -1)
        slope = f_x.get_ydata()[: x.size]
        kink = np.abs(x) < 0.2
        wanted = np.gradient(y, x)
        assert np.nanmax(np.abs(wanted - slope[: x.size])[inner][~kink[inner]]) < 0.05
        assert f.get_linestyle() != f_x.get_linestyle()
        assert f.get_linewidth() > f_x.get_linewidth()


def test_all_panels_show_one_window(mila, relu):
    figure = grid([mila, relu, *map(catalog.get, ("tanh", "softplus"))])
    assert len({(axes.get_xlim(), axes.get_ylim()) for axes in figure.axes}) == 1
    assert figure.axes[0].get_xlim() == (-4, 4)


def test_one_that_grows_fast_flattens_no_other(relu):
    figure = grid([relu, catalog.define("steep", "exp(exp(x))")])
    low, high = figure.axes[0].get_ylim()
    assert -1 < low < 0
    assert 4 < high < 5


def test_functions_within_one_have_a_window_of_their_own():
    low, high = grid([catalog.get("sigmoid"), catalog.get("tanh")]).axes[0].get_ylim()
    assert -1.2 < low < -1
    assert 1 < high < 1.2


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 12, 24, 50, 60, 64])
def test_panels_and_names_stand_apart(count):
    figure = grid(many(count))
    figure.draw_without_rendering()
    width, height = figure.get_size_inches()
    assert width <= 7.16
    assert height <= 9.5
    assert len(figure.axes) == count
    boxes = [axes.bbox.frozen() for axes in figure.axes]
    boxes += [axes.title.get_window_extent() for axes in figure.axes]
    boxes += [legend.get_window_extent() for legend in figure.legends]
    assert not [1 for a, b in combinations(boxes, 2) if a.overlaps(b)]
    assert all(figure.bbox.x0 <= b.x0 and b.x1 <= figure.bbox.x1 for b in boxes)


def test_rows_are_as_even_as_can_be():
    rows = [round(axes.bbox.y0) for axes in grid(many(9)).axes]
    assert [rows.count(row) for row in dict.fromkeys(rows)] == [5, 4]


def test_numbers_stand_at_the_outer_panels_only():
    figure = grid(many(9))
    figure.draw_without_rendering()
    left = [bool(ax.yaxis.get_tick_params()["labelleft"]) for ax in figure.axes]
    below = [bool(ax.xaxis.get_tick_params()["labelbottom"]) for ax in figure.axes]
    assert left == [i % 5 == 0 for i in range(9)]
    assert below == [i >= 4 for i in range(9)]


def test_values_of_parameters_stand_in_the_panel_and_cover_no_curve(mila, covered):
    figure = grid([mila.bind(beta=b) for b in (-2, 0, 2)])
    assert [axes.texts[0].get_text() for axes in figure.axes] == [
        rf"$\beta = {b}$" for b in (-2, 0, 2)
    ]
    assert covered(figure) == []


def test_a_long_formula_is_cut_to_two_lines():
    formula = "x*tanh(log(1+exp(x))) + 0.1*x**2/(1+exp(-3*x)) - 0.25*exp(-x**2)"
    figure = grid([catalog.resolve(formula), *many(7)])
    first, second = figure.axes[0].get_title().split("\n")
    assert formula.startswith(first)
    assert second.endswith("…")
    boxes = [axes.title.get_window_extent() for axes in figure.axes]
    assert not any(a.overlaps(b) for a, b in pairwise(boxes))


def test_nothing_finite_and_too_many_and_too_small_are_refused():
    with pytest.raises(ParameterError, match="nothing to draw"):
        grid([catalog.resolve("log(x - 100)")])
    with pytest.raises(ParameterError, match="at most 64"):
        grid(many(65))
    with pytest.raises(ParameterError, match="too small"):
        grid(many(30), size=(2, 2))
    with pytest.raises(ParameterError, match="its own partials"):
        grid(many(2), partials=["f_xx"])


def test_the_command_draws_what_the_function_draws(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["plot", "grid", "-a", "relu", "-a", "mish", "--points", "21"]
    assert run(typer.main.get_command(app), [*words, "--format", "svg"]) == 0
    chosen = [catalog.get("relu"), catalog.get("mish")]
    drawn = (tmp_path / "relu-mish-grid.svg").read_bytes()
    assert drawn == render(plot(chosen, "grid", points=21), "svg")


def test_the_command_means_the_whole_catalog_and_names_the_file_after_the_kind(
    tmp_path, monkeypatch
):
    asked = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plotting, "plot", lambda chosen, *_, **__: asked.extend(chosen))
    monkeypatch.setattr(plotting, "render", lambda *_: b"")
    assert run(typer.main.get_command(app), ["plot", "grid"]) == 0
    assert asked == list(catalog.CATALOG)
    assert [path.name for path in tmp_path.iterdir()] == ["grid.png"]
