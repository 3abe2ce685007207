"""Version, depth and classes to a residual network for small images.

The networks are those of the Keras example of 2019 (`cifar10_resnet.py`), from which
the original's tables come, after He et al. (CVPR 2016: version 1; ECCV 2016: 2):

- Three stages of n blocks; the first block of stages 2 and 3 halves height and width.
  Version 1: blocks of two convolutions 3×3, 16, 32 and 64 channels, depth 6n + 2.
  Version 2: blocks 1×1, 3×3, 1×1, depth 9n + 2, with channels 16-16-64, 64-64-128 and
  128-128-256: from the second stage wider than those of He et al.
- Where the shape changes, the shortcut is a convolution 1×1 (their option B).
- Convolutions have biases, though batch norm follows; weights are He normal.

Padding of strided convolutions and the constants of batch norm are those of PyTorch.
Global average pooling is that of the example on 32×32, and takes other sizes, too.
"""

from __future__ import annotations

from collections import OrderedDict
from itertools import product

import torch
from torch import nn

from mila_analysis.experiments.models.initialization import he_normal
from mila_analysis.experiments.models.places import Places

__all__ = ["resnet"]

WIDTH = 16
STAGES = (1, 2, 3)


class Residual(nn.Module):
    """The sum of a body and a shortcut; the shortcut of None is x itself."""

    def __init__(self, body: nn.Module, shortcut: nn.Module | None) -> None:
        super().__init__()
        self.body = body
        self.shortcut = shortcut

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Images to images."""
        around = x if self.shortcut is None else self.shortcut(x)
        total: torch.Tensor = around + self.body(x)
        return total


class GlobalAverage(nn.Module):
    """The mean of each channel."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Batch × channels × height × width to batch × channels."""
        return x.mean((2, 3))


def resnet(
    places: Places, channels: int, classes: int, *, version: int, blocks: int
) -> nn.Module:
    """Network with so many blocks in each stage, its weights drawn."""
    parts = _stem(channels, places)
    width, block = WIDTH, (basic_block, bottleneck)[version - 1]
    for stage, number in product(STAGES, range(1, blocks + 1)):
        made, width = block(width, stage, number, places)
        parts[f"stage{stage}_block{number}"] = made
    if version == 2:
        parts |= {"norm": nn.BatchNorm2d(width), "activation": places()}
    parts |= {"pool": GlobalAverage(), "logits": nn.Linear(width, classes)}
    network = nn.Sequential(parts)
    he_normal(network)
    return network


def _stem(channels: int, places: Places) -> OrderedDict[str, nn.Module]:
    return OrderedDict(
        convolution0=_convolution(channels, WIDTH, 3),
        norm0=nn.BatchNorm2d(WIDTH),
        activation0=places(),
    )


def basic_block(
    before: int, stage: int, number: int, places: Places
) -> tuple[nn.Module, int]:
    """Block of version 1, from so many channels, and how many it gives."""
    width = WIDTH << (stage - 1)
    stride = _stride(stage, number)
    body = OrderedDict[str, nn.Module](
        convolution1=_convolution(before, width, 3, stride),
        norm1=nn.BatchNorm2d(width),
        activation1=places(),
        convolution2=_convolution(width, width, 3),
        norm2=nn.BatchNorm2d(width),
    )
    shortcut = _convolution(before, width, 1, stride) if stride > 1 else None
    residual = Residual(nn.Sequential(body), shortcut)
    parts = OrderedDict[str, nn.Module](residual=residual, activation2=places())
    return nn.Sequential(parts), width


def bottleneck(
    before: int, stage: int, number: int, places: Places
) -> tuple[nn.Module, int]:
    """Block of version 2, from so many channels, and how many it gives."""
    narrow = WIDTH if stage == 1 else WIDTH << stage
    wide = WIDTH << (stage + 1)
    stride = _stride(stage, number)
    body = OrderedDict[str, nn.Module]()
    if (stage, number) != (1, 1):  # the stem has normalized already
        body |= {"norm1": nn.BatchNorm2d(before), "activation1": places()}
    body |= {
        "convolution1": _convolution(before, narrow, 1, stride),
        "norm2": nn.BatchNorm2d(narrow),
        "activation2": places(),
        "convolution2": _convolution(narrow, narrow, 3),
        "norm3": nn.BatchNorm2d(narrow),
        "activation3": places(),
        "convolution3": _convolution(narrow, wide, 1),
    }
    shortcut = _convolution(before, wide, 1, stride) if number == 1 else None
    return Residual(nn.Sequential(body), shortcut), wide


def _stride(stage: int, number: int) -> int:
    return 2 if stage > 1 and number == 1 else 1


def _convolution(before: int, after: int, size: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(before, after, size, stride, padding=size // 2)
