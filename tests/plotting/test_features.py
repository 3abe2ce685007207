"""Features over a parameter: what is drawn is proved, and what is not is a gap."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from mila_analysis import analyze, catalog
from mila_analysis.errors import ParameterError
from mila_analysis.plotting import plot


def features(activations, **options):
    return plot(activations, "features", dpi=50, **options)


def curves(axes):
    return [line for line in axes.lines if len(line.get_xdata()) > 2]


def test_each_panel_shows_what_analysis_proves(mila):
    figure = features(mila, sweep=(-1, 1), points=5)
    assert len(figure.axes) == 4
    found = analyze(mila.bind(beta=Fraction(1, 2)))
    (minimum,) = found.minima
    wanted = [minimum.low, minimum.value, minimum.curvature, found.lipschitz.value]
    for axes, number in zip(figure.axes, wanted, strict=True):
        (line,) = curves(axes)
        assert line.get_xdata() == pytest.approx([-1, -0.5, 0, 0.5, 1])
        assert line.get_ydata()[3] == pytest.approx(float(number.mid), rel=1e-15)
        assert axes.get_xlabel() == r"$\beta$"


def test_a_dot_stands_at_the_own_value_if_that_is_in_the_range(mila):
    def dots(figure):
        lines = [line for axes in figure.axes for line in axes.lines]
        return [line for line in lines if line.get_marker() == "o"]

    cold = mila.bind(beta="-0.25")
    assert len(dots(features(cold, sweep=(-1, 1), points=3))) == 4
    assert dots(features(cold, sweep=(1, 2), points=3)) == []


def test_several_have_a_curve_each_and_a_legend():
    figure = features(
        [catalog.get("mila"), catalog.get("beta_mish")], sweep=(0.5, 1), points=3
    )
    assert all(len(curves(axes)) == 2 for axes in figure.axes)
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["Mila", "Beta-Mish"]


def test_what_is_not_proved_or_not_there_is_a_gap():
    own = catalog.define("own", "log(1 + exp(b*x))/b", b=1)
    figure = features(own, sweep=(1, 2), points=3)
    place, _, _, slope = (curves(axes)[0].get_ydata() for axes in figure.axes)
    assert np.isnan(place).all()
    assert slope == pytest.approx([1, 1, 1])


def test_nothing_to_draw_is_said():
    with pytest.raises(ParameterError, match="nothing to draw"):
        features(catalog.define("own", "x*cos(b*x)", b=1), sweep=(1, 2), points=2)


def test_an_activation_without_a_parameter_is_refused(relu):
    with pytest.raises(ParameterError, match="no parameter"):
        features(relu)
