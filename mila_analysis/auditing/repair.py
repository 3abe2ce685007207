"""A wrong formula to the one small change that makes it right, if there is one.

For each node: which value would it need at a few points? If what it has and what it
needs differ by a factor, a term or a power of the form c·xᵃ·Eᵇ, that is the mistake.
Each repair is checked like any candidate before it is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import isfinite
from typing import Any

import flint

from mila_analysis.auditing.enclosing import (
    Point,
    Reference,
    UndefinedError,
    as_ball,
    ball_at,
)
from mila_analysis.notation.text import read_text
from mila_analysis.notation.tree import Node, apply, name, number, replaced, walk

__all__ = ["Repair", "repairs"]

BITS = 256
POINTS = 5
ROUNDS = 24
SETTLED = -180
LOOSE = 2e-3
"""What decimals of a printed formula may be off, and more."""

MAX_NODES = 160
MAX_PLACES = 24


@dataclass(frozen=True, slots=True)
class Repair:
    """A change, in words, and the tree with it."""

    said: str
    tree: Node
    rank: tuple[float, ...]


Test = Callable[[Node], bool]
_Row = tuple[dict[str, Any], Any, Any]  # balls of the variables, exact value, E


def repairs(
    tree: Node,
    reference: Reference,
    partial: str,
    points: Sequence[Point],
    exponent: Callable[[Point], Fraction],
    spelled: str,
    is_right: Test,
) -> Iterator[Repair]:
    """Changes that make a formula right, the simplest first.

    Args:
        tree: the wrong formula.
        reference: exact values.
        partial: what it should be.
        points: where the needed values are worked out.
        exponent: z of the E = exp(z) that terms may hold, at a point.
        spelled: z as text.
        is_right: the last word on a repaired tree.
    """
    with flint.ctx.workprec(BITS):
        rows = _rows(reference, partial, points, exponent)
    if len(rows) < POINTS:
        return
    for each in _versions(tree):
        nodes = list(walk(each))
        with flint.ctx.workprec(BITS):
            found = [
                *_swaps(each, rows),
                *_signs(each, nodes, rows),
                *_changes(each, nodes, rows, spelled),
            ]
        for repair in sorted(found, key=lambda r: r.rank)[:MAX_PLACES]:
            if is_right(repair.tree):
                yield repair


def _versions(tree: Node) -> Iterator[Node]:
    """The tree; then with a copy for every use of a definition, if it is not long."""
    uses: dict[int, int] = {}
    for node in walk(tree):
        uses[id(node)] = 1 + sum(uses[id(a)] for a in node.args)
    if len(uses) > MAX_NODES:
        return
    yield tree
    if len(uses) < uses[id(tree)] <= MAX_NODES:
        yield _copied(tree)


def _copied(node: Node) -> Node:
    return Node(node.kind, tuple(map(_copied, node.args)), node.text, node.value)


def _rows(
    reference: Reference,
    partial: str,
    points: Sequence[Point],
    exponent: Callable[[Point], Fraction],
) -> list[_Row]:
    rows: list[_Row] = []
    for point in points:
        exact = reference(partial, point)
        if exact is not None and not exact.contains(0) and abs(point["x"]) < 4:
            names = {n: as_ball(v) for n, v in point.items()}
            rows.append((names, exact.mid(), as_ball(exponent(point)).exp().mid()))
    return rows[:POINTS]


def _value(tree: Node, names: dict[str, Any], changed: dict[int, Any]) -> Any | None:
    try:
        found = ball_at(tree, names, changed)
    except (UndefinedError, ArithmeticError, ValueError):
        return None
    return found.mid() if found.is_finite() else None


def _changes(
    tree: Node, nodes: Sequence[Node], rows: Sequence[_Row], spelled: str
) -> Iterator[Repair]:
    sums = _whole_sums(tree, nodes)
    for node in nodes:
        if node.kind in (">", ">=", "<", "<=", "==", "!="):
            continue
        pairs = []
        for row in rows:
            has = _value(node, row[0], {})
            needs = _needed(tree, node, row, has)
            if needs is None and has is not None:  # there may be a pole between
                needs = _needed(tree, node, row, -has)
            if has is None or needs is None:
                break
            pairs.append((has, needs))
        if len(pairs) == len(rows):
            yield from _fits(
                tree,
                node,
                pairs,
                rows,
                spelled,
                takes_terms=id(node) in sums,
            )


def _needed(tree: Node, node: Node, row: _Row, start: Any | None) -> Any | None:
    """Value of a node that makes the formula exact at a point, by Newton's method."""
    if start is None:
        return None
    names, exact, _ = row
    value, tiny = start, flint.arb((1, -90))
    for _ in range(ROUNDS):
        here = _value(tree, names, {id(node): value})
        there = _value(tree, names, {id(node): value + tiny})
        if here is None or there is None:
            return None
        slope = (there - here) / tiny
        if not abs(slope) > flint.arb((1, -120)):
            return None
        step = ((exact - here) / slope).mid()
        value = (value + step).mid()
        if abs(step) <= flint.arb((1, -80)) * (1 + abs(value)):
            return value
        if not abs(value) < flint.arb((1, 40)):
            return None
    return None


def _whole_sums(tree: Node, nodes: Sequence[Node]) -> set[int]:
    """Sums that are no part of a longer one, and places where one could stand."""
    inner = {
        id(a) for n in nodes if n.kind in ("+", "-") for a in n.args if n is not tree
    }
    inner |= {id(a) for a in tree.args} if tree.kind in ("+", "-") else set()
    places = {
        id(a)
        for n in nodes
        if n.kind in ("/", "**", "exp", "log", "tanh")
        for a in n.args[:1]
    }
    sums = {id(n) for n in nodes if n.kind in ("+", "-")} - inner
    return sums | (places - inner) | {id(tree)}


def _fits(
    tree: Node,
    node: Node,
    pairs: Sequence[tuple[Any, Any]],
    rows: Sequence[_Row],
    spelled: str,
    *,
    takes_terms: bool,
) -> Iterator[Repair]:
    size = sum(1 for _ in walk(node))
    factors = [needs / has if has != 0 else None for has, needs in pairs]
    for found in _monomials(factors, rows):
        yield _with_factor(tree, node, found, spelled, size)
    if takes_terms:
        for found in _monomials([needs - has for has, needs in pairs], rows):
            yield _with_term(tree, node, found, spelled, size)
    if node.kind != "number":
        for found in _monomials([needs for _, needs in pairs], rows):
            new = found.node(spelled)
            said = f"{_short(node)} should be {new}"
            yield Repair(said, replaced(tree, {id(node): new}), (4, found.cost, size))
        yield from _powers(tree, node, pairs, size)


@dataclass(frozen=True, slots=True)
class _Monomial:
    """c·xᵃ·Eᵇ."""

    constant: Fraction
    a: int
    b: int

    @property
    def cost(self) -> float:
        odd = self.constant.numerator**2 + self.constant.denominator**2
        return abs(self.a) + abs(self.b) + (0 if abs(self.constant) == 1 else odd / 20)

    def node(self, spelled: str) -> Node:
        parts = []
        if abs(self.constant) != 1 or not (self.a or self.b):
            parts.append(_rational(abs(self.constant)))
        if self.a:
            parts.append(_raised(name("x"), self.a))
        if self.b:
            words = ("x", "beta", "alpha", "gamma", "theta")
            z = read_text(spelled, words)
            multiple = z if self.b == 1 else apply("*", number(self.b), z)
            parts.append(apply("exp", multiple))
        result = parts[0]
        for part in parts[1:]:
            result = apply("*", result, part)
        return apply("neg", result) if self.constant < 0 else result


def _rational(value: Fraction) -> Node:
    if value.denominator == 1:
        return number(value)
    return apply("/", number(value.numerator), number(value.denominator))


def _raised(base: Node, power: int) -> Node:
    return base if power == 1 else apply("**", base, number(power))


def _monomials(values: Sequence[Any], rows: Sequence[_Row]) -> Iterator[_Monomial]:
    """Forms c·xᵃ·Eᵇ that given values have at the points; c rational and plain."""
    if any(v is None or not v.is_finite() for v in values):
        return
    for a, b in product((0, 1, 2, -1), (0, 1, 2, 3, 4, -1, -2, -3, -4)):
        quotients = [
            float((v / (names["x"] ** a * big**b)).mid())
            for v, (names, _, big) in zip(values, rows, strict=True)
        ]
        if not isfinite(quotients[0]):
            continue
        constant = Fraction(quotients[0]).limit_denominator(24)
        if constant and abs(constant) <= 64 and _all_near(quotients, float(constant)):
            yield _Monomial(constant, a, b)


def _all_near(values: Sequence[float], constant: float) -> bool:
    return all(abs(v - constant) <= LOOSE * abs(constant) for v in values)


def _with_factor(
    tree: Node, node: Node, found: _Monomial, spelled: str, size: int
) -> Repair:
    if node.kind == "number" and not (found.a or found.b) and node.value is not None:
        new = number(node.value * found.constant)
        new = new if new.value and new.value.denominator == 1 else _signed(new.value)
        said = f"{node.text} should be {new}"
        return Repair(said, replaced(tree, {id(node): new}), (0, found.cost))
    factor = found.node(spelled)
    said = f"a factor {factor} is missing at {_short(node)}"
    changed = replaced(tree, {id(node): apply("*", node, factor)})
    leaf = 0 if node.kind == "number" else 1
    return Repair(said, changed, (2, found.cost, leaf, size))


def _signs(tree: Node, nodes: Sequence[Node], rows: Sequence[_Row]) -> Iterator[Repair]:
    """Summands and exponents with the other sign; tried, as squares hide their sign."""
    summands = [a for n in nodes if n.kind in ("+", "-") for a in n.args]
    exponents = [n.args[0] for n in nodes if n.kind in ("exp", "tanh")]
    for node in dict.fromkeys([*summands, *exponents, tree]):
        changed = replaced(tree, {id(node): _negated(node)})
        if _is_near(changed, rows):
            said = f"the sign of {_short(node)} is wrong"
            yield Repair(said, changed, (-1, sum(1 for _ in walk(node))))


def _negated(node: Node) -> Node:
    return node.args[0] if node.kind == "neg" else apply("neg", node)


def _is_near(tree: Node, rows: Sequence[_Row]) -> bool:
    for names, exact, _ in rows:
        value = _value(tree, names, {})
        if value is None or not abs(value / exact - 1) < LOOSE:
            return False
    return True


def _signed(value: Fraction | None) -> Node:
    value = value or Fraction(0)
    plain = _rational(abs(value))
    return apply("neg", plain) if value < 0 else plain


def _with_term(
    tree: Node, node: Node, found: _Monomial, spelled: str, size: int
) -> Repair:
    term = found.node(spelled)
    said = f"a term {term} is missing in {_short(node)}"
    changed = replaced(tree, {id(node): apply("+", node, term)})
    no_sum = node.kind not in ("+", "-")
    return Repair(said, changed, (2.5, no_sum, -size, found.cost))


def _powers(
    tree: Node, node: Node, pairs: Sequence[tuple[Any, Any]], size: int
) -> Iterator[Repair]:
    """What is missing is a power: sech(u) for sech(u)²."""
    if not all(has > 0 and needs > 0 and has != 1 for has, needs in pairs):
        return
    ratios = [float((needs.log() / has.log()).mid()) for has, needs in pairs]
    power = round(ratios[0])
    if power in (2, 3, -1, -2) and _all_near(ratios, power):
        words = {2: "should be squared", 3: "should be cubed"}
        said = f"{_short(node)} {words.get(power, f'should have the power {power}')}"
        changed = replaced(tree, {id(node): apply("**", node, number(power))})
        yield Repair(said, changed, (3, size))


def _swaps(tree: Node, rows: Sequence[_Row]) -> Iterator[Repair]:
    """A quotient whose parts have changed places."""
    for node in walk(tree):
        if node.kind != "/":
            continue
        tops, bottoms = _factors(node.args[0]), _factors(node.args[1])
        for top, bottom in product(tops, bottoms):
            changed = replaced(tree, {id(top): bottom, id(bottom): top})
            if _is_near(changed, rows):
                said = f"{_short(top)} and {_short(bottom)} have changed places"
                yield Repair(said, changed, (0.5,))


def _factors(node: Node) -> list[Node]:
    """Factors of a product, each without its power."""
    if node.kind == "*":
        return [f for a in node.args for f in _factors(a)]
    return _factors(node.args[0]) if node.kind == "**" else [node]


def _short(node: Node) -> str:
    text = str(node)
    return f"'{text}'" if len(text) <= 48 else f"'{text[:45]}...'"
