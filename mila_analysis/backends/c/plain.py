"""A program to a shorter one for blocks in which no cap cuts anything off.

There `capped(a)` is a, every tail is 1, and what tails are for drops out: half of the
exponentials and most of the choices. Both programs give the same bits where no cap
cuts, so a value does not depend on its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

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

__all__ = ["normal_exponentials", "plain", "sizes"]

ONE = number(1)


def plain(program: Program) -> Program:
    """The program where no cap cuts."""
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


def sizes(program: Program, wanted: Sequence[str]) -> list[Expression]:
    """What the caps that some outputs need are put on, in the terms of `plain`."""
    known: dict[str, Expression] = {}
    for binding in program.bindings:
        value = _uncapped(binding.value, known)
        if isinstance(value, Name | Number):
            known[binding.name] = value
    needed = program.trimmed(wanted)
    roots = [b.value for b in needed] + [program.outputs[n] for n in wanted]
    found = [_uncapped(c.args[0], known) for e in roots for c in _caps(e)]
    return list(dict.fromkeys(found))


def _caps(value: Expression) -> Iterator[Operation]:
    if isinstance(value, Operation):
        if value.kind == "capped":
            yield value
        for arg in value.args:
            yield from _caps(arg)


def normal_exponentials(program: Program) -> Program:
    """The program with `exp_normal` for exp(-c) where c is a capped size."""
    capped = {
        b.name
        for b in program.bindings
        if isinstance(b.value, Operation) and b.value.kind == "capped"
    }

    def marked(value: Expression) -> Expression:
        match value:
            case Operation("exp", (Operation("neg", (Name(text),)),)) if text in capped:
                return op("exp_normal", *value.args)
            case Operation(kind, args):
                return Operation(kind, tuple(marked(a) for a in args))
        return value

    bindings = tuple(Binding(b.name, marked(b.value)) for b in program.bindings)
    return Program(bindings, {n: marked(e) for n, e in program.outputs.items()})
