"""Equal configurations give equal numbers, whatever happens in between."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from mila_analysis.experiments.config import RunConfig
from mila_analysis.experiments.training import Interrupted, read, train

# A dropout, batch norm, augmentation and a learned parameter: all that could be lost.
HARD = RunConfig(
    dataset="digits", build="sequential", placement="all", learnable=("beta",),
    epochs=3, batch_size=4, augment=True, schedule="cosine", weight_decay=1e-4, seed=3,
)  # fmt: skip
CHILD = """
import sys, torch
from pathlib import Path
from mila_analysis.experiments.config import RunConfig
from mila_analysis.experiments.training import train
import json
torch.set_num_threads(1)
def watch(event):
    if event.kind == "step" and event.epoch == 2 and event.step > 100:
        print(event.step, flush=True)
        sys.stdin.readline()
config = RunConfig.from_mapping(json.loads(sys.argv[1]))
train(config, sys.argv[2], watch=watch)
"""


def numbers(folder):
    """Rows of metrics.csv without times."""
    rows = list(csv.DictReader((folder / "metrics.csv").read_text().splitlines()))
    return [{k: v for k, v in row.items() if k != "seconds"} for row in rows]


def weights(folder, name="checkpoint.pt"):
    return torch.load(folder / name, weights_only=True)["model"]


def assert_equal(one, other):
    assert one.keys() == other.keys()
    assert all(torch.equal(one[key], other[key]) for key in one)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folder of a run that nobody disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    train(HARD, folder)
    torch.set_num_threads(before)
    return folder


def child(folder):
    """A process that waits in the middle of epoch 2."""
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, HARD.to_json(), str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert int(process.stdout.readline()) > 100
    return process


def assert_same_end(folder, whole):
    """The run in a folder goes on to the same numbers, weights and best weights."""
    result = train(HARD, folder)
    assert [e.number for e in result.epochs] == [1, 2, 3]
    assert numbers(folder) == numbers(whole)
    assert result.confusion == read(whole).confusion
    assert_equal(weights(folder), weights(whole))
    assert_equal(weights(folder, "best.pt"), weights(whole, "best.pt"))


def test_kill_9_loses_the_epoch_and_nothing_else(tmp_path, whole):
    process = child(tmp_path)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert len(numbers(tmp_path)) == 1
    assert_same_end(tmp_path, whole)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_the_step(tmp_path, whole, number):
    steps = []

    def watch(event):
        if event.kind == "step" and event.epoch == 2 and not steps:
            steps.append(event.step)
            os.kill(os.getpid(), number)

    with pytest.raises(Interrupted) as caught:
        train(HARD, tmp_path, watch=watch)
    stopped = caught.value
    (step,) = steps
    assert (stopped.epoch, stopped.step, stopped.signal) == (2, step, number)
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert state["step"] == step
    assert state["counted"]["examples"] == 4 * step
    assert_same_end(tmp_path, whole)


def test_ctrl_c_in_validation_trains_nothing_twice(tmp_path, config, digits):
    def watch(event):
        if event.kind == "epoch" and event.done.number == 1:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Interrupted) as caught:
        train(config, tmp_path, data=digits, watch=watch)
    assert (caught.value.epoch, caught.value.step) == (2, 0)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    gone_on = train(config, tmp_path, data=digits)
    assert scores(gone_on) == scores(train(config, data=digits))


def test_a_second_ctrl_c_ends_at_once(config, digits):
    def watch(event):
        if event.kind == "validation":
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt) as caught:
        train(config, data=digits, watch=watch)
    assert not isinstance(caught.value, Interrupted)


def scores(result):
    return [(e.train, e.validation, e.parameters) for e in result.epochs]


def test_a_folder_changes_no_number(tmp_path, config, digits):
    assert scores(train(config, tmp_path, data=digits)) == scores(
        train(config, data=digits)
    )


def test_the_callers_generator_is_as_it_was(config, digits):
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    train(config, data=digits)
    assert torch.equal(torch.rand(3), expected)


def test_the_callers_generator_does_not_matter(config, digits):
    torch.manual_seed(1)
    first = train(config, data=digits)
    torch.manual_seed(2)
    assert scores(train(config, data=digits)) == scores(first)


def test_another_seed_is_another_run(config, digits):
    other = train(replace(config, seed=8), data=digits)
    assert scores(other) != scores(train(config, data=digits))


def test_equal_seeds_take_examples_in_equal_order_whatever_the_activation():
    from mila_analysis.experiments.training.randomness import order

    assert torch.equal(order(3, 1, 100), order(3, 1, 100))
    assert not torch.equal(order(3, 1, 100), order(3, 2, 100))
    assert not torch.equal(order(3, 1, 100), order(4, 1, 100))
