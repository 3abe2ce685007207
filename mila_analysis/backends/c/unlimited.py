"""A form of the strategy `wide` to a C file, fast or accurate, and the way back.

All formats are computed from rows of doubles to rows of doubles, and rounded once. A
fast file computes on broad numbers, where its short program does not reach; an accurate
one on double-doubles, whose rest decides how a double is rounded once more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mila_analysis.backends import header
from mila_analysis.backends.backend import Reading, Source
from mila_analysis.backends.c import accurate, broad, extended
from mila_analysis.backends.c.arithmetic import F64, Arithmetic, identifier
from mila_analysis.backends.c.bodies import PARTIALS, Body, statements, titles
from mila_analysis.backends.c.broad import BROAD
from mila_analysis.backends.c.constants import numbers, resolved
from mila_analysis.backends.c.extended import EXTENDED, without_errors
from mila_analysis.backends.c.fast import (
    FORMATS,
    GRADIENT,
    Format,
    gradient_usage,
    near_runtime,
)
from mila_analysis.backends.c.frame import Frame, comment, frame_of, resource
from mila_analysis.backends.c.loops import Loops, block
from mila_analysis.backends.c.near import NEAR, Reach, fused, reach_of
from mila_analysis.backends.c.reading import frame_in, head_of, lines_of, program
from mila_analysis.backends.c.series import pair
from mila_analysis.backends.c.wide import without_hexadecimals
from mila_analysis.derivation import derive
from mila_analysis.errors import FormulaError
from mila_analysis.partials import parse
from mila_analysis.program import Number
from mila_analysis.stability import Program, StableForm, stabilize

__all__ = ["UnlimitedFrame", "emit", "is_unlimited", "read"]

FAST = (
    "Each partial has a function for double (f64) and one for float (f32), and",
    "for IEEE half precision (f16) and bfloat16 (bf16), given and returned as",
    "their bits; parameters beside them are floats. All are computed in doubles with",
    "exponents of their own, and rounded once to the format.",
)
ACCURATE = (
    "Results of float64 (f64), float32 (f32), IEEE half precision (f16), bfloat16",
    "(bf16) are rounded once, from double-doubles with exponents of their own;",
    "16-bit numbers are given and returned as their bits.",
)

ENDS = "ends"
"""End of the name of a function that holds at infinities and NaN too."""

VALUES = {"fast": "row[i]", "accurate": "ma_odd(row[i], rest[i])"}
"""What is rounded to a format."""


def is_unlimited(text: str) -> bool:
    """Whether a generated file is one of these."""
    known = header.parse(text)
    return stabilize(derive(known.activation, known.order)).strategy == "wide"


def emit(source: Source) -> str:
    """Source text of a file of a wide form."""
    frame = UnlimitedFrame.of(
        frame_of(source.activation, source.derivation.names),
        source.form,
        source.accuracy,
    )
    return frame.text(header.lines(source, "c"), frame.lines(source.form))


@dataclass(frozen=True, slots=True)
class UnlimitedFrame:
    """A file, apart from its head and its arithmetic.

    Attributes:
        frame: what it shares with other files.
        accuracy: `fast` or `accurate`.
        reach: of its short programs, or None.
    """

    frame: Frame
    accuracy: str
    reach: Reach | None

    @classmethod
    def of(cls, frame: Frame, form: StableForm, accuracy: str) -> UnlimitedFrame:
        """Frame of the file of a stable form."""
        near = form.near if accuracy == "fast" else None
        return cls(frame, accuracy, reach_of(near) if near else None)

    @property
    def arithmetic(self) -> Arithmetic:
        """Of the programs that hold everywhere."""
        return BROAD if self.accuracy == "fast" else EXTENDED

    def held(self, value: Number) -> tuple[float, ...]:
        """What a literal of the file holds of a number."""
        if abs(value.value) >= 2**1024:
            return ()
        parts = pair(value.value)
        return parts[:1] if self.accuracy == "fast" else parts

    @property
    def loops(self) -> Loops:
        """The functions of the short programs."""
        return Loops(self.frame.prefix, F64, self.frame.variables, self.reach)

    def bodies(self) -> dict[Body, list[str]]:
        """All functions of a block, and the partials that each computes."""
        kinds = {"near": F64.name} if self.reach else {}
        kinds["whole"] = self.arithmetic.name
        return {
            Body(self.frame.prefix, kind, title, name): names
            for title, names in self._titles().items()
            for kind, name in kinds.items()
        }

    def programs(self, form: StableForm) -> dict[str, Program]:
        """The programs of the file."""
        if self.accuracy == "accurate":
            return {"whole": without_errors(form.whole)}
        found = {"near": fused(form.near.program)} if form.near else {}
        return {**found, "whole": form.whole}

    def lines(self, form: StableForm) -> dict[Body, list[str]]:
        """The statements of every function."""
        known = self.programs(form)
        return {
            body: self.spelled(body, known[body.kind], names)
            for body, names in self.bodies().items()
        }

    def spelled(self, body: Body, found: Program, names: Sequence[str]) -> list[str]:
        """The statements of one function."""
        if body.kind == "near":
            return self.loops.lines(body, found, names)
        return statements(found, self.frame.variables, names, self.arithmetic)

    def text(self, head: Sequence[str], lines: Mapping[Body, Sequence[str]]) -> str:
        """The whole file.

        Args:
            head: of its first comment.
            lines: the statements of each body.
        """
        self.frame.check()
        signatures = [self._signature(t, f) for f in FORMATS for t in self._public()]
        parts = [
            comment([*head, "", *self._usage()]),
            resource("_prelude.h").rstrip(),
            "\n".join(f"{s};" for s in signatures),
            self._runtime(),
        ]
        parts += [self.loops.reach_function()] if self.reach else []
        parts += [self._block(body, found) for body, found in lines.items()]
        parts += [self._function(t, f) for f in FORMATS for t in self._public()]
        parts.append("#ifdef __cplusplus\n}\n#endif")
        return "\n\n".join(parts) + "\n"

    def _titles(self) -> dict[str, list[str]]:
        first = self._slopes()
        joint = self.accuracy == "fast" and len(first) > 1
        return {**titles(self.frame.names), **({GRADIENT: first} if joint else {})}

    def _public(self) -> list[str]:
        has_slopes = self.accuracy == "fast" and self._slopes()
        return [*titles(self.frame.names), *([GRADIENT] if has_slopes else [])]

    def _slopes(self) -> list[str]:
        names, variables = self.frame.names, self.frame.variables
        return [n for n in names if parse(n, variables).order == 1]

    def _usage(self) -> list[str]:
        """Documentation, in the words that other files have."""
        prefix, slopes = self.frame.prefix, self._slopes()
        formats = list(FAST if self.accuracy == "fast" else ACCURATE)
        if self.accuracy == "accurate" or not slopes:
            return self.frame.usage(formats)
        return [*self.frame.usage(formats), "", *gradient_usage(prefix)]

    def _given(self, form: Format) -> Format:
        """The format of the parameters."""
        if self.accuracy == "accurate":
            return form
        return next(f for f in FORMATS if f.name == form.arithmetic.name)

    def _signature(self, title: str, form: Format) -> str:
        out = [f"{form.item} *out"]
        if title == PARTIALS:
            out = [f"{form.item} *const *out"]
        if title == GRADIENT:
            out = [f"const {form.item} *g", f"{form.item} *gx", "double *sums"]
        given = self._given(form).item
        return self.frame.signature(title, form.name, form.item, given, out)

    def _runtime(self) -> str:
        parts = [accurate.runtime(), near_runtime()]
        parts.append(_wide_runtime(self.accuracy))
        return without_hexadecimals("\n\n".join(parts))

    def _block(self, body: Body, lines: Sequence[str]) -> str:
        """The C function around the statements of a body."""
        if body.kind == "near":
            return self.loops.function(body, lines)
        rows = "    const double *const *in, double *const *out)"
        loop = block([f"static void {body.name}(", rows], [], lines, [])
        inputs, values = len(self.frame.variables), len(self.bodies()[body])
        outputs = values * (1 if self.accuracy == "fast" else 2)
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
        known, slopes = self._titles(), self._slopes()
        names = known.get(title, slopes[:1] if title == GRADIENT else [])
        inputs, outputs = len(self.frame.variables), len(names)
        kind = self._given(form).item
        lines = [
            f"const {kind} *const given[] = {{{', '.join(variables) or 'NULL'}}};",
            f"const size_t steps[] = {{{', '.join(steps) or '0'}}};",
            f"const double *in[{inputs}];",
            f"double *out_of[{2 * outputs}], rows[{inputs + 2 * outputs}][MA_BLOCK];",
            "const ma_task_f64 task = {",
            f"    {self._choice('near', title)},",
            f"    {self._choice('whole', title)},",
            f"    {self.loops.reach_name if self.reach else 'NULL'},",
            f"    {inputs}, {self._count(title, outputs)}, in, out_of, rows}};",
        ]
        end = f"{self.accuracy}_{form.name}"
        if title == GRADIENT:
            call = f"ma_pull_{end}(&task, n, x, given, steps, g, gx, sums);"
        else:
            out = "out" if title == PARTIALS else "&out"
            call = f"ma_run_{end}(&task, n, x, given, steps, {out});"
        body = [f"    {line}" for line in [*lines, call]]
        return "\n".join([self._signature(title, form), "{", *body, "}"])

    def _choice(self, kind: str, title: str) -> str:
        """Name of the function of a block that a function of arrays calls."""
        if kind == "near" and self.reach is None:
            return "NULL"
        end = F64.name if kind == "near" else self.arithmetic.name

        def name(of: str) -> str:
            found = Body(self.frame.prefix, kind, of, end).name
            return found if kind == "near" else f"{found}_{ENDS}"

        if title != GRADIENT:
            return name(title)
        alone = name(self._slopes()[0])
        joint = GRADIENT in self._titles()
        return f"sums ? {name(GRADIENT)} : {alone}" if joint else alone

    def _count(self, title: str, outputs: int) -> str:
        joint = title == GRADIENT and GRADIENT in self._titles()
        return f"(size_t)(sums ? {outputs} : 1)" if joint else str(outputs)


def read(text: str) -> Sequence[Reading]:
    """The arithmetic of a generated file.

    A literal stands for the constant of the form that is written as it is.

    Raises:
        FormulaError: something else than arithmetic is not as it was written.
    """
    known = header.parse(text)
    form = stabilize(derive(known.activation, known.order))
    frame = UnlimitedFrame.of(frame_in(text), form, known.accuracy)
    lines = {body: lines_of(text, body) for body in frame.bodies()}
    if frame.text(head_of(text), lines) != text:
        raise FormulaError("this file was changed outside of its arithmetic")
    constants = {frame.held(value): value for value in numbers(form)}
    return [
        Reading(body.name, _checked(frame, body, names, lines[body], constants))
        for body, names in frame.bodies().items()
    ]


def _checked(
    frame: UnlimitedFrame,
    body: Body,
    names: Sequence[str],
    lines: Sequence[str],
    constants: Mapping[Any, Number],
) -> Program:
    """The program of a function, which spelled again is that function."""
    arithmetic = NEAR[F64.name] if body.kind == "near" else frame.arithmetic
    found = program(lines, frame.frame.variables, names, arithmetic)
    found = resolved(found, constants, frame.held)
    if frame.spelled(body, found, names) != list(lines):
        raise FormulaError(
            f"the {body.kind} arithmetic of {', '.join(names)} is not what its program "
            "is spelled as"
        )
    return found


def _wide_runtime(accuracy: str) -> str:
    """What these files have besides what others have; once, as that."""
    common = (resource(name).strip() for name in ("_unused.h", "_wide_items.h"))
    parts = [
        "#ifndef MA_UNLIMITED\n#define MA_UNLIMITED",
        *common,
        extended.runtime(),
        "#endif",
        f"#ifndef MA_UNLIMITED_{accuracy}\n#define MA_UNLIMITED_{accuracy}",
    ]
    if accuracy == "fast":
        dots = resource("_dots.h").strip().replace("dot_REAL", "dot_wide")
        parts.append(broad.runtime())
        parts.append(dots.replace("_REAL", "_f64").replace("REAL", "double"))
    names = ["_wide_runs.h", *(["_wide_pulls.h"] if accuracy == "fast" else [])]
    for form in FORMATS:
        given = form.name if accuracy == "accurate" else form.arithmetic.name
        value = VALUES["fast" if form.name == "f64" else accuracy]
        for word in names:
            text = resource(word).strip().replace("VALUE", value)
            text = text.replace("NAME", f"{accuracy}_{form.name}")
            parts.append(text.replace("ITEM", form.name).replace("GIVEN", given))
    return "\n\n".join([*parts, "#endif"])
