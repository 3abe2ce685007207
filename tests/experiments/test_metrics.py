"""Scores against scikit-learn's, whatever the logits."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, f1_score, top_k_accuracy_score

from mila_analysis.experiments.metrics import Tally, macro_f1, ranks


@given(seed=st.integers(0, 1000), n=st.integers(1, 60), classes=st.integers(6, 12))
def test_scores_are_those_of_scikit_learn(seed, n, classes):
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(n, classes, generator=generator)
    labels = torch.randint(0, classes, (n,), generator=generator)
    tally = Tally(classes)
    half = n // 2
    tally.add(logits[:half], labels[:half], [1.5])
    tally.add(logits[half:], labels[half:], [0.5])
    said, known = logits.argmax(1).numpy(), labels.numpy()
    scores = tally.scores
    assert scores.loss == 2 / n
    assert scores.macro_f1 == pytest.approx(
        f1_score(known, said, average="macro", zero_division=0)
    )
    every = np.arange(classes)
    assert (
        tally.confusion.numpy() == confusion_matrix(known, said, labels=every)
    ).all()
    for k, score in ((1, scores.top1), (3, scores.top3), (5, scores.top5)):
        expected = top_k_accuracy_score(known, logits.numpy(), k=k, labels=every)
        assert score == pytest.approx(expected)


def test_the_first_of_equals_stands_first_as_in_argmax():
    logits = torch.tensor([[1.0, 1.0, 0.0]] * 3)
    assert ranks(logits, torch.tensor([0, 1, 2])).tolist() == [0, 1, 2]


def test_what_is_not_a_number_is_behind_all_numbers():
    nan, inf = torch.nan, torch.inf
    logits = torch.tensor([[nan, 0.0, -9.0], [nan, nan, nan], [inf, nan, 0.0]])
    assert ranks(logits, torch.tensor([0, 1, 0])).tolist() == [2, 1, 0]
    tally = Tally(3)
    tally.add(logits, torch.tensor([0, 1, 0]), [nan])
    assert tally.confusion.trace().item() == tally.hits[0].item() == 1


def test_the_sum_of_losses_does_not_depend_on_the_parts():
    generator = torch.Generator().manual_seed(0)
    losses = (1 + torch.rand(100, generator=generator, dtype=torch.float64)).tolist()
    logits, labels = torch.zeros(100, 2), torch.zeros(100, dtype=torch.int64)
    whole, parts = Tally(2), Tally(2)
    whole.add(logits, labels, losses)
    for start in range(0, 100, 7):
        end = start + 7
        parts.add(logits[start:end], labels[start:end], losses[start:end])
    assert whole.loss == parts.loss


def test_a_tally_goes_through_a_checkpoint():
    tally, again = Tally(3), Tally(3)
    tally.add(torch.eye(3), torch.tensor([0, 1, 1]), [0.25])
    again.restore(tally.state())
    assert again.scores == tally.scores


def test_macro_f1_of_nothing_is_0():
    assert macro_f1(np.zeros((3, 3), int)) == 0
