"""Bytes of the binary version of CIFAR to images and labels.

A record is the label (CIFAR-100: the coarse one of 20, then the fine one of 100), then
red, green and blue, each 32 rows of 32 bytes. Source: Krizhevsky, "Learning Multiple
Layers of Features from Tiny Images", 2009, and its page. The version for Python is a
pickle, which runs what is in it, and is never read.
"""

from __future__ import annotations

from math import prod

import numpy as np
import numpy.typing as npt

from mila_analysis.errors import DataError
from mila_analysis.experiments.data.idx import wrong_length

__all__ = ["records"]

COARSE = 20  # classes of classes


def records(
    content: bytes, count: int, shape: tuple[int, int, int], classes: int, what: object
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Bytes of a whole file to images, N × channels × height × width, and labels.

    Args:
        content: of the file.
        count: records that it must have.
        shape: of an image.
        classes: above 10 there are two labels a record, and the second is given.
        what: the file, for errors.

    Raises:
        DataError: cut off, too long, or a label that cannot be.
    """
    limits = (classes,) if classes <= COARSE else (COARSE, classes)
    width = len(limits) + prod(shape)
    missing = count * width - len(content)
    if missing:
        raise DataError(f"{what} {wrong_length(missing)}")
    rows = np.frombuffer(content, dtype=np.uint8).reshape(count, width)
    for column, limit in enumerate(limits):
        worst = rows[:, column].max(initial=0)
        if worst >= limit:
            raise DataError(f"{what} has a label {worst}; there are {limit} classes")
    images = rows[:, len(limits) :].reshape(count, *shape)
    return np.ascontiguousarray(images), rows[:, len(limits) - 1]
