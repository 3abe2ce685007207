"""The figure of a comparison: what stands where, and what is left out."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mila_analysis.errors import ParameterError
from mila_analysis.experiments.comparing import Comparison
from mila_analysis.experiments.comparing.measures import MEASURES
from mila_analysis.experiments.config import RunConfig
from mila_analysis.experiments.results import Epoch, RunResult, Scores
from mila_analysis.plotting import render
from mila_analysis.plotting._style import THEMES
from mila_analysis.plotting.scores import scores

TOP1 = MEASURES[0]
NAMES = ("relu", "mish", "mila:beta=-0.25", "swish", "gelu", "selu", "elu", "softplus")


def _run(activation, seed, tops):
    epochs = tuple(
        Epoch(
            n, 0.003, 1.0,
            train=Scores(0.9 - top if math.isfinite(top) else math.nan, top, 1, 1, top),
            validation=Scores(1 - top, top, 1.0, 1.0, top),
        )
        for n, top in enumerate(tops, 1)
    )  # fmt: skip
    config = RunConfig("digits", activation, epochs=3, seed=seed)
    return RunResult(config, (), epochs, ((180, 0), (0, 180)), ("a", "b"), 9.0, {})


def _made(count=3, seeds=4, lost=(), step=0.01):
    draw = np.random.default_rng(0)
    return Comparison(
        tuple(
            _run(
                name, seed,
                [0.3, math.nan] if (name, seed) in lost
                else [0.5, *(0.8 + step * place + 0.001 * draw.normal(size=2))],
            )
            for place, name in enumerate(NAMES[:count])
            for seed in range(seeds)
        )
    )  # fmt: skip


@pytest.fixture(scope="module")
def made():
    return _made()


@pytest.fixture(scope="module")
def figure(made):
    return scores(made)


def _marks(axes, size=4.6):
    return [
        line for line in axes.lines
        if line.get_markersize() == size and line.get_label() != "_sign"
    ]  # fmt: skip


def test_a_mean_of_the_last_and_the_best_epoch_of_each(figure, made):
    shown = [line.get_xdata()[0] for line in _marks(figure.axes[0])]
    wanted = [
        made.score(name, TOP1, when).mean
        for name in made.activations
        for when in ("last", "best")
    ]
    assert shown == wanted


def test_a_dot_a_seed(figure):
    dots = [line for line in figure.axes[0].lines if line.get_markersize() == 2.1]
    assert [len(line.get_xdata()) for line in dots] == [4] * 6


def test_intervals_are_those_of_the_tables(figure, made):
    lines = [x for x in figure.axes[0].lines if x.get_label() == "_interval"]
    found = made.score("relu", TOP1, "last")
    assert list(lines[0].get_xdata()) == [found.low, found.high]


def test_differences_that_are_shown_are_in_ink(figure, made):
    pairs = made.pairs(TOP1, "last")
    colours = [line.get_markeredgecolor() for line in _marks(figure.axes[2])]
    theme = THEMES["light"]
    assert all(pair.difference.is_shown for pair in pairs)
    assert colours == [theme.ink] * 3
    assert figure.axes[2].get_xlabel() == ""


def test_differences_that_are_not_shown_are_grey_and_it_is_said():
    axes = scores(_made(2, 4, step=0.0)).axes[2]
    [grey] = _marks(axes)
    assert grey.get_markeredgecolor() == THEMES["light"].level
    assert axes.get_xlabel() == "grey: no difference shown"


def test_curves_are_means_over_seeds_with_bands(figure, made):
    axes = figure.axes[3]
    means = [100 * np.mean([r.epochs[1].validation.top1 for r in made.of("mish")])]
    assert axes.lines[1].get_ydata()[1] == pytest.approx(means[0])
    assert len(axes.collections) == 3


def test_what_diverged_is_in_no_curve():
    drawn = scores(_made(lost={("mish", 0)}))
    line = drawn.axes[3].lines[1]
    assert np.isfinite(line.get_ydata()).all()
    assert len(line.get_ydata()) == 3


def test_one_activation_that_always_diverged_leaves_the_others():
    drawn = scores(_made(2, 2, lost={("mish", 0), ("mish", 1)}))
    assert len(drawn.axes[3].lines[0].get_ydata()) == 3
    render(drawn, "svg")


def test_one_seed_has_no_interval():
    drawn = scores(_made(2, 1))
    assert not [x for x in drawn.axes[0].lines if x.get_label() == "_interval"]
    render(drawn, "svg")


def test_of_too_many_pairs_those_with_the_first_are_drawn():
    assert len(_marks(scores(_made(8, 2)).axes[2])) == 7


@pytest.mark.parametrize("style", ["light", "dark"])
def test_the_same_bytes_twice(made, style):
    one, other = (render(scores(made, style=style), "svg") for _ in range(2))
    assert one == other


def test_what_cannot_be_drawn():
    with pytest.raises(ParameterError, match="every run diverged"):
        scores(_made(2, 1, lost={("relu", 0), ("mish", 0)}))
    with pytest.raises(ParameterError, match="style"):
        scores(_made(2, 1), style="blue")
