"""A quotient in one exponential to its limit and a correction that vanishes with t.

With t = exp(-|z|), N/D = c + t·R/D on each side of z = 0: for small t only the small
correction is rounded more than once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import zip_longest

from mila_analysis.stability.terms import Term, coefficients

__all__ = ["Limit", "Pair", "split_limit"]

Pair = tuple[Fraction, Fraction]
"""A coefficient where z > 0, and the one where z ≤ 0."""

STEPS = 32


@dataclass(frozen=True, slots=True)
class Limit:
    """c and the coefficients of R, constant first, each for both signs of z."""

    value: Pair
    rest: tuple[Pair, ...]


def split_limit(term: Term) -> Limit | None:
    """Limit and correction, if the correction is never larger than the quotient."""
    one = term.forms[0][0].ring.one
    top, bottom = one, one
    for form, n in term.forms:
        top, bottom = (top * form**n, bottom) if n > 0 else (top, bottom * form**-n)
    low = _split(coefficients(top), coefficients(bottom))
    high = _split(coefficients(top)[::-1], coefficients(bottom)[::-1])
    if low is None or high is None:
        return None
    rest = tuple(zip_longest(high[1], low[1], fillvalue=Fraction(0)))
    return Limit((high[0], low[0]), rest)


def _split(
    top: Sequence[Fraction], bottom: Sequence[Fraction]
) -> tuple[Fraction, list[Fraction]] | None:
    limit = top[0] / bottom[0]
    padded = zip_longest(top, bottom, fillvalue=Fraction(0))
    rest = [a - limit * b for a, b in padded][1:]
    while len(rest) > 1 and not rest[-1]:
        rest.pop()
    if Fraction(float(limit)) != limit or not any(rest):
        return None
    for i in range(1, STEPS + 1):
        t = Fraction(i, STEPS)
        if abs(t * _at(rest, t)) > abs(_at(top, t)):
            return None
    return limit, rest


def _at(known: Sequence[Fraction], t: Fraction) -> Fraction:
    return sum((c * t**k for k, c in enumerate(known)), start=Fraction(0))
