"""Runs to the best of each block and to their ranks: computed, never copied."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mila_analysis.experiments.published.records import SCORES, Block, Run

__all__ = ["best", "blocks", "ranks"]


def blocks(runs: Iterable[Run]) -> dict[Block, tuple[Run, ...]]:
    """Runs by block, in their order."""
    found: dict[Block, list[Run]] = {}
    for run in runs:
        found.setdefault(run.block, []).append(run)
    return {block: tuple(members) for block, members in found.items()}


def best(runs: Iterable[Run], score: str) -> frozenset[Run]:
    """The best runs of each block by a score: several where they are equal."""
    return frozenset(
        run
        for members in blocks(runs).values()
        for run, rank in zip(members, ranks(members, score), strict=True)
        if rank is not None and not any(_worse(run, other, score) for other in members)
    )


def ranks(members: Sequence[Run], score: str) -> list[float | None]:
    """Rank of each run of a block by a score, 1 the best.

    Equal runs share the mean of their places; a run without the score has no rank.
    """
    return [_rank(run, members, score) for run in members]


def _rank(run: Run, members: Sequence[Run], score: str) -> float | None:
    if run.value(score) is None:
        return None
    before = sum(_worse(run, other, score) for other in members)
    equal = sum(other.value(score) == run.value(score) for other in members)
    return before + (equal + 1) / 2


def _worse(run: Run, other: Run, score: str) -> bool:
    """Whether a run is worse than another one that has the score."""
    mine, its = run.value(score), other.value(score)
    if mine is None or its is None:
        return False
    return SCORES[score].sign * mine < SCORES[score].sign * its
