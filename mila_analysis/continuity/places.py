"""Cuts of the line to what happens there: undefined, a jump, a kink, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import sympy

from mila_analysis.activation import Activation
from mila_analysis.budget import within
from mila_analysis.continuity.cuts import (
    Cut,
    Cuts,
    ball_of,
    cuts_of,
    is_positive,
    sign_at,
    value_at,
)
from mila_analysis.errors import UnsupportedError
from mila_analysis.formula import Case, parse

__all__ = ["Place", "Span", "breaks", "spans"]

MAX_SECONDS = 8.0
DISTANT = Fraction(1 << 30)
"""Nobody minds what is not decided beyond this."""


@dataclass(frozen=True)
class Place:
    """A place on the line, and what happens there.

    Attributes:
        kind: `undefined`, `jump`, `kink` or `undecided`.
        text: one line that says it.
        low, high: ends of the place; None is infinite.
    """

    kind: str
    text: str
    low: Fraction | None = None
    high: Fraction | None = None

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class _Danger:
    """Part of a formula, and the signs of something in it at which it has no value."""

    part: Any
    inside: Any
    signs: tuple[int, ...]

    @property
    def text(self) -> str:
        """As a formula; what 1/0 is, is clear without its numerator."""
        return str(self.part)


@dataclass(frozen=True)
class _Cell:
    """A cut, or what is between two of them (`low` and `high` then differ)."""

    low: Cut | None
    high: Cut | None

    @property
    def is_point(self) -> bool:
        return self.low is not None and self.low == self.high

    @property
    def ball(self) -> Any:
        """A point of it."""
        low, high = self.low, self.high
        if low is not None and low == high:
            return low.ball
        if low is None or high is None:
            end = low or high
            at = Fraction(0) if end is None else end.at
            step = Fraction(0) if end is None else Fraction(1 if high is None else -1)
            middle = at + step
        else:
            middle = (low.at + high.at) / 2
        return ball_of(middle)


@dataclass(frozen=True)
class Span:
    """An open interval of the line, or a point of it, and the case that holds there.

    Attributes:
        low, high: its ends, the same one for a point; None is infinite.
        case: number of the case of the definition.
    """

    low: Cut | None
    high: Cut | None
    case: int

    @property
    def is_point(self) -> bool:
        """Whether it is a cut."""
        return self.low is not None and self.low == self.high


def spans(activation: Activation) -> tuple[Span, ...]:
    """The line from left to right, cut where another case holds.

    Raises:
        UnsupportedError: the activation is undefined somewhere, or that is not decided.
    """
    late = UnsupportedError("where its cases hold takes too long to find out")
    return within(MAX_SECONDS, lambda: tuple(_spans(activation)), late)


def _spans(activation: Activation) -> Iterator[Span]:
    line = _line(activation)
    for place in line.places():
        if place.kind in ("undefined", "undecided"):
            raise UnsupportedError(place.text)
    for cell in line.cells:
        held = line.held(cell)
        if held is None:
            raise UnsupportedError(f"no case is known to hold beside x = {cell.low}")
        yield Span(cell.low, cell.high, line.cases.index(held))


def breaks(activation: Activation) -> tuple[Place, ...]:
    """Where an activation is undefined, jumps or has a kink, for its parameter values.

    Up to 2^40 on both sides; in the order of the line.
    """
    late = UnsupportedError("time")
    try:
        return within(MAX_SECONDS, lambda: _in_order(_breaks(activation)), late)
    except UnsupportedError:
        text = "it was not decided where it is undefined, jumps or has a kink"
        return (Place("undecided", text),)


def _in_order(places: Iterable[Place]) -> tuple[Place, ...]:
    """Places from left to right; last what has no place of its own."""

    def key(place: Place) -> tuple[bool, bool, Fraction]:
        nowhere = place.kind == "undecided" and place.low is None
        low = place.low
        return nowhere, low is not None, Fraction(0) if low is None else low

    return tuple(sorted(places, key=key))


def _breaks(activation: Activation) -> Iterator[Place]:
    yield from _line(activation).places()


def _line(activation: Activation) -> _Line:
    parsed = parse(activation.formula, activation.variables)
    x = parsed.variables[0]
    values = {
        v: sympy.Rational(value.numerator, value.denominator)
        for v, value in zip(
            parsed.variables[1:], activation.values.values(), strict=True
        )
    }
    return _Line([_bound(case, values) for case in parsed.cases], x)


@dataclass(frozen=True)
class _Bound:
    conditions: tuple[tuple[Any, str], ...]
    expression: Any
    dangers: tuple[_Danger, ...]

    @property
    def watched(self) -> tuple[Any, ...]:
        """What may change its sign where something happens."""
        compared = (difference for difference, _ in self.conditions)
        return (*compared, *(danger.inside for danger in self.dangers))


def _bound(case: Case, values: Mapping[Any, Any]) -> _Bound:
    expression = case.expression.subs(values)
    conditions = tuple(
        (r.difference.subs(values), r.comparison) for r in case.conditions
    )
    dangers = [
        d for u in (expression, *(c for c, _ in conditions)) for d in _dangers(u)
    ]
    return _Bound(conditions, expression, tuple(dict.fromkeys(dangers)))


def _dangers(expression: Any) -> Iterator[_Danger]:
    """Every logarithm, quotient and root that is not plainly defined everywhere."""
    for node in sympy.preorder_traversal(expression):
        if isinstance(node, sympy.log) and not is_positive(node.args[0]):
            yield _Danger(node, node.args[0], (-1, 0))
        if not node.is_Pow or node.exp.free_symbols or is_positive(node.base):
            continue
        signs = ((0,) if node.exp < 0 else ()) + ((-1,) * (not node.exp.is_Integer))
        if signs and node.base.free_symbols:
            yield _Danger(node, node.base, signs)


class _Line:
    def __init__(self, cases: Sequence[_Bound], x: Any) -> None:
        self.cases = cases
        self.x = x
        self.found = Cuts(())
        self.cells = self._cells()

    def _cells(self) -> list[_Cell]:
        watched = {
            u
            for case in self.cases
            for u in (
                *(c for c, _ in case.conditions),
                *(d.inside for d in case.dangers),
            )
            if u.has(self.x)
        }
        for expression in sorted(watched, key=str):
            self.found += cuts_of(expression, self.x)
        reach = self.found.reach
        points = _merged([c for c in self.found.points if abs(c.at) <= reach])
        ends: list[Cut | None] = [None, *points, None]
        cells: list[_Cell] = []
        for low, high in pairwise(ends):
            cells.append(_Cell(low, high))
            if high is not None:
                cells.append(_Cell(high, high))
        return cells

    def places(self) -> Iterator[Place]:
        """What happens, from left to right."""
        held = [self.held(cell) for cell in self.cells]
        faults = [
            self._fault(case, cell) if case else ""
            for case, cell in zip(held, self.cells, strict=True)
        ]
        yield from self._undefined(faults)
        for n, cell in enumerate(self.cells):
            if cell.is_point and not (faults[n - 1] or faults[n + 1]):
                yield from self._break(cell, *held[n - 1 : n + 2], gap=faults[n])
        if self.found.reach < DISTANT:
            far = f"{float(self.found.reach):.6g}"
            text = f"where |x| > {far} nothing was decided: it has too many such places"
            yield Place("undecided", text)
        if not self.found.is_complete or None in held:
            text = "it was not decided everywhere whether it is defined or jumps"
            yield Place("undecided", text)

    def held(self, cell: _Cell) -> _Bound | None:
        """The case that holds in a cell."""
        for case in self.cases:
            if all(self._holds(u, sign, cell) for u, sign in case.conditions):
                return case
        return None

    def _holds(self, difference: Any, comparison: str, cell: _Cell) -> bool:
        sign = sign_at(difference, self.x, cell.ball)
        if sign is None:
            return False
        return sign in {">": (1,), ">=": (0, 1), "<": (-1,), "<=": (-1, 0)}[comparison]

    def _fault(self, case: _Bound, cell: _Cell) -> str:
        """The part of a case that has no value in a cell."""
        for danger in case.dangers:
            if sign_at(danger.inside, self.x, cell.ball) in danger.signs:
                return danger.text
        return ""

    def _undefined(self, faults: Sequence[str]) -> Iterator[Place]:
        """Runs of cells without a value, each of one place."""
        start = 0
        for n, fault in enumerate(faults):
            if n + 1 < len(faults) and faults[n + 1] == fault:
                continue
            if fault:
                first, last = self.cells[start], self.cells[n]
                yield _without_value(fault, first, last)
            start = n + 1

    def _break(
        self, cell: _Cell, left: _Bound | None, here: _Bound | None,
        right: _Bound | None, *, gap: str,
    ) -> Iterator[Place]:  # fmt: skip
        """A jump or a kink between two cells."""
        if left is None or right is None or here is None or cell.low is None or gap:
            return
        at = cell.low
        if left is here is right:
            yield from self._root_of_zero(here, at)
            return
        found = [
            value_at(c.expression, self.x, at.ball, 2) for c in (left, here, right)
        ]
        values = [value_at(c.expression, self.x, at.ball) for c in (left, here, right)]
        if None in values:
            text = f"a case has no value at its end x = {at}: not decided if it jumps"
            yield Place("undecided", text, at.at, at.at)
            return
        low, middle, high = (v[0] for v in values)
        if not low.overlaps(high):
            text = f"jumps at x = {at}: {_shown(low)} → {_shown(high)}"
            yield Place("jump", text, at.at, at.at)
        elif not middle.overlaps(low):
            text = f"is {_shown(middle)} at x = {at} alone, and {_shown(low)} beside it"
            yield Place("jump", text, at.at, at.at)
        elif found[0] is None or found[2] is None:
            yield Place("kink", f"has no slope at x = {at} on one side", at.at, at.at)
        elif not found[0][1].overlaps(found[2][1]):
            slopes = f"{_shown(found[0][1])} → {_shown(found[2][1])}"
            yield Place("kink", f"has a kink at x = {at}: slope {slopes}", at.at, at.at)

    def _root_of_zero(self, case: _Bound, at: Cut) -> Iterator[Place]:
        """A point inside a case with a value and no slope, as 0 of √(x²) is."""
        value = value_at(case.expression, self.x, at.ball)
        # x² is 0 to the first order: a root of that has no third coefficient
        if value is None or value_at(case.expression, self.x, at.ball, 3) is not None:
            return
        text = f"takes a root of 0 at x = {at}, and may have no slope there"
        yield Place("kink", text, at.at, at.at)


def _merged(points: Sequence[Cut]) -> list[Cut]:
    """Points in order, each once; an exact one stands for those beside it."""
    found: list[Cut] = []
    for point in sorted(points, key=lambda c: (c.at, not c.is_exact)):
        if found and abs(point.at - found[-1].at) < Fraction(1, 1 << 140):
            found[-1] = found[-1] if found[-1].is_exact else point
        else:
            found.append(point)
    return found


def _without_value(fault: str, first: _Cell, last: _Cell) -> Place:
    low, high = first.low, last.high
    if first.is_point and last.is_point and low == high:
        where = f"at x = {low}"
    elif low is None and high is None:
        where = "everywhere"
    elif low is None:
        where = f"for x {'≤' if last.is_point else '<'} {high}"
    elif high is None:
        where = f"for x {'≥' if first.is_point else '>'} {low}"
    else:
        left, right = ("≤" if c.is_point else "<" for c in (first, last))
        where = f"for {low} {left} x {right} {high}"
    ends = [None if end is None else end.at for end in (low, high)]
    return Place("undefined", f"{fault} is undefined {where}", *ends)


def _shown(ball: Any) -> str:
    return "0" if ball.contains(0) else f"{float(ball.mid()):.6g}"
