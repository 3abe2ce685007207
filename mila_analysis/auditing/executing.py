"""Statements of a Python function, read and not run, to the tree of what it returns.

Assignments, in-place steps, calls of functions in the same file, `where`, masks such as
`out[x < 20] = y`, and `if` on values are followed. Loops and whatever else cannot be a
formula are refused. So is a name whose value may have changed under another name, as
in `y = x; y *= 2`: whether x is changed too depends on what x is.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from mila_analysis.auditing.expressions import Names
from mila_analysis.auditing.invoking import Calls
from mila_analysis.auditing.refusing import unreadable
from mila_analysis.auditing.values import Context, Other, choice
from mila_analysis.errors import UnsupportedError
from mila_analysis.notation.tree import Node, apply

__all__ = ["Executor"]

MAX_STEPS = 4000
MAX_CALLS = 12

_HARMLESS = {
    "print", "warn", "debug", "info", "warning", "mark_non_differentiable",
    "mark_dirty", "set_materialize_grads", "append", "isinstance", "check_array",
}  # fmt: skip


class Executor(Calls):
    """Follows functions of one file."""

    def __init__(
        self,
        functions: Mapping[str, ast.FunctionDef],
        constants: Mapping[str, ast.expr],
        given: Mapping[str, Fraction],
        bound: Names | None = None,
    ) -> None:
        super().__init__(functions, constants, given, bound)
        self.steps = 0
        self.calls = 0

    def run(self, function: ast.FunctionDef, names: dict[str, Any]) -> Any:
        """What a function returns for values of its parameters."""
        self.calls += 1
        if self.calls > MAX_CALLS:
            raise UnsupportedError("functions call each other too deep to be read")
        result = self._block(function.body, dict(names))
        self.calls -= 1
        return result

    def _block(self, statements: Sequence[ast.stmt], names: dict[str, Any]) -> Any:
        """What a block returns, or None if it ends without a return."""
        for place, statement in enumerate(statements):
            self.steps += 1
            if self.steps > MAX_STEPS:
                raise UnsupportedError("the function is too long to be read")
            rest = statements[place + 1 :]
            match statement:
                case ast.Return(value=value):
                    return Other() if value is None else self._value(value, names)
                case ast.If():
                    return self._if(statement, rest, names)
                case ast.With(body=body) | ast.Try(body=body, orelse=[], finalbody=[]):
                    return self._block([*body, *rest], names)
                case ast.FunctionDef():
                    names[statement.name] = Other(statement, known=True)
                case _:
                    self._simple(statement, names)
        return None

    def _simple(self, statement: ast.stmt, names: dict[str, Any]) -> None:
        match statement:
            case ast.Assign(targets=targets, value=value):
                found = self._value(value, names)
                for target in targets:
                    self._assign(target, found, names)
            case ast.AnnAssign(target=target, value=value) if value is not None:
                self._assign(target, self._value(value, names), names)
            case ast.AugAssign(target=target, op=op, value=value):
                old = self._value(_loaded(target), names)
                new = self._binary(op, old, self._value(value, names), statement)
                self._changed(old, new)
                self._assign(target, new, names)
            case ast.Expr(value=ast.Call() as called):
                self._called_for_effect(called, names)
            case (
                ast.Expr() | ast.Pass() | ast.Import() | ast.ImportFrom() | ast.Assert()
            ):
                pass
            case ast.AnnAssign() | ast.Global() | ast.Nonlocal() | ast.Delete():
                pass
            case _:
                raise unreadable(statement)

    def _if(
        self, statement: ast.If, rest: Sequence[ast.stmt], names: dict[str, Any]
    ) -> Any:
        if isinstance(statement.body[-1], ast.Raise):  # a check of the arguments
            return self._block([*statement.orelse, *rest], names)
        condition = self._value(statement.test, names)
        yes, no = [*statement.body, *rest], [*statement.orelse, *rest]
        if isinstance(condition, Node):
            before = dict(self.stale)
            first = self._block(yes, dict(names))
            self.stale = before
            return choice(condition, first, self._block(no, dict(names)), statement)
        if not condition.known:
            raise unreadable(statement.test)
        return self._block(yes if condition.value else no, names)

    def _assign(self, target: ast.expr, value: Any, names: dict[str, Any]) -> None:
        match target:
            case ast.Name(id=word):
                names[word] = value
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                if not isinstance(value, tuple) or len(value) != len(parts):
                    raise unreadable(target)
                for part, one in zip(parts, value, strict=True):
                    self._assign(part, one, names)
            case ast.Subscript(value=ast.Name(id=word), slice=where):
                old = names.get(word)
                names[word] = self._masked(old, where, value, names)
                self._changed(old, names[word])
            case ast.Attribute(value=ast.Name(id=word), attr=attribute):
                holder = self._name(word, names)
                if isinstance(holder, Context):
                    holder.fields[attribute] = value
            case _:
                raise unreadable(target)

    def _masked(
        self, old: Any, where: ast.expr, value: Any, names: dict[str, Any]
    ) -> Any:
        """`old[mask] = value`, and `old[:] = value`."""
        if isinstance(where, ast.Slice) or _is_ellipsis(where):
            return value
        mask = self._value(where, names)
        if not isinstance(mask, Node) or not isinstance(old, Node):
            raise unreadable(where)
        return apply("where", mask, value, old)

    def _called_for_effect(self, called: ast.Call, names: dict[str, Any]) -> None:
        """`y.mul_(2)` changes y; `ctx.save_for_backward(x)` keeps x; others nothing."""
        match called.func:
            case ast.Attribute(value=ast.Name(id=word), attr="save_for_backward"):
                holder = names.get(word)
                if isinstance(holder, Context):
                    holder.saved = tuple(self._value(a, names) for a in called.args)
                    return
        if self._changes_nothing(called, names):
            return
        if self._is_local(called.func, names):  # it may change what it is given
            raise unreadable(called)
        self._value(called, names)

    def _is_local(self, function: ast.expr, names: Mapping[str, Any]) -> bool:
        """Whether a called function stands in the file."""
        match function:
            case ast.Name(id=word):
                return word in self.functions or isinstance(names.get(word), Other)
            case ast.Attribute(value=ast.Name(id=owner), attr=word):
                own = owner in ("self", "cls") or owner in self.bound.classes
                return own and word in self.functions
        return False

    def _changes_nothing(self, called: ast.Call, names: dict[str, Any]) -> bool:
        """Whether a call for its effect has none on what is computed here."""
        function = called.func
        word = function.attr if isinstance(function, ast.Attribute) else ""
        word = function.id if isinstance(function, ast.Name) else word
        if word in _HARMLESS:
            return True
        parts = [*called.args, *(k.value for k in called.keywords), function]
        inner = [n for p in parts for n in ast.walk(p) if isinstance(n, ast.Name)]
        return not any(isinstance(names.get(n.id), Node) for n in inner)


def _loaded(target: ast.expr) -> ast.expr:
    """A target as what it holds now."""
    if isinstance(target, ast.Subscript) and (
        isinstance(target.slice, ast.Slice) or _is_ellipsis(target.slice)
    ):
        return _loaded(target.value)
    return target


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is Ellipsis
