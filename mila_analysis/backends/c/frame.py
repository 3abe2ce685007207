"""What fast and accurate files have in common around their arithmetic."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from mila_analysis.activation import Activation
from mila_analysis.backends.c.arithmetic import F32, F64, identifier
from mila_analysis.backends.c.bodies import PARTIALS
from mila_analysis.errors import UnsupportedError

__all__ = [
    "ARITHMETICS",
    "Frame",
    "comment",
    "frame_of",
    "resource",
    "runtime",
    "single",
    "without_head",
]

ARITHMETICS = (F64, F32)
RUNTIME = ("_functions_{}.h", "_operations_f64.h")
BLOCK = 256
WIDTH = 84
SINGLE = (
    ("double", "float"), ("int64", "int32"), ("_f64", "_f32"), ("fabs(", "fabsf("),
    ("copysign(", "copysignf("),
)  # fmt: skip


def frame_of(activation: Activation, names: Sequence[str]) -> Frame:
    """Frame of an activation and its partials."""
    return Frame(
        prefix(activation),
        activation.variables,
        tuple(names),
        tuple(float(p.value) for p in activation.parameters),
    )


def prefix(activation: Activation) -> str:
    """What the names of all functions of an activation begin with."""
    word = re.sub(r"\W", "_", activation.name, flags=re.ASCII)
    return word if word[:1].isalpha() else f"a{word}"


@dataclass(frozen=True, slots=True)
class Frame:
    """What a file holds apart from its head and its arithmetic.

    Attributes:
        prefix: of the names of its functions.
        variables: x and the parameters, in order.
        names: of the partials, in order.
        defaults: of the parameters, for the documentation.
    """

    prefix: str
    variables: tuple[str, ...]
    names: tuple[str, ...]
    defaults: tuple[float, ...]

    def check(self) -> None:
        """Raise UnsupportedError where parameters and their steps run together."""
        words = [w for p in self.variables[1:] for w in (identifier(p), f"{p}_step")]
        words += ["x"]
        if len(set(words)) < len(words):
            raise UnsupportedError("C code has no room for parameters a and a_step")

    def usage(self, formats: Sequence[str]) -> list[str]:
        """Documentation of the functions, with an example."""
        given = "".join(f", &{identifier(p)}, 0" for p in self.variables[1:])
        example = [
            f"double {identifier(p)} = {value!r};"
            for p, value in zip(self.variables[1:], self.defaults, strict=True)
        ]
        slope = self.names[min(1, len(self.names) - 1)]
        return [
            "C99, with nothing but libm. cc -O3 vectorizes it; -ffast-math is refused.",
            *formats,
            "A function takes an array x of n elements. A parameter is an array too:",
            "its step is 1, or 0 for one value that holds for all. An output may be x",
            "or a parameter; no other arrays may overlap. The functions keep no state.",
            "",
            "    double x[3] = {-1.0, 0.0, 1.0}, y[3];",
            *(f"    {line}" for line in example),
            f"    {self.prefix}_{slope}_f64(3, x{given}, y);",
            "",
            f"{self.prefix}_{PARTIALS}_f64 takes an array of outputs, in this order:",
            *_wrapped(self.names),
        ]

    def signature(
        self, title: str, form: str, item: str, real: str, out: Sequence[str]
    ) -> str:
        """Head of a function of arrays.

        Args:
            title: a partial, `partials` or what else there is.
            form: the format, as the end of its name.
            item: type of x.
            real: type of the parameters.
            out: what comes after the parameters.
        """
        arguments = ["size_t n", f"const {item} *x"]
        for name in self.variables[1:]:
            arguments += [f"const {real} *{identifier(name)}", f"size_t {name}_step"]
        rows = textwrap.wrap(", ".join([*arguments, *out]), WIDTH)
        listed = "\n    ".join(rows)
        return f"void {self.prefix}_{title}_{form}(\n    {listed})"


def without_head(text: str) -> str:
    """A file without its first comment: what is compiled, once for all parameters."""
    return text.partition(" */\n")[2]


def comment(lines: Sequence[str]) -> str:
    """Lines as a comment, whatever is in them."""
    safe = [line.replace("*/", "* /").replace("/*", "/ *") for line in lines]
    return "\n".join(["/*", *(f" * {line}".rstrip() for line in safe), " */"])


def _wrapped(names: Sequence[str]) -> list[str]:
    rows = [names[k : k + 6] for k in range(0, len(names), 6)]
    return ["    " + ", ".join(row) for row in rows]


def runtime() -> str:
    """What is the same in all files; once, where several files are put together."""
    parts = [
        "#ifndef MA_RUNTIME\n#define MA_RUNTIME",
        f"#define MA_BLOCK {BLOCK} /* elements at a time, in the nearest cache */",
        resource("_keywords.h").rstrip(),
    ]
    for arithmetic in ARITHMETICS:
        for name in RUNTIME:
            text = resource(name.format(arithmetic.name)).strip()
            parts.append(text if arithmetic is F64 else single(text))
    return "\n\n".join([*parts, "#endif"])


def single(text: str) -> str:
    """Text about doubles, about floats."""
    if "_f32" in text:
        return text
    text = re.sub(r"\b(\d+\.\d+)\b", r"\1f", text)
    for double, single in SINGLE:
        text = text.replace(double, single)
    return text


def resource(name: str) -> str:
    """C that stands beside this file."""
    return files("mila_analysis.backends.c").joinpath(name).read_text("utf-8")
