"""Whether a case is exactly 0 where it meets another one, at an irrational point.

Where the case changes, some difference in the conditions is 0. If its numerator divides
that of the case, in the tower, then the case is 0 there as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flint

from mila_analysis.analysis.bound import quotients
from mila_analysis.analysis.undecided import UndecidedError
from mila_analysis.analysis.zeros import FINE_BITS
from mila_analysis.balls import series
from mila_analysis.errors import MilaAnalysisError
from mila_analysis.tower import Calculus, lift_all

__all__ = ["around", "is_zero_at_end"]

MERGED = 2.0**-130
"""Cuts that are closer to each other have been taken for one."""


def around(end: Any) -> Any:
    """Ball of all points that were taken for an end, from the ball of it."""
    return end + flint.arb(0, MERGED)


def is_zero_at_end(
    expression: Any, differences: Sequence[Any], x: Any, end: Any
) -> bool:
    """Whether a case is exactly 0 at its end; False also where that is not seen.

    Args:
        expression: the case, in x alone.
        differences: those whose signs tell which case holds.
        x: the variable.
        end: ball of the end.
    """
    with flint.ctx.workprec(FINE_BITS):
        touching = [
            d for d in dict.fromkeys(differences) if d.has(x) and _may_be_0(d, x, end)
        ]
        try:
            lifted, generators = lift_all([expression, *touching], (x,))
            calculus = Calculus((x,), generators)
            own, *others = (calculus.element(each) for each in lifted)
            divides = all(not own.numer.rem(other.numer) for other in others)
            return bool(others) and divides and _has_value(own, generators, end)
        except (MilaAnalysisError, NotImplementedError, UndecidedError):
            return False


def _may_be_0(difference: Any, x: Any, end: Any) -> bool:
    try:
        value = series(difference, {x: around(end)}, 1)[0]
    except (ValueError, ZeroDivisionError, ArithmeticError):
        return True
    return not value.is_finite() or bool(value.contains(0))


def _has_value(element: Any, generators: Any, end: Any) -> bool:
    """Whether no denominator vanishes there."""
    quotient = quotients({"": element}, generators, {})[""]
    return bool(quotient.over(around(end))[0].is_finite())
