from __future__ import annotations

import numpy as np
import pytest
from matplotlib.quiver import Quiver, QuiverKey
from matplotlib.text import Text

from mila_analysis import functions
from mila_analysis.plotting import plot


def of(axes, kind):
    return [artist for artist in axes.get_children() if isinstance(artist, kind)]


@pytest.fixture
def panel(mila):
    axes, bar = plot(mila, "gradient", points=41).axes
    assert bar.get_title() == "$f$"
    return axes


def test_arrows_point_along_the_gradient(mila, panel):
    [arrows] = of(panel, Quiver)
    kernel = functions.lambdify(mila, "numpy")
    f_x = kernel["f_x"](arrows.X, beta=arrows.Y)
    f_beta = kernel["f_beta"](arrows.X, beta=arrows.Y)
    np.testing.assert_allclose(arrows.U * f_beta, arrows.V * f_x, atol=1e-12)
    assert (arrows.U * f_x + arrows.V * f_beta > 0).all()


def test_lengths_are_roots_and_the_key_says_so(mila, panel):
    [arrows], [key] = of(panel, Quiver), of(panel, QuiverKey)
    kernel = functions.lambdify(mila, "numpy")
    steepness = np.hypot(
        kernel["f_x"](arrows.X, beta=arrows.Y),
        kernel["f_beta"](arrows.X, beta=arrows.Y),
    )
    root = np.hypot(arrows.U, arrows.V) ** 2 / steepness
    np.testing.assert_allclose(root, root[0])
    assert key.U**2 / root[0] == pytest.approx(2)
    assert r"|\nabla f| = 2$" in key.text.get_text()
    assert r"\propto\sqrt" in key.text.get_text()


def test_ranges_are_the_originals(panel):
    assert (panel.get_xlim(), panel.get_ylim()) == ((-10, 10), (-10, 10))
    assert (panel.get_xlabel(), panel.get_ylabel()) == ("$x$", r"$\beta$")


def test_the_key_fits_beside_the_name(panel):
    figure = panel.get_figure()
    figure.draw_without_rendering()
    [key] = of(panel, QuiverKey)
    [name] = [t for t in of(panel, Text) if t.get_text() == "Mila"]
    assert name.get_window_extent().x1 < key.text.get_window_extent().x0
    assert key.text.get_window_extent().y1 < figure.bbox.y1


def test_a_field_without_slope_has_no_arrows():
    from mila_analysis import catalog

    flat = catalog.define("flat", "0 * a", a=1)
    axes, _ = plot(flat, "gradient", points=21).axes
    assert of(axes, Quiver) == []
