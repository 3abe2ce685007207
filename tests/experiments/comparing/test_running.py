"""`compare`: equal beginnings a seed, runs that are kept, and what is refused."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from mila_analysis.errors import ParameterError, ProcessError
from mila_analysis.experiments.comparing import compare
from mila_analysis.experiments.comparing.measures import MEASURES
from mila_analysis.experiments.comparing.running import base_of, chosen_baseline
from mila_analysis.experiments.data import Dataset, Split
from mila_analysis.experiments.sweeping import grid
from mila_analysis.experiments.training import train
from mila_analysis.experiments.training.devices import chosen
from mila_analysis.experiments.training.processes import joined
from mila_analysis.experiments.training.run import Run

TOP1 = MEASURES[0]
ACTS = ("relu", "mish", "mila:beta=-0.25")


@pytest.fixture(scope="module")
def tiny() -> Dataset:
    """Sixty images of three classes: one third each is bright."""
    draw = np.random.default_rng(0)
    labels = np.arange(60) % 3
    images = draw.integers(0, 90, (60, 1, 6, 6))
    for label in range(3):
        images[labels == label, :, 2 * label : 2 * label + 2] += 60
    parts = [
        Split(images[k].astype(np.uint8), labels[k].astype(np.int64))
        for k in (slice(0, 39), slice(39, 60))
    ]
    return Dataset("digits", *parts, classes=("a", "b", "c"))


@pytest.fixture
def base():
    return base_of("digits", epochs=2, batch_size=16)


def test_equal_weights_and_order_a_seed(tiny, base):
    device = chosen("cpu")
    found = {}
    with joined(device) as team, torch.random.fork_rng():
        for config in grid(base, ACTS, (0, 1)):
            run = Run(config, tiny, device, team)
            weights = torch.cat([p.detach().flatten() for p in run.model.parameters()])
            order = torch.cat(list(run.batches()))
            found.setdefault(config.seed, []).append((weights, order))
    for seed in found:
        for weights, order in found[seed][1:]:
            assert torch.equal(weights, found[seed][0][0])
            assert torch.equal(order, found[seed][0][1])
    assert not torch.equal(found[0][0][0], found[1][0][0])
    assert not torch.equal(found[0][0][1], found[1][0][1])


def test_scores_are_those_of_single_runs(tiny, base, tmp_path):
    made = compare(base, ACTS, (3, 4), tmp_path, workers=1, data=tiny)
    assert made.activations == ACTS
    assert made.seeds == (3, 4)
    for activation in ACTS:
        alone = [train(c, data=tiny) for c in grid(base, [activation], (3, 4))]
        tops = [run.last.validation.top1 for run in alone]
        assert made.values(activation, TOP1, "last") == tops


def test_what_is_finished_is_not_trained_again(tiny, base, tmp_path):
    first = compare(base, ACTS[:2], (0,), tmp_path, workers=1, data=tiny)
    kinds = []
    more = compare(
        base, ACTS, (0,), tmp_path, workers=1, data=tiny,
        watch=lambda update: kinds.append(update.kind),
    )  # fmt: skip
    assert kinds.count("found") == 2
    assert kinds.count("done") == 1
    assert more.runs[:2] == first.runs
    again = compare(
        base, ACTS, (0,), tmp_path, workers=1, data=lambda: pytest.fail("loaded")
    )
    assert again == more


def test_a_run_that_diverges_is_counted_and_left_out(tiny, tmp_path):
    base = base_of("digits", epochs=2, batch_size=16)
    made = compare(
        base, ("relu", "1000000*x**5"), (0, 1), tmp_path, workers=1, data=tiny
    )
    lost = made.activations[1]
    assert made.diverged(lost) == 2
    assert made.diverged("relu") == 0
    assert all(map(math.isnan, made.values(lost, TOP1, "last")))


def test_a_run_that_fails_is_said_and_the_others_are_kept(tiny, base, tmp_path):
    compare(base, ACTS[:2], (0,), tmp_path, workers=1, data=tiny)
    [broken] = tmp_path.glob("*mish*")
    (broken / "result.json").write_text("{}")
    with pytest.raises(ProcessError, match=r"1 of 2 runs failed.*result\.json"):
        compare(base, ACTS[:2], (0,), tmp_path, workers=1, data=tiny)


@pytest.mark.parametrize(
    ("activations", "seeds", "message"),
    [
        (["relu"], (0,), "two activations"),
        (["relu", "relu"], (0,), "two activations"),
        (["relu", "mish"], (), "one seed"),
    ],
)
def test_what_is_no_comparison(base, tmp_path, activations, seeds, message):
    with pytest.raises(ParameterError, match=message):
        compare(base, activations, seeds, tmp_path / "runs")
    assert not Path(tmp_path / "runs").exists()


class TestBaseline:
    texts = ("relu", "mila:beta=-0.25", "swish:beta=1")

    def test_by_name_alone(self):
        assert chosen_baseline("mila", list(self.texts)) == "mila:beta=-0.25"

    def test_by_its_whole_text(self):
        assert chosen_baseline("swish:beta=1.0", list(self.texts)) == "swish:beta=1"

    def test_none(self):
        assert chosen_baseline(None, list(self.texts)) == ""

    def test_a_name_that_two_have(self):
        with pytest.raises(ParameterError, match="mila:beta=0 or mila:beta=1"):
            chosen_baseline("mila", ["mila:beta=0", "mila:beta=1"])

    def test_one_that_is_not_compared(self):
        with pytest.raises(ParameterError, match="'mish' is not compared"):
            chosen_baseline("mish", list(self.texts))
