"""Images and their classes, as arrays of bytes: pure data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["Dataset", "Split"]


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Examples of one part of a dataset.

    Attributes:
        images: uint8, N × channels × height × width.
        labels: int64, N, from 0.
    """

    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    def counts(self, classes: int) -> tuple[int, ...]:
        """Examples of each class, from label 0."""
        import numpy as np

        return tuple(np.bincount(self.labels, minlength=classes).tolist())


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """A dataset with the division into two parts that its authors gave.

    Attributes:
        name: as users type it.
        train: what a network learns from.
        validation: what it is judged by; the authors' test set.
        classes: their names, by label.
        white: the largest value of a byte of an image: 255, or 16 for `digits`.
    """

    name: str
    train: Split
    validation: Split
    classes: tuple[str, ...]
    white: int = 255

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        channels, height, width = self.train.images.shape[1:]
        return channels, height, width
