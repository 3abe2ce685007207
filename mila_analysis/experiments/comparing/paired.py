"""Two rows of numbers, one a seed, to whether they differ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from mila_analysis.experiments.comparing.estimate import LEVEL, Estimate, estimate
from mila_analysis.experiments.comparing.noncentral import noncentrality
from mila_analysis.experiments.correction import holm

__all__ = ["Difference", "corrected", "difference", "hedges", "sign_flip"]

DIGITS = 12  # of differences; what rounding of sums adds beyond these is none
ALL, DRAWS = 20, 1 << 17  # seeds of which all signs are tried; of more, so many


@dataclass(frozen=True, slots=True)
class Difference:
    """What seeds say about first - second. What cannot be known is NaN.

    Attributes:
        mean: of the differences, with its interval, for this pair alone.
        p: two-sided, of the paired t test; of the sign-flip test where all differences
            are one number.
        adjusted: p after the correction for all pairs.
        signs: p of the exact sign-flip test.
        effect: mean in standard deviations of the differences, corrected for bias.
        effect_low, effect_high: ends of the interval of what it estimates.
        higher, equal, lower: seeds in which the first is so.
    """

    mean: Estimate
    p: float
    adjusted: float
    signs: float
    effect: float
    effect_low: float
    effect_high: float
    higher: int
    equal: int
    lower: int

    @property
    def count(self) -> int:
        """Seeds that have both numbers."""
        return self.mean.count

    @property
    def is_shown(self) -> bool:
        """Whether the data support a difference, all pairs considered."""
        return self.adjusted < 1 - LEVEL

    @property
    def is_shown_alone(self) -> bool:
        """Whether they would if this were the only pair."""
        return self.p < 1 - LEVEL


def difference(first: Sequence[float], second: Sequence[float]) -> Difference:
    """Compare numbers of the same seeds; seeds without both (NaN) are left out."""
    pairs = zip(first, second, strict=True)
    return _judged(
        tuple(
            round(a - b, DIGITS)
            for a, b in pairs
            if math.isfinite(a) and math.isfinite(b)
        )
    )


@lru_cache(maxsize=4096)  # tables, sentences and figures ask for the same
def _judged(given: tuple[float, ...]) -> Difference:
    mean, signs = estimate(given), sign_flip(given)
    t = mean.t
    p = _t_test(t, len(given)) if math.isfinite(t) else signs
    low, high = _effect_ends(t, len(given))
    return Difference(
        mean=mean, p=p, adjusted=p, signs=signs,
        effect=t / math.sqrt(len(given)) * hedges(len(given) - 1) if given else t,
        effect_low=low, effect_high=high,
        higher=sum(d > 0 for d in given),
        equal=sum(d == 0 for d in given),
        lower=sum(d < 0 for d in given),
    )  # fmt: skip


def _t_test(t: float, count: int) -> float:
    from scipy import stats

    return float(2 * stats.t.sf(abs(t), count - 1))


def sign_flip(differences: Sequence[float]) -> float:
    """Two-sided p of the mean when every sign could as well be the other.

    It counts the choices of signs whose sum lies at least as far from zero: all of
    them for up to 20 differences, 131,072 drawn ones (always the same) and the one that
    is there for more. NaN for fewer than two differences.
    """
    if len(differences) < 2:
        return math.nan
    import numpy as np

    sizes = np.array(differences)
    if len(sizes) <= ALL:
        sums = np.zeros(1)
        for size in sizes:
            sums = np.concatenate((sums + size, sums - size))
        extra = 0
    else:
        signs = np.random.default_rng(0).integers(0, 2, (DRAWS, len(sizes))) * 2 - 1
        sums, extra = signs @ sizes, 1
    reach = abs(sizes.sum()) - 1e-9 * np.abs(sizes).sum()
    far = int((np.abs(sums) >= reach).sum())
    return (far + extra) / (len(sums) + extra)


def hedges(freedom: int) -> float:
    """Factor that frees a standardized mean from bias: Γ(m/2)/(√(m/2) Γ((m-1)/2)).

    NaN for fewer than two degrees of freedom m, where it is infinite or has no sense.
    """
    if freedom < 2:
        return math.nan
    logarithm = math.lgamma(freedom / 2) - math.lgamma((freedom - 1) / 2)
    return math.exp(logarithm) / math.sqrt(freedom / 2)


def _effect_ends(t: float, count: int) -> tuple[float, float]:
    """Standardized means under which t would be in one tail or the other."""
    if not math.isfinite(t) or count < 3:
        return math.nan, math.nan
    tail = (1 - LEVEL) / 2
    low, high = (noncentrality(t, count - 1, p) for p in (1 - tail, tail))
    return low / math.sqrt(count), high / math.sqrt(count)


def corrected(differences: Sequence[Difference]) -> tuple[Difference, ...]:
    """The same with p-values adjusted for their number; NaN is none and not counted."""
    tested = [i for i, d in enumerate(differences) if not math.isnan(d.p)]
    adjusted = dict(zip(tested, holm([differences[i].p for i in tested]), strict=True))
    return tuple(
        replace(d, adjusted=adjusted.get(i, math.nan))
        for i, d in enumerate(differences)
    )
