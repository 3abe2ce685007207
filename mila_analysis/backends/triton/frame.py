"""What a generated Triton module has around its arithmetic: kernels, and the shell."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mila_analysis.activation import Activation
from mila_analysis.backends._python_parts import without
from mila_analysis.backends.torch.shell import Shell
from mila_analysis.backends.triton.arithmetic import arithmetic, far
from mila_analysis.backends.triton.runtime import derivatives, device, runtime
from mila_analysis.errors import UnsupportedError
from mila_analysis.stability import Near, StableForm

__all__ = ["Frame", "function"]

IMPORTS = """\
import contextlib
import warnings

import torch
import triton
import triton.language as tl"""
WIDTH = 84
RESERVED = ("triton", "tl")


@dataclass(frozen=True, slots=True)
class Frame:
    """The parts of a file that its activation and order decide, without arithmetic.

    Attributes:
        activation, order: of the file.
        near: the short program, which says how far it reaches, or None.
    """

    activation: Activation
    order: int
    near: Near | None

    def __post_init__(self) -> None:
        for taken in sorted({*RESERVED} & set(self.activation.variables)):
            raise UnsupportedError(f"triton code has no room for a parameter '{taken}'")

    @property
    def shell(self) -> Shell:
        """The functions and the layer, as of torch code."""
        return Shell(self.activation, self.order)

    @property
    def bodies(self) -> dict[str, list[str]]:
        """The titles of the arithmetic, and the partials that each computes."""
        found = self.shell.bodies.items()
        return {title.removeprefix("_whole_"): list(names) for title, names in found}

    def functions(self) -> dict[str, list[str]]:
        """Names of the functions of the arithmetic, and what each returns."""
        return {
            f"_{kind}_{title}": names
            for title, names in self.bodies.items()
            for kind in (("near", "whole") if self.has_near else ("whole",))
        }

    @property
    def has_near(self) -> bool:
        """Whether most elements are computed by a short program."""
        return self.near is not None

    @property
    def others(self) -> str:
        """What functions are called that compute the other elements."""
        return "_whole"

    def arithmetic(self, form: StableForm) -> dict[str, list[str]]:
        """Statements of the functions of the arithmetic, by their names."""
        return arithmetic(form, self.bodies)

    # Text

    def parts(
        self,
        head: str,
        formula: Callable[[str], str],
        statements: Mapping[str, Sequence[str]],
    ) -> list[str]:
        """The whole file, in the order in which it is written.

        Args:
            head: its docstring.
            formula: name of a partial to its mathematics.
            statements: of each function of the arithmetic.
        """
        given = ", ".join(self.activation.variables)
        functions = [
            function(f"{name}({given})", lines) for name, lines in statements.items()
        ]
        return [
            f"{head}\n\n{IMPORTS}",
            *self.shell.head(formula),
            *self._device(),
            *([function(f"_far({given})", self._far())] if self.has_near else []),
            *functions,
            *self._general(),
            *(self._kernel(title) for title in self.bodies),
            *(self._backward(title) for title in self._gradients()),
            *self._tail(),
        ]

    def _device(self) -> list[str]:
        """What all such files have on the device."""
        return device()

    def _far(self) -> list[str]:
        """Statements that tell which elements are beyond the short program."""
        return far(self.near) if self.near else []

    def _general(self) -> list[str]:
        """Functions around those of the arithmetic."""
        return []

    def _gradients(self) -> list[str]:
        """Titles of what backward needs: f_x alone, and with those of parameters."""
        if not self.order:
            return []
        return ["f_x", "gradient"] if "gradient" in self.bodies else ["f_x"]

    def _tail(self) -> list[str]:
        """Tables, what runs kernels, what differentiates, the layer."""
        known = without(self.shell.tables(), ("_WHOLE", "_JOINT"))
        parts = [known, self._own_tables(), derivatives(), runtime("_host.py")]
        return [*parts, self.shell.layer()]

    def _own_tables(self) -> str:
        lines = ["_KERNELS = {"]
        lines += [
            f"    ({_quoted(names)}): _kernel_{title},"
            for title, names in self.bodies.items()
        ]
        lines += ["}", "_BACKWARD = {  # with sums over parameters, or without"]
        for title in self._gradients():
            lines.append(f"    {title != 'f_x'}: _backward_{title},")
        return "\n".join([*lines, "}"])

    def _kernel(self, title: str) -> str:
        """Values of partials."""
        names = self.bodies[title]
        places = [f"_to_{name}" for name in names]
        lines = [
            *self._loads(),
            *self._values(title),
            *(self._written(name, name) for name in names),
        ]
        return self._launched(f"_kernel_{title}", places, lines)

    def _backward(self, title: str) -> str:
        """The gradient of x, and of each program the sums for its parameters."""
        names = self.bodies[title]
        places = ["_at_grad", *(f"_to_{name}" for name in names)]
        lines = [
            *self._loads(),
            "_grad = _read(_at_grad, _i, _n)",
            *self._values(title),
            self._written("f_x", "_grad * f_x"),
            *(f"_write_sum(_to_{n}, _i, _n, _grad * {n})" for n in names[1:]),
        ]
        return self._launched(f"_backward_{title}", places, lines)

    def _written(self, name: str, value: str) -> str:
        return f"_write(_to_{name}, _i, _n, {value})"

    def _loads(self) -> list[str]:
        given = [p.name for p in self.activation.parameters]
        return [
            "_i = _places(_BLOCK, _WIDE)",
            "x = _read(_at_x, _i, _n)",
            *(f"{p} = _given(_at_{p}, _i, _n, _STEP_{p})" for p in given),
        ]

    def _values(self, title: str) -> list[str]:
        """Values of all elements of a block, each by the program that is for it."""
        names = self.bodies[title]
        given = ", ".join(self.activation.variables)
        whole = f"{self.others}_{title}({given})"
        if not self.has_near:
            return [f"{', '.join(names)} = {whole}"]
        return [
            f"{', '.join(names)} = _near_{title}({given})",
            f"_is_far = _far({given})",
            "if _any(_is_far):",
            f"    {', '.join(f'_other_{n}' for n in names)} = {whole}",
            *(f"    {n} = tl.where(_is_far > 0, _other_{n}, {n})" for n in names),
        ]

    def _launched(self, name: str, places: Sequence[str], lines: Sequence[str]) -> str:
        variables = self.activation.variables
        arguments = ["_n", *(f"_at_{v}" for v in variables), *places]
        options = [*(f"_STEP_{p}" for p in variables[1:]), "_BLOCK", "_WIDE"]
        listed = [*arguments, *(f"{option}: tl.constexpr" for option in options)]
        wrapped = textwrap.wrap(", ".join(listed), WIDTH, break_long_words=False)
        inner = "".join(f"    {line}\n" for line in wrapped)
        return function(f"{name}(\n{inner})", lines)


def function(signature: str, lines: Sequence[str]) -> str:
    """A function that runs on the device."""
    return "\n".join(["@triton.jit", f"def {signature}:", *(f"    {s}" for s in lines)])


def _quoted(names: Sequence[str]) -> str:
    listed = ", ".join(f'"{name}"' for name in names)
    return listed if len(names) > 1 else f"{listed},"
