"""What a function that is read computes with: nodes, and what is no number."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

from mila_analysis.activation import exact
from mila_analysis.auditing.refusing import unreadable
from mila_analysis.errors import ParameterError, UnsupportedError
from mila_analysis.notation.tree import Node, apply, number

__all__ = [
    "Context",
    "Member",
    "Other",
    "are_nodes",
    "as_number",
    "choice",
    "compared",
    "constant",
]

_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Gt: ">", ast.GtE: ">=", ast.Lt: "<", ast.LtE: "<=",
    ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Other:
    """A value that is no number: a module, a flag, a text, what is not followed."""

    value: Any = None
    known: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """What stands behind a dot, such as the `exp` of `np.exp`, by its name."""

    word: str


@dataclass(slots=True)
class Context:
    """What outlives one function: the `ctx` of an autograd function, and `self`."""

    saved: tuple[Any, ...] = ()
    fields: dict[str, Any] = field(default_factory=dict)


def as_number(node: Node) -> Node:
    """A mask as the number that it counts for: `x * (x > 0)`."""
    if node.kind not in _COMPARISONS.values():
        return node
    return apply("where", node, number(1), number(0))


def constant(node: ast.Constant, value: Any) -> Any:
    """A literal: a number with its digits as written, a flag, a text."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        text = getattr(node, "source", None) or repr(value)
        try:
            return number(exact(text, "a number"), text)
        except ParameterError:
            raise UnsupportedError(f"the number {value}") from None
    return Other(value, known=True)


def compared(op: ast.cmpop, left: Any, right: Any) -> Any:
    """A comparison of numbers as a mask; of others, what is known."""
    if isinstance(op, (ast.Is, ast.IsNot)):
        none = isinstance(left, Other) and left.known and left.value is None
        known = isinstance(left, Node) or (isinstance(left, Other) and left.known)
        return Other(none == isinstance(op, ast.Is), known)
    if type(op) in _COMPARISONS and are_nodes(left, right):
        return apply(_COMPARISONS[type(op)], left, right)
    return Other()


def choice(condition: Node, yes: Any, no: Any, node: ast.AST) -> Any:
    """One value where a condition holds and another elsewhere."""
    if isinstance(yes, tuple) and isinstance(no, tuple) and len(yes) == len(no):
        return tuple(
            choice(condition, a, b, node) for a, b in zip(yes, no, strict=True)
        )
    if not are_nodes(yes, no):
        raise unreadable(node)
    return apply("where", condition, as_number(yes), as_number(no))


def are_nodes(*values: Any) -> bool:
    """Whether all values are of the tree."""
    return all(isinstance(v, Node) for v in values)
