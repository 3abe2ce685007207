"""Statements of one element to the C functions that loop over a block.

A `whole` function holds everywhere. A `near` one holds within the reach of the file,
and tells whether some element was beyond it. Parameters that are one number for all are
read before its loop, so that compilers take what depends on them alone out of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mila_analysis.backends.c.arithmetic import Arithmetic, spell
from mila_analysis.backends.c.bodies import (
    Body,
    inputs,
    results,
    statements,
    wrapped,
)
from mila_analysis.backends.c.choices import masked
from mila_analysis.backends.c.near import Reach, near_arithmetic
from mila_analysis.backends.c.plain import normal_exponentials
from mila_analysis.program import Expression, used_names
from mila_analysis.stability import Program

__all__ = ["Loops", "block"]

LOOP = ("size_t i;", "MA_EACH", "for (i = 0; i < MA_BLOCK; i++) {")


@dataclass(frozen=True, slots=True)
class Loops:
    """The functions of a block in one arithmetic.

    Attributes:
        prefix: of their names.
        arithmetic: how programs are spelled.
        variables: x and the parameters, in the order of the rows of `in`.
        reach: of the short programs, or None where there are none.
    """

    prefix: str
    arithmetic: Arithmetic
    variables: tuple[str, ...]
    reach: Reach | None

    def lines(self, body: Body, program: Program, wanted: Sequence[str]) -> list[str]:
        """Statements of an element."""
        if body.kind == "whole":
            marked = normal_exponentials(program)
            return statements(marked, self.variables, wanted, self.arithmetic)
        reach, near = self._known(), near_arithmetic(self.arithmetic)
        program = masked(reach.completed(program), wanted)
        roots = [*(program.outputs[n] for n in wanted), *reach.sizes, *reach.parameters]
        lines = inputs(program, self.variables, roots, near, self._row)
        lines += [self._cut(size) for size in reach.sizes]
        lines += [f"if (each) {self._cut(size)}" for size in reach.parameters]
        return wrapped([*lines, *results(program, wanted, near)])

    def function(self, body: Body, lines: Sequence[str]) -> str:
        """The C function around the statements of a body."""
        kind, flag = self.arithmetic.type, self.arithmetic.flag
        rows = f"    const {kind} *const *in, {kind} *const *out"
        if body.kind == "whole":
            return block([f"static void {body.name}(", f"{rows})"], [], lines, [])
        inner = f"{body.name}_of"
        first = [f"{flag} cut = 0;", *wrapped(self._before(lines))]
        loop = [f"MA_INLINE {flag} {inner}(", f"{rows}, int each)"]
        choice = [
            f"static {flag} {body.name}(",
            f"{rows}, int each)",
            "{",
            f"    return each ? {inner}(in, out, 1)",
            f"        : {inner}(in, out, 0);",
            "}",
        ]
        text = block(loop, first, lines, ["return cut;"])
        return "\n".join([text, "", *choice])

    @property
    def reach_name(self) -> str:
        """Of the function that tells which elements are beyond reach."""
        return f"{self.prefix}_reach_{self.arithmetic.name}"

    def reach_function(self) -> str:
        """The function that tells which elements are beyond reach."""
        reach, kind = self._known(), self.arithmetic.type
        flag = self.arithmetic.flag
        sizes = [*reach.sizes, *reach.parameters]
        near = near_arithmetic(self.arithmetic)
        lines = inputs(reach.program, self.variables, sizes, near)
        lines += [f"{flag} cut = 0;", *map(self._cut, sizes), "cuts[i] = cut;"]
        head = [
            f"static void {self.reach_name}(",
            f"    const {kind} *const *in, {flag} *cuts)",
        ]
        return block(head, [], wrapped(lines), [])

    def _before(self, lines: Sequence[str]) -> list[str]:
        """What is read, and known, of parameters before the loop."""
        found = []
        for k, name in enumerate(self.variables):
            alone = any(name in used_names(s) for s in self._known().parameters)
            if alone or any(f"one_{k})" in line for line in lines):
                found.append(f"const {self.arithmetic.type} one_{k} = in[{k}][0];")
            if alone:
                found.append(f"if (!each) {self._beyond(f'one_{k}')}")
        return found or ["(void)each;"]

    def _cut(self, size: Expression) -> str:
        return self._beyond(spell(size, self.arithmetic))

    def _beyond(self, text: str) -> str:
        end, limit = self.arithmetic.name, self._known().limit(self.arithmetic)
        return f"cut |= ma_beyond_{end}({text}, {limit});"

    def _row(self, k: int) -> str:
        return f"(each ? in[{k}][i] : one_{k})" if k else "in[0][i]"

    def _known(self) -> Reach:
        if self.reach is None:
            raise ValueError("there are no short programs here")
        return self.reach


def block(
    head: Sequence[str], first: Sequence[str], lines: Sequence[str], last: Sequence[str]
) -> str:
    """A function that loops over a block."""
    body = [*first, *LOOP, *(f"    {line}" for line in lines), "}", *last]
    return "\n".join([*head, "{", *(f"    {line}" for line in body), "}"])
