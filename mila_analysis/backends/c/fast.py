"""A stable form to a C file of fast functions: every format, gradients among them.

Most blocks are computed by the short program of the form, elements beyond its reach by
the whole one. 16-bit numbers are computed as floats and rounded once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mila_analysis.backends.c import choices
from mila_analysis.backends.c.arithmetic import F32, F64, Arithmetic, identifier
from mila_analysis.backends.c.bodies import PARTIALS, Body, titles
from mila_analysis.backends.c.frame import (
    ARITHMETICS,
    Frame,
    comment,
    resource,
    runtime,
    single,
)
from mila_analysis.backends.c.loops import Loops
from mila_analysis.backends.c.near import Reach, fused, reach_of
from mila_analysis.partials import parse
from mila_analysis.stability import Program, StableForm

__all__ = [
    "FORMATS",
    "GRADIENT",
    "FastFrame",
    "Format",
    "bodies",
    "near_runtime",
    "programs",
]

GRADIENT = "gradient"


@dataclass(frozen=True, slots=True)
class Format:
    """A format of numbers.

    Attributes:
        name: the end of the names of its functions.
        item: the C type that holds a number.
        arithmetic: what it is computed in.
    """

    name: str
    item: str
    arithmetic: Arithmetic


FORMATS = (
    Format("f64", "double", F64),
    Format("f32", "float", F32),
    Format("f16", "uint16_t", F32),
    Format("bf16", "uint16_t", F32),
)


def programs(form: StableForm) -> dict[str, Program]:
    """The programs of a file: `near`, if there is one, and `whole`."""
    found = {"near": fused(form.near.program)} if form.near else {}
    return {**found, "whole": form.whole}


@dataclass(frozen=True, slots=True)
class FastFrame:
    """A fast file, apart from its head and its arithmetic.

    Attributes:
        frame: what it shares with an accurate file.
        reach: of its short programs, or None.
    """

    frame: Frame
    reach: Reach | None

    @classmethod
    def of(cls, frame: Frame, form: StableForm) -> FastFrame:
        """Frame of the file of a stable form."""
        return cls(frame, reach_of(form.near) if form.near else None)

    def loops(self, arithmetic: Arithmetic) -> Loops:
        """Its functions of a block."""
        frame = self.frame
        return Loops(frame.prefix, arithmetic, frame.variables, self.reach)

    def bodies(self) -> dict[Body, list[str]]:
        """All functions of a block, and the partials that each computes."""
        kinds = ("near", "whole") if self.reach else ("whole",)
        return {
            Body(self.frame.prefix, kind, title, each.name): names
            for each in ARITHMETICS
            for title, names in self._titles().items()
            for kind in kinds
        }

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
            runtime(),
            fast_runtime(),
        ]
        if any("ma_chosen_" in line for found in lines.values() for line in found):
            parts.append(choices.runtime())
        for each in ARITHMETICS:
            loops = self.loops(each)
            parts += [loops.reach_function()] if self.reach else []
            parts += [
                loops.function(body, found)
                for body, found in lines.items()
                if body.arithmetic == each.name
            ]
        parts += [self._function(t, f) for f in FORMATS for t in self._public()]
        parts.append("#ifdef __cplusplus\n}\n#endif")
        return "\n\n".join(parts) + "\n"

    def _titles(self) -> dict[str, list[str]]:
        """Each function of a block, and its partials."""
        first = self._slopes()
        joint = {GRADIENT: first} if len(first) > 1 else {}
        return {**titles(self.frame.names), **joint}

    def _public(self) -> list[str]:
        slopes = [GRADIENT] if self._slopes() else []
        return [*titles(self.frame.names), *slopes]

    def _slopes(self) -> list[str]:
        """Partials of the first order."""
        names, variables = self.frame.names, self.frame.variables
        return [n for n in names if parse(n, variables).order == 1]

    def _usage(self) -> list[str]:
        prefix, slopes = self.frame.prefix, self._slopes()
        formats = [
            "Each partial has a function for double (f64) and one for float (f32), and",
            "for IEEE half precision (f16) and bfloat16 (bf16), given and returned as",
            "their bits and computed as floats, which parameters beside them are.",
        ]
        if not slopes:
            return self.frame.usage(formats)
        return [*self.frame.usage(formats), "", *_gradient_usage(prefix)]

    def _signature(self, title: str, form: Format) -> str:
        out = [f"{form.item} *out"]
        if title == PARTIALS:
            out = [f"{form.item} *const *out"]
        if title == GRADIENT:
            out = [f"const {form.item} *g", f"{form.item} *gx", "double *sums"]
        real = form.arithmetic.type
        return self.frame.signature(title, form.name, form.item, real, out)

    def _function(self, title: str, form: Format) -> str:
        """A function of arrays: a task, and room for it."""
        variables = [identifier(p) for p in self.frame.variables[1:]]
        steps = [f"{p}_step" for p in self.frame.variables[1:]]
        real, end = form.arithmetic.type, form.arithmetic.name
        known = self._titles()
        names = known.get(title, [self._slopes()[0]] if title == GRADIENT else [])
        inputs, outputs = len(self.frame.variables), len(names)
        lines = [
            f"const {real} *const given[] = {{{', '.join(variables) or 'NULL'}}};",
            f"const size_t steps[] = {{{', '.join(steps) or '0'}}};",
            f"const {real} *in[{inputs}];",
            f"{real} *out_of[{2 * outputs}], rows[{inputs + 2 * outputs}][MA_BLOCK];",
            f"const ma_task_{end} task = {{",
            f"    {self._choice('near', title, form)},",
            f"    {self._choice('whole', title, form)},",
            f"    {self.loops(form.arithmetic).reach_name if self.reach else 'NULL'},",
            f"    {inputs}, {self._count(title, outputs)}, in, out_of, rows}};",
        ]
        if title == GRADIENT:
            call = f"ma_pull_{form.name}(&task, n, x, given, steps, g, gx, sums);"
        else:
            out = "out" if title == PARTIALS else "&out"
            call = f"ma_run_{form.name}(&task, n, x, given, steps, {out});"
        body = [f"    {line}" for line in [*lines, call]]
        return "\n".join([self._signature(title, form), "{", *body, "}"])

    def _choice(self, kind: str, title: str, form: Format) -> str:
        """Name of the function of a block that a function of arrays calls."""
        if kind == "near" and self.reach is None:
            return "NULL"

        def name(of: str) -> str:
            return Body(self.frame.prefix, kind, of, form.arithmetic.name).name

        if title != GRADIENT:
            return name(title)
        alone = name(self._slopes()[0])
        return f"sums ? {name(GRADIENT)} : {alone}" if self._is_joint() else alone

    def _count(self, title: str, outputs: int) -> str:
        joint = title == GRADIENT and self._is_joint()
        return f"(size_t)(sums ? {outputs} : 1)" if joint else str(outputs)

    def _is_joint(self) -> bool:
        return len(self._slopes()) > 1


def _gradient_usage(prefix: str) -> list[str]:
    """Documentation of the gradients."""
    return [
        f"{prefix}_{GRADIENT}_f64 is the way back: gx is g times the derivative in",
        "x, and sums those of g times the derivatives in the parameters. Either",
        "may be NULL, and gx may be g or x.",
    ]


def bodies(frame: FastFrame, form: StableForm) -> dict[Body, list[str]]:
    """The statements of every function."""
    known = programs(form)
    by_name = {each.name: frame.loops(each) for each in ARITHMETICS}
    return {
        body: by_name[body.arithmetic].lines(body, known[body.kind], names)
        for body, names in frame.bodies().items()
    }


def near_runtime() -> str:
    """What short programs in doubles need, in accurate files too; once."""
    names = ("_near.h", "_near_f64.h", "_blocks.h")
    texts = [resource(name).strip() for name in names]
    return "\n\n".join(["#ifndef MA_NEAR\n#define MA_NEAR", *texts, "#endif"])


def fast_runtime() -> str:
    """What is the same in all fast files; once, where several are put together."""
    parts = [near_runtime(), "#ifndef MA_FAST\n#define MA_FAST"]
    parts += [resource("_near_f32.h").strip(), single(resource("_blocks.h").strip())]
    for each in ARITHMETICS:
        parts.append(_turned("_dots.h", each.type, each.type, each.name, each.name))
    parts += [resource(name).strip() for name in ("_ahead.h", "_short.h")]
    for form in FORMATS:
        parts.append(_item(form))
        end = form.arithmetic.name
        parts.append(
            _turned("_runs.h", form.item, form.arithmetic.type, form.name, end)
        )
    return "\n\n".join([*parts, "#endif"])


def _item(form: Format) -> str:
    """How a block of a format is read and written."""
    if form.item == "uint16_t":
        return resource("_item_bf16.h").strip().replace("bf16", form.name)
    text = resource("_item_f64.h").strip()
    return text if form.arithmetic is F64 else single(text)


def _turned(name: str, item: str, real: str, item_end: str, real_end: str) -> str:
    text = resource(name).strip()
    for word, by in (
        ("_ITEM", f"_{item_end}"), ("_REAL", f"_{real_end}"), ("ITEM", item),
        ("REAL", real),
    ):  # fmt: skip
        text = text.replace(word, by)
    return text
