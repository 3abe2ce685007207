"""What generated code promises of its errors: the limits that verification holds it to.

`fast`, for the formulas of the catalog: the function 5 ulp, its first derivatives in
parameters 8.5, all others to the second order 40, where κ ≤ 16 (wide forms 12, 25 and
50; a function in cases, which may have a root of a sum of its own, as StarReLU, 16
itself); near a root, where κ is larger, as many ulp of Σ|terms| (12 where the limit is
lower); below the normal numbers 4 units of the least subnormal.

For a formula of a user's own, and above the second order, ten bits: 1,000 of each, and
nothing where x or the value is beyond the largest number over 2⁴⁰; what the errors are
in truth is measured and said.

`accurate`: correctly rounded in float32 and the 16-bit formats; in float64 at most
0.501 ulp where κ ≤ 2⁴⁰, and everywhere ½ ulp and 2⁻⁹⁶·Σ|terms|.

Code whose strategy is `direct` promises nothing of its errors: they are measured and
said.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from mila_analysis.activation import Activation
from mila_analysis.catalog import CATALOG
from mila_analysis.derivation import derive
from mila_analysis.kernels import GeneratedCode
from mila_analysis.partials import parse
from mila_analysis.verification.formats import of_dtype

__all__ = ["AIMS", "Promise", "aimed_at", "is_known", "promised"]

AIMS = (5, 10, 50)
"""Ulp of f, of first and of second partials that fast code is to stay below."""

TEN_BITS = 1000.0
TIES = 2.0**-50  # exact values are known to 80 bits


@dataclass(frozen=True, slots=True)
class Promise:
    """Limits on the errors of one partial in one format.

    Attributes:
        ulp: where κ ≤ `condition` and the value is normal.
        condition: largest κ for which that holds.
        subnormal: in units of the least subnormal, below the normal numbers.
        of_terms: in ulp of Σ|terms|, at any κ.
        excess: over half an ulp, in Σ|terms|, at any κ.
        reach: largest x and value for which that holds.
        rule: the first of them in words.
    """

    ulp: float
    condition: float
    subnormal: float
    of_terms: float
    excess: float
    rule: str
    reach: float = inf


def promised(code: GeneratedCode, partial: str, dtype: str) -> Promise | None:
    """Limits for a partial of code in a format, or None where there are none."""
    if not code.holds_everywhere:
        return None
    if code.accuracy == "accurate":
        return _accurate(dtype)
    variables = parse(partial, code.activation.variables).variables
    if len(variables) > 2 or not is_known(code.activation):
        ten, reach = TEN_BITS, of_dtype(dtype).max / 2.0**40
        return Promise(ten, 16, ten, ten, inf, "ulp where κ ≤ 16", reach)
    limit = _fast(variables, code)
    return Promise(limit, 16, 4, max(12, limit), inf, "ulp where κ ≤ 16")


def aimed_at(partial: str, activation: Activation) -> int:
    """Ulp that fast code should not exceed where κ ≤ 16: 5, 10 or 50, by order."""
    order = len(parse(partial, activation.variables).variables)
    return AIMS[min(order, 2)]


def is_known(activation: Activation) -> bool:
    """Whether the formula is one of the catalog, whatever it is called."""
    variables = activation.variables
    return any(
        (a.formula, a.variables) == (activation.formula, variables) for a in CATALOG
    )


def _fast(variables: tuple[str, ...], code: GeneratedCode) -> float:
    if code.strategy == "wide":
        return (12, 25, 50)[len(variables)]
    if not variables:
        return 5 if len(derive(code.activation).cases) == 1 else 16
    return 8.5 if len(variables) == 1 and variables[0] != "x" else 40


def _accurate(dtype: str) -> Promise:
    if dtype == "float64":
        return Promise(0.501, 2.0**40, 0.501, inf, 2.0**-96, "ulp where κ ≤ 2⁴⁰")
    nearest = 0.5 + TIES
    return Promise(nearest, inf, nearest, inf, inf, "ulp: correctly rounded")
