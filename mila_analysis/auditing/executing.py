"""Statements of a Python function, read and not run, to the tree of what it returns.

Assignments, in-place steps, calls of functions in the same file, `where`, masks such as
`out[x < 20] = y`, and `if` on values are followed. Loops and whatever else cannot be a
formula are refused. So is a name whose value may have changed under another name, as
in `y = x; y *= 2`: whether x is changed too depends on what x is.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from mila_analysis.activation import exact
from mila_analysis.auditing.calls import COPIES, call, is_known, prepared
from mila_analysis.auditing.tree import Node, apply, number
from mila_analysis.errors import ParameterError, UnsupportedError

__all__ = ["Context", "Executor", "Names", "as_number"]

MAX_STEPS = 4000
MAX_CALLS = 12

_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**",
}  # fmt: skip
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Gt: ">", ast.GtE: ">=", ast.Lt: "<", ast.LtE: "<=",
    ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip
_MODULES = ("get_array_module", "array_namespace", "get_namespace")
_HARMLESS = {
    "print", "warn", "debug", "info", "warning", "mark_non_differentiable",
    "mark_dirty", "set_materialize_grads", "append", "isinstance", "check_array",
}  # fmt: skip
_MAX_TEXT = 50


@dataclass(frozen=True, slots=True)
class _Other:
    """A value that is no number: a module, a flag, a text, what is not followed."""

    value: Any = None
    known: bool = False


@dataclass(frozen=True, slots=True)
class _Member:
    """What stands behind a dot, such as the `exp` of `np.exp`, by its name."""

    word: str


@dataclass(slots=True)
class Context:
    """What outlives one function: the `ctx` of an autograd function, and `self`."""

    saved: tuple[Any, ...] = ()
    fields: dict[str, Any] = field(default_factory=dict)


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


class Executor:
    """Follows functions of one file."""

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

    # --- statements

    def _block(self, statements: Sequence[ast.stmt], names: dict[str, Any]) -> Any:
        """What a block returns, or None if it ends without a return."""
        for place, statement in enumerate(statements):
            self.steps += 1
            if self.steps > MAX_STEPS:
                raise UnsupportedError("the function is too long to be read")
            rest = statements[place + 1 :]
            match statement:
                case ast.Return(value=value):
                    return _Other() if value is None else self._value(value, names)
                case ast.If():
                    return self._if(statement, rest, names)
                case ast.With(body=body) | ast.Try(body=body, orelse=[], finalbody=[]):
                    return self._block([*body, *rest], names)
                case ast.FunctionDef():
                    names[statement.name] = _Other(statement, known=True)
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
                raise _unreadable(statement)

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
            return _choice(condition, first, self._block(no, dict(names)), statement)
        if not condition.known:
            raise _unreadable(statement.test)
        return self._block(yes if condition.value else no, names)

    def _assign(self, target: ast.expr, value: Any, names: dict[str, Any]) -> None:
        match target:
            case ast.Name(id=word):
                names[word] = value
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                if not isinstance(value, tuple) or len(value) != len(parts):
                    raise _unreadable(target)
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
                raise _unreadable(target)

    def _masked(
        self, old: Any, where: ast.expr, value: Any, names: dict[str, Any]
    ) -> Any:
        """`old[mask] = value`, and `old[:] = value`."""
        if isinstance(where, ast.Slice) or _is_ellipsis(where):
            return value
        mask = self._value(where, names)
        if not isinstance(mask, Node) or not isinstance(old, Node):
            raise _unreadable(where)
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
            raise _unreadable(called)
        self._value(called, names)

    def _is_local(self, function: ast.expr, names: Mapping[str, Any]) -> bool:
        """Whether a called function stands in the file."""
        match function:
            case ast.Name(id=word):
                return word in self.functions or isinstance(names.get(word), _Other)
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

    def _changed(self, old: Any, new: Any) -> None:
        """An in-place step: whoever else holds the old value may hold the new one."""
        if isinstance(old, Node) and old is not new and old.kind != "number":
            self.stale[id(old)] = old

    # --- expressions

    def _value(self, node: ast.expr, names: dict[str, Any]) -> Any:
        match node:
            case ast.Constant(value=value):
                return _constant(node, value)
            case ast.Name(id=word):
                return self._name(word, names)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                return tuple(self._value(p, names) for p in parts)
            case ast.BoolOp():
                return _Other()
        rule = _RULES.get(type(node))
        if rule is None:
            raise _unreadable(node)
        return rule(self, node, names)

    def _operation(self, node: ast.BinOp, names: dict[str, Any]) -> Node:
        sides = self._value(node.left, names), self._value(node.right, names)
        return self._binary(node.op, *sides, node)

    def _comparison(self, node: ast.Compare, names: dict[str, Any]) -> Any:
        if len(node.ops) > 1:
            raise _unreadable(node)
        left = self._value(node.left, names)
        return _compared(node.ops[0], left, self._value(node.comparators[0], names))

    def _chosen(self, node: ast.IfExp, names: dict[str, Any]) -> Any:
        condition = self._value(node.test, names)
        if isinstance(condition, Node):
            pair = self._value(node.body, names), self._value(node.orelse, names)
            return _choice(condition, *pair, node)
        if not condition.known:
            raise _unreadable(node)
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
            return _Other(_Member(self.bound.renamed[word]))
        return _Other()

    def _walrus(self, node: ast.NamedExpr, names: dict[str, Any]) -> Any:
        names[node.target.id] = self._value(node.value, names)
        return names[node.target.id]

    def _unary(self, node: ast.UnaryOp, names: dict[str, Any]) -> Any:
        value = self._value(node.operand, names)
        if isinstance(node.op, ast.Not) and isinstance(value, _Other):
            return _Other(not value.value, value.known)
        if isinstance(node.op, ast.USub) and isinstance(value, Node):
            return apply("neg", value)
        if isinstance(node.op, ast.UAdd) and isinstance(value, Node):
            return value
        raise _unreadable(node)

    def _binary(self, op: ast.operator, left: Any, right: Any, node: ast.AST) -> Node:
        if type(op) not in _BINARY or not _are_nodes(left, right):
            raise _unreadable(node)
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
                return _Other()
            raise UnsupportedError(f"nothing in the file sets {whose}.{node.attr}")
        if isinstance(base, Node):
            return base if node.attr in ("data", "T") else _Other()
        if node.attr == "e":
            return apply("exp", number(1))
        return _Other(_Member(node.attr))

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
                raise _unreadable(node)
            is_view = isinstance(node.slice, (ast.Slice, ast.Constant, ast.Tuple))
            return base if is_view else replace(base)
        raise _unreadable(node)

    def _call(self, node: ast.Call, names: dict[str, Any]) -> Any:
        args = [self._value(a, names) for a in node.args]
        if any(k.arg is None for k in node.keywords):
            raise _unreadable(node)
        named = {k.arg: self._value(k.value, names) for k in node.keywords if k.arg}
        match node.func:
            case ast.Name(id=word):
                local = names.get(word)
                if isinstance(local, _Other) and isinstance(
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
                raise _unreadable(node)
        if word in self.functions:
            return self._inline(self.functions[word], args, named, {})
        if word in _MODULES or word in ("len", "isinstance", "hasattr"):
            return _Other()
        return self._stored(self._library(word, args, named, node), node, names)

    def _meant(self, word: str, names: Mapping[str, Any], node: ast.Call) -> str:
        """The function that a name is bound to, such as `exp = np.exp`."""
        if word in self.bound.hidden and word not in names:
            raise _unreadable(node)
        if word in self.functions and word not in names:
            return word
        if word in names or word in self.constants or word in self.bound.renamed:
            value = self._name(word, dict(names))
            member = value.value if isinstance(value, _Other) else None
            if isinstance(member, _Member):
                return member.word
            raise _unreadable(node)
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
                raise _unreadable(node)
            self._write(value, names.get(value.id), found, names)
        return found

    def _library(
        self, word: str, args: Sequence[Any], named: Mapping[str, Any], node: ast.Call
    ) -> Node:
        if not is_known(word) or _is_along_axis(word, node):
            raise _unreadable(node)
        known = {n: _plain(v) for n, v in named.items() if n != "out"}
        found = prepared(word, [_plain(a) for a in args], known)
        if found is None:
            raise _unreadable(node)
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
            raise _unreadable(function.decorator_list[0])
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


_RULES: Mapping[type[ast.expr], Any] = {
    ast.UnaryOp: Executor._unary,  # noqa: SLF001 - a table of the class's own methods
    ast.BinOp: Executor._operation,  # noqa: SLF001
    ast.Compare: Executor._comparison,  # noqa: SLF001
    ast.IfExp: Executor._chosen,  # noqa: SLF001
    ast.Attribute: Executor._attribute,  # noqa: SLF001
    ast.Subscript: Executor._item,  # noqa: SLF001
    ast.Call: Executor._call,  # noqa: SLF001
    ast.NamedExpr: Executor._walrus,  # noqa: SLF001
}


def as_number(node: Node) -> Node:
    """A mask as the number that it counts for: `x * (x > 0)`."""
    if node.kind not in _COMPARISONS.values():
        return node
    return apply("where", node, number(1), number(0))


def _plain(value: Any) -> Any:
    """A value for a library: a node, a flag, a text, None, or what is not followed."""
    if isinstance(value, Node):
        return value
    return value.value if isinstance(value, _Other) and value.known else ...


def _is_along_axis(word: str, node: ast.Call) -> bool:
    """Whether `np.max(x, 0)` or `x.max(0)` looks along an axis."""
    if word not in ("max", "min", "sum") or not isinstance(node.func, ast.Attribute):
        return False
    return word != "sum" and any(
        isinstance(a, ast.Constant) and isinstance(a.value, int) for a in node.args
    )


def _constant(node: ast.Constant, value: Any) -> Any:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        text = getattr(node, "source", None) or repr(value)
        try:
            return number(exact(text, "a number"), text)
        except ParameterError:
            raise UnsupportedError(f"the number {value}") from None
    return _Other(value, known=True)


def _compared(op: ast.cmpop, left: Any, right: Any) -> Any:
    if isinstance(op, (ast.Is, ast.IsNot)):
        none = isinstance(left, _Other) and left.known and left.value is None
        known = isinstance(left, Node) or (isinstance(left, _Other) and left.known)
        return _Other(none == isinstance(op, ast.Is), known)
    if type(op) in _COMPARISONS and _are_nodes(left, right):
        return apply(_COMPARISONS[type(op)], left, right)
    return _Other()


def _choice(condition: Node, yes: Any, no: Any, node: ast.AST) -> Any:
    if isinstance(yes, tuple) and isinstance(no, tuple) and len(yes) == len(no):
        return tuple(
            _choice(condition, a, b, node) for a, b in zip(yes, no, strict=True)
        )
    if not _are_nodes(yes, no):
        raise _unreadable(node)
    return apply("where", condition, as_number(yes), as_number(no))


def _are_nodes(*values: Any) -> bool:
    return all(isinstance(v, Node) for v in values)


def _loaded(target: ast.expr) -> ast.expr:
    """A target as what it holds now."""
    if isinstance(target, ast.Subscript) and (
        isinstance(target.slice, ast.Slice) or _is_ellipsis(target.slice)
    ):
        return _loaded(target.value)
    return target


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is Ellipsis


def _unreadable(node: ast.AST) -> UnsupportedError:
    piece = " ".join(ast.unparse(node).split())
    shown = piece if len(piece) <= 50 else f"{piece[:47]}..."
    line = getattr(node, "lineno", 0)
    return UnsupportedError(f"line {line} cannot be read as a formula: {shown}")
