"""Activations and seeds to their runs, trained where they are not there yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from mila_analysis.activation import Activation
from mila_analysis.catalog import resolve
from mila_analysis.errors import ParameterError, ProcessError, suggestion
from mila_analysis.experiments.comparing.comparison import Comparison
from mila_analysis.experiments.config import RunConfig, spec
from mila_analysis.experiments.data import Dataset
from mila_analysis.experiments.results import RunResult
from mila_analysis.experiments.sweeping import grid, run_all

if TYPE_CHECKING:
    from mila_analysis.experiments.sweeping import Watch

__all__ = ["EPOCHS", "base_of", "chosen_baseline", "compare"]

EPOCHS = {"digits": 20}
"""Epochs after which scores stay what they are; of other datasets the original's 5."""


def compare(
    base: RunConfig,
    activations: Iterable[Activation | str],
    seeds: Iterable[int],
    folder: Path | str = "runs",
    *,
    baseline: Activation | str | None = None,
    learnable: Iterable[str] | None = None,
    workers: int | None = None,
    threads: int = 1,
    data: Dataset | Callable[[], Dataset] | None = None,
    watch: Watch | None = None,
) -> Comparison:
    """Train every activation with every seed, and compare them.

    Runs of one seed begin with the same weights and see the same examples in the same
    order. Each is kept in a folder, and those that are there are not trained again.

    Args:
        base: all other settings.
        activations: two or more.
        seeds: of initial weights, order and dropout.
        folder: of the folders of runs.
        baseline: activation to which the others are compared; all pairs unless given.
        learnable: names of parameters that are learned where an activation has them;
            those of `base` unless given.
        workers: processes; as many as there are cores unless given.
        threads: of torch, for each run.
        data: instead of the dataset that `base` names, or what loads it.
        watch: is told what happens.

    Raises:
        ParameterError: fewer than two activations, no seed, or a foreign baseline.
        ProcessError: a run failed; the others are kept, and the same call goes on.
        Stopped: Ctrl-C; the same call goes on.
    """
    texts, numbers = list(dict.fromkeys(map(_text, activations))), list(seeds)
    if len(texts) < 2:
        raise ParameterError("a comparison takes two activations or more")
    if not numbers:
        raise ParameterError("a comparison takes one seed or more")
    reference = chosen_baseline(baseline, texts)
    configs = grid(base, texts, numbers, learnable=learnable)
    outcomes = run_all(
        configs, folder, workers=workers, threads=threads, watch=watch, data=data
    )
    runs = [o for o in outcomes if isinstance(o, RunResult)]
    failures = [o for o in outcomes if not isinstance(o, RunResult)]
    if failures:
        raise ProcessError(
            f"{len(failures)} of {len(outcomes)} runs failed, the first for this "
            f"reason: {failures[0].reason}"
        )
    return Comparison(tuple(_in_order(runs, texts)), reference)


def _in_order(runs: Iterable[RunResult], texts: list[str]) -> list[RunResult]:
    return sorted(runs, key=lambda run: texts.index(run.config.activation))


def _text(activation: Activation | str) -> str:
    return spec(resolve(activation) if isinstance(activation, str) else activation)


def chosen_baseline(baseline: Activation | str | None, texts: list[str]) -> str:
    """Which of some activations a baseline names, by its name alone if that is enough.

    Raises:
        ParameterError: none of them, or more than one.
    """
    if baseline is None:
        return ""
    if isinstance(baseline, Activation):
        wanted = spec(baseline)
    else:
        named = [t for t in texts if t.partition(":")[0] == baseline]
        if len(named) > 1:
            raise ParameterError(
                f"baseline '{baseline}' may be {' or '.join(named)}; say which"
            )
        wanted = named[0] if named else _text(baseline)
    if wanted not in texts:
        hint = suggestion(wanted, texts) or f"; choose from {', '.join(texts)}"
        raise ParameterError(f"baseline '{wanted}' is not compared{hint}")
    return wanted


def base_of(dataset: str, **settings: object) -> RunConfig:
    """Settings of a comparison: the activation in all hidden layers, until it settles.

    The original had it in the first layer only, where any difference is harder to see.
    """
    chosen = {"placement": "all", "epochs": EPOCHS.get(dataset, 5)} | settings
    return RunConfig(dataset=dataset, **chosen)  # type: ignore[arg-type]
