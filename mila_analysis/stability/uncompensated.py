"""A program without the rounding errors that it carries along.

For an arithmetic with digits to spare, where an exponent needs no correction. A sixth
is a division by 6 there: a quotient that has an end is then exact, and a tie is a tie.
"""

from __future__ import annotations

from fractions import Fraction

from mila_analysis.program import Binding, Expression, Name, Number, Operation, number
from mila_analysis.stability.form import Program

__all__ = ["uncompensated"]

_ZERO = number(0)


def uncompensated(program: Program) -> Program:
    """The program with every `tame` error 0, and what then drops out left out."""
    known: dict[str, Expression] = {}
    bindings = []
    for binding in program.bindings:
        value = _without(binding.value, known)
        if isinstance(value, Operation):
            bindings.append(Binding(binding.name, value))
            value = Name(binding.name)
        known[binding.name] = value
    outputs = {name: _without(e, known) for name, e in program.outputs.items()}
    shorter = Program(tuple(bindings), outputs)
    return Program(shorter.trimmed(outputs), outputs)


def _without(expression: Expression, known: dict[str, Expression]) -> Expression:
    match expression:
        case Name(text):
            return known.get(text, expression)
        case Operation("tame", _):
            return _ZERO
        case Operation(kind, args):
            return _folded(Operation(kind, tuple(_without(a, known) for a in args)))
    return expression


def _folded(operation: Operation) -> Expression:
    match operation:
        case Operation("mul", args) if _ZERO in args:
            return _ZERO
        case Operation("add", (value, other)) | Operation("add", (other, value)) if (
            other == _ZERO
        ):
            return value
        case Operation("sub", (value, other)) if other == _ZERO:
            return value
        case Operation("neg", (Number(value),)):
            return Number(-value)
        case Operation("mul", (Number(value, ""), other)) if _is_part(value):
            return Operation("div", (other, Number(1 / value)))
    return operation


def _is_part(value: Fraction) -> bool:
    """Whether a number is no float, and one over it is: 1/6, but not 1/2."""
    return all(
        value and (Fraction(float(v)) == v) == exact
        for v, exact in ((value, False), (1 / value if value else value, True))
    )
