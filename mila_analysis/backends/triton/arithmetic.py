"""A stable form to the functions of the arithmetic: the short program and the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mila_analysis.backends.c.near import fused, reach_of
from mila_analysis.backends.c.plain import normal_exponentials
from mila_analysis.backends.triton.spelling import assignments, returned, spell
from mila_analysis.program import Binding, Expression, Operation
from mila_analysis.stability import Near, Program, StableForm

__all__ = ["arithmetic", "far", "shortened"]


def arithmetic(
    form: StableForm, bodies: Mapping[str, Sequence[str]]
) -> dict[str, list[str]]:
    """Every function of the arithmetic, and its statements.

    Args:
        form: with the short program, or without.
        bodies: of each title, the partials.
    """
    known = {"whole": normal_exponentials(form.whole)}
    if form.near:
        known = {"near": shortened(fused(form.near.program)), **known}
    return {
        f"_{kind}_{title}": returned(program, wanted)
        for title, wanted in bodies.items()
        for kind, program in known.items()
    }


def shortened(program: Program) -> Program:
    """A program with the exponential of normal results."""

    def marked(value: Expression) -> Expression:
        if not isinstance(value, Operation):
            return value
        kind = "exp_near" if value.kind == "exp" else value.kind
        return Operation(kind, tuple(map(marked, value.args)))

    bindings = tuple(Binding(b.name, marked(b.value)) for b in program.bindings)
    return Program(bindings, {n: marked(e) for n, e in program.outputs.items()})


def far(near: Near) -> list[str]:
    """Statements that tell of each element whether it is beyond the short program."""
    reach = reach_of(near)
    sizes = [*reach.sizes, *reach.parameters]
    flags = " | ".join(f"_beyond({spell(size)}, {reach.power})" for size in sizes)
    return [*assignments(reach.program, sizes), f"return {flags}"]
