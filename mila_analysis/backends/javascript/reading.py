"""A generated JavaScript module back to its program; all else in it must be ours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from mila_analysis import partials
from mila_analysis.backends import header
from mila_analysis.backends._python_reading import ARITY, ReadingError, same_text
from mila_analysis.backends.backend import Reading
from mila_analysis.backends.javascript.frame import COUNT, Frame
from mila_analysis.backends.javascript.spelling import Spelling, original
from mila_analysis.backends.javascript.syntax import (
    Call,
    Choice,
    Literal,
    Negative,
    Signed,
    Tree,
    Word,
    parsed,
)
from mila_analysis.program import NAN, Binding, Expression, Name, Number, op
from mila_analysis.stability import Program

__all__ = ["parts", "read"]

_DECLARATION = re.compile(r"const (\w+) = (.*);", re.ASCII)


def read(text: str) -> Sequence[Reading]:
    """The arithmetic of a generated file.

    Raises:
        FormulaError: it has no head of ours.
        ReadingError: something in it is not what this program writes; names the line.
    """
    frame, lines = parts(text)
    same_text(text, frame.text(_head(text), lines), 1)
    found = _program(lines, frame)
    same_text("\n".join(lines), "\n".join(frame.lines(found)), _first_line(text, frame))
    return [Reading("_whole", found)]


def parts(text: str) -> tuple[Frame, list[str]]:
    """What a file holds by its recipe, and the statements of its arithmetic.

    Raises:
        FormulaError: it has no head of ours.
        ReadingError: it has no arithmetic.
    """
    known = header.parse(text)
    names = [p.name for p in partials.up_to(known.order, known.activation.variables)]
    frame = Frame(known.activation, tuple(names), "\nconst _values = " in text)
    return frame, _lines(text, frame.opening)


def _head(text: str) -> list[str]:
    """The lines of the head, without the margin of the comment."""
    lines = []
    for line in text.splitlines()[1:]:
        lines.append(line.removeprefix(" *").removeprefix(" "))
        if line.startswith(" * Digest: "):
            break
    return lines


def _lines(text: str, opening: str) -> list[str]:
    """The statements of the arithmetic."""
    _, found, rest = text.partition(f"\n{opening}\n")
    body, ends, _ = rest.partition("\n};\n")
    if not (found and ends):
        raise ReadingError(f"there is no '{opening}' in it")
    return [line.removeprefix("  ") for line in body.split("\n")]


def _first_line(text: str, frame: Frame) -> int:
    return text[: text.index(f"\n{frame.opening}\n")].count("\n") + 3


def _program(lines: Sequence[str], frame: Frame) -> Program:
    """Statements to the program that they compute."""
    reader = _Reader(frame.spelling, frame.activation.variables)
    bindings: list[Binding] = []
    outputs: dict[str, Expression] = {}
    for line in lines:
        match = _DECLARATION.fullmatch(line)
        if match is None:
            if line not in (frame.returned(n + 1) for n in range(len(frame.names))):
                raise ReadingError(f"'{line[:60]}' is nothing we generate")
            continue
        name, value = original(match[1]), reader.expression(parsed(match[2]))
        if name in reader.known or name == COUNT:
            raise ReadingError(f"{name} is declared twice")
        reader.known.add(name)
        if name in frame.names:
            outputs[name] = value
        else:
            bindings.append(Binding(name, value))
    if set(outputs) != set(frame.names):
        raise ReadingError("the arithmetic does not compute all partials")
    return Program(tuple(bindings), {name: outputs[name] for name in frame.names})


class _Reader:
    """Trees to expressions of values that are known."""

    def __init__(self, spelling: Spelling, variables: Sequence[str]) -> None:
        self.spelling, self.known = spelling, set(variables)
        self.kinds = {call: kind for kind, call in spelling.calls.items()}
        self.signs = {sign: kind for kind, (sign, _) in spelling.signs.items()}
        if "*" in self.signs:
            self.signs["*"] = "mul"  # as which `fade` is written, too

    def expression(self, tree: Tree) -> Expression:
        """Expression of a program."""
        match tree:
            case Word("NaN") if not self.spelling.number:
                return NAN
            case Word(text) if original(text) in self.known:
                return Name(original(text))
            case Literal() | Negative(Literal()) if not self.spelling.number:
                return Number(_number(tree))
            case Negative(value) if not self.spelling.scale:
                return op("neg", self.expression(value))
            case Signed(sign, left, right) if sign in self.signs:
                kind = self.signs[sign]
                return op(kind, self.expression(left), self.expression(right))
            case Choice(condition, yes, no):
                parts = self._condition(condition), *map(self.expression, (yes, no))
                return op("select", *parts)
            case Call("_residue", (high, low)):
                return op("residue", Number(_number(high) + _number(low)))
            case Call(function, arguments):
                return self._call(function, arguments)
        raise ReadingError(f"{tree} is nothing we generate")

    def _call(self, function: str, arguments: Sequence[Tree]) -> Expression:
        match function, arguments:
            case self.spelling.number, [Word("NaN")]:
                return NAN
            case self.spelling.number, [value]:
                return Number(_number(value))
            case self.spelling.scale, [factor, value]:
                return op("mul", Number(_number(factor)), self.expression(value))
        kind = self.kinds.get(function)
        if kind is None or ARITY[kind] != len(arguments):
            raise ReadingError(f"{function} is no operation of {self.spelling.name}")
        return op(kind, *map(self.expression, arguments))

    def _condition(self, tree: Tree) -> Expression:
        match tree:
            case Signed(sign, left, right) if sign in (">", ">=", "<", "<=", "==="):
                if self.spelling.compare:
                    left, right = self._compared(left, right)
                kind = "==" if sign == "===" else sign
                return op(kind, self.expression(left), self.expression(right))
        raise ReadingError("a choice by what is no comparison")

    def _compared(self, left: Tree, right: Tree) -> tuple[Tree, Tree]:
        match left, right:
            case Call(self.spelling.compare, (a, b)), Literal(value) if not value:
                return a, b
        raise ReadingError("a choice by what is no comparison")


def _number(tree: Tree) -> Fraction:
    match tree:
        case Literal(value):
            return value
        case Negative(Literal(value)):
            return -value
    raise ReadingError(f"{tree} is no number")
