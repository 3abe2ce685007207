"""Generated C to the programs in it: the way back of `bodies` and `frame`.

The statements of every function are parsed as C, by pycparser. All the rest of a file
must be, to the letter, what this version writes around them; so what is proved of the
programs holds for the file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from pycparser import c_ast, c_parser

from mila_analysis import partials
from mila_analysis.backends import header
from mila_analysis.backends.backend import Reading
from mila_analysis.backends.c.arithmetic import Arithmetic, original
from mila_analysis.backends.c.bodies import INDENT, Body
from mila_analysis.backends.c.fast import FastFrame
from mila_analysis.backends.c.frame import ARITHMETICS, Frame, frame_of
from mila_analysis.backends.c.near import NEAR
from mila_analysis.derivation import derive
from mila_analysis.errors import FormulaError
from mila_analysis.program import (
    Binding,
    Constant,
    Expression,
    Name,
    Number,
    op,
)
from mila_analysis.stability import Program, stabilize

__all__ = ["frame_in", "head_of", "lines_of", "program", "read"]


def read(text: str) -> Sequence[Reading]:
    """The arithmetic of a generated file.

    Raises:
        FormulaError: something else than arithmetic is not as it was written.
    """
    known = header.parse(text)
    form = stabilize(derive(known.activation, known.order))
    frame = FastFrame.of(frame_in(text), form)
    lines = {body: lines_of(text, body) for body in frame.bodies()}
    if frame.text(head_of(text), lines) != text:
        raise FormulaError("this file was changed outside of its arithmetic")
    return [
        Reading(body.name, _checked(frame, body, names, lines[body]))
        for body, names in frame.bodies().items()
    ]


def _checked(
    frame: FastFrame, body: Body, names: Sequence[str], lines: Sequence[str]
) -> Program:
    """The program of a function, which spelled again is that function."""
    arithmetic = {each.name: each for each in ARITHMETICS}[body.arithmetic]
    near = NEAR[body.arithmetic] if body.kind == "near" else arithmetic
    found = program(lines, frame.frame.variables, names, near)
    if frame.loops(arithmetic).lines(body, found, names) != list(lines):
        raise FormulaError(
            f"the {body.kind} arithmetic of {', '.join(names)} in {arithmetic.type} is "
            "not what its program is spelled as"
        )
    return found


def frame_in(text: str) -> Frame:
    """What a file holds besides arithmetic, by the recipe in its head."""
    known = header.parse(text)
    names = [p.name for p in partials.up_to(known.order, known.activation.variables)]
    return frame_of(known.activation, names)


def head_of(text: str) -> list[str]:
    """The lines of the head, without the margin of the comment."""
    lines = []
    for line in text.splitlines()[1:]:
        lines.append(line.removeprefix(" *").removeprefix(" "))
        if line.startswith(" * Digest: "):
            break
    return lines


def lines_of(text: str, body: Body) -> list[str]:
    """The statements of one function."""
    inner = f"{body.name}_of" if body.kind == "near" else body.name
    pattern = rf"^[\w ]+ {inner}\($.*?^    for \(.*?\{{\n(.*?)^    \}}$"
    found = re.search(pattern, text, re.MULTILINE | re.DOTALL)
    if found is None:
        raise FormulaError(f"this file has no function {body.name}")
    return [line.removeprefix(INDENT) for line in found[1].splitlines()]


def program(
    lines: Sequence[str],
    variables: Sequence[str],
    names: Sequence[str],
    arithmetic: Arithmetic,
) -> Program:
    """Statements of a function to their program.

    Args:
        lines: declarations, and assignments to `out[k][i]`.
        variables: in the order of the rows of `in`.
        names: of the outputs, in the order of the rows of `out`.
        arithmetic: that they are spelled in.
    """
    reader = _Reader(tuple(variables), tuple(names), arithmetic)
    for statement in _parsed(lines, arithmetic.type):
        reader.statement(statement)
    if set(reader.outputs) != set(names):
        raise FormulaError("a function does not write all of its outputs")
    outputs = {name: reader.outputs[name] for name in names}
    return Program(tuple(reader.bindings), outputs)


def _parsed(lines: Sequence[str], kind: str) -> Sequence[Any]:
    known = [] if kind in ("double", "float") else [f"typedef double {kind};"]
    text = "\n".join([*known, "void body(void) {", *lines, "}"])
    try:
        tree = c_parser.CParser().parse(text)
    except c_parser.ParseError as error:
        raise FormulaError(f"this is no C: {error}") from None
    if len(tree.ext) != len(known) + 1:
        raise FormulaError("a function ends before its end")
    return tree.ext[-1].body.block_items or ()


class _Reader:
    """Statements to bindings and outputs."""

    def __init__(
        self, variables: tuple[str, ...], names: tuple[str, ...], arithmetic: Arithmetic
    ) -> None:
        self.variables, self.names, self.arithmetic = variables, names, arithmetic
        self.bindings: list[Binding] = []
        self.outputs: dict[str, Expression] = {}
        self.known: set[str] = set()
        self.kinds = {call: kind for kind, call in arithmetic.calls.items()}
        self.kinds[arithmetic.calls["exp_normal"]] = "exp"
        if "chosen" in arithmetic.calls:
            self.kinds[arithmetic.calls["chosen"]] = "select"
        self.infix = {sign: kind for kind, (sign, _) in arithmetic.infix.items()}

    def statement(self, node: Any) -> None:
        """A declaration or an assignment."""
        match node:
            case c_ast.Decl(name=str(word), init=init) if init is not None:
                self._declaration(original(word), init)
            case c_ast.If(cond=c_ast.ID(name="each"), iftrue=inner, iffalse=None):
                self._reach(inner)
            case c_ast.Assignment(op="|=", lvalue=c_ast.ID(name="cut")):
                self._reach(node)
            case c_ast.Assignment(op="=", lvalue=c_ast.ArrayRef(name=name)) if _is_id(
                name, "cuts"
            ):
                pass  # spelled again, it must be the same
            case c_ast.Assignment(op="=", lvalue=target, rvalue=value):
                row = self._row(target, "out", len(self.names))
                if self.names[row] in self.outputs:
                    raise FormulaError(f"{self.names[row]} is written twice")
                found = self._inner(value, self.arithmetic.write)
                self.outputs[self.names[row]] = self.expression(found)
            case _:
                raise FormulaError(f"no arithmetic: {type(node).__name__}")

    def _reach(self, node: Any) -> None:
        """Whether something is in reach; spelled again, it must be the same."""
        if not isinstance(node, c_ast.Assignment) or not _is_id(node.lvalue, "cut"):
            raise FormulaError("no arithmetic: a choice of statements")

    def _declaration(self, name: str, value: Any) -> None:
        if name in self.known:
            raise FormulaError(f"{name} is declared twice")
        if isinstance(value, c_ast.TernaryOp) and _is_id(value.cond, "each"):
            value = value.iftrue
        value = self._inner(value, self.arithmetic.read)
        if isinstance(value, c_ast.ArrayRef):
            row = self._row(value, "in", len(self.variables))
            if self.variables[row] != name:
                raise FormulaError(f"{name} is read from the row of another variable")
        elif name in self.variables:
            raise FormulaError(f"{name} is not what is given")
        else:
            self.bindings.append(Binding(name, self.expression(value)))
        self.known.add(name)

    def _inner(self, node: Any, spelling: str) -> Any:
        """What a number of an array is made of, or made to."""
        word, call, _ = spelling.partition("(")
        match node:
            case c_ast.FuncCall(name=c_ast.ID(name=name)) if call and name == word:
                return node.args.exprs[0]
        return node

    def _row(self, node: Any, array: str, count: int) -> int:
        """k of `array[k][i]`."""
        match node:
            case c_ast.ArrayRef(
                name=c_ast.ArrayRef(
                    name=c_ast.ID(name=word), subscript=c_ast.Constant(value=number)
                ),
                subscript=c_ast.ID(name="i"),
            ) if word == array and number.isdigit() and int(number) < count:
                return int(number)
        raise FormulaError(f"no row of {array}")

    def expression(self, node: Any) -> Expression:
        """Expression of a program."""
        match node:
            case c_ast.ID(name=word):
                return self._name(word)
            case c_ast.Constant(type="double" | "float", value=text):
                return Number(Fraction(text.removesuffix("f")))
            case c_ast.Cast(expr=inner):
                return self.expression(inner)
            case c_ast.UnaryOp(op="-", expr=inner):
                value = self.expression(inner)
                if isinstance(value, Number):
                    return Number(-value.value)
                return op("neg", value)
            case c_ast.BinaryOp(op=sign, left=left, right=right) if (
                sign in self.infix or (sign == "/" and self.arithmetic.constant)
            ):
                return self._infix(sign, self.expression(left), self.expression(right))
            case c_ast.TernaryOp(cond=condition, iftrue=yes, iffalse=no):
                parts = (self.expression(n) for n in (condition, yes, no))
                return op("select", *parts)
            case c_ast.FuncCall(name=c_ast.ID(name=word), args=args):
                return self._call(word, [self.expression(a) for a in args.exprs])
        raise FormulaError(f"no arithmetic: {type(node).__name__}")

    def _name(self, word: str) -> Expression:
        if word == "NAN":
            return Constant("nan")
        if original(word) not in self.known:
            raise FormulaError(f"{word} is not bound")
        return Name(original(word))

    def _infix(self, sign: str, left: Expression, right: Expression) -> Expression:
        if sign == "/" and isinstance(left, Number) and isinstance(right, Number):
            if not right.value:
                raise FormulaError("a constant over 0")
            return Number(left.value / right.value)  # how 1/3 is written
        if sign not in self.infix:
            raise FormulaError(f"{sign} is no operation of {self.arithmetic.type}")
        return op(self.infix[sign], left, right)

    def _call(self, word: str, args: list[Expression]) -> Expression:
        kind = self.kinds.get(word)
        if word == self.arithmetic.constant:
            return _constant(args)
        if kind is None:
            raise FormulaError(f"{word} is no operation")
        if kind == "residue":  # of the first; spelled again, the second must agree
            return op(kind, args[0])
        return op(kind, *args)


def _constant(parts: Sequence[Expression]) -> Expression:
    """The number, or NaN, that a constant holds in one part or more."""
    if isinstance(parts[0], Constant):
        return parts[0]
    numbers = [part.value for part in parts if isinstance(part, Number)]
    if len(numbers) < len(parts):
        raise FormulaError("no arithmetic: a constant that is no number")
    if len(numbers) == 1:
        return Number(numbers[0])
    if any(abs(n) >= 2**1024 for n in numbers):
        raise FormulaError("a constant is beyond the range of doubles")
    return Number(sum((Fraction(float(n)) for n in numbers), Fraction(0)))


def _is_id(node: Any, word: str) -> bool:
    return isinstance(node, c_ast.ID) and node.name == word
