"""A formula as written to where floats lose it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np

from mila_analysis.auditing.enclosing import Reference
from mila_analysis.auditing.floats import evaluated
from mila_analysis.auditing.line import FORMATS, Array, Scan, scan
from mila_analysis.notation.tree import Node

__all__ = ["DTYPES", "exact_at", "losses"]

DTYPES = ("float64", "float32")
BITS = 80


def losses(
    tree: Node,
    reference: Reference,
    partial: str,
    values: Mapping[str, Fraction],
    dtypes: Sequence[str] = DTYPES,
) -> tuple[Scan, ...]:
    """Failures of a formula computed as it is written, in each dtype."""

    def look(dtype: str) -> Scan:
        def evaluate(x: Array) -> Array:
            return evaluated(tree, x.astype(dtype), values).astype(np.float64)

        return scan(FORMATS[dtype], evaluate, exact_at(reference, partial, values))

    return tuple(look(dtype) for dtype in dtypes)


class exact_at:  # noqa: N801 - reads as the function it is
    """Exact value of a partial at a float; None where it has none."""

    def __init__(
        self, reference: Reference, partial: str, values: Mapping[str, Fraction]
    ) -> None:
        self.reference = reference
        self.partial = partial
        self.values = values
        self.known: dict[float, Fraction | None] = {}

    def __call__(self, x: float) -> Fraction | None:
        """Exact value at x."""
        if x not in self.known:
            point = {"x": Fraction(x), **self.values}
            self.known[x] = self.reference.middle(self.partial, point, bits=BITS)
        return self.known[x]
