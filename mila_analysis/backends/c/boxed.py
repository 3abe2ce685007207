"""A form of the strategy `wide` to a fast C file, and the way back.

Most elements are computed by a plain program (`close`), in a box around the origin;
those that are out of it, one by one, by wide numbers (`broad`). Accurate files of these
forms are those of `unlimited`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mila_analysis.backends import header
from mila_analysis.backends.backend import Reading, Source
from mila_analysis.backends.c import accurate, broad, choices, extended
from mila_analysis.backends.c.arithmetic import F32, F64, Arithmetic, spell
from mila_analysis.backends.c.bodies import Body, inputs, results, statements, wrapped
from mila_analysis.backends.c.broad import BROAD
from mila_analysis.backends.c.close import Close, close
from mila_analysis.backends.c.close import runtime as close_runtime
from mila_analysis.backends.c.constants import numbers, resolved
from mila_analysis.backends.c.fast import (
    FORMATS,
    GRADIENT,
    FastFrame,
    Format,
    fast_runtime,
)
from mila_analysis.backends.c.frame import (
    ARITHMETICS,
    Frame,
    comment,
    frame_of,
    resource,
)
from mila_analysis.backends.c.loops import block
from mila_analysis.backends.c.reading import frame_in, head_of, lines_of, program
from mila_analysis.backends.c.series import pair
from mila_analysis.backends.c.wide import without_hexadecimals
from mila_analysis.derivation import derive
from mila_analysis.errors import FormulaError
from mila_analysis.program import Number
from mila_analysis.stability import Program, StableForm, stabilize

__all__ = ["BoxedFrame", "emit", "read"]

_WIDTH = 100  # of the head of a function on one line


def emit(source: Source) -> str:
    """Source text of the file."""
    frame = BoxedFrame.around(
        frame_of(source.activation, source.derivation.names), source.form
    )
    return frame.text(header.lines(source, "c"), frame.lines(source.form))


@dataclass(frozen=True, slots=True)
class BoxedFrame(FastFrame):
    """A file, apart from its head and its arithmetic.

    Attributes:
        plain: the plain programs, by the name of the arithmetic of their rows.
    """

    plain: Mapping[str, Close]

    @classmethod
    def around(cls, frame: Frame, form: StableForm) -> BoxedFrame:
        """Frame of the file of a stable form."""
        found = {each.name: close(form, each) for each in ARITHMETICS}
        return cls(frame, None, {n: c for n, c in found.items() if c is not None})

    def bodies(self) -> dict[Body, list[str]]:
        """All functions of a block, and the partials that each computes."""
        return {
            Body(self.frame.prefix, kind, title, name): names
            for title, names in self._titles().items()
            for kind, name in (
                *(("near", n) for n in self.plain),
                ("whole", BROAD.name),
            )
        }

    def lines(self, form: StableForm) -> dict[Body, list[str]]:
        """The statements of every function."""
        return {
            body: self.spelled(body, self._program(body, form), names)
            for body, names in self.bodies().items()
        }

    def _program(self, body: Body, form: StableForm) -> Program:
        return (
            self.plain[body.arithmetic].program if body.kind == "near" else form.whole
        )

    def arithmetic(self, body: Body) -> Arithmetic:
        """How a function is spelled."""
        return self.plain[body.arithmetic].arithmetic if body.kind == "near" else BROAD

    def spelled(self, body: Body, found: Program, names: Sequence[str]) -> list[str]:
        """The statements of one function."""
        variables, arithmetic = self.frame.variables, self.arithmetic(body)
        if body.kind == "whole":
            return statements(found, variables, names, arithmetic)
        plain = self.plain[body.arithmetic]
        known = {b.name for b in found.bindings}
        sizes = [size for size, _ in plain.box.sizes]
        missing = [b for b in plain.program.needed(sizes) if b.name not in known]
        found = Program((*missing, *found.bindings), found.outputs)
        roots = [*(found.outputs[n] for n in names), *sizes]
        lines = inputs(found, variables, roots, arithmetic, _row)
        cuts = plain.cuts(_row, len(variables), lambda e: spell(e, arithmetic))
        return wrapped(
            [*lines, f"cuts[i] = {cuts};", *results(found, names, arithmetic)]
        )

    def text(self, head: Sequence[str], lines: Mapping[Body, Sequence[str]]) -> str:
        """The whole file.

        Args:
            head: of its first comment.
            lines: the statements of each body.
        """
        self.frame.check()
        formats = FORMATS
        signatures = [self._signature(t, f) for f in formats for t in self._public()]
        parts = [
            comment([*head, "", *self._usage()]),
            resource("_prelude.h").rstrip(),
            "\n".join(f"{s};" for s in signatures),
            _runtime(),
        ]
        for body, found in lines.items():
            parts.append(self._block(body, found))
        for title in self._titles():
            parts += [self._far(title, each) for each in ARITHMETICS]
        parts += [self._function(t, f) for f in formats for t in self._public()]
        parts.append("#ifdef __cplusplus\n}\n#endif")
        return "\n\n".join(parts) + "\n"

    def _block(self, body: Body, lines: Sequence[str]) -> str:
        """The loop around the statements of a body."""
        if body.kind == "whole":
            rows = "    const double *const *in, double *const *out, size_t count)"
            text = block([f"static void {body.name}(", rows], [], lines, [])
            return text.replace("i < MA_BLOCK", "i < count")
        kind, flag = _types(body.arithmetic)
        rows = (
            f"    const {kind} *const *in, {kind} *const *out, {flag} *cuts, int each)"
        )
        first = [
            f"const {kind} one_{k} = in[{k}][0];"
            for k in range(1, len(self.frame.variables))
        ] or ["(void)each;"]
        return block([f"MA_INLINE void {body.name}_of(", rows], first, lines, [])

    def _far(self, title: str, rows: Arithmetic) -> str:
        """The functions of a block of rows: all by wide numbers, or what is out."""
        kind, flag = _types(rows.name)
        near = Body(self.frame.prefix, "near", title, rows.name).name
        far = Body(self.frame.prefix, "far", title, rows.name).name
        whole = Body(self.frame.prefix, "whole", title, BROAD.name).name
        taken, given = len(self.frame.variables), len(self._titles()[title])
        count = taken + 2 * given
        arrays = f"const {kind} *const *in, {kind} *const *out"
        lines = [
            f"static void {far}_of(",
            f"    const {flag} *cuts, {arrays})",
            "{",
            f"    double *row[{count}], rows[{count}][MA_BLOCK];",
            f"    ma_far_{rows.name}(",
            f"        {whole}, cuts, in, {taken}, out, {given}, row, rows);",
            "}",
            "",
        ]
        if rows.name not in self.plain:
            lines += [
                f"static void {far}({arrays})",
                "{",
                f"    {far}_of(NULL, in, out);",
                "}",
            ]
            return "\n".join(lines)
        head = f"static {flag} {near}({arrays}, int each)"
        lines += [
            *(wrapped([head]) if len(head) > _WIDTH else [head]),
            "{",
            f"    {flag} cuts[MA_BLOCK];",
            "    if (each)",
            f"        {near}_of(in, out, cuts, 1);",
            "    else",
            f"        {near}_of(in, out, cuts, 0);",
            f"    if (ma_any_{rows.name}(cuts))",
            f"        {far}_of(cuts, in, out);",
            "    return 0;",
            "}",
        ]
        return "\n".join(lines)

    def _choice(self, kind: str, title: str, form: Format) -> str:
        """Name of the function of a block that a function of arrays calls."""
        end = form.arithmetic.name
        if (kind == "near") != (end in self.plain):
            return "NULL"
        word = "near" if kind == "near" else "far"

        def name(of: str) -> str:
            return Body(self.frame.prefix, word, of, end).name

        if title != GRADIENT:
            return name(title)
        alone = name(self._slopes()[0])
        return f"sums ? {name(GRADIENT)} : {alone}" if self._is_joint() else alone


def _row(k: int) -> str:
    return f"(each ? in[{k}][i] : one_{k})" if k else "in[0][i]"


def _types(rows: str) -> tuple[str, str]:
    found = F32 if rows == F32.name else F64
    return found.type, found.flag


def read(text: str) -> Sequence[Reading]:
    """The arithmetic of a generated file.

    A literal stands for the constant of the form that is written as it is.

    Raises:
        FormulaError: something else than arithmetic is not as it was written.
    """
    known = header.parse(text)
    form = stabilize(derive(known.activation, known.order))
    frame = BoxedFrame.around(frame_in(text), form)
    lines = {body: lines_of(text, body) for body in frame.bodies()}
    if frame.text(head_of(text), lines) != text:
        raise FormulaError("this file was changed outside of its arithmetic")
    return list(_readings(frame, form, lines))


def _readings(
    frame: BoxedFrame, form: StableForm, lines: Mapping[Body, Sequence[str]]
) -> Iterator[Reading]:
    """The program of each function, which spelled again is that function."""
    for body, names in frame.bodies().items():
        near = body.kind == "near"
        held = frame.plain[body.arithmetic].held if near else _held
        arithmetic = frame.arithmetic(body)
        found = program(lines[body], frame.frame.variables, names, arithmetic)
        found = resolved(found, {held(n): n for n in numbers(form)}, held)
        if frame.spelled(body, found, names) != list(lines[body]):
            raise FormulaError(
                f"the {body.kind} arithmetic of {', '.join(names)} is not what its "
                "program is spelled as"
            )
        yield Reading(body.name, found)


def _held(value: Number) -> object:
    """What a literal of a wide number holds."""
    return pair(value.value)[0] if abs(value.value) < 2**1024 else None


def _runtime() -> str:
    """What these files have besides what others have; once, as that."""
    parts = [
        accurate.runtime(),
        fast_runtime(),
        "#ifndef MA_UNLIMITED\n#define MA_UNLIMITED",
        *(resource(name).strip() for name in ("_unused.h", "_wide_items.h")),
        extended.runtime(),
        "#endif",
        "#ifndef MA_BOXED\n#define MA_BOXED",
        broad.runtime(),
        choices.runtime(),
        close_runtime(),
        "#endif",
    ]
    return without_hexadecimals("\n\n".join(parts))
