"""The critical-difference diagram: ranks on their scale, bars, names apart."""

from __future__ import annotations

from itertools import combinations

import matplotlib as mpl
import pytest

from mila_analysis.experiments.published import published_runs, select
from mila_analysis.experiments.published.naming import in_mathematics
from mila_analysis.experiments.published.ranking import rank_activations
from mila_analysis.plotting import FORMATS, STYLES, render
from mila_analysis.plotting.ranking import ranking


def found(score="top1", **filters):
    runs = select(published_runs(), **filters)
    return rank_activations(runs, score, whole="activations" in filters)


CASES = [
    {},
    {"score": "loss"},
    {"score": "top5"},
    {"depths": [20]},
    {"activations": ["mish", "relu"]},
    {"activations": ["mish", "selu", "mila:beta=1"]},
    {"activations": ["mila"], "datasets": ["cifar100"]},
    {"versions": ["v2"], "activations": ["mila", "relu", "mish"], "depths": [20, 110]},
]


def labelled(axes, label):
    return [line for line in axes.lines if line.get_label() == label]


def scale(axes, rank, count):
    """Where a rank must be, by the ends of the scale that is drawn."""
    (line,) = labelled(axes, "_scale")
    low, high = line.get_xdata()
    return low + (rank - 1) / (count - 1) * (high - low)


@pytest.mark.parametrize("case", CASES)
def test_each_name_leads_to_its_rank(case):
    result = found(**case)
    (axes,) = ranking(result).axes
    count = len(result.ranked)
    leaders = labelled(axes, "_leader")
    assert len(leaders) == count
    for one, line in zip(result.ranked, leaders, strict=True):
        assert line.get_xdata()[0] == pytest.approx(scale(axes, one.rank, count))
    texts = " ".join(t.get_text() for t in axes.texts)
    for one in result.ranked:
        assert in_mathematics(one.name) in texts
        assert f"{one.rank:.2f}" in texts


@pytest.mark.parametrize("case", CASES)
def test_bars_join_what_is_not_told_apart(case):
    result = found(**case)
    (axes,) = ranking(result).axes
    bars = labelled(axes, "group")
    assert len(bars) == len(result.groups)
    for bar, (first, last) in zip(bars, result.groups, strict=True):
        left, right = bar.get_xdata()
        for i, one in enumerate(result.ranked):
            x = scale(axes, one.rank, len(result.ranked))
            if first <= i <= last:
                assert left < x < right
    assert len({tuple(bar.get_ydata()) for bar in bars}) == len(bars)


@pytest.mark.parametrize("case", CASES)
def test_no_text_covers_another_or_leaves_the_sheet(case):
    figure = ranking(found(**case))
    figure.draw_without_rendering()
    (axes,) = figure.axes
    boxes = [text.get_window_extent() for text in axes.texts]
    for a, b in combinations(boxes, 2):
        assert not a.overlaps(b)
    for box in boxes:
        assert figure.bbox.x0 <= box.x0 <= box.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= box.y0 <= box.y1 <= figure.bbox.y1


def test_the_critical_difference_has_the_scale_of_the_ranks():
    result = found()
    (axes,) = ranking(result).axes
    (line,) = labelled(axes, "critical difference")
    left, right = line.get_xdata()
    wide = scale(axes, 1 + result.difference, 7) - scale(axes, 1, 7)
    assert right - left == pytest.approx(wide)


def test_a_difference_that_is_wider_than_the_scale_is_said():
    figure = ranking(found(activations=["mish", "selu"]))
    texts = [t.get_text() for t in figure.axes[0].texts]
    assert "critical difference 1.39, wider than the scale" in texts


def test_it_says_what_the_ranks_show_and_on_what():
    texts = [t.get_text() for t in ranking(found()).axes[0].texts]
    assert "average rank by top-1 in 12 blocks" in texts
    assert "order may be chance" in texts[1] or "order may be chance" in texts[-1]
    assert "One run each, no fixed seed, last epoch." in texts[-1]


@pytest.mark.parametrize("style", STYLES)
def test_two_drawings_give_the_same_bytes(style):
    with mpl.rc_context({"font.family": "DejaVu Serif"}):
        first = ranking(found(), style=style, dpi=50)
    second = ranking(found(), style=style, dpi=50)
    assert (sum(first.get_facecolor()[:3]) < 1) == (style == "dark")
    for suffix in FORMATS:
        assert render(first, suffix) == render(second, suffix)
