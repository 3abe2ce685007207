"""Data, batches and a machine to what forbids a run, or is worth a remark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from mila_analysis.errors import MilaAnalysisError, ParameterError, ProcessError
from mila_analysis.experiments.config import RunConfig
from mila_analysis.experiments.data.dataset import Dataset, Split
from mila_analysis.experiments.training.batches import SHIFT
from mila_analysis.experiments.training.devices import versions
from mila_analysis.experiments.training.processes import Team
from mila_analysis.experiments.training.run import Run

__all__ = ["check", "check_parts", "lost", "remarks"]

SMALL = 4  # times the shift: half of a smaller image may be lost to it
GONE = ("gloo", "NCCL", "onnection", "peer")  # words of torch for a process that ended
MATTERS = ("torch", "device", "gpu", "processor", "threads", "processes")


def check(config: RunConfig, data: Dataset) -> None:
    """Refuse data that no network can be trained on.

    Raises:
        ParameterError: data of another name, an empty set, a label without a class.
    """
    if data.name != config.dataset:
        raise ParameterError(
            f"the configuration names {config.dataset}, but the data are {data.name}"
        )
    classes = len(data.classes)
    if classes < 2:
        raise ParameterError(f"{data.name} has fewer than two classes")
    for title, split in (("training", data.train), ("validation", data.validation)):
        _check_split(f"the {title} set of {data.name}", split, classes)


def _check_split(what: str, split: Split, classes: int) -> None:
    if not len(split):
        raise ParameterError(f"{what} is empty")
    low, high = int(split.labels.min()), int(split.labels.max())
    if low < 0 or high >= classes:
        wrong = low if low < 0 else high
        raise ParameterError(f"{what} has label {wrong} of {classes} classes")


def check_parts(model: nn.Module, batches: Sequence[Tensor], team: Team) -> None:
    """Refuse batches that cannot be divided among the processes.

    Batch norm of vectors learns from two examples or more, any from one or more.

    Raises:
        ParameterError: a process would have too few.
    """
    smallest = min(map(len, batches))
    norms = [m for m in model.modules() if isinstance(m, _BatchNorm)]
    flat = any(isinstance(m, nn.BatchNorm1d) for m in norms)
    least = 2 if flat else 1 if norms else 0
    if smallest // team.size < least:
        among = f" among {team.size} processes" if team.size > 1 else ""
        raise ParameterError(
            f"a batch of {smallest}{among} is too small for batch norm; "
            "choose another batch size"
        )


def remarks(run: Run, state: dict[str, Any] | None) -> list[str]:
    """What a user should know of this run before it starts."""
    found = []
    if state is not None:
        found += _changed(state["versions"], versions(run.device, run.team.size))
    norms = any(isinstance(m, _BatchNorm) for m in run.model.modules())
    if run.team.size > 1 and norms and run.device.type != "cuda":
        found.append(
            "each process has its own batch norm: its statistics are not those of "
            "the joint batch"
        )
    _, height, width = run.data.shape
    if run.config.augment and min(height, width) < SMALL * SHIFT:
        found.append(
            f"images of {height}×{width} pixels are shifted by up to {SHIFT}, "
            "which may leave little of them"
        )
    return found


def _changed(before: dict[str, str], now: dict[str, str]) -> list[str]:
    changed = [
        f"{name} {before.get(name)}, now {now.get(name)}"
        for name in MATTERS
        if before.get(name) != now.get(name)
    ]
    if not changed:
        return []
    return [f"the run began with {'; '.join(changed)}: its last bits may differ"]


def lost(run: Run, error: RuntimeError) -> MilaAnalysisError | None:
    """The mistake that another process has ended, if that is what torch says."""
    if run.team.size == 1 or not any(word in str(error) for word in GONE):
        return None
    return ProcessError(
        f"another process of this run has ended; {len(run.epochs)} epochs are done"
    )
