"""Runs to average ranks, over blocks in which every activation has a number."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from mila_analysis.errors import ParameterError, suggestion
from mila_analysis.experiments.published.records import SCORES, Block, Run
from mila_analysis.experiments.published.standing import best, blocks, ranks
from mila_analysis.experiments.published.statistics import (
    Friedman,
    critical_difference,
    friedman,
    holm,
    indistinct,
    wilcoxon,
)

__all__ = ["ALPHA", "Pair", "Ranked", "Ranking", "rank_activations"]

ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Ranked:
    """An activation in a ranking.

    Attributes:
        name: for people.
        activation: as `catalog.resolve` takes it.
        rank: mean of its ranks, 1 the best.
        first: in how many blocks it is the best, alone or with others.
    """

    name: str
    activation: str
    rank: float
    first: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Two activations, and Wilcoxon's test of whether they differ.

    Attributes:
        first, second: their names, the better average rank first.
        wins, losses: blocks in which the first is better or worse than the second.
        p: exact and two-sided.
        holm: the same, corrected for the number of pairs.
    """

    first: str
    second: str
    wins: int
    losses: int
    p: float
    holm: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """Average ranks, and what the tests say of them.

    Attributes:
        score: by which runs are ranked.
        alpha: level of the tests.
        ranked: activations, the best first.
        blocks: that are used: every activation has a number in each.
        unused: blocks that are not, as an activation has none there.
        omitted: names of activations that are not in all the blocks used.
        friedman: whether all are alike.
        difference: critical difference of average ranks, by Nemenyi.
        groups: first and last index of activations that it does not tell apart.
        pairs: by their p-values.
    """

    score: str
    alpha: float
    ranked: tuple[Ranked, ...]
    blocks: tuple[Block, ...]
    unused: tuple[Block, ...]
    omitted: tuple[str, ...]
    friedman: Friedman
    difference: float
    groups: tuple[tuple[int, int], ...]
    pairs: tuple[Pair, ...]

    @property
    def rejects(self) -> bool:
        """Whether it is shown that some activations differ."""
        return self.friedman.cautious < self.alpha

    def used(self, runs: Iterable[Run]) -> tuple[Run, ...]:
        """Those of some runs that are ranked."""
        names = {r.activation for r in self.ranked}
        return tuple(
            r for r in runs if r.block in self.blocks and r.activation in names
        )


Table = Mapping[Block, Mapping[str, Run]]  # by activation


def rank_activations(
    runs: Iterable[Run], score: str = "top1", *, whole: bool = False
) -> Ranking:
    """Rank activations in each block and take the means.

    Means of ranks can be compared only where every activation is in every block.

    Args:
        runs: to rank.
        score: `top1`, `loss`, `top3` or `top5`.
        whole: take all activations, and the blocks that have them all; else those
            that make the largest table, activations times blocks.

    Raises:
        ParameterError: no such score, or less than two activations or two blocks.
    """
    if score not in SCORES:
        hint = suggestion(score, SCORES) or f"; choose from {', '.join(SCORES)}"
        raise ParameterError(f"cannot rank by '{score}'{hint}")
    table = _table(runs, score)
    every = frozenset(a for row in table.values() for a in row)
    chosen = every if whole else _largest(table)
    used = [block for block, row in table.items() if chosen <= row.keys()]
    if len(chosen) < 2 or len(used) < 2:
        raise ParameterError(
            f"ranks need two activations that share two blocks with {score}; "
            f"there are {len(chosen)} in {len(used)}"
        )
    return _ranking(table, score, sorted(chosen), used, every)


def _table(runs: Iterable[Run], score: str) -> dict[Block, dict[str, Run]]:
    """Runs that have a score, by block and activation."""
    return {
        block: {r.activation: r for r in members if r.value(score) is not None}
        for block, members in blocks(runs).items()
    }


def _largest(table: Table) -> frozenset[str]:
    """Activations of the largest table without gaps; of equal ones, the highest.

    The activations of such a table are those that some blocks have in common.
    """
    common = {frozenset(row) for row in table.values()} or {frozenset[str]()}
    while True:
        more = {a & b for a, b in combinations(common, 2)} - common
        if not more:
            break
        common |= more
    return max(sorted(common, key=sorted), key=lambda chosen: _cells(table, chosen))


def _cells(table: Table, chosen: frozenset[str]) -> tuple[bool, int, int]:
    height = sum(chosen <= row.keys() for row in table.values())
    return min(height, len(chosen)) > 1, height * len(chosen), height


def _ranking(
    table: Table,
    score: str,
    chosen: Sequence[str],
    used: Sequence[Block],
    every: frozenset[str],
) -> Ranking:
    rows = [[table[block][name] for name in chosen] for block in used]
    placed = [[float(r or 0) for r in ranks(row, score)] for row in rows]
    columns = [*zip(*rows, strict=True)]
    leading = best((run for row in rows for run in row), score)
    means = [math.fsum(column) / len(used) for column in zip(*placed, strict=True)]
    ranked = [
        Ranked(c[0].name, c[0].activation, mean, len(leading.intersection(c)))
        for c, mean in zip(columns, means, strict=True)
    ]
    order = sorted(range(len(chosen)), key=lambda i: ranked[i].rank)
    difference = critical_difference(len(chosen), len(used), ALPHA)
    names = {a: run.name for row in table.values() for a, run in row.items()}
    return Ranking(
        score=score,
        alpha=ALPHA,
        ranked=tuple(ranked[i] for i in order),
        blocks=tuple(used),
        unused=tuple(block for block in table if block not in used),
        omitted=tuple(names[a] for a in sorted(every.difference(chosen))),
        friedman=friedman(placed),
        difference=difference,
        groups=indistinct([ranked[i].rank for i in order], difference),
        pairs=_pairs([columns[i] for i in order], score),
    )


def _pairs(columns: Sequence[Sequence[Run]], score: str) -> tuple[Pair, ...]:
    """Wilcoxon's test of every two activations, the least p-value first."""
    every = [*combinations(columns, 2)]
    gains = [_gains(a, b, score) for a, b in every]
    p_values = [wilcoxon(gain) for gain in gains]
    found = [
        Pair(a[0].name, b[0].name, sum(g > 0 for g in gain), sum(g < 0 for g in gain),
             p, corrected)
        for (a, b), gain, p, corrected in zip(
            every, gains, p_values, holm(p_values), strict=True
        )
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda pair: pair.p))


def _gains(first: Sequence[Run], second: Sequence[Run], score: str) -> list[float]:
    """By how much the first is better than the second, block by block."""
    sign = SCORES[score].sign
    values = ((a.value(score) or 0, b.value(score) or 0)
              for a, b in zip(first, second, strict=True))  # fmt: skip
    return [sign * (a - b) for a, b in values]
