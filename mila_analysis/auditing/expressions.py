"""Expressions of Python, read and not run, to their values."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from mila_analysis.auditing.refusing import unreadable
from mila_analysis.auditing.values import (
    Context,
    Member,
    Other,
    are_nodes,
    as_number,
    choice,
    compared,
    constant,
)
from mila_analysis.errors import UnsupportedError
from mila_analysis.notation.tree import Node, apply, number

__all__ = ["Expressions", "Names"]

_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**",
}  # fmt: skip
_MAX_TEXT = 50


@dataclass(frozen=True, slots=True)
class Names:
    """What names of a file stand for, beside its functions and constants.

    Attributes:
        classes: of the file; a method of another object is a library's.
        renamed: `from numpy import tanh as th`, from the new to the old.
        hidden: bound more than once, or under a condition: not followed.
    """

    classes: frozenset[str] = frozenset()
    renamed: Mapping[str, str] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()


class Expressions(ABC):
    """Reads expressions in one file; what a call gives, it leaves to others."""

    def __init__(
        self,
        functions: Mapping[str, ast.FunctionDef],
        constants: Mapping[str, ast.expr],
        given: Mapping[str, Fraction],
        bound: Names | None = None,
    ) -> None:
        self.functions = functions
        self.constants = constants
        self.given = given
        self.bound = bound or Names()
        self.own = Context()
        self.stale: dict[int, Node] = {}
        self.summed: dict[int, Node] = {}

    @abstractmethod
    def _call(self, node: ast.Call, names: dict[str, Any]) -> Any:
        """What a call gives."""

    def _changed(self, old: Any, new: Any) -> None:
        """An in-place step: whoever else holds the old value may hold the new one."""
        if isinstance(old, Node) and old is not new and old.kind != "number":
            self.stale[id(old)] = old

    def _value(self, node: ast.expr, names: dict[str, Any]) -> Any:
        match node:
            case ast.Constant(value=value):
                return constant(node, value)
            case ast.Name(id=word):
                return self._name(word, names)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                return tuple(self._value(p, names) for p in parts)
            case ast.Call():
                return self._call(node, names)
            case ast.BoolOp():
                return Other()
        rule = _RULES.get(type(node))
        if rule is None:
            raise unreadable(node)
        return rule(self, node, names)

    def _operation(self, node: ast.BinOp, names: dict[str, Any]) -> Node:
        sides = self._value(node.left, names), self._value(node.right, names)
        return self._binary(node.op, *sides, node)

    def _comparison(self, node: ast.Compare, names: dict[str, Any]) -> Any:
        if len(node.ops) > 1:
            raise unreadable(node)
        left = self._value(node.left, names)
        return compared(node.ops[0], left, self._value(node.comparators[0], names))

    def _chosen(self, node: ast.IfExp, names: dict[str, Any]) -> Any:
        condition = self._value(node.test, names)
        if isinstance(condition, Node):
            pair = self._value(node.body, names), self._value(node.orelse, names)
            return choice(condition, *pair, node)
        if not condition.known:
            raise unreadable(node)
        return self._value(node.body if condition.value else node.orelse, names)

    def _name(self, word: str, names: dict[str, Any]) -> Any:
        if word in names:
            if id(names[word]) in self.stale:
                raise UnsupportedError(
                    f"'{word[:_MAX_TEXT]}' is used after it may have been changed in "
                    "place"
                )
            return names[word]
        if word in ("self", "cls"):
            return self.own
        if word in self.constants:
            return self._value(self.constants[word], {})
        if word in self.bound.renamed:
            return Other(Member(self.bound.renamed[word]))
        return Other()

    def _walrus(self, node: ast.NamedExpr, names: dict[str, Any]) -> Any:
        names[node.target.id] = self._value(node.value, names)
        return names[node.target.id]

    def _unary(self, node: ast.UnaryOp, names: dict[str, Any]) -> Any:
        value = self._value(node.operand, names)
        if isinstance(node.op, ast.Not) and isinstance(value, Other):
            return Other(not value.value, value.known)
        if isinstance(node.op, ast.USub) and isinstance(value, Node):
            return apply("neg", value)
        if isinstance(node.op, ast.UAdd) and isinstance(value, Node):
            return value
        raise unreadable(node)

    def _binary(self, op: ast.operator, left: Any, right: Any, node: ast.AST) -> Node:
        if type(op) not in _BINARY or not are_nodes(left, right):
            raise unreadable(node)
        if id(left) in self.summed or id(right) in self.summed:
            raise UnsupportedError("a sum over the elements cannot be read")
        return apply(_BINARY[type(op)], as_number(left), as_number(right))

    def _attribute(self, node: ast.Attribute, names: dict[str, Any]) -> Any:
        base = self._value(node.value, names)
        if isinstance(base, Context):
            if node.attr in ("saved_tensors", "saved_variables"):
                return base.saved
            if node.attr in base.fields:
                return base.fields[node.attr]
            whose = "self" if base is self.own else "ctx"
            if whose == "self" and node.attr in self.functions:
                return Other()
            raise UnsupportedError(f"nothing in the file sets {whose}.{node.attr}")
        if isinstance(base, Node):
            return base if node.attr in ("data", "T") else Other()
        if node.attr == "e":
            return apply("exp", number(1))
        return Other(Member(node.attr))

    def _item(self, node: ast.Subscript, names: dict[str, Any]) -> Any:
        """`saved[0]`, and `x[mask]`, which is x where the mask holds."""
        base = self._value(node.value, names)
        if isinstance(base, tuple) and isinstance(node.slice, ast.Constant):
            place = node.slice.value
            if isinstance(place, int) and -len(base) <= place < len(base):
                return base[place]
        if isinstance(base, Node):
            is_place = isinstance(node.slice, ast.Constant) and isinstance(
                node.slice.value, int
            )
            if is_place:
                raise unreadable(node)
            is_view = isinstance(node.slice, (ast.Slice, ast.Constant, ast.Tuple))
            return base if is_view else replace(base)
        raise unreadable(node)


_RULES: Mapping[type[ast.expr], Any] = {
    ast.UnaryOp: Expressions._unary,  # noqa: SLF001 - a table of the class's own methods
    ast.BinOp: Expressions._operation,  # noqa: SLF001
    ast.Compare: Expressions._comparison,  # noqa: SLF001
    ast.IfExp: Expressions._chosen,  # noqa: SLF001
    ast.Attribute: Expressions._attribute,  # noqa: SLF001
    ast.Subscript: Expressions._item,  # noqa: SLF001
    ast.NamedExpr: Expressions._walrus,  # noqa: SLF001
}
