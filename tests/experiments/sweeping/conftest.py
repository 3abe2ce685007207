"""Small runs on the digits that scikit-learn brings."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
import torch

from mila_analysis.experiments.config import RunConfig
from mila_analysis.experiments.results import RunResult
from mila_analysis.experiments.sweeping import grid
from mila_analysis.experiments.sweeping.outcomes import Outcome
from mila_analysis.experiments.training import train

Numbers = Callable[[Iterable[Outcome]], list[object]]


@pytest.fixture
def numbers() -> Numbers:
    """All that runs have measured, times left out."""

    def measured(outcome: Outcome) -> list[object]:
        assert isinstance(outcome, RunResult), outcome
        return [(e.number, e.train, e.validation) for e in outcome.epochs]

    return lambda outcomes: list(map(measured, outcomes))


@pytest.fixture
def configs() -> tuple[RunConfig, ...]:
    base = RunConfig(dataset="digits", activation="relu", epochs=2, batch_size=256)
    return grid(base, ["relu", "mish"], range(2))


@pytest.fixture
def alone(configs: tuple[RunConfig, ...], numbers: Numbers) -> list[object]:
    """Numbers of the runs one by one, with one thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return numbers([train(config) for config in configs])
    finally:
        torch.set_num_threads(before)
