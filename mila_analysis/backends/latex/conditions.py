"""Relations of a case to the interval, or the inequalities, where it holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy

from mila_analysis.backends.latex.expression import Writer
from mila_analysis.formula import Relation

__all__ = ["region"]

_SIGNS = {">": ">", ">=": r"\ge", "<": "<", "<=": r"\le"}
_MIRRORED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}


def region(relations: Sequence[Relation], x: Any, writer: Writer) -> str | None:
    r"""LaTeX of where all relations hold: `0 < x \le 1`; None if nowhere."""
    low: tuple[Any, bool] | None = None
    high: tuple[Any, bool] | None = None
    others: list[str] = []
    for relation in relations:
        if relation.difference.is_Rational:
            if not _holds(relation):
                return None
            continue
        side, comparison = _solved(relation, x)
        if side is None or not side.is_Rational:
            others.append(_inequality(relation, side, comparison, x, writer))
            continue
        end = side, comparison in (">", "<")
        if comparison in (">", ">="):
            low = end if low is None else max(low, end)
        else:
            high = (
                end if high is None else min(high, end, key=lambda e: (e[0], not e[1]))
            )
    if (
        low
        and high
        and (low[0] > high[0] or (low[0] == high[0] and (low[1] or high[1])))
    ):
        return None
    return ",\\; ".join(filter(None, [_interval(low, high, writer), *others]))


def _holds(relation: Relation) -> bool:
    """Whether a relation between numbers is true."""
    relations = {">": sympy.Gt, ">=": sympy.Ge, "<": sympy.Lt, "<=": sympy.Le}
    return bool(relations[relation.comparison](relation.difference, 0))


def _solved(relation: Relation, x: Any) -> tuple[Any, str]:
    """A relation solved for x, if it is linear there; else (None, ...)."""
    difference = sympy.expand(relation.difference)
    rate = difference.coeff(x, 1)
    rest = difference - rate * x
    if not rate.is_Rational or rate == 0 or rest.has(x):
        return None, relation.comparison
    up = relation.comparison if rate > 0 else _MIRRORED[relation.comparison]
    return -rest / rate, up


def _inequality(
    relation: Relation, side: Any, comparison: str, x: Any, writer: Writer
) -> str:
    left = x if side is not None else relation.difference
    right = side if side is not None else sympy.Integer(0)
    return f"{writer.text(left)} {_SIGNS[comparison]} {writer.text(right)}"


def _interval(
    low: tuple[Any, bool] | None, high: tuple[Any, bool] | None, writer: Writer
) -> str:
    """Bounds of x, each with whether it is excluded."""
    below = writer.text(low[0], inline=True) if low else ""
    above = writer.text(high[0], inline=True) if high else ""
    if low and not high:
        return f"x {'>' if low[1] else _SIGNS['>=']} {below}"
    upper = f"x {'<' if high[1] else _SIGNS['<=']} {above}" if high else ""
    return f"{below} {'<' if low[1] else _SIGNS['<=']} {upper}" if low else upper
