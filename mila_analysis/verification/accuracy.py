"""A kernel and points to errors in ulp, against enclosures of the exact values.

The error of a computed value is |computed - exact| in units in the last place of the
dtype at the exact value; below the normal numbers the unit is the least subnormal. The
condition number κ = Σ|terms| / |value| of the derived numerator says how much of the
error is due to cancellation (`condition`): near a root of the partial no same-precision
code can do better than a few units of the largest term.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from mila_analysis.activation import Activation
from mila_analysis.derivation import Derivation, derive
from mila_analysis.verification.condition import size_of_terms
from mila_analysis.verification.formats import FORMATS, Format
from mila_analysis.verification.points import sample, stratified
from mila_analysis.verification.reference import Exact, reference

__all__ = [
    "Errors",
    "Measured",
    "errors_of",
    "measure",
    "sample",
    "stratified",
]

WELL_CONDITIONED = 16


@dataclass(frozen=True, slots=True)
class Errors:
    """Worst errors of one partial over the points measured.

    Attributes:
        partial: its name.
        points: how many were measured.
        max_ulp: largest error where κ is at most the bound and the value is normal.
        worst_at: the point of that error.
        max_subnormal: largest error in units of the least subnormal, where the exact
            value is subnormal or zero.
        max_ulp_of_terms: largest error anywhere, in ulp of the sum of |terms|.
        subnormal_at, terms_at: the points of those errors.
        max_excess: largest error over half an ulp, in Σ|terms|, and
        excess_at: its point.
        max_beyond: largest error where x or the value is beyond the reach, and
        beyond_at: its point.
    """

    partial: str
    points: int
    max_ulp: float
    worst_at: float
    max_subnormal: float
    max_ulp_of_terms: float
    subnormal_at: float = 0.0
    terms_at: float = 0.0
    max_excess: float = 0.0
    excess_at: float = 0.0
    max_beyond: float = 0.0
    beyond_at: float = 0.0

    def worse(self, other: Errors) -> Errors:
        """The worst of two measurements of the same partial."""
        normal = max(self, other, key=lambda e: e.max_ulp)
        below = max(self, other, key=lambda e: e.max_subnormal)
        terms = max(self, other, key=lambda e: e.max_ulp_of_terms)
        over = max(self, other, key=lambda e: e.max_excess)
        far = max(self, other, key=lambda e: e.max_beyond)
        return Errors(
            self.partial,
            self.points + other.points,
            normal.max_ulp,
            normal.worst_at,
            below.max_subnormal,
            terms.max_ulp_of_terms,
            below.subnormal_at,
            terms.terms_at,
            over.max_excess,
            over.excess_at,
            far.max_beyond,
            far.beyond_at,
        )


def ulp(value: Fraction, kind: Format) -> Fraction:
    """Unit in the last place of a format at an exact value, in exact arithmetic."""
    exponent = _exponent(value) if value else kind.lowest
    return Fraction(2) ** (max(exponent, kind.lowest) - kind.digits)


def _exponent(value: Fraction) -> int:
    """floor(log2 |value|)."""
    top, bottom = abs(value.numerator), value.denominator
    guess = top.bit_length() - bottom.bit_length()
    return guess if Fraction(top, bottom) >= Fraction(2) ** guess else guess - 1


@dataclass(frozen=True, slots=True)
class Measured:
    """What is measured: one partial with parameter values, in a format."""

    derivation: Derivation
    name: str
    activation: Activation
    kind: Format

    def size(self, x: float) -> Fraction:
        """Σ|terms| at a point."""
        point = {"x": Fraction(x), **self.activation.values}
        return size_of_terms(self.derivation, self.name, point)


def errors_of(
    partial: Measured,
    x: np.ndarray[Any, Any],
    computed: np.ndarray[Any, Any],
    exact: Exact,
    condition: float = WELL_CONDITIONED,
    reach: float = np.inf,
) -> Errors:
    """Worst errors of one partial at points; κ only where an error may be the worst.

    Args:
        partial: what it is.
        x: points, of which `computed` and `exact` are the values.
        computed: results, as float64.
        exact: what they should be.
        condition: the bound on κ.
        reach: where x or the value is larger, errors count apart.
    """
    kind = partial.kind
    errors = exact.errors(computed, kind)
    subnormal = exact.is_subnormal(kind)
    beyond = (np.abs(x) > reach) | (np.abs(exact.rounded()) > reach)
    # Each the largest of its kind and its point: normal, subnormal, of terms, excess,
    # and beyond the reach.
    worst = [(0.0, 0.0)] * 5
    for i in np.argsort(-errors, kind="stable"):
        error, here = float(errors[i]), float(x[i])
        if beyond[i]:
            worst[4] = max(worst[4], (error, here), key=_first)
            continue
        place = 1 if subnormal[i] else 0
        if error <= min(worst[place][0], worst[2][0]):
            continue
        of_terms, excess, well = error, error, True
        if error < np.inf:
            value, size = exact.at(int(i)), partial.size(here)
            unit = ulp(value, kind)
            of_terms = error * _quotient(unit, ulp(size, kind))
            excess = max(0.0, error - 0.5) * _quotient(unit, size) if size else 0.0
            well = size <= condition * abs(value)
        if well:
            worst[place] = max(worst[place], (error, here), key=_first)
        worst[2] = max(worst[2], (of_terms, here), key=_first)
        worst[3] = max(worst[3], (excess, here), key=_first)
    normal, below, terms, over, far = worst
    return Errors(
        partial.name, int(np.sum(exact.known)), *normal, below[0], terms[0],
        below[1], terms[1], *over, *far,
    )  # fmt: skip


def _quotient(a: Fraction, b: Fraction) -> float:
    try:
        return float(a / b)
    except OverflowError:
        return np.inf


def _first(pair: tuple[float, float]) -> float:
    return pair[0]


def measure(
    function: Callable[..., Mapping[str, Any]],
    activation: Activation,
    points: np.ndarray[Any, Any],
    *,
    order: int = 2,
) -> dict[str, Errors]:
    """Worst errors of all partials of a kernel over points, for bound parameters.

    Args:
        function: x to a mapping of names to arrays, such as `kernel.partials`.
        activation: definition and parameter values, each exact in the dtype.
        points: finite floats; their dtype is the one measured.
        order: of the highest partials.
    """
    computed = function(points)
    derivation = derive(activation, order)
    x = points.astype(np.float64)
    exact = reference(activation, order)(x)
    kind = FORMATS[points.dtype.name]
    return {
        name: errors_of(
            Measured(derivation, name, activation, kind),
            x,
            np.asarray(computed[name], np.float64),
            exact[name],
        )
        for name in derivation.names
    }
