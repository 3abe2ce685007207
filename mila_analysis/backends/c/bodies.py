"""Programs to the statements of an element, for each partial and for all together."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mila_analysis.backends.c.arithmetic import Arithmetic, identifier, spell
from mila_analysis.program import Binding, Expression, Operation, used_names
from mila_analysis.stability import Program

__all__ = [
    "INDENT",
    "Body",
    "inputs",
    "results",
    "statements",
    "titles",
    "wrapped",
]

PARTIALS = "partials"
COMPARISONS = (">", ">=", "<", "<=", "==")
INDENT = " " * 8
WIDTH = 84
_GOING_ON = "    "


@dataclass(frozen=True, slots=True)
class Body:
    """Where arithmetic stands in a file: `mila_whole_f_x_f64`."""

    prefix: str
    kind: str
    title: str
    arithmetic: str

    @property
    def name(self) -> str:
        """Of its C function."""
        return f"{self.prefix}_{self.kind}_{self.title}_{self.arithmetic}"


def titles(names: Sequence[str]) -> dict[str, list[str]]:
    """Each function of a file, and the partials that it computes."""
    return {**{name: [name] for name in names}, PARTIALS: list(names)}


def statements(
    program: Program,
    variables: Sequence[str],
    wanted: Sequence[str],
    arithmetic: Arithmetic,
) -> list[str]:
    """Lines that read the inputs of one element and write its wanted outputs."""
    roots = [program.outputs[n] for n in wanted]
    lines = inputs(program, variables, roots, arithmetic)
    return wrapped([*lines, *results(program, wanted, arithmetic)])


def inputs(
    program: Program,
    variables: Sequence[str],
    roots: Sequence[Expression],
    arithmetic: Arithmetic,
    row: Callable[[int], str] = "in[{}][i]".format,
) -> list[str]:
    """Declarations of all that some expressions need, the variables among it."""
    needed = program.needed(roots)
    used = _read(needed, roots)
    lines = [
        f"const {arithmetic.type} {identifier(v)} = {arithmetic.read.format(row(k))};"
        for k, v in enumerate(variables)
        if v in used
    ]
    return lines + [_declaration(b, arithmetic) for b in needed]


def results(
    program: Program, wanted: Sequence[str], arithmetic: Arithmetic
) -> list[str]:
    """Assignments to the outputs."""
    count = len(wanted)
    return [
        f"out[{k}][i] = {arithmetic.write.format(spelled, count + k)};"
        for k, name in enumerate(wanted)
        for spelled in [spell(program.outputs[name], arithmetic)]
    ]


def wrapped(lines: Sequence[str]) -> list[str]:
    """Lines of the width of a page."""
    return [part for line in lines for part in _wrapped(line)]


def _wrapped(line: str) -> list[str]:
    parts = textwrap.wrap(
        line,
        WIDTH,
        subsequent_indent=_GOING_ON,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [piece for part in parts for piece in _broken(part)]


def _broken(part: str) -> list[str]:
    """Calls in calls, which have no blanks, in lines that end with a parenthesis."""
    end = part.rfind("(", len(_GOING_ON) + 1, WIDTH) + 1
    if len(part) <= WIDTH or not end:
        return [part]
    return [part[:end], *_broken(_GOING_ON + part[end:])]


def _read(needed: Sequence[Binding], roots: Sequence[Expression]) -> set[str]:
    return {n for e in [*(b.value for b in needed), *roots] for n in used_names(e)}


def _declaration(binding: Binding, arithmetic: Arithmetic) -> str:
    value = binding.value
    is_condition = isinstance(value, Operation) and value.kind in COMPARISONS
    kind = "int" if is_condition else arithmetic.type
    return f"const {kind} {identifier(binding.name)} = {spell(value, arithmetic)};"
