"""Decimals of a printed formula to the exact constants of which they are roundings.

Each decimal is made an unknown. Newton's method looks for values that make the formula
exact, beginning at what is printed, with ever so many points; the values that move
least against their rounding are taken where there is a choice. If they exist and each
rounds to what is printed, the formula is right as printed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import flint

from mila_analysis.auditing.enclosing import (
    Point,
    Reference,
    as_ball,
    ball_at,
    value_at,
)
from mila_analysis.notation.tree import Node, number, replaced, walk

__all__ = ["Constant", "Resolution", "decimals_of", "resolve"]

FEWEST_DIGITS = 3
"""0.5 and 2.0 are exact; 0.125 and 8.468 may be roundings."""

MAX_DECIMALS = 40
BITS = 1024
ROUNDS = 60
DAMPING = -600
"""2^DAMPING keeps the equations solvable where decimals can trade places."""

SETTLED = -420
"""Steps below 2^SETTLED have reached the constants."""

REACH = 2
"""A decimal that is further off than the half of itself is no misprint."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A decimal of the formula, and the constant that makes the formula exact.

    Attributes:
        printed: as it is written.
        exact: digits of the constant.
        is_rounding: whether the one is the rounding of the other.
    """

    printed: str
    exact: str
    is_rounding: bool

    @property
    def corrected(self) -> str:
        """What should be printed: the constant to as many places."""
        places = len(self.printed.partition(".")[2])
        rounded = round(Decimal(self.exact), places)
        return f"{rounded:f}"


@dataclass(frozen=True, slots=True)
class Resolution:
    """A formula with exact constants in the place of its decimals."""

    constants: tuple[Constant, ...]
    points: int

    @property
    def is_right(self) -> bool:
        """Whether every decimal is the rounding of its constant."""
        return all(c.is_rounding for c in self.constants)


def decimals_of(tree: Node) -> list[Node]:
    """Numerals that may be roundings, in the order in which they are written."""
    return [n for n in walk(tree) if n.kind == "number" and _may_be_rounded(n.text)]


def _may_be_rounded(text: str) -> bool:
    mantissa = text.lower().partition("e")[0]
    digits = mantissa.replace(".", "").lstrip("0")
    return "." in mantissa and len(digits) >= FEWEST_DIGITS


def half_unit(text: str) -> Fraction:
    """Half a unit of the last digit of a decimal."""
    mantissa, _, power = text.lower().partition("e")
    places = len(mantissa.partition(".")[2])
    return Fraction(10) ** (int(power or 0) - places) / 2


def resolve(
    tree: Node, reference: Reference, partial: str, points: Sequence[Point]
) -> Resolution | None:
    """Exact constants that make a formula with decimals equal to a partial.

    Args:
        tree: the formula.
        reference: exact values.
        partial: to which it should be equal.
        points: more than twice as many as there are decimals; every other one is kept
            back and only used to check.

    Returns:
        None if there are no such constants near the decimals.
    """
    unknowns = decimals_of(tree)
    if not unknowns or len(unknowns) > MAX_DECIMALS:
        return None
    with flint.ctx.workprec(BITS):
        rows = [(p, e) for p in points if (e := _exact(reference, partial, p))]
        search = _Search(tree, unknowns, rows[::2])
        if len(rows[::2]) < len(unknowns) or not search.run():
            return None
        if not all(search.agrees(p, e) for p, e in rows[1::2]):
            return None
        constants = tuple(
            _constant(node, value)
            for node, value in zip(unknowns, search.values, strict=True)
        )
    if not _is_sane(tree, unknowns, constants):
        return None
    return Resolution(constants, len(rows))


def _exact(reference: Reference, partial: str, point: Point) -> Any | None:
    found = reference(partial, point, bits=BITS - 128)
    return found if found is not None and not found.contains(0) else None


def _constant(node: Node, value: Any) -> Constant:
    room = as_ball(half_unit(node.text)) * (1 + as_ball(Fraction(1, 10**12)))
    close = bool(abs(value - as_ball(node.value or Fraction(0))) <= room)
    return Constant(node.text, value.mid().str(18, radius=False), close)


def _is_sane(
    tree: Node, unknowns: Sequence[Node], constants: Sequence[Constant]
) -> bool:
    """The formula has a value with the constants put in, in ordinary precision too."""
    changes = {
        id(n): number(Fraction(Decimal(c.exact)))
        for n, c in zip(unknowns, constants, strict=True)
    }
    point = {n.text: Fraction(1, 3) for n in walk(tree) if n.kind == "name"}
    return value_at(replaced(tree, changes), point, bits=32) is not None


class _Search:
    """Newton's method with damping, relative to the roundings and to the values."""

    def __init__(
        self, tree: Node, unknowns: Sequence[Node], rows: Sequence[tuple[Point, Any]]
    ) -> None:
        self.tree = tree
        self.unknowns = unknowns
        self.rows = [
            ({n: as_ball(v) for n, v in point.items()}, exact.mid())
            for point, exact in rows
        ]
        self.units = [as_ball(half_unit(n.text)).mid() for n in unknowns]
        self.start = [as_ball(n.value or Fraction(0)).mid() for n in unknowns]
        self.values = list(self.start)

    def run(self) -> bool:
        """Whether the method settles near the start."""
        for _ in range(ROUNDS):
            step = self._step()
            if step is None:
                return False
            self.values = [
                (v + s * u).mid()
                for v, s, u in zip(self.values, step, self.units, strict=True)
            ]
            if not self._is_near():
                return False
            if all(abs(s) < flint.arb((1, SETTLED)) for s in step):
                return all(abs(r) < flint.arb((1, -300)) for r in self._residuals())
        return False

    def _is_near(self) -> bool:
        return all(
            abs(v - s) <= abs(s) / REACH or abs(v - s) <= u
            for v, s, u in zip(self.values, self.start, self.units, strict=True)
        )

    def agrees(self, point: Point, exact: Any) -> bool:
        """Whether the formula with its constants is right at a point kept back."""
        values = {n: as_ball(v) for n, v in point.items()}
        residual = self._residual(values, exact.mid(), self.values)
        return residual is not None and bool(abs(residual) < flint.arb((1, -250)))

    def _residual(self, names: Any, exact: Any, constants: Sequence[Any]) -> Any | None:
        changed = {id(n): v for n, v in zip(self.unknowns, constants, strict=True)}
        try:
            value = ball_at(self.tree, names, changed)
        except (ArithmeticError, ValueError):
            return None
        return (value / exact - 1).mid() if value.is_finite() else None

    def _residuals(self) -> list[Any]:
        found = [self._residual(n, e, self.values) for n, e in self.rows]
        return [flint.arb(1) if r is None else r for r in found]

    def _step(self) -> list[Any] | None:
        """Damped least squares for the move in units of the roundings."""
        base = self._residuals()
        tiny = flint.arb((1, -350))
        columns = []
        for place, unit in enumerate(self.units):
            moved = list(self.values)
            moved[place] = (moved[place] + unit * tiny).mid()
            shifted = [self._residual(n, e, moved) for n, e in self.rows]
            if any(s is None for s in shifted):
                return None
            columns.append(
                [((s - b) / tiny).mid() for s, b in zip(shifted, base, strict=True)]
            )
        return _least_squares(columns, base)


def _least_squares(columns: list[list[Any]], residuals: list[Any]) -> list[Any] | None:
    """Step s with Σ columns·s + residuals least, and s small where it is free."""
    size = len(columns)
    square = [[_dot(a, b) for b in columns] for a in columns]
    damping = flint.arb((1, DAMPING)) * sum(
        (square[i][i] for i in range(size)), start=flint.arb(0)
    )
    for i in range(size):
        square[i][i] = (square[i][i] + damping).mid()
    right = flint.arb_mat([[-_dot(c, residuals)] for c in columns])
    try:
        solved = flint.arb_mat(square).solve(right)
    except ZeroDivisionError:
        return None
    return [solved[i, 0].mid() for i in range(size)]


def _dot(a: Sequence[Any], b: Sequence[Any]) -> Any:
    total = flint.arb(0)
    for left, right in zip(a, b, strict=True):
        total += left * right
    return total.mid()
