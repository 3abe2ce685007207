"""The digits that scikit-learn brings to a dataset with a fixed division."""

from __future__ import annotations

import numpy as np

from mila_analysis.experiments.data.dataset import Dataset, Split
from mila_analysis.experiments.data.source import Source

__all__ = ["digits"]

EVERY = 5
WHITE = 16


def digits(source: Source) -> Dataset:
    """1437 digits to learn from and 360 to be judged by, 8 × 8, from 0 to 16.

    The bundled file is the test set of the UCI's "Optical Recognition of Handwritten
    Digits" (Alpaydin and Kaynak, 1998) and has no division of its own. Here all
    examples are put in order of their class, otherwise as they come, and the first of
    every five is validated on: a fifth of each class, and no random number. The 13
    people who wrote them are in both parts.
    """
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images = np.asarray(bunch.images).astype(np.uint8)[:, np.newaxis]
    labels = np.asarray(bunch.target).astype(np.int64)
    judged = np.zeros(len(labels), dtype=bool)
    judged[np.argsort(labels, kind="stable")[::EVERY]] = True
    train, validation = (
        Split(np.ascontiguousarray(images[part]), labels[part])
        for part in (~judged, judged)
    )
    return Dataset(source.name, train, validation, source.classes, white=WHITE)
