"""An activation to the modules that compute it at each place of a network."""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import nn

from mila_analysis.catalog import get
from mila_analysis.experiments.config import RunConfig
from mila_analysis.modules import as_module

__all__ = ["Places", "activations"]

NAME = "activation"


class Places:
    """Gives a module for the next place, in the order in which a network computes.

    Each has parameters of its own. All are this library's, ReLU too, so that times
    compare activations and not ways to run them.
    """

    def __init__(self, config: RunConfig) -> None:
        """Activation, learned parameters and placement of a configuration."""
        self._next = as_module(
            config.function, learnable=config.learnable, dtype=torch.float32
        )
        self._later = (
            as_module(get("relu")) if config.placement == "first" else self._next
        )

    def __call__(self) -> nn.Module:
        """The activation; with placement `first`, ReLU from the second place on."""
        made = deepcopy(self._next)  # to write its code again would take far longer
        self._next = self._later
        return made


def activations(model: nn.Module) -> tuple[tuple[str, nn.Module], ...]:
    """Network to name and module of each place of an activation, in order.

    With placement `first`, all but the first are ReLU and have no parameters.
    """
    return tuple(
        (name, module)
        for name, module in model.named_modules()
        if name.rpartition(".")[2].startswith(NAME)
    )
