"""Histograms: areas are shares, sampled moments near proven ones, cut bins said."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mila_analysis import catalog
from mila_analysis.errors import ParameterError
from mila_analysis.plotting import _moments, histogram, kinds, plot, request

THREE = ("relu", "swish", "mila:beta=-0.25")


def compute(*names, x=None, points=None, seed=0):
    chosen = [catalog.resolve(name) for name in names]
    return histogram.compute(
        request.check(
            kinds.get("histogram"), chosen, x, None, None, None, points, seed=seed
        )
    )


def area(data, part):
    return float((part.density * np.diff(data.edges)).sum())


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_densities_integrate_to_one_or_to_the_share_in_the_range():
    data = compute(*THREE, x=(-8, 8))
    assert area(data, data.noise) == pytest.approx(1, abs=1e-12)
    for image in data.images:
        assert area(data, image.samples) == pytest.approx(1, abs=1e-12)
    right = compute("x", x=(0, 8))
    assert area(right, right.noise) == pytest.approx(0.5, abs=5 * 0.5 / math.sqrt(1e5))


def test_a_bin_of_the_noise_holds_what_the_normal_distribution_says():
    data = compute("relu")
    phi = np.array([math.erf(edge / math.sqrt(2)) / 2 for edge in data.edges])
    share = np.diff(phi)
    found = data.noise.density * np.diff(data.edges)
    assert (np.abs(found - share) < 5 * np.sqrt(share / data.samples) + 1e-4).all()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_sampled_moments_are_near_the_proven_ones(seed):
    data = compute(*THREE, "tanh", "gelu", seed=seed)
    for image in data.images:
        sample, exact = image.samples.moments, image.exact
        error = exact.deviation / math.sqrt(data.samples)
        assert abs(sample.mean - exact.mean) < 5 * error
        assert sample.deviation == pytest.approx(exact.deviation, rel=0.02)


def test_proven_moments_of_relu_are_the_known_ones():
    found = _moments.proven(catalog.get("relu"))
    assert found.mean == pytest.approx(1 / math.sqrt(2 * math.pi), rel=1e-15)
    assert found.deviation == pytest.approx(math.sqrt(0.5 - 0.5 / math.pi), rel=1e-15)


@pytest.mark.parametrize("name", ["log(x)", "exp(exp(x))"])
def test_what_is_not_proved_is_a_dash(name):
    assert _moments.proven(catalog.resolve(name)) is None
    axes = plot(catalog.resolve(name), "histogram").axes[0]
    shown = texts(axes)
    row = shown.index("output, exact")
    assert shown[row + 1 : row + 3] == ["\N{EM DASH}"] * 2


def test_the_table_says_both_moments():
    figure = plot([catalog.resolve(name) for name in THREE], "histogram")
    data = compute(*THREE)
    for axes, image in zip(figure.axes, data.images, strict=True):
        mean, deviation = image.samples.moments.mean, image.samples.moments.deviation
        assert {f"{mean:.3f}", f"{deviation:.3f}"} <= set(texts(axes))
        assert {f"{image.exact.mean:.4f}", "output, sampled"} <= set(texts(axes))


@pytest.mark.parametrize(
    ("value", "text"),
    [(-0.5, "−0.500"), (-1e-9, "0.000"), (999.0, "999.000"), (math.nan, "—"),
     (2e44, r"${2.00 \times 10^{44}}$")],
)  # fmt: skip
def test_digits(value, text):
    assert _moments.Moments(value, 0.0).digits(3)[0] == text


def test_moments_are_of_what_is_defined_and_it_is_said():
    axes = plot(catalog.resolve("log(x)"), "histogram").axes[0]
    assert "output, where defined" in texts(axes)
    data = compute("log(x)")
    x = np.random.default_rng(0).standard_normal(data.samples)
    wanted = np.log(x[x > 0]).mean()
    assert data.images[0].samples.moments.mean == pytest.approx(wanted, rel=1e-12)


def test_a_bin_above_the_frame_says_its_share():
    data = compute("relu")
    axes = plot(catalog.get("relu"), "histogram").axes[0]
    x = np.random.default_rng(0).standard_normal(data.samples)
    share = np.mean(x < 0.1)
    assert axes.get_ylim()[1] < data.images[0].samples.density.max()
    assert f"{share:.0%} in one bin".replace("%", " %") in texts(axes)


def test_notes_stay_inside_and_clear_of_the_mean():
    for name in (*THREE, "hard_tanh", "sigmoid", "x**3", "0.01*x + 3", "0.01*x - 3"):
        figure = plot(catalog.resolve(name), "histogram")
        figure.draw_without_rendering()
        axes = figure.axes[0]
        notes = [text for text in axes.texts if " in " in text.get_text()]
        mean = next(line for line in axes.lines if line.get_linestyle() == "--")
        place = axes.transData.transform((mean.get_xdata()[0], 0))[0]
        assert notes
        for box in (note.get_window_extent() for note in notes):
            assert axes.bbox.x0 <= box.x0
            assert box.x1 <= axes.bbox.x1
            assert not box.x0 < place < box.x1


def test_samples_are_counted_and_an_empty_range_is_refused():
    assert compute("relu", points=50).samples == 50
    with pytest.raises(ParameterError, match="no value is in the range"):
        compute("relu", x=(50, 60))
    with pytest.raises(ParameterError, match="no value is finite"):
        compute("log(x - 1000)")
