"""Values to the ends of an axis that shows them, poles cut off."""

from __future__ import annotations

import numpy as np

from mila_analysis.plotting._curves import Floats
from mila_analysis.plotting.kinds import Range

__all__ = ["robust_ends"]

TAIL = 1.0  # per cent of the values that may be cut off at each end
OUTLIER = 8.0  # times the rest that all values must span for that


def robust_ends(finite: Floats) -> Range:
    """Lowest and highest value, or, near a pole, the ends of most values."""
    low, high = float(finite.min()), float(finite.max())
    inner = np.percentile(finite / 2, [TAIL, 100 - TAIL])  # halved: no overflow
    if high / 2 - low / 2 > OUTLIER * (inner[1] - inner[0]) > 0:
        return float(2 * inner[0]), float(2 * inner[1])
    return low, high
