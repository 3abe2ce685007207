"""What a partial tends to at an infinite end of the line, and a line beside it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint

from mila_analysis.analysis.bound import Quotient
from mila_analysis.analysis.expansions import Expansion
from mila_analysis.analysis.scales import ONE, Scale, compared
from mila_analysis.analysis.tails import Tails
from mila_analysis.analysis.undecided import UndecidedError

__all__ = ["End", "end_of"]

LINEAR = Scale(Fraction(1))


@dataclass(frozen=True, slots=True)
class End:
    """A partial far out.

    Attributes:
        side: -1 or 1.
        limit: ball; infinite with its sign where the partial grows.
        slope, intercept: balls of the line that it tends to; None where there is none.
    """

    side: int
    limit: Any
    slope: Any = None
    intercept: Any = None


def end_of(tails: Tails, quotient: Quotient) -> End:
    """Limit and asymptote of a quotient on one side of the line.

    Raises:
        UndecidedError: it has no limit, or that is not decided.
    """
    _, found = tails.nearest(lambda end: end.expansion(quotient))
    return _end(found, tails.side)


def _end(found: Expansion, side: int) -> End:
    slope = intercept = flint.arb(0)
    bends = False
    for scale, constant in found.terms:
        if scale == LINEAR:
            slope = constant.ball * side
        elif scale == ONE:
            intercept = constant.ball
        elif compared(scale, ONE) > 0:
            bends = True
    if found.rest and compared(found.rest[0], ONE) >= 0:
        if not found.terms or compared(found.terms[0][0], found.rest[0]) <= 0:
            raise UndecidedError("it oscillates far out, or its limit was not found")
        return End(side, _infinite(found))
    if bends:
        return End(side, _infinite(found))
    if not slope.is_zero():
        return End(side, _infinite(found), slope, intercept)
    return End(side, intercept, flint.arb(0), intercept)


def _infinite(found: Expansion) -> Any:
    """Infinity with the sign of the term that grows fastest."""
    return flint.arb.pos_inf() * found.terms[0][1].sign
