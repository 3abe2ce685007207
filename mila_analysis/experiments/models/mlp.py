"""Size of an image and classes to the fully connected network of the original demo."""

from __future__ import annotations

import math
from collections import OrderedDict

from torch import nn

from mila_analysis.experiments.models.places import Places

__all__ = ["mlp"]

WIDTHS = (256, 128, 64)
NORMALIZED = (2, 3)
DROPPED = {2: 0.3}


def mlp(
    places: Places, shape: tuple[int, int, int], classes: int, *, sequential: bool
) -> nn.Module:
    """Network 256-128-64-classes on flattened images.

    Sequential, layers 2 and 3 have batch norm before their activation, and layer 2 has
    dropout of 0.3 after it: the order of the original's code.
    """
    parts = OrderedDict[str, nn.Module](flatten=nn.Flatten())
    width = math.prod(shape)
    for number, wider in enumerate(WIDTHS, 1):
        parts[f"layer{number}"] = nn.Linear(width, wider)
        if sequential and number in NORMALIZED:
            parts[f"norm{number}"] = nn.BatchNorm1d(wider)
        parts[f"activation{number}"] = places()
        if sequential and number in DROPPED:
            parts[f"dropout{number}"] = nn.Dropout(DROPPED[number])
        width = wider
    parts["logits"] = nn.Linear(width, classes)
    return nn.Sequential(parts)
