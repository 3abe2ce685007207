"""A stable form to C whose results are correctly rounded, and the way back.

For float32 and the 16-bit formats a file holds arithmetic of doubles with its error
bounds, the short program for elements within its reach and the whole one for others;
the same arithmetic on wide numbers for what the bounds leave open; and power series for
exponents near 0, where results may be ties. float64 takes the wide numbers always.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mila_analysis.backends import header
from mila_analysis.backends.backend import Reading, Source
from mila_analysis.backends.c import wide
from mila_analysis.backends.c.arithmetic import F64, Arithmetic, identifier
from mila_analysis.backends.c.bodies import INDENT, PARTIALS, Body, statements, titles
from mila_analysis.backends.c.doubles import (
    FAR,
    Room,
    flat,
    room,
    short,
    short_rows,
    values,
    whole_rows,
)
from mila_analysis.backends.c.fast import near_runtime
from mila_analysis.backends.c.frame import Frame, comment, frame_of, resource
from mila_analysis.backends.c.frame import runtime as common_runtime
from mila_analysis.backends.c.loops import Loops
from mila_analysis.backends.c.near import Reach, near_arithmetic
from mila_analysis.backends.c.quotients import with_quotients
from mila_analysis.backends.c.reading import frame_in, head_of, lines_of, program
from mila_analysis.backends.c.wide import EXACT, TIED, WIDE, without_care
from mila_analysis.derivation import Derivation, derive
from mila_analysis.errors import FormulaError, UnsupportedError
from mila_analysis.program import number
from mila_analysis.stability import Near, Program, stabilize
from mila_analysis.stability.near_origin import near_origin
from mila_analysis.stability.origin import EXPONENT

__all__ = ["EXACT_KINDS", "FORMATS", "emit", "read", "runtime"]

FORMATS = {"f64": "double", "f32": "float", "f16": "uint16_t", "bf16": "uint16_t"}
"""Ends of the names of functions, and the C type that holds a number."""

EXACT_KINDS = ("exponent", "origin")
"""Functions of an exponent, and of values where it is near 0."""

WIDE_KINDS: Mapping[str, Arithmetic] = {
    "wide": WIDE,
    **dict.fromkeys(EXACT_KINDS, EXACT),
}


@dataclass(frozen=True, slots=True)
class AccurateFrame:
    """A file with accurate arithmetic, apart from its head and that arithmetic.

    Attributes:
        plain: what it shares with a fast file: names and signatures.
        reach: of its short programs, or None.
        at_origin: partials with a value of their own near exponent 0.
        tied: there are none; ties are left to wide numbers.
    """

    plain: Frame
    reach: Reach | None
    at_origin: tuple[str, ...]
    tied: bool = False

    @property
    def loops(self) -> Loops:
        """Its functions of doubles."""
        return Loops(self.plain.prefix, FAR, self.plain.variables, self.reach)

    def text(
        self, head: Sequence[str], arithmetic: Mapping[Body, Sequence[str]]
    ) -> str:
        """The whole file."""
        parts = [
            comment([*head, "", *self._usage()]),
            resource("_prelude.h").rstrip(),
            "\n".join(f"{s};" for s in self._signatures().values()),
            runtime(),
        ]
        parts += [ties()] if self.tied else []
        parts += [self.loops.reach_function()] if self.reach else []
        parts += [self._function(body, lines) for body, lines in arithmetic.items()]
        for title, names in titles(self.plain.names).items():
            parts += [self._public(title, names, form) for form in FORMATS]
        return "\n\n".join([*parts, "#ifdef __cplusplus\n}\n#endif"]) + "\n"

    def body(self, kind: str, title: str) -> Body:
        """Where arithmetic stands."""
        arithmetic = WIDE_KINDS.get(kind, F64)
        return Body(self.plain.prefix, kind, title, arithmetic.name)

    def _usage(self) -> list[str]:
        formats = [
            "Results of float32 (f32), IEEE half precision (f16), bfloat16 (bf16) are",
            "correctly rounded; 16-bit numbers are given and returned as their bits.",
            "Those of float64 (f64) are within 0.501 ulp where kappa <= 2^40.",
        ]
        return self.plain.usage(formats)

    def _signatures(self) -> dict[tuple[str, str], str]:
        return {
            (title, form): self._signature(title, form)
            for title in titles(self.plain.names)
            for form in FORMATS
        }

    def _signature(self, title: str, form: str) -> str:
        kind = FORMATS[form]
        out = f"{kind} *const *out" if title == PARTIALS else f"{kind} *out"
        return self.plain.signature(title, form, kind, kind, [out])

    def _function(self, body: Body, lines: Sequence[str]) -> str:
        if body.kind in WIDE_KINDS:
            return _wide_function(body, lines)
        return self.loops.function(body, lines)

    def _public(self, title: str, names: Sequence[str], form: str) -> str:
        """A function of arrays: the arithmetic of its partials, and room for it."""
        kind, inputs, outputs = FORMATS[form], len(self.plain.variables), len(names)
        variables = self.plain.variables[1:]
        given = ", ".join(["x", *(identifier(p) for p in variables)])
        steps = ", ".join(["1", *(f"{p}_step" for p in variables)])
        flags = ", ".join(str(int(n in self.at_origin)) for n in names)
        wide = [self.body("wide", title).name, *self._exact(title, names)]
        count, out = 2 * outputs, "out" if title == PARTIALS else "&out"
        room = f"rows[{inputs + 2 * count}][MA_BLOCK]"
        return "\n".join(
            [
                self._signature(title, form),
                "{",
                f"    const {kind} *const given[] = {{{given}}};",
                f"    const size_t steps[] = {{{steps}}};",
                f"    const int at_origin[] = {{{flags}}};",
                f"    const double *in[{inputs}];",
                f"    double *out_of[{2 * count}], {room};",
                f"    ma_wide wide_in[{inputs}][MA_WIDE_BLOCK];",
                f"    ma_wide wide_out[{outputs}][MA_WIDE_BLOCK];",
                f"    ma_wide exact[{outputs}][MA_WIDE_BLOCK];",
                "    const ma_partials p = {",
                *(f"        {line}" for line in self.task(title, names)),
                *(f"        {each}," for each in wide),
                f"        {outputs}, at_origin, wide_in, wide_out, exact}};",
                f"    ma_accurate_{form}(&p, n, given, steps, {out});",
                "}",
            ]
        )

    def task(self, title: str, names: Sequence[str]) -> list[str]:
        """What doubles are computed by, as C: the members of a structure."""
        known = self.reach is not None
        return [
            f"{{{self.body('near', title).name if known else 'NULL'},",
            f" {self.body('whole', title).name},",
            f" {self.loops.reach_name if known else 'NULL'},",
            f" {len(self.plain.variables)}, {2 * len(names)}, in, out_of, rows}},",
        ]

    def _exact(self, title: str, names: Sequence[str]) -> list[str]:
        known = any(n in self.at_origin for n in names)
        return [self.body(k, title).name if known else "NULL" for k in EXACT_KINDS]


Programs = Mapping[tuple[str, str], Program]
"""Of each kind and function of doubles, the program of its values."""


def emit(source: Source) -> str:
    """Source text of an accurate file.

    Raises:
        UnsupportedError: the strategy promises too little, or there is no error bound.
    """
    form = source.form
    if form.strategy != "homogeneous":
        raise UnsupportedError(
            f"accurate mode needs a form that holds on every float, and this one is "
            f"{form.strategy}: use --accuracy fast"
        )
    plain = frame_of(source.activation, source.derivation.names)
    plain.check()
    known = {"whole": flat(form.whole, plain.variables)}
    near = short(form.near, plain.variables)
    if near is not None:
        known["near"] = near
    programs = {
        (kind, title): values(program, names)
        for kind, program in known.items()
        for title, names in titles(plain.names).items()
    }
    return _text(
        plain, programs, source.derivation, form.near, header.lines(source, "c")
    )


def _text(
    plain: Frame,
    programs: Programs,
    derivation: Derivation,
    near: Near | None,
    head: Sequence[str],
) -> str:
    """The file around the programs of its functions; all else follows from them."""
    together = programs.get(("near", PARTIALS))
    known = None
    if near is not None and together is not None:
        known = room(near, together, plain.variables)
    found = near_origin(derivation)
    origin, reach = (
        tuple(found.outputs) if found else (),
        known.reach if known else None,
    )
    frame = AccurateFrame(plain, reach, origin, tied=found is None)
    arithmetic: dict[Body, list[str]] = {}
    for title in titles(plain.names):
        arithmetic |= _doubles(frame, title, programs, known)
        arithmetic |= _wide(frame, title, programs, derivation)
    return frame.text(head, arithmetic)


def _doubles(
    frame: AccurateFrame, title: str, programs: Programs, known: Room | None
) -> dict[Body, list[str]]:
    """The statements of one function on doubles."""
    names, variables = titles(frame.plain.names)[title], frame.plain.variables
    bounds = {"whole": whole_rows(programs["whole", title], variables, names)}
    if known is not None:
        short = short_rows(programs["near", title], variables, names, known)
        bounds = {"near": short, **bounds}
    return {
        (body := frame.body(kind, title)): frame.loops.lines(body, each, _rows(names))
        for kind, each in bounds.items()
    }


def _wide(
    frame: AccurateFrame, title: str, programs: Programs, derivation: Derivation
) -> dict[Body, list[str]]:
    """Its statements on wide numbers."""
    names, variables = titles(frame.plain.names)[title], frame.plain.variables
    exact, arithmetic = without_care(programs["whole", title]), WIDE
    if frame.tied:
        exact, arithmetic = with_quotients(exact, "exact_div"), TIED
    lines = statements(exact, variables, names, arithmetic)
    found = {frame.body("wide", title): lines}
    if any(n in frame.at_origin for n in names):
        for kind, lines in _at_origin(derivation, names).items():
            found[frame.body(kind, title)] = lines
    return found


def _rows(names: Sequence[str]) -> list[str]:
    return [*names, *(f"{n}_bound" for n in names)]


def _at_origin(derivation: Derivation, names: Sequence[str]) -> dict[str, list[str]]:
    """The exponent, and values of some partials where it is near 0."""
    near = near_origin(derivation)
    if near is None:
        return {}
    outputs = {n: near.outputs.get(n, number(0)) for n in [*names, EXPONENT]}
    program = Program(near.bindings, outputs)
    variables = [str(v) for v in derivation.variables]
    return {
        "exponent": statements(program, variables, [EXPONENT], EXACT),
        "origin": statements(program, variables, names, EXACT),
    }


def runtime() -> str:
    """What is the same in all accurate files; once, where several are put together."""
    parts = [
        common_runtime(),
        near_runtime(),
        "#ifndef MA_ACCURATE\n#define MA_ACCURATE",
        wide.runtime(),
        resource("_accurate.h").strip(),
        *(
            resource("_accurate_f32.h").strip().replace("f32", form)
            for form in FORMATS
            if form != "f64"
        ),
        resource("_accurate_f64.h").strip(),
        "#endif",
    ]
    return "\n\n".join(parts)


def ties() -> str:
    """What forms without values near an origin have besides."""
    return (
        f"#ifndef MA_TIES\n#define MA_TIES\n\n{resource('_ties.h').strip()}\n\n#endif"
    )


def _wide_function(body: Body, lines: Sequence[str]) -> str:
    """The C function around statements on wide numbers."""
    array = "ma_wide (*MA_RESTRICT {})[MA_WIDE_BLOCK]"
    return "\n".join(
        [
            f"static void {body.name}(",
            f"    {array.format('in')}, {array.format('out')})",
            "{",
            "    size_t i;",
            "    for (i = 0; i < MA_WIDE_BLOCK; i++) {",
            *(f"{INDENT}{line}" for line in lines),
            "    }",
            "}",
        ]
    )


def read(text: str) -> Sequence[Reading]:
    """The arithmetic of an accurate file: of each function, the programs of doubles.

    All else in the file must be what this version writes around those programs: their
    bounds and reach, the arithmetic on wide numbers, the exact values, and the rest.

    Raises:
        FormulaError: it is not.
    """
    known = header.parse(text)
    plain = frame_in(text)
    derivation = derive(known.activation, known.order)
    near = stabilize(derivation).near
    frame = AccurateFrame(plain, None, ())
    kinds = {"whole": FAR}
    if short(near, plain.variables) is not None:
        kinds["near"] = near_arithmetic(FAR)
    programs = {}
    for kind, arithmetic in kinds.items():
        for title, names in titles(plain.names).items():
            lines = lines_of(text, frame.body(kind, title))
            found = program(lines, plain.variables, _rows(names), arithmetic)
            programs[kind, title] = values(found, names)
    if _text(plain, programs, derivation, near, head_of(text)) != text:
        raise FormulaError("this file is not what its arithmetic and its head make")
    return [Reading(frame.body(*at).name, p) for at, p in programs.items()]
