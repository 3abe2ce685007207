"""A plan to groups of implementations that are timed in turns, each with a budget."""

from __future__ import annotations

from dataclasses import dataclass

from mila_analysis.benchmarking.plan import Plan
from mila_analysis.benchmarking.targets import (
    BOTH,
    CACHED,
    FORWARD,
    LARGE,
    SMALL,
    Setting,
)
from mila_analysis.benchmarking.timing import Budget

__all__ = ["ACCURATE_ONES", "SIZED", "Group", "of_accuracy", "of_sizes", "of_targets"]

SIZED = (
    "ours", "relu", "silu", "gelu", "mish", "eager", "compiled", "jax", "roofline",
)  # fmt: skip
"""In the picture of time against size."""

ACCURATE_ONES = (
    "ours", "accurate", "plain", "numpy", "mish", "eager", "compiled", "jax", "naive",
)  # fmt: skip
"""In the picture of error against time."""

ROOFLINE = "roofline"
QUICK = Budget(0.12, 3, 60)


@dataclass(frozen=True, slots=True)
class Group:
    """Implementations that compute the same and are timed in turns.

    A size is a group of its own: a long array between two short ones would throw what
    these need out of the caches.
    """

    setting: Setting
    implementations: tuple[str, ...]
    budget: Budget


def of_targets(plan: Plan) -> list[Group]:
    """Groups of the targets, in their order."""
    names: dict[Setting, dict[str, None]] = {}
    for target in plan.targets:
        group = names.setdefault(target.setting, {})
        group |= dict.fromkeys((target.ours, target.peer))
        if target.setting.size > SMALL:
            group[ROOFLINE] = None
    return [Group(s, tuple(n), _budget(plan, s, 3.0)) for s, n in names.items()]


def of_sizes(plan: Plan) -> list[Group]:
    """Groups of time against size."""
    settings = [
        Setting(passes, size, plan.dtype, plan.threads)
        for passes in (FORWARD, BOTH)
        for size in plan.sizes
    ]
    return [Group(s, SIZED, _budget(plan, s, 2.0)) for s in settings]


def of_accuracy(plan: Plan) -> list[Group]:
    """Groups of the times that go with errors."""
    settings = [Setting(passes, CACHED) for passes in (FORWARD, BOTH)]
    return [Group(s, ACCURATE_ONES, _budget(plan, s, 2.0)) for s in settings]


def _budget(plan: Plan, setting: Setting, seconds: float) -> Budget:
    if plan.is_quick:
        return QUICK
    return Budget(2.5 * seconds if setting.size >= LARGE else seconds)
