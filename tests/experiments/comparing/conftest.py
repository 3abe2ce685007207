"""Comparisons of made-up scores."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from mila_analysis.experiments.comparing import Comparison
from mila_analysis.experiments.config import RunConfig
from mila_analysis.experiments.results import Epoch, Layer, RunResult, Scores

Runs = Mapping[str, Sequence[float]]


def run_of(activation: str, seed: int, top1: float, **settings: Any) -> RunResult:
    """A run of two epochs whose first is the better; NaN diverged in the second."""
    config = RunConfig(
        "digits", activation, epochs=2, placement="all", seed=seed, **settings
    )
    lost = math.isnan(top1)
    tops = (0.5 if lost else top1 + 0.01, 0.1 if lost else top1)
    losses = (1 - tops[0], math.nan if lost else 1 - tops[1])
    epochs = tuple(
        Epoch(
            number, 0.003, 0.5 + number,
            train=Scores(loss, top, 1.0, 1.0, top),
            validation=Scores(loss, top, 1.0, 1.0, top - 0.002),
        )
        for number, (top, loss) in enumerate(zip(tops, losses, strict=True), 1)
    )  # fmt: skip
    return RunResult(
        config=config,
        layers=(Layer("layer1", "Linear", (10,), 650),),
        epochs=epochs,
        confusion=((180, 0), (0, 180)),
        classes=("0", "1"),
        saved_bytes=3880.0,
        versions={"torch": "2", "device": "cpu"},
    )


@pytest.fixture
def run() -> Callable[..., RunResult]:
    """Function from an activation, a seed and a top-1 to a run."""
    return run_of


@pytest.fixture
def compared() -> Callable[..., Comparison]:
    """Function from top-1 by activation, a number a seed, to a comparison."""

    def make(tops: Runs, baseline: str = "", **settings: Any) -> Comparison:
        runs = tuple(
            run_of(activation, seed, top1, **settings)
            for activation, row in tops.items()
            for seed, top1 in enumerate(row)
        )
        return Comparison(runs, baseline)

    return make
