"""The figure of published scores over depth: its points, panels and counts."""

from __future__ import annotations

from itertools import combinations

import matplotlib as mpl
import pytest

from mila_analysis.errors import ParameterError
from mila_analysis.experiments.published import SCORES, published_runs, select
from mila_analysis.plotting import FORMATS, STYLES, render
from mila_analysis.plotting.published import depths, named, panels


@pytest.fixture(scope="module")
def runs():
    return published_runs()


@pytest.fixture(scope="module")
def figure(runs):
    return depths(runs)


def lines(axes):
    return {line.get_label(): line for line in axes.lines if line.get_label()[0] != "_"}


def test_a_panel_a_data_set_and_version_and_one_for_short_training(runs, figure):
    assert [[b.depth for b in p.blocks] for p in panels(runs)] == [
        [20, 32, 44, 56, 110], [164], [20, 56, 110], [164], [20, 32, 44],
    ]  # fmt: skip
    assert [axes.get_title() for axes in figure.axes] == [
        "CIFAR-10, ResNet v1", "", "CIFAR-10, ResNet v2", "", "CIFAR-100, ResNet v1",
    ]  # fmt: skip
    ticks = [t.get_text() for t in figure.axes[0].get_xticklabels()]
    assert ticks == ["20\n200", "32\n200", "44\n200", "56\n200", "110\n100"]


def test_short_training_alone_has_a_title(runs):
    (panel,) = panels(select(runs, ["cifar10"], ["v1"], [164]))
    assert panel.title == "CIFAR-10, ResNet v1"


@pytest.mark.parametrize("score", SCORES)
def test_every_number_is_a_point_or_is_counted(runs, score):
    figure = depths(runs, score)
    drawn, counted = [], 0
    for axes in figure.axes:
        for line in lines(axes).values():
            low, high = axes.get_ylim()
            heights = [float(y) for y in line.get_ydata()]
            assert all(low < y < high for y in heights)
            drawn += heights
        counted += sum(int(t.get_text().split()[1]) for t in axes.texts)
    known = [r.nats if score == "loss" else r.value(score) for r in runs]
    known = [value for value in known if value is not None]
    assert len(drawn) + counted == len(known)
    assert set(drawn) <= set(known)


def test_a_point_stands_in_the_room_of_its_depth(runs, figure):
    for axes, panel in zip(figure.axes, panels(runs), strict=True):
        for name, line in lines(axes).items():
            mine = {
                (panel.blocks.index(run.block), run.top1)
                for run in runs
                if run.block in panel.blocks and name in (run.name, "others")
            }
            drawn = {(round(x), y) for x, y in zip(*line.get_data(), strict=True)}
            assert drawn <= mine
            if name != "others":
                assert len(line.get_xdata()) == len([y for _, y in mine if y])


def test_only_networks_of_full_training_are_joined(figure):
    joined = [line for axes in figure.axes for line in axes.lines
              if line.get_label() == "_line"]  # fmt: skip
    assert max(len(line.get_xdata()) for line in joined) == 4  # of 20 to 56
    assert all(len(line.get_xdata()) == 0 for line in figure.axes[1].lines
               if line.get_label() == "_line")  # fmt: skip


def test_eight_are_named_mila_last_by_its_shift(runs, figure):
    assert named(runs) == (
        "Mish", "Swish-1", "ReLU", "β-Mish (β = 1.5)", "Mila (β = -0.25)",
        "Mila (β = 0.5)", "Mila (β = 1)", "Mila (β = 1.5)",
    )  # fmt: skip
    (legend,) = figure.legends
    assert len(legend.get_texts()) == 9
    looks = {(line.get_color(), line.get_marker())
             for axes in figure.axes for line in lines(axes).values()}  # fmt: skip
    assert len(looks) == 9


def test_what_is_far_off_is_counted(figure):
    assert [t.get_text() for t in figure.axes[2].texts] == ["↓ 4 lower"]


def test_texts_cover_no_point(figure):
    figure.draw_without_rendering()
    for axes in figure.axes:
        for text in axes.texts:
            box = text.get_window_extent()
            for line in lines(axes).values():
                points = axes.transData.transform(line.get_xydata())
                assert not any(box.contains(*point) for point in points)


def test_its_caveat_stands_below(figure):
    assert "One run each, no fixed seed, last epoch." in figure.get_supxlabel()


@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"activations": ["mila:beta=-0.25", "relu", "mish"]},
        {"datasets": ["cifar100"], "depths": [20]},
        {"depths": [164]},
    ],
)
@pytest.mark.parametrize("score", ["top1", "loss"])
def test_nothing_leaves_the_sheet_and_no_label_covers_another(runs, filters, score):
    figure = depths(select(runs, **filters), score)
    figure.draw_without_rendering()
    (legend,) = figure.legends
    boxes = [legend.get_window_extent(), figure._supxlabel.get_window_extent()]
    for axes in figure.axes:
        labels = [axes.yaxis.label, axes.title]
        boxes += [text.get_window_extent() for text in labels if text.get_text()]
        ticks = [*axes.get_xticklabels(), *axes.get_yticklabels()]
        low, high = axes.get_ylim()
        boxes += [
            text.get_window_extent()
            for text in ticks
            if text in axes.get_xticklabels() or low <= text.get_position()[1] <= high
        ]
    for box in boxes:
        assert figure.bbox.x0 <= box.x0 <= box.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= box.y0 <= box.y1 <= figure.bbox.y1
    for a, b in combinations(boxes, 2):
        assert not a.overlaps(b)


def test_where_all_are_equally_many_those_of_most_networks_are_named(runs):
    block = select(runs, ["cifar10"], ["v2"], [20])
    assert named(block) == named(runs)


def test_one_activation_and_one_run_can_be_drawn(runs):
    assert render(depths(select(runs, activations=["mish"])), "png")
    one = select(runs, ["cifar10"], ["v1"], [20], ["mish"])
    assert render(depths(one), "png")


def test_nothing_to_draw(runs):
    empty = select(runs, ["cifar10"], ["v2"], [56], ["mish"])
    with pytest.raises(ParameterError, match="nothing to draw"):
        depths(empty)
    with pytest.raises(ParameterError, match="has top3"):
        depths(select(runs, ["cifar10"], depths=[20]), "top3")


@pytest.mark.parametrize("style", STYLES)
def test_two_drawings_give_the_same_bytes(runs, style):
    with mpl.rc_context({"font.family": "DejaVu Serif"}):
        first = depths(runs, style=style, dpi=50)
    second = depths(runs, style=style, dpi=50)
    assert (sum(first.get_facecolor()[:3]) < 1) == (style == "dark")
    for suffix in FORMATS:
        assert render(first, suffix) == render(second, suffix)
