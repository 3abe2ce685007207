"""Calls in Python to what they give: a library's operation, or a function's result."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mila_analysis.auditing.calls import COPIES, call, is_known, prepared
from mila_analysis.auditing.expressions import Expressions
from mila_analysis.auditing.refusing import unreadable
from mila_analysis.auditing.values import Context, Member, Other, as_number
from mila_analysis.errors import UnsupportedError
from mila_analysis.notation.tree import Node

__all__ = ["Calls"]

_MODULES = ("get_array_module", "array_namespace", "get_namespace")


class Calls(Expressions):
    """Reads calls too; what the body of a function gives, it leaves to others."""

    @abstractmethod
    def run(self, function: ast.FunctionDef, names: dict[str, Any]) -> Any:
        """What a function returns for values of its parameters."""

    def _call(self, node: ast.Call, names: dict[str, Any]) -> Any:
        args = [self._value(a, names) for a in node.args]
        if any(k.arg is None for k in node.keywords):
            raise unreadable(node)
        named = {k.arg: self._value(k.value, names) for k in node.keywords if k.arg}
        match node.func:
            case ast.Name(id=word):
                local = names.get(word)
                if isinstance(local, Other) and isinstance(
                    local.value, ast.FunctionDef
                ):
                    return self._inline(local.value, args, named, names)
                word = self._meant(word, names, node)
            case ast.Attribute(value=holder, attr=word):
                owner = self._value(holder, names)
                if isinstance(owner, Node):
                    found = self._library(word, [owner, *args], named, node)
                    if word.endswith("_") and word != "requires_grad_":
                        self._write(holder, owner, found, names)
                    return found
                if self._is_module(holder, owner):
                    return self._stored(
                        self._library(word, args, named, node), node, names
                    )
            case _:
                raise unreadable(node)
        if word in self.functions:
            return self._inline(self.functions[word], args, named, {})
        if word in _MODULES or word in ("len", "isinstance", "hasattr"):
            return Other()
        return self._stored(self._library(word, args, named, node), node, names)

    def _meant(self, word: str, names: Mapping[str, Any], node: ast.Call) -> str:
        """The function that a name is bound to, such as `exp = np.exp`."""
        if word in self.bound.hidden and word not in names:
            raise unreadable(node)
        if word in self.functions and word not in names:
            return word
        if word in names or word in self.constants or word in self.bound.renamed:
            value = self._name(word, dict(names))
            member = value.value if isinstance(value, Other) else None
            if isinstance(member, Member):
                return member.word
            raise unreadable(node)
        return word

    def _is_module(self, holder: ast.expr, owner: Any) -> bool:
        """Whether what stands before a dot is a library, and not the class."""
        if isinstance(holder, ast.Name) and holder.id in self.bound.classes:
            return False
        return not isinstance(owner, Context)

    def _write(
        self, holder: ast.expr, old: Any, new: Any, names: dict[str, Any]
    ) -> None:
        """`y.mul_(2)`, `np.exp(x, out=y)`: the name holds the new value."""
        self._changed(old, new)
        if isinstance(holder, ast.Name):
            names[holder.id] = new

    def _stored(self, found: Node, node: ast.Call, names: dict[str, Any]) -> Node:
        """A result that `out=` puts somewhere."""
        for keyword in node.keywords:
            value = keyword.value
            if keyword.arg != "out" or (
                isinstance(value, ast.Constant) and value.value is None
            ):
                continue
            if not isinstance(value, ast.Name):
                raise unreadable(node)
            self._write(value, names.get(value.id), found, names)
        return found

    def _library(
        self, word: str, args: Sequence[Any], named: Mapping[str, Any], node: ast.Call
    ) -> Node:
        if not is_known(word) or _is_along_axis(word, node):
            raise unreadable(node)
        known = {n: _plain(v) for n, v in named.items() if n != "out"}
        found = prepared(word, [_plain(a) for a in args], known)
        if found is None:
            raise unreadable(node)
        plain, options = found
        if word != "where":
            plain = [as_number(a) for a in plain]
        if any(id(a) in self.summed for a in plain):
            raise UnsupportedError("a sum over the elements cannot be read")
        result = call(word, plain, options)
        if word in COPIES:
            result = replace(result)
        if word == "sum":
            result = replace(result)
            self.summed[id(result)] = result
        return result

    def _inline(
        self,
        function: ast.FunctionDef,
        args: Sequence[Any],
        named: Mapping[str, Any],
        outer: Mapping[str, Any],
    ) -> Any:
        if any(
            isinstance(n, ast.Name) and n.id in self.functions
            for d in function.decorator_list
            for n in ast.walk(d)
        ):
            raise unreadable(function.decorator_list[0])
        words = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
        if words and words[0] in ("self", "cls") and len(args) < len(words):
            words = words[1:]
        values = {**outer, **self.defaults(function)}
        values |= {**dict(zip(words, args, strict=False)), **named}
        return self.run(function, values)

    def defaults(self, function: ast.FunctionDef) -> dict[str, Any]:
        """Values of the parameters that have one in the file."""
        words = [*function.args.posonlyargs, *function.args.args]
        count = len(function.args.defaults)
        last = words[len(words) - count :]
        pairs = [*zip(last, function.args.defaults, strict=True)]
        pairs += [
            (a, d)
            for a, d in zip(
                function.args.kwonlyargs, function.args.kw_defaults, strict=True
            )
            if d is not None
        ]
        return {a.arg: self._value(d, {}) for a, d in pairs}


def _plain(value: Any) -> Any:
    """A value for a library: a node, a flag, a text, None, or what is not followed."""
    if isinstance(value, Node):
        return value
    return value.value if isinstance(value, Other) and value.known else ...


def _is_along_axis(word: str, node: ast.Call) -> bool:
    """Whether `np.max(x, 0)` or `x.max(0)` looks along an axis."""
    if word not in ("max", "min", "sum") or not isinstance(node.func, ast.Attribute):
        return False
    return word != "sum" and any(
        isinstance(a, ast.Constant) and isinstance(a.value, int) for a in node.args
    )
