"""The public door: every kind, both styles, reproducible bytes, lazy imports."""

from __future__ import annotations

import subprocess
import sys

import matplotlib as mpl
import pytest

from mila_analysis.errors import MilaAnalysisError, ParameterError
from mila_analysis.experiments.data import load
from mila_analysis.plotting import FORMATS, KINDS, STYLES, plot, render

OF_ACTIVATIONS = [name for name, k in KINDS.items() if k.subject == "activations"]
KINDS_AND_STYLES = [(kind, style) for kind in KINDS for style in STYLES]
FAST = {"line": 101, "grid": 21}


def draw(activation, kind, **options):
    if KINDS[kind].subject == "dataset":
        return plot(load("digits"), kind, dpi=50, **options)
    points = FAST[KINDS[kind].samples]
    return plot(activation, kind, points=points, dpi=50, **options)


@pytest.mark.parametrize("kind", KINDS)
def test_two_drawings_give_the_same_bytes(mila, kind):
    first, second = draw(mila, kind), draw(mila, kind)
    for suffix in FORMATS:
        assert render(first, suffix) == render(second, suffix)


def test_rendering_a_figure_again_gives_the_same_bytes(mila):
    figure = draw(mila, "function")
    for suffix in FORMATS:
        assert render(figure, suffix) == render(figure, suffix)


@pytest.mark.parametrize(("kind", "style"), KINDS_AND_STYLES)
def test_every_kind_in_every_style_is_on_its_ground(mila, kind, style):
    figure = draw(mila, kind, style=style)
    dark = sum(figure.get_facecolor()[:3]) < 1
    assert dark == (style == "dark")
    assert render(figure, "png").startswith(b"\x89PNG")


@pytest.mark.parametrize("kind", OF_ACTIVATIONS)
def test_far_ranges_are_drawn_without_a_warning(mila, kind):
    render(draw(mila, kind, x=(-1e300, 1e300)), "svg")


@pytest.mark.parametrize("kind", [k.name for k in KINDS.values() if k.seeded])
def test_a_seed_is_the_same_picture_and_another_is_another(mila, kind):
    unseeded, zero, one = (
        render(draw(mila, kind, **seed), "png")
        for seed in ({}, {"seed": 0}, {"seed": 1})
    )
    assert unseeded == zero != one


@pytest.mark.parametrize("kind", KINDS)
def test_title_size_and_dpi_are_taken(mila, kind):
    figure = draw(mila, kind, title=r"Mila, $\beta$ free", size=(5, 4))
    assert figure.get_suptitle() == r"Mila, $\beta$ free"
    assert tuple(figure.get_size_inches()) == (5, 4)
    assert figure.dpi == 50


def test_the_users_settings_do_not_show_and_stay(mila):
    plain = render(draw(mila, "function"), "svg")
    with mpl.rc_context({"font.family": "DejaVu Serif", "lines.linewidth": 9}):
        before = dict(mpl.rcParams)
        assert render(draw(mila, "function"), "svg") == plain
        assert dict(mpl.rcParams) == before


def test_another_process_gives_the_same_bytes_without_pyplot(mila):
    code = (
        "import sys; from mila_analysis import catalog;"
        "from mila_analysis.plotting import plot, render;"
        "figure = plot(catalog.get('mila'), 'contour', points=21, dpi=50);"
        "assert 'matplotlib.pyplot' not in sys.modules;"
        "sys.stdout.buffer.write(render(figure, 'svg'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == render(draw(mila, "contour"), "svg")


def test_names_of_kinds_cost_no_heavy_import():
    code = (
        "import sys; from mila_analysis.plotting import KINDS, plot, render, show;"
        "heavy = {'matplotlib', 'numpy', 'sympy', 'torch'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"x": (3, -3)}, "low to high"),
        ({"x": (0, float("nan"))}, "finite"),
        ({"x": (1,)}, "two numbers"),
        ({"x": (1, 1 + 1e-15)}, "too narrow"),
        ({"x": (-1.7e308, 1.7e308)}, "within"),
        ({"sweep": (1, 1)}, "low to high"),
        ({"points": 1}, "points"),
        ({"points": 10**9}, "points"),
        ({"dpi": 5}, "dpi"),
        ({"dpi": float("nan")}, "dpi"),
        ({"size": (0.1, 3)}, "size"),
        ({"size": (3,)}, "size"),
        ({"size": (50, 50), "dpi": 2400}, "million dots"),
        ({"size": (1, 1), "kind": "family"}, "too small"),
        ({"style": "lihgt"}, "did you mean 'light'"),
        ({"kind": "contor"}, "did you mean 'contour'"),
        ({"kind": "family", "partials": ("f_x",)}, "its own partials"),
        ({"kind": "contour", "points": 5000}, "2000"),
        ({"kind": "contour", "parameter": "bta"}, "did you mean 'beta'"),
        ({"partials": ("f_y",)}, "no partial 'f_y'"),
        ({"seed": 0}, "nothing random"),
        ({"kind": "noise", "seed": -1}, "seed must be from 0"),
        ({"kind": "noise", "seed": 1 << 63}, "seed must be from 0"),
        ({"partials": ["f_x"] * 9}, "at most 8"),
        ({"title": r"$\frac{$"}, "not mathematics"),
        ({"title": "漢"}, "no font"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(mila, options, words):
    with pytest.raises(MilaAnalysisError, match=words) as caught:
        plot(mila, **options)
    assert "\n" not in str(caught.value)


def test_none_or_too_many_activations(mila):
    with pytest.raises(ParameterError, match="at least one"):
        plot([])
    with pytest.raises(ParameterError, match="at most 8"):
        plot([mila.bind(beta=b) for b in range(9)])


@pytest.mark.parametrize("kind", ["contour", "gradient"])
def test_an_activation_without_parameters_has_no_plane(relu, kind):
    with pytest.raises(ParameterError, match="ReLU has no parameter"):
        plot(relu, kind)


def test_a_partial_that_one_activation_lacks_names_it(mila, relu):
    with pytest.raises(MilaAnalysisError, match="ReLU has no partial 'f_beta'"):
        plot([mila, relu], partials=["f_beta"])


def test_a_sweep_makes_a_family_of_five(mila):
    figure = plot(mila, sweep=(-1, 1), dpi=50)
    [legend] = figure.legends
    assert sorted(t.get_text() for t in legend.get_texts()) == sorted(
        rf"$\beta = {b}$" for b in ("-1", "-0.5", "0", "0.5", "1")
    )
