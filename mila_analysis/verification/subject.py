"""What is verified: the functions of generated code in one format, with parameters."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from mila_analysis import catalog
from mila_analysis.activation import Activation, Parameter, numeral
from mila_analysis.kernels import GeneratedCode, Kernel
from mila_analysis.verification.formats import Format
from mila_analysis.verification.reference import Reference, reference

__all__ = ["TENSORS", "Subject", "device", "dtypes", "spelled", "subject", "subjects"]

Array = np.ndarray[Any, Any]

DTYPES = ("float64", "float32", "float16")
TENSORS = ("torch", "triton")
"""Backends whose functions take tensors and are differentiated by torch."""

OFFSETS = (Fraction(3, 10), Fraction(-27, 10))
"""Other parameter values: beside the default ones, and exact in no format."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Functions of generated code in one format.

    Attributes:
        kernel: they, loaded from the text.
        kind: format of x and the results.
        activation: definition, with parameter values exact in the format.
        given: parameter values to call with; none, and the defaults of the code hold.
    """

    kernel: Kernel
    kind: Format
    activation: Activation
    given: Mapping[str, float]

    @property
    def code(self) -> GeneratedCode:
        """The code that the functions come from."""
        return self.kernel.code

    @property
    def reference(self) -> Reference:
        """Exact values for the same parameters."""
        return reference(self.activation, self.code.order)

    @property
    def shown(self) -> dict[str, str]:
        """Parameter values as numerals."""
        return {p.name: numeral(p.value) for p in self.activation.parameters}

    def values(self, points: Any, **given: float) -> dict[str, Array]:
        """All partials at numbers of the format, as float64, which holds them all."""
        with self._calling(points) as x:
            computed = self.kernel.partials(x, **{**self.given, **given})
            return {n: _as_float64(v) for n, v in computed.items()}

    def alone(self, points: Any, **given: float) -> dict[str, Array]:
        """The same, each by the function of its own."""
        with self._calling(points) as x:
            functions, known = self.kernel.functions, {**self.given, **given}
            names = [n for n in functions if n != "partials"]
            return {n: _as_float64(functions[n](x, **known)) for n in names}

    @contextmanager
    def _calling(self, points: Any) -> Iterator[Any]:
        """Points as the backend takes them, for calls that track no gradients."""
        x = np.array(points, np.float64)
        if self.code.backend not in TENSORS:
            if self.kind.name == "bfloat16":
                import_module("ml_dtypes")  # tells NumPy of it
            with np.errstate(over="ignore"):
                point = x.astype(self.kind.name)
            yield point
            return
        import torch

        with torch.no_grad():
            dtype = getattr(torch, self.kind.name)
            yield torch.from_numpy(x).to(device(self.code), dtype)

    def command(self, *more: str) -> str:
        """Command line that does something with the same code again."""
        a = self.activation if self.given else self.code.activation
        bound = ",".join(f"{p.name}={numeral(p.value)}" for p in a.parameters)
        known = catalog.CATALOG
        is_known = any((k.name, k.formula) == (a.name, a.formula) for k in known)
        name = a.name if is_known else a.formula
        words = ["mila-analysis", "verify", "-b", self.code.backend]
        words += ["-a", f"{name}:{bound}" if bound else name]
        if self.code.order != 2:
            words += ["--order", str(self.code.order)]
        if self.code.accuracy != "fast":
            words += ["--accuracy", self.code.accuracy]
        return shlex.join([*words, "--dtype", self.kind.name, *more])


def device(code: GeneratedCode) -> str:
    """Where code for tensors computes: that of Triton on a GPU, if there is one."""
    import torch

    on_gpu = code.backend == "triton" and torch.cuda.is_available()
    return "cuda" if on_gpu else "cpu"


def dtypes(code: GeneratedCode) -> tuple[str, ...]:
    """Formats that code computes in and that can be checked here, the widest first.

    NumPy has bfloat16 from the package ml_dtypes, if that is installed.
    """
    if code.backend == "javascript":  # which has no other numbers
        return DTYPES[:1]
    compiled = (code.backend, code.accuracy) == ("c", "accurate")
    has = code.backend in TENSORS or (compiled and find_spec("ml_dtypes") is not None)
    return (*DTYPES, "bfloat16") if has else DTYPES


def subject(
    kernel: Kernel, kind: Format, values: Mapping[str, Fraction] | None = None
) -> Subject:
    """A kernel in a format, with its own defaults or other parameter values.

    They are rounded to the format, as the code rounds them.
    """
    activation = kernel.code.activation
    wanted = activation.values if values is None else values
    rounded = {n: float(kind.near([float(v)])[0]) for n, v in wanted.items()}
    given = {} if values is None else rounded
    return Subject(kernel, kind, activation.bind(**rounded), given)


def _as_float64(values: Any) -> Array:
    """An array, or a tensor, as float64."""
    plain = values.double().cpu().numpy() if hasattr(values, "double") else values
    return np.asarray(plain, np.float64)


def subjects(kernel: Kernel, kind: Format) -> Iterator[Subject]:
    """The code with its defaults, then, if it promises them, other parameter values."""
    yield subject(kernel, kind)
    if not kernel.code.holds_everywhere:
        return
    parameters = kernel.code.activation.parameters
    for offset in OFFSETS if parameters else ():
        values = {}
        for p in parameters:
            values[p.name] = _inside(p, p.value + offset)
        yield subject(kernel, kind, values)


def _inside(parameter: Parameter, value: Fraction) -> Fraction:
    """A value, or one half of the way to the end of the domain that it is beyond."""
    low, high = parameter.low, parameter.high
    if low is not None and value < low:
        return (parameter.value + low) / 2
    if high is not None and value > high:
        return (parameter.value + high) / 2
    return value


def spelled(x: float) -> str:
    """A float as the shortest numeral that reads back exactly."""
    return repr(float(x))
