"""Choices by masks: gcc would make branches of some, and vectorizes none of these.

A choice that only tells NaN from numbers it takes as it is.
"""

from __future__ import annotations

from collections.abc import Sequence

from mila_analysis.backends.c.frame import resource, single
from mila_analysis.program import Binding, Expression, Operation, op
from mila_analysis.stability import Program

__all__ = ["masked", "runtime"]


def masked(program: Program, wanted: Sequence[str]) -> Program:
    """The program with `chosen` for `select`, if what is wanted has pieces."""
    values = [b.value for b in program.trimmed(wanted)]
    values += [program.outputs[n] for n in wanted]
    if not any(map(_decides, values)):
        return program
    bindings = tuple(Binding(b.name, _masked(b.value)) for b in program.bindings)
    return Program(bindings, {n: _masked(e) for n, e in program.outputs.items()})


def _decides(value: Expression) -> bool:
    match value:
        case Operation("select", (Operation(sign, _), *_)) if sign != "==":
            return True
        case Operation(_, args):
            return any(map(_decides, args))
    return False


def _masked(value: Expression) -> Expression:
    match value:
        case Operation(kind, args):
            return op("chosen" if kind == "select" else kind, *map(_masked, args))
    return value


def runtime() -> str:
    """The functions in C."""
    text = resource("_chosen.h").strip()
    parts = ["#ifndef MA_CHOSEN\n#define MA_CHOSEN", text, single(text), "#endif"]
    return "\n\n".join(parts)
