"""Ranks of several methods in several blocks to tests of whether they differ.

After J. Demšar, Statistical Comparisons of Classifiers over Multiple Data Sets, JMLR 7,
2006; and A. Benavoli, G. Corani, F. Mangili, Should We Really Use Post-Hoc Tests Based
on Mean-Ranks?, JMLR 17, 2016, who advise Wilcoxon's test for pairs.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from mila_analysis.experiments.correction import holm

__all__ = [
    "Friedman",
    "critical_difference",
    "friedman",
    "holm",
    "indistinct",
    "wilcoxon",
]

DIGITS = 9  # of differences: what binary fractions add beyond these is no difference
EXACT = 1e-9  # below this the denominator of F is zero


@dataclass(frozen=True, slots=True)
class Friedman:
    """Friedman's test that all methods are alike, and that of Iman and Davenport.

    Attributes:
        chi2: Friedman's statistic, corrected for ties.
        freedom: of its χ² distribution: methods less one.
        p: its p-value.
        f: statistic of Iman and Davenport, which is less conservative; it has an
            F distribution. Infinite where all blocks agree.
        freedom2: second degrees of freedom of F.
        f_p: its p-value.
    """

    chi2: float
    freedom: int
    p: float
    f: float
    freedom2: int
    f_p: float

    @property
    def cautious(self) -> float:
        """The larger p-value: F is infinite where all blocks, be they two, agree."""
        return max(self.p, self.f_p)


def friedman(ranks: Sequence[Sequence[float]]) -> Friedman:
    """Test ranks: a row a block, a column a method, ties sharing their mean place."""
    from scipy import stats

    n, k = len(ranks), len(ranks[0])
    sums = [math.fsum(column) for column in zip(*ranks, strict=True)]
    spread = math.fsum((s - n * (k + 1) / 2) ** 2 for s in sums)
    ties = sum(t**3 - t for row in ranks for t in Counter(row).values())
    scale = n * k * (k + 1) - ties / (k - 1)
    chi2 = 12 * spread / scale if scale else 0.0  # all are equal everywhere
    rest = n * (k - 1) - chi2
    f = (n - 1) * chi2 / rest if rest > EXACT else math.inf
    freedom2 = (k - 1) * (n - 1)
    p, f_p = stats.chi2.sf(chi2, k - 1), stats.f.sf(f, k - 1, freedom2)
    return Friedman(chi2, k - 1, float(p), f, freedom2, float(f_p))


def critical_difference(methods: int, blocks: int, alpha: float) -> float:
    """Difference of average ranks from which Nemenyi's test tells two methods apart.

    It is q·√(k(k + 1)/(6N)) for k methods in N blocks, where q·√2 is the upper α
    quantile of the Studentized range of k means with infinite degrees of freedom.
    """
    from scipy import stats

    q = stats.studentized_range.ppf(1 - alpha, methods, math.inf) / math.sqrt(2)
    return float(q) * math.sqrt(methods * (methods + 1) / (6 * blocks))


def indistinct(averages: Sequence[float], width: float) -> tuple[tuple[int, int], ...]:
    """Longest stretches of rising average ranks that are nowhere so far apart.

    Returns:
        First and last index of each stretch of two or more; none lies in another.
    """
    found: list[tuple[int, int]] = []
    for i, low in enumerate(averages):
        j = max(j for j, high in enumerate(averages) if high - low < width)
        if j > i and not (found and j <= found[-1][1]):
            found.append((i, j))
    return tuple(found)


def wilcoxon(differences: Sequence[float]) -> float:
    """Exact two-sided p-value of Wilcoxon's signed-rank test, ties and all.

    Differences of zero are left out. Given the sizes of the others, every choice of
    signs is as likely as any other; the p-value counts those that lie as far out.
    """
    sizes = [round(d, DIGITS) for d in differences]
    doubled = _doubled_ranks([abs(d) for d in sizes if d])
    positive = sum(
        r for r, d in zip(doubled, filter(None, sizes), strict=True) if d > 0
    )
    ways = [1]  # by the sum of the ranks that are positive
    for rank in doubled:
        shifted = [0] * rank + ways
        ways = [a + b for a, b in zip(ways + [0] * rank, shifted, strict=True)]
    away = abs(2 * positive - sum(doubled))
    far = sum(w for s, w in enumerate(ways) if abs(2 * s - sum(doubled)) >= away)
    return far / sum(ways)


def _doubled_ranks(sizes: Sequence[float]) -> list[int]:
    """Twice the rank of each size, which is whole even among ties."""
    return [
        2 * sum(other < size for other in sizes) + sizes.count(size) + 1
        for size in sizes
    ]
