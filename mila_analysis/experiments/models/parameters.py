"""A network to what weight decay takes and what it spares."""

from __future__ import annotations

from torch import nn

__all__ = ["weights_and_others"]


def weights_and_others(
    model: nn.Module,
) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """Weights of convolutions and linear layers; and what must not be decayed.

    The others are biases, batch norm, and parameters of activations: a penalty on β
    pulls the function to β = 0, and is no penalty on its complexity.
    """
    weights = set()
    for module in model.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            weights.add(id(module.weight))
    every = list(model.parameters())
    return (
        [p for p in every if id(p) in weights],
        [p for p in every if id(p) not in weights],
    )
