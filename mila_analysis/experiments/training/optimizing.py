"""A configuration to an optimizer, and an epoch to its learning rate."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import nn

from mila_analysis.experiments.config import RunConfig

__all__ = ["learning_rate", "optimizer"]

MOMENTUM = 0.9
FUSED = ("cpu", "cuda")  # devices on which all parameters are updated by one call
STEPS = ((0.9, 0.5e-3), (0.8, 1e-3), (0.6, 1e-2), (0.4, 1e-1))


def learning_rate(config: RunConfig, epoch: int) -> float:
    """Learning rate of an epoch, which counts from 1.

    `steps` is that of the Keras ResNet example: a factor holds where epoch - 1 is more
    than its part of all epochs. `cosine` goes from the start along half a wave to 0.
    """
    done = (epoch - 1) / config.epochs
    factor = 1.0
    if config.schedule == "steps":
        factor = next((factor for part, factor in STEPS if done > part), 1.0)
    elif config.schedule == "cosine":
        factor = (1 + math.cos(math.pi * done)) / 2
    return config.learning_rate * factor


def optimizer(
    config: RunConfig,
    decayed: Iterable[nn.Parameter],
    undecayed: Iterable[nn.Parameter],
    device: torch.device,
) -> torch.optim.Optimizer:
    """Adam (β = 0.9, 0.999; ε = 1e-8), or gradient descent with momentum 0.9.

    Weight decay λ adds λw to the gradient of the loss, as an L2 penalty λ/2·‖w‖² does.
    """
    groups = [
        {"params": list(decayed), "weight_decay": config.weight_decay},
        {"params": list(undecayed), "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    fused = device.type in FUSED
    if config.optimizer == "adam":
        return torch.optim.Adam(groups, lr=config.learning_rate, fused=fused)
    return torch.optim.SGD(
        groups, lr=config.learning_rate, momentum=MOMENTUM, fused=fused
    )
