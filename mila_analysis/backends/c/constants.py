"""The constants of programs: which there are, and which a text means."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mila_analysis.program import Binding, Expression, Number, Operation
from mila_analysis.stability import Program, StableForm

__all__ = ["numbers", "resolved"]


def resolved(
    found: Program, known: Mapping[Any, Number], held: Callable[[Number], Any]
) -> Program:
    """A program with the constants that its literals stand for.

    Args:
        found: read from a text.
        known: the constants, by what a literal holds of them.
        held: what a literal holds of a number.
    """

    def changed(value: Expression) -> Expression:
        match value:
            case Number():
                return known.get(held(value), value)
            case Operation(kind, args):
                return Operation(kind, tuple(map(changed, args)))
        return value

    bindings = tuple(Binding(b.name, changed(b.value)) for b in found.bindings)
    return Program(bindings, {n: changed(e) for n, e in found.outputs.items()})


def numbers(form: StableForm) -> Iterator[Number]:
    """The constants of the program of a wide form."""
    pending = [*(b.value for b in form.whole.bindings), *form.whole.outputs.values()]
    while pending:
        match pending.pop():
            case Number() as value:
                yield value
            case Operation(_, args):
                pending.extend(args)
