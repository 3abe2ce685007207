"""Networks of a configuration, and one batch of numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from mila_analysis.experiments.config import RunConfig
from mila_analysis.experiments.models import build

DIGIT, MNIST, CIFAR = (1, 8, 8), (1, 28, 28), (3, 32, 32)

Make = Callable[..., nn.Module]


@pytest.fixture(scope="session")
def make() -> Make:
    """Function from a model, images, a seed and settings to a network."""

    def made(
        model: str,
        shape: tuple[int, int, int] = DIGIT,
        *,
        classes: int = 10,
        seed: int = 0,
        **settings: Any,
    ) -> nn.Module:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            return build(RunConfig(model=model, **settings), shape, classes)

    return made
