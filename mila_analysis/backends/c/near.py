"""The short program in exponentials themselves as C: what most blocks are computed by.

Each element tells how large its exponents are. Those beyond the reach of the short
program are computed once more by the whole one, and only those: a value does not depend
on its neighbours.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from fractions import Fraction

from mila_analysis.backends.c.arithmetic import F32, F64, Arithmetic
from mila_analysis.program import (
    Binding,
    Expression,
    Name,
    Number,
    Operation,
    add,
    op,
)
from mila_analysis.stability import Near, Program

__all__ = ["NEAR", "Reach", "fused", "near_arithmetic", "reach_of"]

CUTS = {"f64": 700, "f32": 80}
"""Of an exponent: exp of it is normal, with room for a product of small numbers."""


def near_arithmetic(arithmetic: Arithmetic) -> Arithmetic:
    """The same type with fused operations and shorter functions."""
    ours = {
        "exp": "exp_near", "exp_sum": "exp_sum", "fused": "fused",
        "product_error": "lost", "chosen": "chosen",
    }  # fmt: skip
    named = {kind: f"ma_{word}_{arithmetic.name}" for kind, word in ours.items()}
    return replace(arithmetic, calls={**arithmetic.calls, **named})


NEAR = {each.name: near_arithmetic(each) for each in (F64, F32)}


@dataclass(frozen=True, slots=True)
class Reach:
    """Where the short program holds: where no size is beyond the limit.

    Attributes:
        program: what the sizes are made of.
        sizes: one for each exponent that depends on x.
        parameters: of summands of exponents that are parameters alone.
        power: of an exponential, the highest that occurs.
    """

    program: Program
    sizes: tuple[Expression, ...]
    parameters: tuple[Expression, ...]
    power: int

    def limit(self, arithmetic: Arithmetic) -> str:
        """The largest size, in C."""
        return arithmetic.literal(Fraction(CUTS[arithmetic.name], self.power))

    def completed(self, program: Program) -> Program:
        """A program with all that the sizes are made of, for outputs without them."""
        known = {b.name for b in program.bindings}
        needed = self.program.needed([*self.sizes, *self.parameters])
        missing = [b for b in needed if b.name not in known]
        return Program((*missing, *program.bindings), program.outputs)


def reach_of(near: Near) -> Reach:
    """Where a short program holds."""
    program = near.program
    sizes = [add(*summands) for summands in near.exponents]
    rest = [s for summands in near.exponents for s in summands[1:]]
    power = max(near.deepest, near.highest)
    return Reach(program, tuple(sizes), tuple(dict.fromkeys(rest)), power)


def fused(program: Program, apart: Collection[str] = ()) -> Program:
    """The program with a·b + c as one operation, and sums of exponents not rounded.

    Args:
        program: plain arithmetic.
        apart: names of products that stay alone.
    """
    known = {b.name: b.value for b in program.bindings if b.name not in apart}
    bindings = tuple(Binding(b.name, _fused(b.value, known)) for b in program.bindings)
    outputs = {n: _fused(e, known) for n, e in program.outputs.items()}
    return Program(bindings, outputs)


def _fused(value: Expression, known: dict[str, Expression]) -> Expression:
    if not isinstance(value, Operation):
        return value
    args = tuple(_fused(a, known) for a in value.args)
    match value.kind, args:
        case "mul", (first, second) if both := _exponents(known, first, second):
            return op("exp_sum", *both)
        case "add", (first, second):
            return _sum(first, second, known) or op("add", first, second)
        case "sub", (first, second):
            product = _product(second, known)
            if product:
                return op("fused", _negative(product[0]), product[1], first)
    return Operation(value.kind, args)


def _sum(
    first: Expression, second: Expression, known: dict[str, Expression]
) -> Expression | None:
    for term, rest in ((second, first), (first, second)):
        product = _product(term, known)
        if product:
            return op("fused", *product, rest)
    return None


def _product(
    value: Expression, known: dict[str, Expression]
) -> tuple[Expression, Expression] | None:
    """Factors of what is a product, or the name of one."""
    if isinstance(value, Name):
        value = known.get(value.text, value)
    match value:
        case Operation("mul", (first, second)) if not _exponents(known, first, second):
            return first, second
    return None


def _exponents(
    known: dict[str, Expression], *factors: Expression
) -> tuple[Expression, ...]:
    """Summands of the exponent of a product of two exponentials."""
    values = [known.get(f.text, f) if isinstance(f, Name) else f for f in factors]
    found = [v.args[0] for v in values if isinstance(v, Operation) and v.kind == "exp"]
    return tuple(found) if len(found) == len(factors) else ()


def _negative(value: Expression) -> Expression:
    return Number(-value.value) if isinstance(value, Number) else op("neg", value)
