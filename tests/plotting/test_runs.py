"""Figures of training runs: lines, scales, and numbers in cells."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mila_analysis.errors import ParameterError
from mila_analysis.experiments.config import RunConfig
from mila_analysis.experiments.results import Epoch, Layer, RunResult, Scores
from mila_analysis.plotting import render
from mila_analysis.plotting.confusion import confusion
from mila_analysis.plotting.parameters import parameters
from mila_analysis.plotting.training import training


def scores(x: float) -> Scores:
    return Scores(1 / x, 1 - 0.5 / x, 1 - 0.2 / x, 1 - 0.1 / x, 1 - 0.5 / x)


def result(epochs: int = 4, classes: int = 3, layers: int = 2, **settings) -> RunResult:
    """A run as smooth as none is."""
    config = RunConfig(dataset="digits", learnable=("beta",), **settings)
    counts = np.eye(classes, dtype=int) * 90 + 5
    counts[0, 1] = 0
    return RunResult(
        config=config,
        layers=(Layer("logits", "Linear", (classes,), 9),),
        epochs=tuple(
            Epoch(
                n, 0.1 ** (n // 2 + 1), 1.0, scores(n), scores(n + 0.5),
                {f"activation{k}.beta": -0.25 + 0.1 * n * k for k in range(layers)},
            )
            for n in range(1, epochs + 1)
        ),
        confusion=tuple(map(tuple, counts.tolist())),
        classes=tuple(f"class {k}" for k in range(classes)),
        saved_bytes=10.0,
        versions={},
    )  # fmt: skip


def titles(figure):
    return [axes.get_title() for axes in figure.axes]


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


class TestTraining:
    def test_one_epoch_is_shown_at_its_number(self):
        figure = training([result(1)])
        figure.canvas.draw()
        low, high = figure.axes[0].get_xlim()
        ticks = [t for t in figure.axes[-1].get_xticks() if low <= t <= high]
        assert ticks == [1]
        assert figure.axes[-1].get_lines()[0].get_marker() == "o"

    def test_a_loss_that_never_was_a_number_is_said(self):
        (epoch,) = result(1).epochs
        lost = replace(epoch, train=replace(epoch.train, loss=float("nan")))
        figure = training([replace(result(1), epochs=(lost,))])
        said = {axes.get_title(): [t.get_text() for t in axes.texts]
                for axes in figure.axes}  # fmt: skip
        assert said["training loss"] == ["not a number"]
        assert [len(figure.axes[k].get_yticks()) > 0 for k in (6, 7)] == [False, True]
        assert said["validation loss"] == []

    def test_the_nine_panels_of_the_original(self):
        figure = training([result()])
        assert titles(figure) == [
            "training top-1, %", "training top-3, %", "training top-5, %",
            "validation top-1, %", "validation top-3, %", "validation top-5, %",
            "training loss", "validation loss", "learning rate",
        ]  # fmt: skip
        assert not figure.legends

    def test_lines_are_the_numbers_of_the_epochs(self):
        run = result()
        figure = training([run])
        for place, value in [
            (0, lambda e: 100 * e.train.top1),
            (5, lambda e: 100 * e.validation.top5),
            (7, lambda e: e.validation.loss),
            (8, lambda e: e.learning_rate),
        ]:
            line = figure.axes[place].get_lines()[0]
            assert list(line.get_xdata()) == [1, 2, 3, 4]
            assert list(line.get_ydata()) == [value(e) for e in run.epochs]

    def test_training_and_validation_share_their_scale(self):
        axes = training([result()]).axes
        for one, other in ((0, 3), (1, 4), (2, 5), (6, 7)):
            assert axes[one].get_ylim() == axes[other].get_ylim()
        assert axes[6].get_ylim()[0] == 0
        assert axes[8].get_yscale() == "log"

    def test_a_ring_marks_the_best_epoch(self):
        run = result()
        ring = training([run]).axes[3].get_lines()[-1]
        assert list(ring.get_xdata()) == [4]
        assert list(ring.get_ydata()) == [100 * run.best.validation.top1]

    def test_a_legend_says_in_what_runs_differ(self):
        runs = [result(activation=a, seed=s) for a in ("mila:beta=1", "mila:beta=2")
                for s in (0, 1)]  # fmt: skip
        figure = training(runs)
        assert legend(figure) == [
            "Mila ($\\beta = 1$), seed 0", "Mila ($\\beta = 2$), seed 0",
            "Mila ($\\beta = 1$), seed 1", "Mila ($\\beta = 2$), seed 1",
        ] or legend(figure) == [
            "Mila ($\\beta = 1$), seed 0", "Mila ($\\beta = 1$), seed 1",
            "Mila ($\\beta = 2$), seed 0", "Mila ($\\beta = 2$), seed 1",
        ]  # fmt: skip
        lines = figure.axes[0].get_lines()
        assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == 4

    def test_what_is_no_number_leaves_a_gap(self):
        run = result()
        lost = replace(run.last, train=replace(run.last.train, loss=float("nan")))
        figure = training([replace(run, epochs=(*run.epochs[:-1], lost))])
        assert np.isfinite(figure.axes[6].get_ylim()).all()
        only = training([replace(run, epochs=(lost,))])
        assert np.isfinite(only.axes[6].get_ylim()).all()

    @pytest.mark.parametrize("count", [0, 9])
    def test_no_run_or_too_many(self, count):
        with pytest.raises(ParameterError, match=f"1 to 8 runs, not {count}"):
            training([result(seed=k) for k in range(count)])


class TestConfusion:
    def test_colours_are_parts_of_a_row_and_numbers_are_counts(self):
        run = result()
        axes, bar = confusion(run).axes
        shown = axes.get_images()[0].get_array()
        counts = np.array(run.confusion)
        assert np.allclose(shown.sum(axis=1), 100)
        assert np.allclose(shown, 100 * counts / counts.sum(axis=1, keepdims=True))
        assert sorted(t.get_text() for t in axes.texts) == sorted(
            str(c) for c in counts.flat if c
        )
        assert bar.get_ylabel() == "% of the true class"
        assert [t.get_text() for t in axes.get_yticklabels()] == list(run.classes)

    def test_a_class_without_examples(self):
        run = result()
        empty = replace(run, confusion=((0, 0, 0), *run.confusion[1:]))
        shown = confusion(empty).axes[0].get_images()[0].get_array()
        assert (shown[0] == 0).all()

    def test_a_hundred_classes_have_colours_alone(self):
        axes = confusion(result(classes=100)).axes[0]
        assert not axes.texts

    @pytest.mark.parametrize("style", ["light", "dark"])
    def test_numbers_are_seen(self, style):
        from matplotlib.colors import to_rgb

        from mila_analysis.plotting.confusion import _luminance

        axes = confusion(result(), style=style).axes[0]
        image = axes.get_images()[0]
        cells = image.cmap(image.norm(image.get_array()))
        for text in axes.texts:
            column, row = text.get_position()
            one = _luminance(to_rgb(text.get_color()))
            other = _luminance(cells[int(row), int(column)][:3])
            assert (max(one, other) + 0.05) / (min(one, other) + 0.05) > 4.5


class TestParameters:
    def test_a_path_starts_where_the_activation_did(self):
        run = result()
        figure = parameters(run)
        faint, *lines = figure.axes[0].get_lines()
        assert list(lines[1].get_xdata()) == [0, 1, 2, 3, 4]
        assert list(lines[1].get_ydata()) == [
            -0.25, *(e.parameters["activation1.beta"] for e in run.epochs),
        ]  # fmt: skip
        assert figure.axes[0].get_ylabel() == r"$\beta$"
        assert legend(figure) == ["activation0", "activation1"]
        assert list(faint.get_ydata()) == [-0.25, -0.25]

    def test_many_layers_have_a_short_legend(self):
        figure = parameters(result(layers=30))
        assert len(figure.axes[0].get_lines()) == 31
        assert legend(figure) == [f"activation{k}" for k in (0, 9, 19, 29)]

    def test_none_is_learned(self):
        run = result(layers=0)
        with pytest.raises(ParameterError, match="no parameter"):
            parameters(run)


@pytest.mark.parametrize("style", ["light", "dark"])
def test_the_same_bytes_twice(style):
    for draw in (
        lambda: training([result(), result(seed=1)], style=style, dpi=60),
        lambda: confusion(result(), style=style, dpi=60),
        lambda: parameters(result(), style=style, dpi=60),
    ):
        assert render(draw(), "png") == render(draw(), "png")
