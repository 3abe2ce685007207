"""A small run that takes a fraction of a second."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from mila_analysis.experiments.config import RunConfig
from mila_analysis.experiments.data import Dataset, Split, load


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def digits() -> Dataset:
    """A part of the digits."""
    whole = load("digits")
    return replace(
        whole,
        train=Split(whole.train.images[:330], whole.train.labels[:330]),
        validation=Split(whole.validation.images[:90], whole.validation.labels[:90]),
    )


@pytest.fixture
def config() -> RunConfig:
    return RunConfig(dataset="digits", epochs=3, batch_size=32, seed=7)
