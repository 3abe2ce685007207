"""The short program of a wide form: plain float64, in a box around 0.

That box and program are those of C. All arithmetic being that of float64, the box is
the same for every format.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction

from mila_analysis.backends.c.arithmetic import F64
from mila_analysis.backends.c.close import close
from mila_analysis.backends.c.constants import numbers
from mila_analysis.backends.triton.arithmetic import shortened
from mila_analysis.backends.triton.spelling import assignments, spell
from mila_analysis.program import Binding, Expression, Number, Operation, op
from mila_analysis.stability import Program, StableForm
from mila_analysis.stability.reach import Box

__all__ = ["Boxed", "boxed"]


@dataclass(frozen=True, slots=True)
class Boxed:
    """The short program, and the box where it holds."""

    program: Program
    box: Box

    def far(self, variables: Sequence[str]) -> list[str]:
        """Statements that tell of each element whether it is out of the box."""
        flags = []
        for k, name in enumerate(variables):
            sign = self.box.parameters if k else self.box.sign
            low, high = (2.0**power for power in self.box.ends(k))
            flags.append(f"_outside_{sign}({name}, {low!r}, {high!r})")
        sizes = self.box.sizes
        flags += [f"_above({spell(size)}, {float(most)!r})" for size, most in sizes]
        needed = assignments(self.program, [size for size, _ in sizes])
        return [*needed, f"return {' | '.join(flags)}"]


def boxed(form: StableForm) -> Boxed | None:
    """The short program of a wide form as it is spelled, if there is a box of use.

    Irrational constants are their floats.
    """
    found = close(form, F64)
    if found is None:
        return None
    known = {n.value for n in numbers(form) if n.name}
    program = shortened(found.program)
    bindings = tuple(Binding(b.name, _held(b.value, known)) for b in program.bindings)
    outputs = {n: _held(e, known) for n, e in program.outputs.items()}
    return Boxed(Program(bindings, outputs), found.box)


def _held(value: Expression, known: Collection[Fraction]) -> Expression:
    match value:
        case Number(exact) if exact in known:
            return Number(Fraction(float(exact)))
        case Number(exact) if -exact in known:
            return op("neg", Number(Fraction(float(-exact))))
        case Operation("residue"):
            return value
        case Operation(kind, args):
            return Operation(kind, tuple(_held(a, known) for a in args))
    return value
