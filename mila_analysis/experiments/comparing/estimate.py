"""Numbers, one a seed, to their mean and an interval of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["LEVEL", "Estimate", "estimate"]

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over seeds.

    Attributes:
        mean: NaN if there is no number.
        low, high: ends of Student's 95 % interval; NaN for fewer than two numbers.
        deviation: standard deviation (n - 1 in its denominator); NaN likewise.
        count: numbers.
    """

    mean: float
    low: float
    high: float
    deviation: float
    count: int

    @property
    def half(self) -> float:
        """Half of the interval."""
        return (self.high - self.low) / 2

    @property
    def t(self) -> float:
        """Mean in its standard errors; NaN where these are zero or unknown."""
        if not self.deviation > 0:
            return math.nan
        return self.mean / self.deviation * math.sqrt(self.count)

    def times(self, factor: float) -> Estimate:
        """The same in another unit."""
        return Estimate(
            mean=factor * self.mean,
            low=factor * self.low,
            high=factor * self.high,
            deviation=factor * self.deviation,
            count=self.count,
        )


def estimate(values: Sequence[float]) -> Estimate:
    """Mean of all numbers that are finite, with Student's 95 % interval."""
    finite = [value for value in values if math.isfinite(value)]
    count = len(finite)
    if not count:
        return Estimate(math.nan, math.nan, math.nan, math.nan, 0)
    mean = math.fsum(finite) / count
    if count == 1:
        return Estimate(mean, math.nan, math.nan, math.nan, 1)
    if len(set(finite)) == 1:
        return Estimate(finite[0], finite[0], finite[0], 0.0, count)
    squares = math.fsum((value - mean) ** 2 for value in finite)
    deviation = math.sqrt(squares / (count - 1))
    half = _quantile(count - 1) * deviation / math.sqrt(count)
    return Estimate(mean, mean - half, mean + half, deviation, count)


def _quantile(freedom: int) -> float:
    from scipy import stats

    return float(stats.t.ppf((1 + LEVEL) / 2, freedom))
