"""An implementation to its worst errors in ulp, against balls, over the whole line."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from mila_analysis.activation import Activation
from mila_analysis.benchmarking.calls import Calls
from mila_analysis.derivation import derive
from mila_analysis.verification.accuracy import Measured, errors_of, sample
from mila_analysis.verification.formats import of_dtype
from mila_analysis.verification.points import places
from mila_analysis.verification.reference import reference

__all__ = ["DTYPE", "Error", "errors"]

DTYPE = "float32"
SLOPE = "f_x"
ORDER = 1


@dataclass(frozen=True, slots=True)
class Error:
    """Worst errors of an implementation in f or in f_x.

    Attributes:
        implementation: its name.
        partial: `f` or `f_x`.
        ulp: where the value is a normal number and κ ≤ 16; infinite for NaN, and for
            an infinity that should be none.
        at: the x of it.
        subnormal: in units of the least subnormal, where the value is below normal.
        points: how many were tried.
    """

    implementation: str
    partial: str
    ulp: float
    at: float
    subnormal: float
    points: int

    @property
    def is_finite(self) -> bool:
        """Whether it has a place on a scale."""
        return math.isfinite(self.ulp)


def errors(name: str, calls: Calls, activation: Activation, each: int) -> list[Error]:
    """Worst errors of f and f_x in float32.

    Args:
        name: of the implementation.
        calls: it.
        activation: what it should compute.
        each: points around each place where something happens, and in each binade a
            hundredth of it.
    """
    points = _points(activation, each)
    exact = reference(activation, ORDER)(points.astype(np.float64))
    derivation = derive(activation, ORDER)
    found = []
    values = calls.values(_tensor(points))
    for partial, computed in zip(("f", SLOPE), values, strict=True):
        worst = errors_of(
            Measured(derivation, partial, activation, of_dtype(DTYPE)),
            points.astype(np.float64),
            computed,
            exact[partial],
        )
        found.append(
            Error(
                name, partial, worst.max_ulp, worst.worst_at, worst.max_subnormal,
                worst.points,
            )
        )  # fmt: skip
    return found


@lru_cache(maxsize=8)
def _points(activation: Activation, each: int) -> np.ndarray[Any, Any]:
    centres = places(derive(activation, ORDER), activation)
    return sample(
        np.dtype(DTYPE).type, centres=centres, each=each, per_binade=max(1, each // 100)
    )


def _tensor(points: np.ndarray[Any, Any]) -> torch.Tensor:
    return torch.from_numpy(points.copy())
