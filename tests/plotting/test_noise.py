"""Noise: the same for all activations, f of every pixel, one scale of colours."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from mila_analysis import catalog
from mila_analysis.errors import ParameterError
from mila_analysis.plotting import _style, kinds, noise, plot, request


def compute(*names, points=32, seed=0):
    chosen = [catalog.resolve(name) for name in names]
    return noise.compute(
        request.check(
            kinds.get("noise"), chosen, None, None, None, None, points, seed=seed
        )
    )


def images(figure):
    return [axes.images[0] for axes in figure.axes if axes.images]


def test_each_image_is_f_of_the_noise():
    data = compute("relu", "x", "tanh")
    assert data.noise.shape == (32, 32)
    relu, same, tanh = data.images
    np.testing.assert_array_equal(relu, np.maximum(data.noise, 0))
    np.testing.assert_array_equal(same, data.noise)
    np.testing.assert_allclose(tanh, np.tanh(data.noise), rtol=1e-13)


def test_the_noise_is_standard_normal_and_hangs_on_the_seed_alone():
    drawn = compute("relu", points=300).noise
    assert abs(drawn.mean()) < 5 / 300
    assert abs(drawn.var() - 1) < 5 * np.sqrt(2) / 300
    np.testing.assert_array_equal(drawn, compute("mila", points=300).noise)
    assert (drawn != compute("relu", points=300, seed=1).noise).all()


def test_noise_comes_first_and_all_share_the_colours(mila, relu):
    figure = plot([mila, relu], "noise", points=16)
    shown = images(figure)
    titles = [each.axes.get_title() for each in shown]
    assert titles == ["noise $x$", r"Mila ($\beta = 0$)", "ReLU"]
    assert {(each.norm.vmin, each.norm.vmax) for each in shown} == {(-3, 3)}


@pytest.mark.parametrize("ends", [(-3, 3), (-1, 4), (0, 2), (1, 2), (-5, -1)])
def test_the_sign_turns_the_hue_whatever_the_range(mila, ends):
    shown = images(plot(mila, "noise", points=4, x=ends))[0]
    for value in np.linspace(*ends, 23)[1:-1]:
        red, _, blue, _ = shown.cmap(shown.norm(value))
        assert (blue > red) == (value < 0) or abs(value) < 0.01


def test_what_is_not_defined_is_grey_and_said(mila):
    figure = plot(catalog.resolve("log(x)"), "noise", points=16)
    shown = images(figure)[1]
    missing = np.ma.getmaskarray(np.ma.masked_invalid(shown.get_array()))
    assert 0.3 < missing.mean() < 0.7
    faint = to_rgba(_style.THEMES["light"].faint)
    assert tuple(shown.cmap(np.ma.masked_invalid([np.nan]))[0]) == pytest.approx(faint)
    assert "grey" in figure.texts[0].get_text()
    assert "grey" not in plot(mila, "noise", points=16).texts[0].get_text()
    with pytest.raises(ParameterError, match="no value is finite"):
        compute("log(x - 1000)")
