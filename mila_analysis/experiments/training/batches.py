"""Images in memory to batches of numbers from -1 to 1."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mila_analysis.experiments.data.dataset import Split

__all__ = ["SHIFT", "Examples", "cut", "moved", "random_moves"]

SHIFT = 4  # pixels


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """A part of a dataset on the device that computes.

    Attributes:
        images: uint8, N × channels × height × width.
        labels: int64, N.
        white: the largest value of a byte.
    """

    images: Tensor
    labels: Tensor
    white: int

    @classmethod
    def of(cls, split: Split, white: int, device: torch.device) -> Examples:
        """A split as tensors."""
        images, labels = torch.tensor(split.images), torch.tensor(split.labels)
        return cls(images.to(device), labels.to(device), white)

    def __len__(self) -> int:
        return len(self.labels)

    def take(
        self, places: Tensor, moves: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Images and labels at some places, the images moved if moves are given.

        A byte b becomes 2b / white - 1, as `ToTensor` and `Normalize(0.5, 0.5)` of
        torchvision make it.
        """
        places = places.to(self.labels.device)
        images = self.images.index_select(0, places)
        if moves is not None:
            images = moved(images, moves.to(images.device))
        numbers = images.to(torch.float32).mul_(2 / self.white).sub_(1)
        return numbers, self.labels.index_select(0, places)


def cut(places: Tensor, size: int) -> list[Tensor]:
    """Places of examples to batches; a last one of one example joins the one before.

    Batch norm cannot learn from one example.
    """
    parts = list(torch.split(places, size))
    if len(parts) > 1 and len(parts[-1]) == 1 and size > 1:
        parts[-2:] = [torch.cat(parts[-2:])]
    return parts


def random_moves(examples: int, generator: torch.Generator) -> Tensor:
    """Rows and columns to shift by, each from 0 to 8, and whether to mirror: N × 3."""
    shifts = torch.randint(0, 2 * SHIFT + 1, (examples, 2), generator=generator)
    mirrored = torch.randint(0, 2, (examples, 1), generator=generator)
    return torch.cat([shifts, mirrored], dim=1)


def moved(images: Tensor, moves: Tensor) -> Tensor:
    """Each image shifted, black beyond its edge, and mirrored where a move says so.

    Args:
        images: N × channels × height × width.
        moves: of `random_moves`; 4, 4, 0 leaves an image as it is.
    """
    n, _, height, width = images.shape
    down, right, mirrored = (column[:, None] for column in moves.T)
    across = torch.arange(width, device=images.device).expand(n, width)
    across = torch.where(mirrored.bool(), across.flip(1), across) + right
    along = torch.arange(height, device=images.device) + down
    every = torch.arange(n, device=images.device)[:, None, None]
    padded = torch.nn.functional.pad(images, (SHIFT,) * 4).permute(0, 2, 3, 1)
    chosen = padded[every, along[:, :, None], across[:, None, :]]
    return chosen.permute(0, 3, 1, 2).contiguous()
