"""Landscapes: one network for all panels, its output by another route, one scale."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from matplotlib.contour import QuadContourSet

from mila_analysis import catalog
from mila_analysis.errors import ParameterError
from mila_analysis.plotting import _network, kinds, landscape, plot, request

SHAPES = [(16, 2), (16, 16), (16, 16), (16, 16), (1, 16)]


def compute(*names, x=None, points=61, seed=0):
    chosen = [catalog.resolve(name) for name in names]
    kind = kinds.get("landscape")
    return landscape.compute(
        request.check(kind, chosen, x, None, None, None, points, seed=seed)
    )


def panels(figure):
    return [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]


def test_the_network_has_five_layers_of_the_variance_that_is_promised():
    layers = [_network.random_network(seed).layers for seed in range(200)]
    for number, shape in enumerate(SHAPES):
        drawn = np.stack([each[number].weights for each in layers])
        assert drawn.shape[1:] == shape
        allowed = 5 * np.sqrt(2 / drawn.size)  # the error of a variance of normals
        assert abs(drawn.var() * shape[1] / 2 - 1) < allowed
        biases = np.stack([each[number].bias for each in layers])
        last = number == len(SHAPES) - 1
        assert biases.any() != last
        assert last or abs(biases.var() - 1) < 5 * np.sqrt(2 / biases.size)


def test_the_output_of_relu_is_that_of_a_loop_over_points():
    data = compute("relu", points=7, seed=3)
    layers = _network.random_network(3).layers
    on = data.fields[0].plane
    for i, x2 in enumerate(on.p):
        for j, x1 in enumerate(on.x):
            h = np.array([x1, x2])
            for layer in layers[:-1]:
                h = np.maximum(layer.weights @ h + layer.bias[:, 0], 0)
            wanted = (layers[-1].weights @ h)[0]
            assert data.fields[0].z[i, j] == pytest.approx(wanted, rel=1e-12, abs=1e-12)


def test_the_identity_leaves_an_affine_landscape():
    (field,) = compute("x").fields
    x, y = np.meshgrid(field.plane.x, field.plane.p)
    terms = np.stack([np.ones(x.size), x.ravel(), y.ravel()], axis=1)
    _, residual, *_ = np.linalg.lstsq(terms, field.z.ravel(), rcond=None)
    assert field.z.std() > 0.1
    assert residual[0] < 1e-20


def test_relu_is_linear_but_at_kinks_and_mila_nowhere():
    flat = []
    for field in compute("relu", "mila", points=501).fields:
        bent = np.abs(np.diff(field.z, 2, axis=1))
        flat.append(np.mean(bent < 1e-12))
    assert 0.8 < flat[0] < 1
    assert flat[1] < 0.01


def test_blocks_of_points_change_nothing(monkeypatch):
    (whole,) = compute("mila").fields
    monkeypatch.setattr(_network, "BLOCK", 1000)
    (cut,) = compute("mila").fields
    np.testing.assert_allclose(cut.z, whole.z, rtol=1e-12, atol=1e-13)


def test_all_panels_have_one_scale_and_a_name_each():
    figure = plot([catalog.resolve(n) for n in ("relu", "mila:beta=-2")], "landscape")
    shown = panels(figure)
    assert [axes.get_title() for axes in shown] == ["ReLU", r"Mila ($\beta = -2$)"]
    filled = [
        next(c for c in axes.collections if isinstance(c, QuadContourSet) and c.filled)
        for axes in shown
    ]
    assert len({tuple(each.levels) for each in filled}) == 1
    assert len({(each.norm.vmin, each.norm.vmax) for each in filled}) == 1
    assert len(figure.axes) == len(shown) + 1


def test_the_range_is_that_of_both_inputs(mila):
    (axes,) = panels(plot(mila, "landscape", x=(-1, 2), points=21))
    assert axes.get_xlim() == axes.get_ylim() == (-1, 2)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("$x_1$", "$x_2$")


def test_labels_stand_where_nothing_is_beside_or_below(mila):
    figure = plot([mila.bind(beta=b) for b in range(5)], "landscape", points=11)
    shown = panels(figure)
    assert [bool(a.get_ylabel()) for a in shown] == [True, False, False, True, False]
    assert [bool(a.get_xlabel()) for a in shown] == [False, False, True, True, True]


def test_one_that_is_nowhere_defined_says_so_and_all_are_refused(mila):
    nowhere = catalog.resolve("log(x - 1000)")
    figure = plot([nowhere, mila], "landscape", points=11)
    assert figure.axes[0].get_title() == "log(x - 1000) (nowhere finite)"
    with pytest.raises(ParameterError, match="nowhere finite"):
        compute("log(x - 1000)")
    with pytest.raises(ParameterError, match="at most 9"):
        plot([mila.bind(beta=b) for b in range(10)], "landscape")


def test_names_stand_apart_from_the_heading():
    formula = "x*tanh(log(1+exp(x))) + 0.1*x**2/(1+exp(-3*x)) - 0.25*exp(-x**2)"
    for kind in ("landscape", "noise", "histogram"):
        for names in (["relu", formula], [formula], ["relu", "relu6", formula]):
            chosen = [catalog.resolve(name) for name in names]
            figure = plot(chosen, kind, points=21)
            figure.draw_without_rendering()
            (heading,) = figure.texts
            under = heading.get_window_extent().y0
            titles = [axes.title.get_window_extent() for axes in figure.axes]
            assert max(box.y1 for box in titles) <= under
            assert not any(a.overlaps(b) for a, b in pairwise(titles))
