"""Conditions of cases far out: none changes its sign where no cuts were looked for.

Cuts are looked for on a bounded part of the line (`continuity`). Beyond that the
expansions of the conditions have to decide.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from mila_analysis.analysis.bound import Quotient, quotients
from mila_analysis.analysis.tails import End, Tails
from mila_analysis.analysis.undecided import TooNearError, UndecidedError
from mila_analysis.errors import UnsupportedError
from mila_analysis.tower import Calculus, lift_all

__all__ = ["check_far"]

REACH = Fraction(1 << 30)
"""Up to here all cuts are found."""


def check_far(differences: Iterable[Any], x: Any) -> None:
    """Check that no difference changes its sign where |x| is above `REACH`.

    Raises:
        UnsupportedError: one does, or that is not decided.
    """
    for difference in dict.fromkeys(differences):
        if difference.has(x):
            quotient = _quotient(difference, x)
            for side in (-1, 1):
                _check(quotient, side, difference)


def _quotient(difference: Any, x: Any) -> Quotient:
    (lifted,), generators = lift_all([difference], (x,))
    element = Calculus((x,), generators).element(lifted)
    return quotients({"": element}, generators, {})[""]


def _check(quotient: Quotient, side: int, difference: Any) -> None:
    def sign(end: End) -> int:
        if end.start > REACH:
            raise UndecidedError("it may change its sign too far out")
        return end.sign(quotient)

    try:
        Tails(quotient.tower, side).nearest(sign)
    except (UndecidedError, TooNearError):
        beyond = f"x {'>' if side > 0 else '< -'}{' ' * (side > 0)}{REACH}"
        raise UnsupportedError(
            f"which case holds for {beyond} was not decided: the sign of {difference}"
        ) from None
