"""Curves that break: kinks, jumps, edges of a domain, poles."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from mila_analysis.catalog import resolve
from mila_analysis.partials import Partial
from mila_analysis.plotting import plot
from mila_analysis.plotting._curves import curve

F, F_X = Partial(), Partial(("x",))


def sampled(formula, ends, partial=F, points=None):
    return curve(resolve(formula), partial, ends, points)


@pytest.mark.parametrize("ends", [(-5, 5), (-3, 4.1), (-2.123, 7.77), (-1, 0.001)])
@pytest.mark.parametrize("points", [None, 50])
def test_the_kink_of_relu_is_at_zero(relu, ends, points):
    c = curve(relu, F, ends, points)
    nearest = np.abs(c.x).argmin()
    assert abs(c.x[nearest]) < 1e-6
    np.testing.assert_allclose(c.y, np.maximum(c.x, 0), atol=1e-15)
    middle = (c.x[1:] + c.x[:-1]) / 2  # between points a line is drawn
    drawn = np.interp(middle, c.x, c.y)
    np.testing.assert_allclose(drawn, np.maximum(middle, 0), atol=1e-6)


def test_every_kink_is_found():
    formula = "where(x > 3, 1, where(x < -3, 0, x/6 + 1/2)) + abs(x - 1/3)"
    c = sampled(formula, (-5.03, 4.9))
    for kink in (-3, 1 / 3, 3):
        assert np.abs(c.x - kink).min() < 1e-6


@pytest.mark.parametrize("formula", ["tanh(30*x)", "x/(1+exp(-50*x))", "exp(-9*x**2)"])
def test_what_is_smooth_gets_no_point_more(formula):
    assert len(sampled(formula, (-5.03, 4.9)).x) == 1001


@pytest.mark.parametrize(
    ("formula", "jumps"),
    [
        ("where(x > 1, x, 0)", {1: (0, 1)}),
        (
            "where(x > 1/2, x, where(x < -1/2, x, 0))",
            {-0.5: (-0.5, 0), 0.5: (0, 0.5)},
        ),
        ("where(x > 0, 1, -1)", {0: (-1, 1)}),
    ],
)
@pytest.mark.parametrize("ends", [(-5, 5), (-3, 4.1)])
def test_a_jump_is_a_gap_between_both_its_sides(formula, jumps, ends):
    c = sampled(formula, ends)
    gaps = np.flatnonzero(np.isnan(c.y))
    assert len(gaps) == len(jumps)
    for i, (at, (before, after)) in zip(gaps, jumps.items(), strict=True):
        np.testing.assert_allclose(c.x[i - 1 : i + 2], at, atol=1e-6)
        np.testing.assert_allclose(c.y[[i - 1, i + 1]], (before, after), atol=1e-6)


@pytest.mark.parametrize("formula", ["abs(x - 1/3)", "where(x > 1/3, x, 2*x - 1/3)"])
def test_a_slope_that_steps_is_drawn_as_steps(formula):
    c = sampled(formula, (-3, 4.1), F_X)
    [gap] = np.flatnonzero(np.isnan(c.y))
    assert c.x[gap] == pytest.approx(1 / 3, abs=1e-6)
    assert len(set(c.y[:gap])) == len(set(c.y[gap + 1 :])) == 1


@pytest.mark.parametrize("formula", ["sqrt(x - 1/3)", "x*log(x)"])
def test_a_curve_begins_at_the_edge_of_its_domain(formula):
    c = sampled(formula, (-3, 4.1))
    first = np.flatnonzero(np.isfinite(c.y))[0]
    edge = 1 / 3 if "sqrt" in formula else 0
    assert c.x[first] == pytest.approx(edge, abs=1e-9)
    assert c.y[first] == pytest.approx(0, abs=1e-6)


def test_a_slope_is_not_drawn_where_f_is_not_defined():
    c = sampled("log(x)", (-3, 4), F_X)
    assert np.isnan(c.y[c.x < 0]).all()
    assert np.isfinite(c.y[c.x > 0]).all()


@pytest.mark.parametrize("kind", ["function", "derivatives", "family", "grid"])
@pytest.mark.parametrize("formula", ["1/x", "log(x)", "sqrt(x)", "x*log(x)", "1/x**2"])
def test_what_is_undefined_somewhere_is_drawn_without_a_warning(kind, formula):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = plot([resolve(formula)], kind, dpi=50)
    low, high = figure.axes[0].get_ylim()
    assert low < 0 < high
    assert high - low < 150
    for axes in figure.axes:
        for line in axes.lines[:1]:
            x, y = line.get_data()
            if formula in ("1/x", "1/x**2"):
                beside = np.isfinite(y[np.abs(x).argsort()[:3]])
                assert not beside.all()
            else:
                assert np.isnan(y[x < 0]).all()
