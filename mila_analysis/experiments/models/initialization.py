"""A network to the same with weights drawn as Keras draws `he_normal`."""

from __future__ import annotations

import math

from torch import nn

__all__ = ["he_normal"]

CUT = 2.0
SPREAD = 0.87962566103423978
"""Standard deviation of a standard normal number that is kept only within ±2."""


def he_normal(model: nn.Module) -> None:
    """Draw all weights of convolutions and linear layers; their biases become 0.

    Normal numbers of variance 2 / inputs of a unit after the cut at two standard
    deviations (K. He et al., ICCV 2015).
    """
    for module in model.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            deviation = math.sqrt(2 / module.weight[0].numel()) / SPREAD
            bound = CUT * deviation
            nn.init.trunc_normal_(module.weight, std=deviation, a=-bound, b=bound)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
