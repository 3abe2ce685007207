"""A tree at a point to a ball around its exact value, or around none.

Also the other direction of trust: the exact partial there, from `balls`, which shares
nothing with the algebra of the proof.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import flint

from mila_analysis.activation import Activation
from mila_analysis.balls import enclose_all
from mila_analysis.errors import AccuracyError, MilaAnalysisError
from mila_analysis.notation.definitions import definition
from mila_analysis.notation.tree import Node, fold

__all__ = [
    "Point",
    "Reference",
    "UndefinedError",
    "as_ball",
    "ball_at",
    "lacks_value",
    "value_at",
]

BITS = 240
"""Relative accuracy of the values compared: 60 digits and some room."""

MAX_BITS = 4096
MAX_POWER = 1 << 16
TINY = -1400
"""Below 2^TINY a value is as good as zero: no float is that small."""

LARGE_EXPONENT = 1 << 24

Point = Mapping[str, Fraction]


class UndefinedError(MilaAnalysisError):
    """A formula that has no real value at a point."""


def _power(base: Any, exponent: Any) -> Any:
    if base.is_zero() and exponent > 0:
        return flint.arb(0)
    whole = exponent.unique_fmpz()
    if whole is None or not exponent.is_exact():
        return (exponent * base.log()).exp()
    if abs(whole) > MAX_POWER:
        raise UndefinedError("too large a power")
    return base ** int(whole) if whole >= 0 else 1 / base ** int(-whole)


def _tanh(u: Any) -> Any:
    if u < 0:
        return -_tanh(-u)
    decayed = (-2 * u).exp()
    return (1 - decayed) / (1 + decayed)


def _exp(u: Any) -> Any:
    if u > LARGE_EXPONENT:
        raise UndefinedError("an exponential beyond all floats")
    return u.exp()


_OPERATIONS: dict[str, Callable[..., Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "neg": lambda a: -a,
    "**": _power,
    "exp": _exp,
    "log": flint.arb.log,
    "sqrt": flint.arb.sqrt,
    "erf": flint.arb.erf,
    "sin": flint.arb.sin,
    "cos": flint.arb.cos,
    "atan": flint.arb.atan,
    "tanh": _tanh,
}
_COMPARISONS: dict[str, Callable[[Any], bool | None]] = {
    ">": lambda d: True if d > 0 else False if d <= 0 else None,
    ">=": lambda d: True if d >= 0 else False if d < 0 else None,
    "<": lambda d: True if d < 0 else False if d >= 0 else None,
    "<=": lambda d: True if d <= 0 else False if d > 0 else None,
    "==": lambda d: True if d.is_zero() else False if d != 0 else None,
    "!=": lambda d: False if d.is_zero() else True if d != 0 else None,
}


def as_ball(value: Fraction) -> Any:
    """Ball around a rational."""
    return flint.arb(flint.fmpq(value.numerator, value.denominator))


def ball_at(tree: Node, values: Mapping[str, Any], changed: Mapping[int, Any]) -> Any:
    """Ball of a tree at the present precision; not finite where it is undecided.

    Args:
        tree: to be evaluated.
        values: ball of each variable.
        changed: `id` of a node to the ball that stands in its place.
    """

    def rule(node: Node, args: tuple[Any, ...]) -> Any:
        if id(node) in changed:
            return changed[id(node)]
        if node.kind == "number" and node.value is not None:
            return as_ball(node.value)
        if node.kind == "name":
            return values[node.text]
        if node.kind == "where":
            return _chosen(*args)
        if node.kind in _COMPARISONS:
            return _COMPARISONS[node.kind](args[0] - args[1])
        if node.kind in _OPERATIONS:
            return _OPERATIONS[node.kind](*args)
        inner = definition(node.kind)
        if inner is None:
            raise UndefinedError(f"no value of {node.kind}")
        return ball_at(inner, dict(zip(("u", "v"), args, strict=False)), {})

    return fold(tree, rule)


def _chosen(condition: bool | None, yes: Any, no: Any) -> Any:
    if condition is None:
        return flint.arb("nan")
    return yes if condition else no


def value_at(tree: Node, point: Point, *, bits: int = BITS) -> Any | None:
    """Ball of a tree at a point, narrow; None where there is none."""
    precision = bits + 64
    while precision <= MAX_BITS:
        with flint.ctx.workprec(precision):
            values = {name: as_ball(v) for name, v in point.items()}
            try:
                found = ball_at(tree, values, {})
            except (UndefinedError, ZeroDivisionError, ValueError, OverflowError):
                return None
            if found.is_finite() and _is_narrow(found, bits):
                return found
        precision *= 2
    return None


def lacks_value(tree: Node, point: Point) -> bool:
    """Whether a tree has no real value at a point, and not only too wide a ball."""
    for precision in (BITS, MAX_BITS):
        with flint.ctx.workprec(precision):
            values = {name: as_ball(v) for name, v in point.items()}
            try:
                if ball_at(tree, values, {}).is_finite():
                    return False
            except (UndefinedError, ZeroDivisionError, ValueError, OverflowError):
                continue
    return True


def _is_narrow(ball: Any, bits: int) -> bool:
    if ball.is_zero() or ball.rel_accuracy_bits() >= bits:
        return True
    return bool(abs(ball).upper() < flint.arb((1, TINY)))


class Reference:
    """Exact partials of an activation at points, each point worked out once."""

    def __init__(self, activation: Activation, order: int) -> None:
        self.activation = activation
        self.order = order
        self._known: dict[tuple[Any, int], Any] = {}

    def __call__(self, partial: str, point: Point, *, bits: int = BITS) -> Any | None:
        """Ball around a partial at a point; None where it has none."""
        key = (tuple(sorted(point.items())), bits)
        if key not in self._known:
            self._known[key] = self._all(point, bits)
        found = self._known[key]
        if found is None:
            return None
        with flint.ctx.workprec(bits + 64):
            low, high = as_ball(found[partial].low), as_ball(found[partial].high)
            return low.union(high)

    def middle(self, partial: str, point: Point, *, bits: int) -> Fraction | None:
        """Exact value of a partial to so many bits; None where it has none."""
        if self(partial, point, bits=bits) is None:
            return None
        key = (tuple(sorted(point.items())), bits)
        found: Fraction = self._known[key][partial].mid
        return found

    def _all(self, point: Point, bits: int) -> Any:
        values = {n: v for n, v in point.items() if n != "x"}
        try:
            return enclose_all(
                self.activation, point["x"], order=self.order, bits=bits, **values
            )
        except AccuracyError:
            return None
