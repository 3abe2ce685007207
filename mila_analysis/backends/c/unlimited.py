"""A form of the strategy `wide` to an accurate C file, and the way back.

All formats are computed from rows of doubles to rows of doubles, on double-doubles with
exponents of their own, and rounded once: the rest of a double-double decides how its
double is rounded once more. Fast files of these forms are those of `boxed`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mila_analysis.backends import header
from mila_analysis.backends.backend import Reading, Source
from mila_analysis.backends.c import accurate, extended
from mila_analysis.backends.c.arithmetic import identifier
from mila_analysis.backends.c.bodies import PARTIALS, Body, statements, titles
from mila_analysis.backends.c.constants import numbers, resolved
from mila_analysis.backends.c.extended import TIED, without_errors
from mila_analysis.backends.c.fast import FORMATS, Format, near_runtime
from mila_analysis.backends.c.frame import Frame, comment, frame_of, resource
from mila_analysis.backends.c.loops import block
from mila_analysis.backends.c.quotients import with_quotients
from mila_analysis.backends.c.reading import frame_in, head_of, lines_of, program
from mila_analysis.backends.c.series import pair
from mila_analysis.backends.c.wide import without_hexadecimals
from mila_analysis.derivation import derive
from mila_analysis.errors import FormulaError
from mila_analysis.program import Number
from mila_analysis.stability import Program, StableForm, stabilize

__all__ = ["UnlimitedFrame", "emit", "read"]

USAGE = (
    "Results of float64 (f64), float32 (f32), IEEE half precision (f16), bfloat16",
    "(bf16) are rounded once, from double-doubles with exponents of their own;",
    "16-bit numbers are given and returned as their bits.",
)

ENDS = "ends"
"""End of the name of a function that holds at infinities and NaN too."""

DOUBLE, ODD = "row[i]", "ma_odd(row[i], rest[i])"
"""What is rounded: to doubles, and to formats that a double is rounded to once more."""


def emit(source: Source) -> str:
    """Source text of the file."""
    frame = UnlimitedFrame(frame_of(source.activation, source.derivation.names))
    return frame.text(header.lines(source, "c"), frame.lines(source.form))


@dataclass(frozen=True, slots=True)
class UnlimitedFrame:
    """A file, apart from its head and its arithmetic.

    Attributes:
        frame: what it shares with other files.
    """

    frame: Frame

    def bodies(self) -> dict[Body, list[str]]:
        """All functions of a block, and the partials that each computes."""
        known = titles(self.frame.names).items()
        return {self._body(title): names for title, names in known}

    def _body(self, title: str) -> Body:
        return Body(self.frame.prefix, "whole", title, TIED.name)

    def lines(self, form: StableForm) -> dict[Body, list[str]]:
        """The statements of every function."""
        found = with_quotients(without_errors(form.whole))
        return {b: self.spelled(found, names) for b, names in self.bodies().items()}

    def spelled(self, found: Program, names: Sequence[str]) -> list[str]:
        """The statements of one function."""
        return statements(found, self.frame.variables, names, TIED)

    def text(self, head: Sequence[str], lines: Mapping[Body, Sequence[str]]) -> str:
        """The whole file.

        Args:
            head: of its first comment.
            lines: the statements of each body.
        """
        self.frame.check()
        public = [(t, form) for form in FORMATS for t in titles(self.frame.names)]
        parts = [
            comment([*head, "", *self.frame.usage(USAGE)]),
            resource("_prelude.h").rstrip(),
            "\n".join(f"{self._signature(*each)};" for each in public),
            _runtime(),
        ]
        parts += [self._block(body, found) for body, found in lines.items()]
        parts += [self._function(*each) for each in public]
        parts.append("#ifdef __cplusplus\n}\n#endif")
        return "\n\n".join(parts) + "\n"

    def _signature(self, title: str, form: Format) -> str:
        out = f"{form.item} *const *out" if title == PARTIALS else f"{form.item} *out"
        return self.frame.signature(title, form.name, form.item, form.item, [out])

    def _block(self, body: Body, lines: Sequence[str]) -> str:
        """The C functions around the statements of a body."""
        rows = "    const double *const *in, double *const *out)"
        loop = block([f"static void {body.name}(", rows], [], lines, [])
        inputs, values = len(self.frame.variables), len(self.bodies()[body])
        outputs = 2 * values
        ends = [
            f"static void {body.name}_{ENDS}(",
            rows,
            "{",
            f"    double rows[{inputs + outputs}][MA_BLOCK], *far_out[{outputs}];",
            f"    const double *far_in[{inputs}];",
            "    size_t k;",
            f"    for (k = 0; k < {outputs}; k++)",
            f"        far_out[k] = rows[{inputs} + k];",
            f"    {body.name}(in, out);",
            f"    ma_ends({body.name}, in, {inputs}, out, {values},",
            "        far_in, far_out, rows);",
            "}",
        ]
        return "\n".join([loop, "", *ends])

    def _function(self, title: str, form: Format) -> str:
        """A function of arrays: a task, and room for it."""
        variables = [identifier(p) for p in self.frame.variables[1:]]
        steps = [f"{p}_step" for p in self.frame.variables[1:]]
        body = self._body(title)
        inputs, outputs = len(self.frame.variables), len(self.bodies()[body])
        out = "out" if title == PARTIALS else "&out"
        lines = [
            f"const {form.item} *const given[] = {{{', '.join(variables) or 'NULL'}}};",
            f"const size_t steps[] = {{{', '.join(steps) or '0'}}};",
            f"const double *in[{inputs}];",
            f"double *out_of[{2 * outputs}], rows[{inputs + 2 * outputs}][MA_BLOCK];",
            "const ma_task_f64 task = {",
            "    NULL,",
            f"    {body.name}_{ENDS},",
            "    NULL,",
            f"    {inputs}, {outputs}, in, out_of, rows}};",
            f"ma_run_accurate_{form.name}(&task, n, x, given, steps, {out});",
        ]
        indented = [f"    {line}" for line in lines]
        return "\n".join([self._signature(title, form), "{", *indented, "}"])


def read(text: str) -> Sequence[Reading]:
    """The arithmetic of a generated file.

    A literal stands for the constant of the form that is written as it is.

    Raises:
        FormulaError: something else than arithmetic is not as it was written.
    """
    known = header.parse(text)
    form = stabilize(derive(known.activation, known.order))
    frame = UnlimitedFrame(frame_in(text))
    lines = {body: lines_of(text, body) for body in frame.bodies()}
    if frame.text(head_of(text), lines) != text:
        raise FormulaError("this file was changed outside of its arithmetic")
    constants = {_held(value): value for value in numbers(form)}
    return [
        Reading(body.name, _checked(frame, names, lines[body], constants))
        for body, names in frame.bodies().items()
    ]


def _checked(
    frame: UnlimitedFrame,
    names: Sequence[str],
    lines: Sequence[str],
    constants: Mapping[Any, Number],
) -> Program:
    """The program of a function, which spelled again is that function."""
    found = program(lines, frame.frame.variables, names, TIED)
    found = resolved(found, constants, _held)
    if frame.spelled(found, names) != list(lines):
        raise FormulaError(
            f"the whole arithmetic of {', '.join(names)} is not what its program is "
            "spelled as"
        )
    return found


def _held(value: Number) -> tuple[float, ...]:
    """What a literal holds of a number."""
    return pair(value.value) if abs(value.value) < 2**1024 else ()


def _runtime() -> str:
    """What these files have besides their arithmetic; once, as what others have."""
    parts = [
        accurate.runtime(),
        near_runtime(),
        "#ifndef MA_UNLIMITED\n#define MA_UNLIMITED",
        *(resource(name).strip() for name in ("_unused.h", "_wide_items.h")),
        extended.runtime(),
        "#endif",
        accurate.ties(),
        "#ifndef MA_UNLIMITED_accurate\n#define MA_UNLIMITED_accurate",
        resource("_extended_ties.h").strip(),
        *(_runs(form) for form in FORMATS),
        "#endif",
    ]
    return without_hexadecimals("\n\n".join(parts))


def _runs(form: Format) -> str:
    """The loop over arrays of a format."""
    text = resource("_wide_runs.h").strip().replace("ITEM", form.name)
    return text.replace("VALUE", DOUBLE if form.name == "f64" else ODD)
