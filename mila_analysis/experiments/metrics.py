"""Logits and labels to counts that can be added, and these to scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mila_analysis.experiments.results import Scores

__all__ = ["RANKS", "Tally", "macro_f1", "ranks"]

RANKS = (1, 3, 5)


def ranks(logits: Tensor, labels: Tensor) -> Tensor:
    """How many classes stand before the true one, for each example.

    Among equal logits the first class stands first, as in `argmax`. What is not a
    number stands behind all numbers.

    Args:
        logits: N × classes.
        labels: N, from 0.
    """
    votes = _votes(logits)
    own = votes.gather(1, labels[:, None])
    before = torch.arange(logits.shape[1], device=logits.device) < labels[:, None]
    return ((votes > own) | ((votes == own) & before)).sum(1)


def _votes(logits: Tensor) -> Tensor:
    return torch.nan_to_num(
        logits.detach().float(), nan=-torch.inf, posinf=torch.inf, neginf=-torch.inf
    )


class Tally:
    """Sum of losses, and counts of right and wrong answers, over many batches."""

    def __init__(self, classes: int, device: torch.device | str = "cpu") -> None:
        self.classes = classes
        self.examples = 0
        self.loss = 0.0
        self.hits = torch.zeros(len(RANKS), dtype=torch.int64, device=device)
        self.confusion = torch.zeros(classes, classes, dtype=torch.int64, device=device)

    def add(self, logits: Tensor, labels: Tensor, losses: Sequence[float]) -> None:
        """Count more examples.

        Args:
            logits: N × classes.
            labels: N, from 0.
            losses: sums over parts of these examples, in order; added one by one, so
                that the sum is the same however the parts are joined.
        """
        self.examples += len(labels)
        for loss in losses:
            self.loss += loss
        place = ranks(logits, labels)
        self.hits += torch.stack([(place < k).sum() for k in RANKS])
        pairs = labels * self.classes + _votes(logits).argmax(1)
        counts = torch.bincount(pairs, minlength=self.classes**2)
        self.confusion += counts.view_as(self.confusion)

    @property
    def scores(self) -> Scores:
        """Scores of all that was counted.

        A row of the confusion matrix is a true class, a column a predicted one.
        """
        n = max(self.examples, 1)
        top1, top3, top5 = (hits / n for hits in self.hits.tolist())
        f1 = macro_f1(self.confusion.cpu().numpy())
        return Scores(self.loss / n, top1, top3, top5, f1)

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {
            "examples": self.examples,
            "loss": self.loss,
            "hits": self.hits.cpu(),
            "confusion": self.confusion.cpu(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Inverse of `state`."""
        self.examples, self.loss = state["examples"], state["loss"]
        self.hits.copy_(state["hits"])
        self.confusion.copy_(state["confusion"])


def macro_f1(confusion: np.ndarray[Any, Any]) -> float:
    """Mean over classes of the harmonic mean of precision and recall, by scikit-learn.

    A class that neither stands in the data nor was ever predicted is left out; one
    whose precision or recall is 0 / 0 otherwise counts as 0.

    Args:
        confusion: counts, a row a true class, a column a predicted one.
    """
    from sklearn.metrics import f1_score

    true, predicted = np.nonzero(confusion)
    if not len(true):
        return 0.0
    weights = confusion[true, predicted]
    score = f1_score(
        true, predicted, average="macro", sample_weight=weights, zero_division=0
    )
    return float(score)
