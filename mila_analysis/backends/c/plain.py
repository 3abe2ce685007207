"""A program to a shorter one for numbers that need no caps.

There `capped(a)` is a, every tail is 1, and what tails are for drops out: half of the
exponentials and most of the choices.
"""

from __future__ import annotations

from collections.abc import Mapping

from mila_analysis.program import (
    Binding,
    Expression,
    Name,
    Number,
    Operation,
    number,
    op,
)
from mila_analysis.stability import Program

__all__ = ["normal_exponentials", "plain"]

ONE = number(1)


def plain(program: Program) -> Program:
    """The program without caps."""
    known: dict[str, Expression] = {}
    bindings = []
    for binding in program.bindings:
        value = _uncapped(binding.value, known)
        if isinstance(value, Name | Number):
            known[binding.name] = value
        else:
            bindings.append(Binding(binding.name, value))
    outputs = {n: _uncapped(e, known) for n, e in program.outputs.items()}
    return Program(tuple(bindings), outputs)


def _uncapped(value: Expression, known: Mapping[str, Expression]) -> Expression:
    if isinstance(value, Name):
        return known.get(value.text, value)
    if not isinstance(value, Operation):
        return value
    args = tuple(_uncapped(a, known) for a in value.args)
    match value.kind:
        case "capped" | "fade" | "swell" | "modest" | "tame":
            return args[0]
        case "tail":
            return ONE
        case "select" if args[1] == args[2]:
            return args[1]
        case kind:
            return Operation(kind, args)


def normal_exponentials(program: Program) -> Program:
    """The program with `exp_normal` for exp(-c) where c is a capped size."""
    known = {b.name: b.value for b in program.bindings}

    def is_capped(value: Expression) -> bool:
        value = known.get(value.text, value) if isinstance(value, Name) else value
        return isinstance(value, Operation) and value.kind == "capped"

    def is_safe(value: Expression) -> bool:
        value = known.get(value.text, value) if isinstance(value, Name) else value
        match value:
            case Operation("neg", (Name() as size,)):
                return is_capped(size)
        return False

    def marked(value: Expression) -> Expression:
        match value:
            case Operation("exp", (exponent,)) if is_safe(exponent):
                return op("exp_normal", exponent)
            case Operation(kind, args):
                return Operation(kind, tuple(marked(a) for a in args))
        return value

    bindings = tuple(Binding(b.name, marked(b.value)) for b in program.bindings)
    return Program(bindings, {n: marked(e) for n, e in program.outputs.items()})
