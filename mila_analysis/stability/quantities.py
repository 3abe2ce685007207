"""What is known of a number in an error analysis, and of an arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from mila_analysis.program import Expression

__all__ = ["DOUBLE", "DOUBLE_DOUBLE", "Arithmetic", "Quantity"]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """What an arithmetic promises; errors in units, relative to the result.

    Attributes:
        unit: of a sum, product or quotient; u.
        exp, expm1, log1p: units that these functions are wrong by at most.
        reach: |z| beyond which an exponential has no effect on any result.
        pairs: whether a number is a pair of floats. Then a sum or product of two
            floats is exact, sizes are computed from the high parts, by `rough(v)`,
            |v| to a few digits, and a result is left before its last decay, so that
            it is rounded once.
        tiny: absolute error of any result by underflow.
    """

    unit: Fraction
    exp: int
    expm1: int
    log1p: int
    reach: int = 1500
    pairs: bool = False
    tiny: Fraction = Fraction(0)


DOUBLE = Arithmetic(
    Fraction(1, 1 << 53), exp=8, expm1=8, log1p=8, tiny=Fraction(1, 1 << 400)
)
"""float64 with functions good to 4 ulp, as in every libm; for float32 variables."""

DOUBLE_DOUBLE = Arithmetic(Fraction(1, 1 << 102), exp=8, expm1=8, log1p=8, pairs=True)
"""Accurate pairs of float64, for variables within 2^±200: no low part underflows."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value of the program and what is known of its error.

    Attributes:
        value: its name, or a number.
        count: roundings, in units of its size.
        sign: 1 if never negative, -1 if never positive, 0 if unknown.
        size: None where it is |value|: then the error is a relative one.
        sides: the exact values where z ≤ 0 and where z > 0, if it depends on no more.
        single: whether it is one float, also in an arithmetic of pairs.
        corrects: the value that this is a first-order correction of, up to a factor.
        of: the exponent z of which this is exp(z) or exp(z) - 1.
    """

    value: Expression
    count: int = 0
    sign: int = 0
    size: Expression | None = None
    sides: tuple[Fraction, Fraction] | None = None
    single: bool = False
    corrects: Expression | None = None
    of: Expression | None = None
