"""The figure of a benchmark: curves over sizes, points of error and time, labels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.text import Annotation

from mila_analysis.benchmarking import Results
from mila_analysis.benchmarking.targets import BOTH, FORWARD
from mila_analysis.benchmarking.titles import BRIEF
from mila_analysis.errors import ParameterError
from mila_analysis.plotting import FORMATS, STYLES, render
from mila_analysis.plotting._slots import spread
from mila_analysis.plotting.speed import speed
from mila_analysis.plotting.timings import lines
from mila_analysis.plotting.tradeoff import is_off, label

SAMPLE = Path(__file__).parents[1] / "golden" / "bench" / "results.json"


@pytest.fixture(scope="module")
def sample() -> Results:
    return Results.from_json(SAMPLE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def figure(sample):
    return speed(sample)


def curves(axes):
    return {line.get_label(): line for line in axes.lines if line.get_label()[0] != "_"}


def notes(axes):
    every = [t for t in axes.texts if isinstance(t, Annotation)]
    return [t for t in every if t.get_text() != "better"]


def test_a_panel_for_each_pass_and_each_part(figure):
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == [
        "Time of forward (float32, 1 thread)",
        "Time of forward + backward (float32, 1 thread)",
        "Worst error of $f$ and time of forward",
        r"Worst error of $\partial f/\partial x$ and time of forward+backward",
    ]
    assert figure.texts[0].get_text() == r"Mila ($\beta = 0$) on A processor"


def test_curves_are_what_was_measured(sample, figure):
    for axes, passes in zip(figure.axes, (FORWARD, BOTH), strict=False):
        drawn = curves(axes)
        for s in sample.speeds:
            if s.setting.passes == passes:
                x, y = drawn[BRIEF[s.implementation]].get_data()
                assert y[list(x).index(s.setting.size)] == s.ns


def test_ours_is_drawn_last_and_the_widest(sample, figure):
    assert [c.implementation for c in lines(sample.speeds, FORWARD)][-1] == "ours"
    widths = {n: line.get_linewidth() for n, line in curves(figure.axes[0]).items()}
    assert max(widths, key=widths.__getitem__) == "ours"


def test_no_two_curves_share_a_colour_or_both_a_dash_and_a_width(figure):
    drawn = curves(figure.axes[0]).values()
    assert len({line.get_color() for line in drawn}) == len(drawn)
    assert len({(line._dash_pattern[1] and tuple(line._dash_pattern[1]),
                 line.get_linewidth()) for line in drawn}) == len(drawn)  # fmt: skip


def test_both_axes_are_logarithmic_and_panels_can_be_compared(figure):
    for axes in figure.axes:
        assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    left, right = figure.axes[:2]
    assert left.get_ylim() == right.get_ylim()


def test_what_memory_alone_takes_is_shaded(figure):
    (shade,) = figure.axes[0].collections
    top = shade.get_paths()[0].vertices[:, 1].max()
    assert top == max(curves(figure.axes[0])["memory alone"].get_ydata())


def test_names_of_curves_stand_apart_in_the_order_of_their_ends(figure):
    for axes in figure.axes[:2]:
        ends = {name: line.get_ydata()[-1] for name, line in curves(axes).items()}
        places = {t.get_text(): t.get_position()[1] for t in axes.texts}
        assert sorted(ends, key=ends.__getitem__) == sorted(
            places, key=places.__getitem__
        )
        boxes = [t.get_window_extent() for t in axes.texts]
        assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_every_point_has_a_name_that_covers_no_other(sample, figure):
    for axes, partial in zip(figure.axes[2:], ("f", "f_x"), strict=True):
        wanted = {label(q) for q in sample.qualities if q.partial == partial}
        assert {note.get_text() for note in notes(axes)} == wanted
        figure.draw_without_rendering()
        boxes = [note.get_bbox_patch() or Annotation.get_window_extent(note)
                 for note in notes(axes) if not note.arrow_patch]  # fmt: skip
        assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
        for box in boxes:
            assert axes.bbox.containsx(box.x0)
            assert axes.bbox.containsx(box.x1)


def test_points_are_where_they_were_measured(sample, figure):
    drawn = curves(figure.axes[2])
    for q in sample.qualities:
        if q.partial == "f" and not is_off(q):
            x, y = drawn[BRIEF[q.implementation]].get_data()
            assert (x[0], y[0]) == (q.ns, q.ulp)


def test_what_is_off_the_scale_is_a_triangle_above_all_with_a_word(sample, figure):
    for axes, partial in zip(figure.axes[2:], ("f", "f_x"), strict=True):
        drawn = curves(axes)
        chosen = [q for q in sample.qualities if q.partial == partial]
        off = {BRIEF[q.implementation] for q in chosen if is_off(q)}
        assert off == {n for n, line in drawn.items() if line.get_marker() == "^"}
        worst = max(q.ulp for q in chosen if not is_off(q))
        assert all(drawn[name].get_ydata()[0] > 1.7 * worst for name in off)
        assert "off the scale" in [t.get_text() for t in axes.texts]


def test_what_stands_beside_a_point(sample):
    found = {(q.implementation, q.partial): label(q) for q in sample.qualities}
    assert found["naive", "f_x"] == "SymPy: NaN or ∞"
    assert found["naive", "f"] == r"SymPy: $2 \times 10^{7}$"
    assert found["ours", "f"] == "ours"


def test_where_all_are_near_nothing_is_off_the_scale(sample):
    near = tuple(q for q in sample.qualities if not is_off(q))
    figure = speed(replace(sample, qualities=near, speeds=()))
    for axes in figure.axes:
        assert "off the scale" not in [t.get_text() for t in axes.texts]


def test_a_part_alone_is_a_smaller_figure(sample, figure):
    alone = speed(replace(sample, qualities=()))
    assert len(alone.axes) == 2
    assert alone.get_figheight() < figure.get_figheight()


@pytest.mark.parametrize("passes", [FORWARD, BOTH])
def test_one_pass_and_one_size_can_be_drawn(sample, passes):
    one = tuple(s for s in sample.speeds if s.setting.passes == passes)
    few = tuple(s for s in one if s.setting.size == 1000)
    assert render(speed(replace(sample, speeds=few, qualities=())), "png")


def test_nothing_to_draw(sample):
    with pytest.raises(ParameterError, match="nothing to draw"):
        speed(replace(sample, speeds=(), qualities=()))


@pytest.mark.parametrize("style", STYLES)
def test_two_drawings_give_the_same_bytes(sample, style):
    with mpl.rc_context({"font.family": "DejaVu Serif"}):
        first = speed(sample, style=style, dpi=50)
    second = speed(sample, style=style, dpi=50)
    assert (sum(first.get_facecolor()[:3]) < 1) == (style == "dark")
    for suffix in FORMATS:
        assert render(first, suffix) == render(second, suffix)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=9), st.floats(0.1, 10))
def test_places_are_apart_in_order_and_within(wanted, gap):
    found = np.array(spread(wanted, gap, 0.0, 100.0))
    order = np.argsort(wanted, kind="stable")
    assert np.all(np.diff(found[order]) >= gap - 1e-9)
    assert found.min() >= -1e-9
    assert found.max() <= 100 + 1e-9


def test_places_that_are_free_are_those_that_were_wanted():
    assert spread([10.0, 50.0, 30.0], 5.0, 0.0, 100.0) == [10.0, 50.0, 30.0]
    assert spread([50.0, 50.0], 10.0, 0.0, 100.0) == [45.0, 55.0]
    assert spread([], 1.0, 0.0, 1.0) == []
    assert spread([0.5] * 3, 10.0, 0.0, 1.0) == [0.0, 0.5, 1.0]  # no room for the gap
