from __future__ import annotations

import numpy as np
import pytest

from mila_analysis import catalog, functions
from mila_analysis.partials import Partial
from mila_analysis.plotting._curves import curve, grid
from mila_analysis.plotting._ends import robust_ends

F, F_X = Partial(), Partial(("x",))


def gaps(c):
    return np.flatnonzero(np.isnan(c.y))


def test_a_curve_is_what_the_kernel_computes(mila):
    c = curve(mila.bind(beta=-0.25), F_X, (-5, 5))
    kernel = functions.lambdify(mila, "numpy")
    np.testing.assert_array_equal(c.y, kernel["f_x"](c.x, beta=-0.25))


@pytest.mark.parametrize("points", [2, 3, 10, 1000, 1001])
def test_the_slope_of_relu_jumps_at_zero_and_nowhere_else(relu, points):
    c = curve(relu, F_X, (-5, 5), points)
    [at] = gaps(c)
    assert abs(c.x[at]) < 1e-8
    assert (c.y[:at] == 0).all()
    assert (c.y[at + 1 :] == 1).all()
    assert (np.diff(c.x) >= 0).all()


@pytest.mark.parametrize("ends", [(-5, 5), (-1e4, 1e4), (-1e300, 1e300), (0, 7)])
@pytest.mark.parametrize("points", [None, 10])
def test_what_is_continuous_has_no_gap(mila, relu, ends, points):
    for activation, partial in ((mila, F), (mila, F_X), (relu, F)):
        assert not gaps(curve(activation, partial, ends, points)).size


def test_several_jumps_are_all_found():
    steps = catalog.define("steps", "where(x > 1, 1, 0) + where(x > -2, 1, 0)")
    c = curve(steps, F, (-5, 5))
    np.testing.assert_allclose(c.x[gaps(c)], [-2, 1], atol=1e-8)


def test_a_pole_is_a_gap_and_does_not_set_the_scale():
    c = curve(catalog.define("pole", "1 / x"), F, (-5, 5))
    assert gaps(c).size
    low, high = robust_ends(c.y[np.isfinite(c.y)])
    assert -50 < low < high < 50


def test_ends_of_a_tame_curve_hold_all_of_it():
    y = np.exp(np.linspace(-5, 5, 1001))
    assert robust_ends(y) == (y[0], y[-1])


def test_a_wide_grid_is_dense_where_activations_bend():
    x = grid((-1e6, 1e6))
    assert (np.abs(x) < 20).sum() > 500
    assert x[0] == -1e6
    assert x[-1] == 1e6
    assert grid((-1e6, 1e6), 10).size == 10


def test_a_grid_reaches_over_all_that_is_allowed():
    assert np.isfinite(grid((-1e300, 1e300))).all()
