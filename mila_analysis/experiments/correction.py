"""P-values of several tests to those that hold together."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["holm"]


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values to those that hold together, by Holm's step-down method.

    S. Holm, A Simple Sequentially Rejective Multiple Test Procedure, Scandinavian
    Journal of Statistics 6, 1979: the smallest of n is multiplied by n, the next by
    n - 1, and none becomes less than one before it, or more than 1.
    """
    count = len(p_values)
    adjusted, largest = [0.0] * count, 0.0
    for step, i in enumerate(sorted(range(count), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (count - step) * p_values[i]))
        adjusted[i] = largest
    return adjusted
