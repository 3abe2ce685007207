from __future__ import annotations

import numpy as np
import pytest
from matplotlib.contour import QuadContourSet

from mila_analysis import catalog, functions
from mila_analysis.plotting import contour, kinds, plot, request


@pytest.fixture
def data(mila):
    return contour.compute(
        request.check(kinds.get("contour"), mila, None, None, None, None, 61)
    )


def sets(axes):
    found = [c for c in axes.collections if isinstance(c, QuadContourSet)]
    return [c for c in found if c.filled], [c for c in found if not c.filled]


def panels(figure):
    return [axes for axes in figure.axes if axes.get_xlabel() == "$x$"]


def test_fields_are_what_the_kernel_computes(mila, data):
    kernel = functions.lambdify(mila, "numpy")
    for field in data.fields:
        x, beta = np.meshgrid(field.plane.x, field.plane.p)
        expected = kernel[field.partial.name](x, beta=beta)
        np.testing.assert_array_equal(field.z, expected)


def test_levels_are_round_even_and_reach_over_the_field(data):
    for field in data.fields:
        steps = np.diff(field.levels)
        np.testing.assert_allclose(steps, steps[0])
        assert f"{steps[0]:.3g}"[-1] in "125"
        assert 0 in field.levels
        assert field.levels[0] <= field.z.min()
        assert field.levels[-1] >= field.z.max()


def test_panels_are_named_for_what_they_show(mila, data):
    figure = plot(mila, "contour", points=61)
    assert [axes.get_title() for axes in panels(figure)] == [
        "$f$",
        r"$\partial f\,/\,\partial x$",
        r"$\partial f\,/\,\partial \beta$",
    ]
    slope, shift = data.fields[1].z, data.fields[2].z
    middle = data.fields[0].plane.x.size // 2
    assert (shift[:, middle] == 0).all()  # only f_beta is zero all along x = 0
    assert (slope[:, middle] > 0).all()


@pytest.mark.parametrize("style", ["light", "dark"])
def test_zero_is_thick_negative_dashed_and_every_panel_has_a_bar(mila, style):
    figure = plot(mila, "contour", points=61, style=style)
    assert len(figure.axes) == 2 * len(panels(figure)) == 6
    for axes in panels(figure):
        [filled], [lines] = sets(axes)
        assert filled.colorbar is not None
        widths, dashes = lines.get_linewidths(), lines.get_linestyles()
        for level, width, (_, dash) in zip(lines.levels, widths, dashes, strict=True):
            assert (width > 1) == (level == 0)
            assert (dash is not None) == (level < 0)
        assert filled.norm(0) == 0.5


def test_labels_stay_inside_and_apart(mila):
    figure = plot(mila, "contour", points=61)
    figure.draw_without_rendering()
    for axes in panels(figure):
        _, [lines] = sets(axes)
        assert len(lines.labelTexts) >= 3
        boxes = [text.get_window_extent() for text in lines.labelTexts]
        assert all(axes.bbox.x0 < b.x0 and b.x1 < axes.bbox.x1 for b in boxes)
        assert all(axes.bbox.y0 < b.y0 and b.y1 < axes.bbox.y1 for b in boxes)
        assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_ranges_and_partials_are_taken(mila):
    figure = plot(
        mila, "contour", x=(-1, 2), sweep=(0, 1), partials=["f_xx"], points=21
    )
    [axes] = panels(figure)
    assert (axes.get_xlim(), axes.get_ylim()) == ((-1, 2), (0, 1))
    assert axes.get_ylabel() == r"$\beta$"


def test_several_activations_are_rows(mila):
    figure = plot([mila, catalog.get("swish")], "contour", points=21)
    names = [axes.get_title().partition(":")[0] for axes in panels(figure)]
    assert names == ["Mila"] * 3 + ["Swish"] * 3


def test_the_parameter_can_be_named():
    two = catalog.define("two", "x * tanh(a * x + b)", a=1, b=2)
    figure = plot(two, "contour", parameter="b", points=21)
    assert {axes.get_ylabel() for axes in panels(figure)} == {"$b$"}
    assert [t.get_text() for t in figure.texts] == ["two ($a = 1$)"]


def test_a_constant_field_is_drawn():
    flat = catalog.define("flat", "a", a=1)
    assert len(panels(plot(flat, "contour", points=21))) == 3
