"""Values to the ends of an axis that shows them: poles and what runs away cut off."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mila_analysis.plotting._curves import Floats
from mila_analysis.plotting.kinds import Range

__all__ = ["common_ends", "robust_ends"]

TAIL = 1.0  # per cent of the values that may be cut off at each end
POLE = 3.0  # per cent of the values of one curve
OUTLIER = 8.0  # times the rest that all values must span for that
RUNAWAY = 6.0  # times all other curves that one may be as high as


def robust_ends(finite: Floats, tail: float = TAIL) -> Range:
    """Lowest and highest value, or, near a pole, the ends of most values."""
    low, high = float(finite.min()), float(finite.max())
    inner = np.percentile(finite / 2, [tail, 100 - tail])  # halved: no overflow
    if (high / 2 - low / 2) / OUTLIER > inner[1] - inner[0] > 0:
        return float(2 * inner[0]), float(2 * inner[1])
    return low, high


def common_ends(curves: Sequence[Floats]) -> Range:
    """Ends for several curves, zero among them, none of which flattens all others.

    Args:
        curves: finite values of each.
    """
    ends = sorted(map(_with_zero, curves), key=_span)
    kept = len(ends)
    while (
        kept > 1
        and _span(ends[kept - 1]) > RUNAWAY * _span(_union(ends[: kept - 1])) > 0
    ):
        kept -= 1
    (low, high), whole = _union(ends[:kept]), _union(ends)
    if kept < len(ends):
        height = high - low  # as much again is shown of one that is higher
        low, high = max(whole[0], low - height), min(whole[1], high + height)
    return low, high


def _with_zero(finite: Floats) -> Range:
    low, high = robust_ends(finite, POLE)
    return min(low, 0.0), max(high, 0.0)


def _union(ends: Sequence[Range]) -> Range:
    return min(low for low, _ in ends), max(high for _, high in ends)


def _span(ends: Range) -> float:
    return ends[1] / 2 - ends[0] / 2  # halved: no overflow
