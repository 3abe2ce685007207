"""Generated Python back to a program: what a function computes, read from its text.

The reverse of spelling, and on purpose not the same code: it knows how Python means
what is written. Arrays that are written again are followed: the value of a name is the
last one written into its array, and a name that may share an array with one written
since has no known value.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from mila_analysis.errors import MilaAnalysisError
from mila_analysis.program import Binding, Expression, Name, Number, op
from mila_analysis.stability import Program

__all__ = ["Dialect", "ReadingError", "functions", "read_function", "same_text"]


class ReadingError(MilaAnalysisError):
    """Text that is not what this program generates, with the line where it differs."""

    exit_code = 1


ARITY = {
    "add": 2, "sub": 2, "mul": 2, "div": 2, "neg": 1, "abs": 1, "exp": 1, "expm1": 1,
    "log": 1, "log1p": 1, "maximum": 2, "copysign": 2, "select": 3, "step": 1,
    "finite": 1, "capped": 1, "tail": 2, "fade": 2, "swell": 2, "modest": 2, "tame": 3,
    "product_error": 3, "residue": 2, "sqrt": 1, "erf": 1, "erfcx": 1, "sin": 1,
    "cos": 1, "atan": 1, "small": 1, "exp_error": 2, "exp_rest": 2,
}  # fmt: skip
_INFIX: dict[type[ast.AST], str] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div",
    ast.Gt: ">", ast.GtE: ">=", ast.Lt: "<", ast.LtE: "<=", ast.Eq: "==",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a backend writes the operations of a program.

    Attributes:
        calls: function as written, such as `np.add`, to kind of operation.
        values: name of a constant as written to its value.
        in_place: calls with one argument more, or `out=`, for the array of the result.
        may_return: calls whose result may be one of their arguments itself: which.
        ignored: arguments that carry no value, such as a record of limits.
    """

    calls: Mapping[str, str]
    values: Mapping[str, Expression] = field(default_factory=dict)
    in_place: frozenset[str] = frozenset()
    may_return: Mapping[str, int] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()


def functions(tree: ast.Module) -> dict[str, ast.FunctionDef]:
    """Functions of a module by name; two of one name are refused."""
    found: dict[str, ast.FunctionDef] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            if node.name in found:
                raise ReadingError(f"line {node.lineno}: {node.name} is defined twice")
            found[node.name] = node
    return found


def same_text(found: str, wanted: str, first_line: int) -> None:
    """Refuse a text that is not the one wanted, and say where.

    Args:
        found: lines of the file.
        wanted: what they have to be.
        first_line: their place in the file.
    """
    a, b = found.split("\n"), wanted.split("\n")
    for i, (line, other) in enumerate(zip(a, b, strict=False)):
        if line != other:
            raise ReadingError(f"line {first_line + i} is {line!r}, not {other!r}")
    if len(a) != len(b):
        where = first_line + min(len(a), len(b))
        raise ReadingError(f"line {where}: {len(a)} lines where {len(b)} belong")


def read_function(
    node: ast.FunctionDef,
    dialect: Dialect,
    variables: Sequence[str],
    outputs: Sequence[str],
) -> Program:
    """What a function computes from its variables, as a program.

    Its outputs are arguments of their names that it writes into, or, where it has no
    such arguments, what it returns, in that order.
    """
    arguments = [a.arg for a in node.args.args]
    plain = ast.unparse(node.args) == ", ".join(arguments)
    given = [a for a in arguments if a not in dialect.ignored]
    written = given != list(variables)
    if not plain or (written and given != [*variables, *outputs]):
        raise ReadingError(f"line {node.lineno}: {node.name} takes ({arguments})")
    reader = _Reader(dialect, variables, outputs if written else ())
    *body, last = _without_docstring(node.body)
    for statement in body:
        reader.statement(statement)
    if written:
        reader.statement(last)
        return reader.program({name: name for name in outputs})
    returned = reader.returned(last)
    if len(returned) != len(outputs):
        raise ReadingError(f"line {node.lineno}: {node.name} returns {returned}")
    return reader.program(dict(zip(outputs, returned, strict=True)))


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    match body[0]:
        case ast.Expr(ast.Constant(str())):
            return body[1:]
    return body


@dataclass(slots=True)
class _Array:
    """A place that holds a value: written anew, it has another."""

    value: Expression | None
    owner: str
    is_input: bool = False
    shares: set[int] = field(default_factory=set)


class _Reader:
    """Statements in order to bindings of values, each bound once."""

    def __init__(
        self, dialect: Dialect, variables: Iterable[str], outputs: Iterable[str]
    ) -> None:
        self.dialect = dialect
        self.bindings: list[Binding] = []
        self.arrays: list[_Array] = []
        self.places: dict[str, int] = {}
        for name in variables:
            self.places[name] = self._array(Name(name), name, is_input=True)
        for name in outputs:
            self.places[name] = self._array(None, name)
        self.outputs = set(outputs)

    def program(self, outputs: Mapping[str, str]) -> Program:
        """Program of the values that names have at the end."""
        values = {n: self._held(name, 0) for n, name in outputs.items()}
        return Program(tuple(self.bindings), values)

    def returned(self, node: ast.stmt) -> list[str]:
        """Names that a last statement returns."""
        match node:
            case ast.Return(ast.Name(name)):
                return [name]
            case ast.Return(ast.Tuple(elts)) if all(
                isinstance(e, ast.Name) for e in elts
            ):
                return [e.id for e in elts if isinstance(e, ast.Name)]
            case ast.Return(ast.expr() as value):
                self._assign("_returned", value)
                return ["_returned"]
        raise _not_read(node)

    def statement(self, node: ast.stmt) -> None:
        """`name = value`, `array[...] = value` or a call that writes into an array."""
        match node:
            case ast.Assign([ast.Name(name)], value):
                self._assign(name, value)
            case ast.Assign(
                [ast.Subscript(ast.Name(name), ast.Constant(value=e))], value
            ) if e is Ellipsis:
                self._write(self._place(name, node), self._value(value), node)
            case ast.Expr(ast.Call() as call) if self._target(call) is not None:
                self._call_in_place(call)
            case _:
                raise _not_read(node)

    # Values and where they are

    def _array(
        self, value: Expression | None, owner: str, *, is_input: bool = False
    ) -> int:
        self.arrays.append(_Array(value, owner, is_input))
        return len(self.arrays) - 1

    def _place(self, name: str, node: ast.AST) -> int:
        if name not in self.places:
            raise ReadingError(f"line {_line(node)}: {name} has no value yet")
        return self.places[name]

    def _held(self, name: str, line: int) -> Expression:
        if name not in self.places:
            raise ReadingError(f"line {line}: {name} has no value yet")
        value = self.arrays[self.places[name]].value
        if value is None:
            raise ReadingError(
                f"line {line}: {name} has no known value; its array was written again"
            )
        return value

    def _bind(self, value: Expression, hint: str) -> Expression:
        if isinstance(value, Name | Number):
            return value
        name = f"{hint}@{len(self.bindings)}"
        self.bindings.append(Binding(name, value))
        return Name(name)

    def _write(self, place: int, value: Expression, node: ast.AST) -> None:
        array = self.arrays[place]
        reached = [place, *array.shares]
        if any(self.arrays[i].is_input for i in reached):
            raise ReadingError(f"line {_line(node)}: it writes into its argument")
        for i in array.shares:  # each may be the array that changes here
            self.arrays[i].value = None
        array.value = self._bind(value, array.owner)

    def _assign(self, name: str, node: ast.expr) -> None:
        if name in self.outputs:
            raise ReadingError(f"line {_line(node)}: {name} no longer is the result")
        if isinstance(node, ast.Name):
            self.places[name] = self._place(node.id, node)
        elif isinstance(node, ast.Call) and self._target(node) is not None:
            self.places[name] = self._call_in_place(node)
        else:
            value = self._bind(self._value(node), name)
            place = self._array(value, name)
            if isinstance(node, ast.Call):
                self._share(place, node)
            self.places[name] = place

    def _share(self, place: int, call: ast.Call) -> None:
        """Note that a result may be the array of an argument, and what that shares."""
        index = self.dialect.may_return.get(self._name(call))
        match call.args[index] if index is not None else None:
            case ast.Name(name) if name in self.places:
                other = self.places[name]
                group = {other, *self.arrays[other].shares}
                for i in group:
                    self.arrays[i].shares.add(place)
                self.arrays[place].shares |= group

    # Calls and expressions

    def _name(self, call: ast.Call) -> str:
        return ast.unparse(call.func)

    def _target(self, call: ast.Call) -> ast.Name | None:
        """Array that a call writes into, if it does."""
        name = self._name(call)
        if name not in self.dialect.in_place:
            return None
        arity = ARITY[self.dialect.calls[name]]
        match call.args[arity:], call.keywords:
            case [ast.Name() as out], []:
                return out
            case [], [ast.keyword("out", ast.Name() as out)]:
                return out
        return None

    def _call_in_place(self, call: ast.Call) -> int:
        target = self._target(call)
        if target is None:
            raise _not_read(call)
        kind = self.dialect.calls[self._name(call)]
        args = [self._value(a) for a in call.args[: ARITY[kind]]]
        if len(args) != ARITY[kind]:
            raise _not_read(call)
        place = self._place(target.id, call)
        self._write(place, op(kind, *args), call)
        return place

    def _value(self, node: ast.expr) -> Expression:
        spelled = self.dialect.values.get(ast.unparse(node))
        if spelled is not None:
            return spelled
        match node:
            case ast.Name(name):
                return self._held(name, _line(node))
            case ast.Constant(float() | int() as value) if not isinstance(value, bool):
                return Number(Fraction(value))
            case ast.UnaryOp(ast.USub(), ast.Constant(float() | int() as value)):
                return Number(-Fraction(value))
            case ast.UnaryOp(ast.USub(), operand):
                return op("neg", self._value(operand))
            case ast.BinOp(left, sign, right) if type(sign) in _INFIX:
                return op(_INFIX[type(sign)], self._value(left), self._value(right))
            case ast.Compare(left, [sign], [right]) if type(sign) in _INFIX:
                return op(_INFIX[type(sign)], self._value(left), self._value(right))
            case ast.Call():
                return self._call(node)
        raise _not_read(node)

    def _call(self, node: ast.Call) -> Expression:
        kind = self.dialect.calls.get(self._name(node))
        args = [
            a
            for a in node.args
            if not (isinstance(a, ast.Name) and a.id in self.dialect.ignored)
        ]
        if kind is None or node.keywords or len(args) != ARITY[kind]:
            raise _not_read(node)
        values = [self._value(a) for a in args]
        if kind == "residue":
            return op("residue", _whole_constant(values, node))
        return op(kind, *values)


def _whole_constant(values: Sequence[Expression], node: ast.AST) -> Expression:
    """The constant whose upper and lower part are given."""
    match values:
        case [Number(high), Number(low)] if float(high + low) == high:
            return Number(high + low)
    raise _not_read(node)


def _line(node: ast.AST) -> int:
    return getattr(node, "lineno", 0)


def _not_read(node: ast.AST) -> ReadingError:
    text = ast.unparse(node).partition("\n")[0]
    return ReadingError(f"line {_line(node)}: '{text[:60]}' is nothing we generate")
