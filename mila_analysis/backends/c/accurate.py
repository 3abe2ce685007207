"""A stable form to C whose results are correctly rounded, and the way back.

For float32 and the 16-bit formats a file holds the double arithmetic with its error
bounds, the same arithmetic on wide numbers for what the bounds leave open, and power
series for exponents near 0, where results may be ties. float64 takes the wide numbers
always.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from mila_analysis.backends import header
from mila_analysis.backends.backend import Reading, Source
from mila_analysis.backends.c import wide
from mila_analysis.backends.c.arithmetic import F64, Arithmetic, identifier
from mila_analysis.backends.c.bodies import (
    PARTIALS,
    Body,
    function,
    spelled,
    statements,
    titles,
)
from mila_analysis.backends.c.frame import (
    Frame,
    comment,
    frame_of,
    resource,
    single,
)
from mila_analysis.backends.c.frame import runtime as common_runtime
from mila_analysis.backends.c.reading import frame_in, head_of, lines_of, program
from mila_analysis.backends.c.wide import EXACT, WIDE, without_care
from mila_analysis.derivation import Derivation, derive
from mila_analysis.errors import FormulaError, UnsupportedError
from mila_analysis.program import number
from mila_analysis.stability import Program
from mila_analysis.stability.near_origin import near_origin
from mila_analysis.stability.origin import EXPONENT
from mila_analysis.stability.rounding import DOUBLE, bounded

__all__ = ["FORMATS", "NEAR", "emit", "flags", "read"]

FORMATS = {"f64": "double", "f32": "float", "f16": "uint16_t", "bf16": "uint16_t"}
"""Ends of the names of functions, and the C type that holds a number."""

ARITHMETIC = replace(DOUBLE, tiny=Fraction(1, 10**120))
"""Of doubles; a number that is no result of float32 stands for underflow."""


@dataclass(frozen=True, slots=True)
class AccurateFrame:
    """A file with accurate arithmetic, apart from its head and that arithmetic.

    Attributes:
        plain: what it shares with a fast file: names and signatures.
        signed: partials whose sign the double arithmetic always gets right.
        at_origin: partials with a value of their own near exponent 0.
    """

    plain: Frame
    signed: frozenset[str]
    at_origin: tuple[str, ...]

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
        parts += [_function(body, lines) for body, lines in arithmetic.items()]
        for title, names in titles(self.plain.names).items():
            parts += [self._public(title, names, form) for form in FORMATS]
        return "\n\n".join([*parts, "#ifdef __cplusplus\n}\n#endif"]) + "\n"

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

    def _public(self, title: str, names: Sequence[str], form: str) -> str:
        """A function of arrays: the arithmetic of its partials, and room for it."""
        kind, inputs, outputs = FORMATS[form], len(self.plain.variables), len(names)
        variables = self.plain.variables[1:]
        given = ", ".join(["x", *(identifier(p) for p in variables)])
        steps = ", ".join(["1", *(f"{p}_step" for p in variables)])
        known = any(n in self.at_origin for n in names)
        bodies = [
            _body(self.plain, "plain", title).name,
            _body(self.plain, "whole", title).name,
            _body(self.plain, "wide", title).name,
            *(_body(self.plain, k, title).name if known else "NULL" for k in NEAR),
        ]
        flags = [
            ", ".join(str(int(n in kept)) for n in names)
            for kept in (self.signed, self.at_origin)
        ]
        out = "out" if title == PARTIALS else "&out"
        return "\n".join(
            [
                self._signature(title, form),
                "{",
                f"    const {kind} *const given[] = {{{given}}};",
                f"    const size_t steps[] = {{{steps}}};",
                f"    const int is_signed[] = {{{flags[0]}}};",
                f"    const int at_origin[] = {{{flags[1]}}};",
                f"    double in[{inputs}][MA_BLOCK], rows[{2 * outputs}][MA_BLOCK];",
                f"    ma_wide wide_in[{inputs}][MA_WIDE_BLOCK];",
                f"    ma_wide wide_out[{outputs}][MA_WIDE_BLOCK];",
                f"    ma_wide exact[{outputs}][MA_WIDE_BLOCK];",
                "    const ma_partials p = {",
                *(f"        {body}," for body in bodies),
                f"        {inputs}, {outputs}, is_signed, at_origin,",
                "        in, rows, wide_in, wide_out, exact};",
                f"    ma_accurate_{form}(&p, n, given, steps, {out});",
                "}",
            ]
        )


KINDS: Mapping[str, Arithmetic] = {
    "plain": F64,
    "whole": F64,
    "wide": WIDE,
    "exponent": EXACT,
    "origin": EXACT,
}
NEAR = ("exponent", "origin")


def emit(source: Source) -> str:
    """Source text of an accurate file.

    Raises:
        UnsupportedError: the strategy promises too little, or there is no error bound.
    """
    if source.form.strategy != "homogeneous":
        raise UnsupportedError(
            f"accurate mode needs a form that holds on every float, and this one is "
            f"{source.form.strategy}: use --accuracy fast"
        )
    plain = frame_of(source.activation, source.derivation.names)
    flat = bounded(source.form.whole, plain.variables, ARITHMETIC).program
    values = {
        title: _values(flat, names) for title, names in titles(plain.names).items()
    }
    return _text(plain, values, source.derivation, header.lines(source, "c"))


def _text(
    plain: Frame,
    values: Mapping[str, Program],
    derivation: Derivation,
    head: Sequence[str],
) -> str:
    """The file around the programs of its functions; all else follows from them."""
    found = {
        title: bounded(program, plain.variables, ARITHMETIC)
        for title, program in values.items()
    }
    near = near_origin(derivation)
    frame = AccurateFrame(
        plain,
        frozenset().union(*(b.signed for b in found.values())),
        tuple(near.outputs) if near else (),
    )
    arithmetic: dict[Body, list[str]] = {}
    for title, each in found.items():
        arithmetic |= _bodies(frame, title, each.program, derivation)
    return frame.text(head, arithmetic)


def _bodies(
    frame: AccurateFrame, title: str, program: Program, derivation: Derivation
) -> dict[Body, list[str]]:
    """The statements of one function, of all its kinds."""
    names, variables = titles(frame.plain.names)[title], frame.plain.variables
    rows = [*names, *(f"{n}_bound" for n in names)]
    kinds = spelled(program, variables, rows, F64)
    exact = without_care(_values(program, names))
    kinds["wide"] = statements(exact, variables, names, WIDE)
    if any(n in frame.at_origin for n in names):
        kinds |= _near(derivation, names)
    return {_body(frame.plain, kind, title): lines for kind, lines in kinds.items()}


def _values(program: Program, names: Sequence[str]) -> Program:
    """A program without its bounds."""
    outputs = {n: program.outputs[n] for n in names}
    return Program(Program(program.bindings, outputs).trimmed(names), outputs)


def _near(derivation: Derivation, names: Sequence[str]) -> dict[str, list[str]]:
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
    """What is the same in all accurate files."""
    parts = [
        common_runtime(),
        "#ifndef MA_ACCURATE\n#define MA_ACCURATE",
        *(turn(resource("_rows_f64.h").strip()) for turn in (str, single)),
        wide.runtime(),
        resource("_accurate.h").strip(),
        *(
            resource("_accurate_f32.h").strip().replace("_f32", f"_{form}")
            for form in FORMATS
            if form != "f64"
        ),
        resource("_accurate_f64.h").strip(),
        "#endif",
    ]
    return "\n\n".join(parts)


def _function(body: Body, lines: Sequence[str]) -> str:
    text = function(body, lines, KINDS[body.kind])
    return text.replace("MA_BLOCK", "MA_WIDE_BLOCK") if body.kind in _WIDE else text


_WIDE = ("wide", *NEAR)


def read(text: str) -> Sequence[Reading]:
    """The arithmetic of an accurate file: of each function, the program with bounds.

    All else in the file must be what this version writes around that program: its
    bounds, the arithmetic on wide numbers, the exact values, and the rest.

    Raises:
        FormulaError: it is not.
    """
    known = header.parse(text)
    plain = frame_in(text)
    values = {}
    for title, names in titles(plain.names).items():
        rows = [*names, *(f"{n}_bound" for n in names)]
        body = _body(plain, "whole", title)
        found = program(lines_of(text, body), plain.variables, rows, F64)
        values[title] = _values(found, names)
    derivation = derive(known.activation, known.order)
    if _text(plain, values, derivation, head_of(text)) != text:
        raise FormulaError("this file is not what its arithmetic and its head make")
    return [Reading(_body(plain, "whole", t).name, p) for t, p in values.items()]


def flags(text: str, plain: Frame) -> dict[str, str]:
    """What an accurate file says of each partial: `is_signed`, and `at_origin`."""
    _, _, rest = text.partition(f"\nvoid {plain.prefix}_{PARTIALS}_f32(")
    _, _, body = rest.partition("{")
    found = re.findall(r"const int (\w+)\[\] = \{([\d, ]+)\};", body)
    return dict(found[:2])


def _body(plain: Frame, kind: str, title: str) -> Body:
    """Where arithmetic stands."""
    return Body(plain.prefix, kind, title, KINDS[kind].name)
