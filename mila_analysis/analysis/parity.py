"""Whether a function is odd, by exact algebra: f(-x) + f(x) is 0 in the tower."""

from __future__ import annotations

from typing import Any

from mila_analysis.analysis.line import Line
from mila_analysis.analysis.pieces import Piece
from mila_analysis.analysis.zeros import Zero
from mila_analysis.errors import MilaAnalysisError
from mila_analysis.tower import Calculus, lift_all

__all__ = ["is_odd"]


def is_odd(line: Line) -> bool:
    """Whether f(-x) = -f(x) but at cuts; False also where that is not seen."""
    mirrored = zip(line.pieces, reversed(line.pieces), strict=True)
    return all(_is_opposite(one, other) for one, other in mirrored)


def _is_opposite(one: Piece, other: Piece) -> bool:
    """Whether a piece is the other one, turned around the origin."""
    if not (_is_mirrored(one.low, other.high) and _is_mirrored(one.high, other.low)):
        return False
    x = one.definition.x
    turned = one.definition.expression.subs(x, -x)
    return _is_zero(turned + other.definition.expression, x)


def _is_mirrored(low: Zero | None, high: Zero | None) -> bool:
    if low is None or high is None:
        return low is high
    return low.exact is not None and high.exact is not None and low.exact == -high.exact


def _is_zero(expression: Any, x: Any) -> bool:
    try:
        (lifted,), generators = lift_all([expression], (x,))
        return bool(Calculus((x,), generators).element(lifted) == 0)
    except (MilaAnalysisError, NotImplementedError):
        return False
