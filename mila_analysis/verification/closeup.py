"""One point under the lens: what code gives there, what is exact, and how far off."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mila_analysis.derivation import derive
from mila_analysis.kernels import Kernel
from mila_analysis.verification.accuracy import Measured
from mila_analysis.verification.formats import Format
from mila_analysis.verification.subject import subject

__all__ = ["Closeup", "closeup"]


@dataclass(frozen=True, slots=True)
class Closeup:
    """A partial at a point.

    Attributes:
        partial: its name.
        dtype: the format.
        x: the number of the format that was given.
        computed: what the code gives.
        exact: the exact value, as a decimal of 20 digits; empty where there is none.
        ulp: their difference in units in the last place of the format.
        condition: κ, the sum of the terms over the size of the value.
    """

    partial: str
    dtype: str
    x: float
    computed: float
    exact: str
    ulp: float
    condition: float


def closeup(kernel: Kernel, kind: Format, x: float) -> list[Closeup]:
    """All partials of a kernel at a number, rounded to the format first."""
    each = subject(kernel, kind)
    at = float(kind.near([x])[0])
    computed = each.values([at])
    exact = each.reference([at]) if math.isfinite(at) else {}
    found = []
    for name, values in computed.items():
        known = exact.get(name)
        shown, errors, condition = "", math.nan, math.nan
        if known is not None and known.known[0]:
            shown = _decimal(
                float(known.high[0]), float(known.low[0]), known.exponent[0]
            )
            errors = float(known.errors(values, kind)[0])
            derivation = derive(each.activation, each.code.order)
            size = Measured(derivation, name, each.activation, kind).size(at)
            value = abs(known.at(0))
            condition = float(size / value) if value else math.nan
        found.append(
            Closeup(name, kind.name, at, float(values[0]), shown, errors, condition)
        )
    return found


def _decimal(high: float, low: float, exponent: np.int64) -> str:
    """(high + low)·2^exponent with 20 digits."""
    import flint

    with flint.ctx.workprec(128):
        value = (flint.arb(high) + flint.arb(low)) * flint.arb((1, int(exponent)))
        return str(value.str(20, radius=False))
