"""A statistic t to the noncentralities that it is compatible with.

t is noncentral when the mean of what is averaged is not zero: t = (z + δ)/s, where z is
normal and (n - 1)s² has a χ² distribution. Its distribution function at t is the mean
over s of Φ(t·s - δ), which is summed here over quantiles of s: scipy's own function is
not a number far out, where five digits of this one hold as well.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["below", "noncentrality"]

POINTS = 4096


def below(t: float, freedom: int, delta: float) -> float:
    """Probability of less than t with noncentrality δ; to some five digits."""
    from scipy.special import ndtr

    return float(np.mean(ndtr(t * _scales(freedom) - delta)))


@cache
def _scales(freedom: int) -> NDArray[np.float64]:
    """Quantiles of s, in the middle of equal parts of probability."""
    from scipy.special import chdtri

    upper = (np.arange(POINTS) + 0.5) / POINTS
    found: NDArray[np.float64] = np.sqrt(chdtri(freedom, upper) / freedom)
    return found


def noncentrality(t: float, freedom: int, p: float) -> float:
    """Noncentrality under which less than t has probability p."""
    from scipy.optimize import brentq

    ends = t * _scales(freedom)[[0, -1]]
    found = brentq(
        lambda delta: below(t, freedom, delta) - p, min(ends) - 9, max(ends) + 9
    )
    return float(found)
