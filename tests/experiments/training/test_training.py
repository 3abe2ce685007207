"""What a run computes, held to plain torch, and what it refuses."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from mila_analysis.errors import ParameterError
from mila_analysis.experiments.config import RunConfig
from mila_analysis.experiments.data import Split
from mila_analysis.experiments.models import build
from mila_analysis.experiments.training import line, summary, train
from mila_analysis.experiments.training.batches import (
    Examples,
    cut,
    moved,
    random_moves,
)
from mila_analysis.experiments.training.memory import saved_bytes
from mila_analysis.experiments.training.optimizing import learning_rate
from mila_analysis.experiments.training.randomness import order, seed_of


def independent(config, data):
    """The run as a few lines of plain torch would do it."""
    torch.manual_seed(seed_of(config.seed, "weights"))
    model = build(config, data.shape, len(data.classes))
    adam = torch.optim.Adam(model.parameters(), lr=config.learning_rate)
    x = (torch.tensor(data.train.images).float() / data.white - 0.5) / 0.5
    y = torch.tensor(data.train.labels)
    losses = []
    for epoch in range(1, config.epochs + 1):
        total = 0.0
        for batch in order(config.seed, epoch, len(y)).split(config.batch_size):
            loss = nn.functional.cross_entropy(model(x[batch]), y[batch])
            adam.zero_grad()
            loss.backward()
            adam.step()
            total += loss.item() * len(batch)
        losses.append(total / len(y))
    return model, losses


def test_it_is_what_plain_torch_does(config, digits):
    model, losses = independent(config, digits)
    result = train(config, data=digits)
    assert [e.train.loss for e in result.epochs] == pytest.approx(losses, rel=1e-4)
    x = (torch.tensor(digits.validation.images).float() / 16 - 0.5) / 0.5
    said = model(x).argmax(1).numpy()
    right = float(np.mean(said == digits.validation.labels))
    assert result.last.validation.top1 == pytest.approx(right, abs=1.5 / 90)


def test_confusion_is_of_the_last_epoch(config, digits):
    result = train(config, data=digits)
    counts = np.array(result.confusion)
    assert counts.sum() == 90
    assert np.trace(counts) / 90 == result.last.validation.top1
    assert (
        counts.sum(axis=1).tolist()
        == np.bincount(digits.validation.labels, minlength=10).tolist()
    )


def test_events_come_in_order(config, digits):
    seen = []
    train(config, data=digits, watch=seen.append)
    kinds = [e.kind for e in seen if e.kind != "step"]
    assert kinds == ["start", *["validation", "epoch"] * 3]
    assert [e.done.number for e in seen if e.done] == [1, 2, 3]
    assert line(seen[-1].done, 3).startswith("epoch 3/3: loss 0.")


@pytest.mark.parametrize("learned", [(), ("beta",)])
def test_learned_parameters_move_and_others_do_not(config, digits, learned):
    wanted = replace(config, learnable=learned, placement="all", weight_decay=10.0)
    result = train(wanted, data=digits)
    paths = [e.parameters for e in result.epochs]
    if not learned:
        assert paths == [{}] * 3
        return
    assert list(paths[0]) == [f"activation{i}.beta" for i in (1, 2, 3)]
    assert all(-0.35 < v < 0 and v != -0.25 for v in paths[-1].values())


def test_a_run_that_diverges_ends_and_says_so(config, digits):
    wild = replace(config, optimizer="sgd", learning_rate=1e9, epochs=5)
    result = train(wild, data=digits)
    assert result.diverged
    assert len(result.epochs) < 5
    assert not math.isfinite(result.last.train.loss)
    assert "DIVERGED" in summary(result)
    text = result.to_json()
    assert "NaN" not in text
    assert math.isnan(type(result).from_json(text).last.train.loss)


def test_a_diverged_run_stays_so(config, digits, tmp_path):
    wild = replace(config, optimizer="sgd", learning_rate=1e9, epochs=5)
    train(wild, tmp_path, data=digits)
    assert train(wild, tmp_path, data=digits).diverged


def test_mixed_precision(config, digits):
    result = train(replace(config, amp=True, epochs=6), data=digits)
    exact = train(replace(config, epochs=6), data=digits)
    assert result.last.validation.top1 > 0.6
    assert result.last.train.loss != exact.last.train.loss
    assert result.saved_bytes < exact.saved_bytes


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"device": "cuda:9"}, "cuda"),
        ({"build": "sequential", "batch_size": 1}, "too small for batch norm"),
        ({"dataset": "mnist"}, "names mnist, but the data are digits"),
    ],
)
def test_what_cannot_be_is_refused(config, digits, settings, message):
    with pytest.raises(ParameterError, match=message):
        train(replace(config, **settings), data=digits)


def test_data_that_cannot_be_learned_are_refused(config, digits):
    empty = Split(digits.train.images[:0], digits.train.labels[:0])
    beyond = Split(digits.train.images, digits.train.labels + 5)
    for data, message in [
        (replace(digits, train=empty), "training set of digits is empty"),
        (replace(digits, validation=empty), "validation set of digits is empty"),
        (replace(digits, train=beyond), "label 14 of 10 classes"),
        (replace(digits, classes=("one",)), "fewer than two"),
    ]:
        with pytest.raises(ParameterError, match=message):
            train(config, data=data)


def test_a_missing_class_is_no_mistake(config, digits):
    keep = digits.validation.labels != 3
    data = replace(
        digits,
        validation=Split(
            digits.validation.images[keep], digits.validation.labels[keep]
        ),
    )
    result = train(config, data=data)
    assert sum(result.confusion[3]) == 0
    assert 0 <= result.last.validation.macro_f1 <= 1


def test_five_classes_or_fewer_are_always_among_five(config, digits):
    few = digits.train.labels < 4
    some = digits.validation.labels < 4
    data = replace(
        digits,
        classes=digits.classes[:4],
        train=Split(digits.train.images[few], digits.train.labels[few]),
        validation=Split(
            digits.validation.images[some], digits.validation.labels[some]
        ),
    )
    assert train(config, data=data).last.validation.top5 == 1


class TestBatches:
    def test_one_example_left_over_joins_the_batch_before(self):
        assert [len(b) for b in cut(torch.arange(9), 4)] == [4, 5]
        assert [len(b) for b in cut(torch.arange(10), 4)] == [4, 4, 2]
        assert [len(b) for b in cut(torch.arange(3), 1)] == [1, 1, 1]
        assert [len(b) for b in cut(torch.arange(1), 4)] == [1]

    def test_black_is_minus_one_and_white_is_one(self, digits):
        split = Split(np.array([[[[0, 8, 16]]]], np.uint8), np.array([4]))
        images, labels = Examples.of(split, 16, torch.device("cpu")).take(
            torch.tensor([0])
        )
        assert images.tolist() == [[[[-1, 0, 1]]]]
        assert labels.tolist() == [4]

    def test_moves_are_those_of_each_image(self):
        images = torch.arange(2 * 3 * 5 * 6, dtype=torch.uint8).view(2, 3, 5, 6)
        still = torch.tensor([[4, 4, 0], [4, 4, 0]])
        assert torch.equal(moved(images, still), images)
        moves = torch.tensor([[4, 4, 1], [5, 2, 0]])
        mirrored, shifted = moved(images, moves)
        assert torch.equal(mirrored, images[0].flip(2))
        assert torch.equal(shifted[:, :4, 2:], images[1][:, 1:, :4])
        assert (shifted[:, 4] == 0).all()
        assert (shifted[:, :, :2] == 0).all()

    def test_random_moves_reach_all_there_is(self):
        drawn = random_moves(2000, torch.Generator().manual_seed(0))
        assert [sorted(set(c.tolist())) for c in drawn.T] == [
            list(range(9)), list(range(9)), [0, 1],
        ]  # fmt: skip


def test_learning_rates():
    keras = RunConfig(epochs=200, learning_rate=1e-3, schedule="steps")
    ends = {81: 1e-3, 82: 1e-4, 122: 1e-5, 162: 1e-6, 182: 5e-7, 200: 5e-7}
    for epoch, rate in ends.items():
        assert learning_rate(keras, epoch) == pytest.approx(rate)
    cosine = replace(keras, schedule="cosine")
    assert learning_rate(cosine, 1) == 1e-3
    assert learning_rate(cosine, 101) == pytest.approx(5e-4)


def test_saved_bytes_are_counted_by_hand():
    model = nn.Sequential(nn.Flatten(), nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3))
    x, y = torch.zeros(4, 1, 2, 3), torch.zeros(4, dtype=torch.int64)
    # The image, what ReLU gives (its own result and the next layer's input in one),
    # the logarithm of the probabilities, and the label, which is of 8 bytes.
    assert saved_bytes(model, x, y, amp=False) == 4 * (6 + 5 + 3) + 8


def test_saved_bytes_leave_the_model_as_it_was():
    model = nn.Sequential(nn.Flatten(), nn.Linear(6, 5), nn.BatchNorm1d(5)).eval()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    x, y = torch.rand(4, 1, 2, 3), torch.zeros(4, dtype=torch.int64)
    saved_bytes(model, x, y, amp=False)
    assert all(torch.equal(before[k], v) for k, v in model.state_dict().items())
    assert not model.training


@pytest.mark.parametrize(("augment", "said"), [(True, 1), (False, 0)])
def test_shifting_small_images_is_remarked_upon(config, digits, augment, said):
    events = []
    train(replace(config, augment=augment, epochs=1), data=digits, watch=events.append)
    assert sum("shifted by up to 4" in event.text for event in events) == said
