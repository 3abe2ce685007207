"""A formula as it was written, operation by operation: what an audit reads into.

Nothing is simplified: the order of the operations is the order in which floats would
round, and every numeral is a node of its own that knows its digits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from mila_analysis.errors import FormulaError

__all__ = ["MAX_NODES", "Node", "apply", "fold", "name", "number", "replaced", "walk"]

MAX_NODES = 1500
MAX_DEPTH = 200
MAX_TEXT = 400


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One operation on what its arguments give. Two nodes are never equal.

    Attributes:
        kind: `number`, `name`, `+`, `-`, `*`, `/`, `**`, `neg`, a comparison, `where`,
            or the name of a function.
        args: what it is applied to.
        text: a name, or a numeral as written.
        value: of a number.
    """

    kind: str
    args: tuple[Node, ...] = ()
    text: str = ""
    value: Fraction | None = None

    def __str__(self) -> str:
        text: str = fold(self, _spelling)[0]
        return text


def name(text: str) -> Node:
    """A variable."""
    return Node("name", text=text)


def number(value: int | Fraction, text: str = "") -> Node:
    """A number; its text says how many digits were printed."""
    return Node("number", text=text or str(value), value=Fraction(value))


def apply(kind: str, *args: Node) -> Node:
    """An operation."""
    return Node(kind, args)


def walk(root: Node) -> Iterator[Node]:
    """Every node once, arguments before what they stand in.

    Raises:
        FormulaError: there are too many, or they are nested too deep.
    """
    seen: dict[int, int] = {}
    stack = [(root, False)]
    while stack:
        node, done = stack.pop()
        if id(node) in seen:
            continue
        if not done:
            stack.append((node, True))
            stack.extend((a, False) for a in reversed(node.args) if id(a) not in seen)
            continue
        seen[id(node)] = 1 + max((seen[id(a)] for a in node.args), default=0)
        if len(seen) > MAX_NODES:
            raise FormulaError(f"the formula has more than {MAX_NODES} operations")
        if seen[id(node)] > MAX_DEPTH:
            raise FormulaError(f"the formula is nested more than {MAX_DEPTH} deep")
        yield node


def fold(root: Node, rule: Callable[[Node, tuple[Any, ...]], Any]) -> Any:
    """Value of a tree by a rule that gives a node's from its arguments' values."""
    values: dict[int, Any] = {}
    for node in walk(root):
        values[id(node)] = rule(node, tuple(values[id(a)] for a in node.args))
    return values[id(root)]


def replaced(root: Node, changes: Mapping[int, Node]) -> Node:
    """The tree with some nodes, given by their `id`, changed for others."""

    def rule(node: Node, args: tuple[Any, ...]) -> Node:
        if id(node) in changes:
            return changes[id(node)]
        if all(new is old for new, old in zip(args, node.args, strict=True)):
            return node
        return Node(node.kind, args, node.text, node.value)

    changed: Node = fold(root, rule)
    return changed


_BINDING = {"+": 1, "-": 1, "*": 2, "/": 2, "neg": 3, "**": 4}
_COMPARISONS = {">", ">=", "<", "<=", "==", "!="}
_Spelled = tuple[str, int]  # text, and how tightly it binds


def _spelling(node: Node, args: tuple[_Spelled, ...]) -> _Spelled:
    """Text of a tree in the grammar of formulas; clipped, as shared parts repeat."""
    text, level = _written(node, args)
    return (text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}...", level)


def _written(node: Node, args: tuple[_Spelled, ...]) -> _Spelled:
    kind = node.kind
    if kind == "name":
        return node.text, 9
    if kind == "number":
        plain = node.text.replace(".", "").isdigit()
        return node.text, 9 if plain else 2
    if kind == "neg":
        return f"-{_within(args[0], 3)}", 3
    if kind in _BINDING:
        level = _BINDING[kind]
        left = _within(args[0], level + (kind == "**"))
        right = _within(args[1], level + (kind in "-/"))
        space = " " if level == 1 else ""
        return f"{left}{space}{kind}{space}{right}", level
    parts = [text for text, _ in args]
    if kind in _COMPARISONS:
        return f"{parts[0]} {kind} {parts[1]}", 0
    return f"{kind}({', '.join(parts)})", 9


def _within(part: _Spelled, level: int) -> str:
    text, binds = part
    return text if binds >= level else f"({text})"
