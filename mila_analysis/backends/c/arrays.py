"""Compiled functions on NumPy arrays, with a ufunc's rules for shapes and dtypes."""

from __future__ import annotations

import ctypes
import inspect
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mila_analysis import native
from mila_analysis.backends.c.bodies import PARTIALS, titles
from mila_analysis.backends.c.frame import Frame, without_head

__all__ = ["argument_types", "functions"]

Array = np.ndarray[Any, Any]

REALS: dict[np.dtype[Any], Any] = {
    np.dtype(np.float64): ctypes.c_double,
    np.dtype(np.float32): ctypes.c_float,
}
"""Dtypes with functions of their own in every file, and what holds a number of them."""

LINE = 64
"""Bytes that caches hold together: rows of results start at such a boundary."""


def argument_types(inputs: int) -> list[Any]:
    """Of a generated function: count, x, each parameter with its step, output."""
    parameter = [ctypes.c_void_p, ctypes.c_size_t]
    return [
        ctypes.c_size_t,
        ctypes.c_void_p,
        *parameter * (inputs - 1),
        ctypes.c_void_p,
    ]


FORMAT_OF = {"float64": "f64", "float32": "f32", "float16": "f16", "bfloat16": "bf16"}
"""Name of a dtype to the end of the name of a function."""


def functions(
    text: str, frame: Frame, formats: Mapping[str, str]
) -> Mapping[str, Callable[..., Any]]:
    """Functions of a generated file, compiled.

    Args:
        text: the file.
        frame: its prefix, variables, partials and defaults.
        formats: what it has functions for, as the ends of their names, and the format
            of the parameters that they take.
    """
    library = native.load(without_head(text))
    types = argument_types(len(frame.variables))
    ends = {end: dtype for dtype, end in FORMAT_OF.items()}
    beside = {
        ends[end]: None if real == end else np.dtype(ends[real])
        for end, real in formats.items()
    }
    found: dict[str, Callable[..., Any]] = {}
    for title, names in titles(frame.names).items():
        compiled = {
            dtype: library.function(f"{frame.prefix}_{title}_{end}", types)
            for dtype, end in FORMAT_OF.items()
            if end in formats
        }
        plain = {d: compiled[d.name] for d in REALS if d.name in compiled}
        made = Compiled(tuple(names), title == PARTIALS, compiled, plain, beside)
        found[title] = _public(made, title, frame)
    return found


@dataclass(frozen=True, slots=True)
class Compiled:
    """One function of a file, in all of its formats.

    Attributes:
        names: of the partials that it computes.
        together: whether it takes an array of outputs.
        compiled: the code by the name of the dtype; float32 stands in for others.
        plain: the same by the dtype, where it has functions of its own.
        beside: the dtype of parameters by that of x, where it is another one.
    """

    names: tuple[str, ...]
    together: bool
    compiled: Mapping[str, Any]
    plain: Mapping[np.dtype[Any], Any]
    beside: Mapping[str, np.dtype[Any] | None]

    def __call__(self, arguments: Sequence[Any]) -> Sequence[Any]:
        """Results at x and the parameters, one for each partial."""
        x, *parameters = arguments
        if (
            type(x) is np.ndarray
            and x.dtype in self.plain
            and x.flags.c_contiguous
            and x.ndim
            and x.size
        ):
            dtype = x.dtype
            for p in parameters:
                if type(p) is not float and not _is_number(p, dtype):
                    break
            else:
                return self._at_numbers(x, dtype, parameters)
        return self._broadcast(arguments)

    def _at_numbers(
        self, x: Array, dtype: np.dtype[Any], parameters: Sequence[Any]
    ) -> Sequence[Any]:
        """The same of a plain array and plain numbers, without a look at them."""
        real, function, size = REALS[dtype], self.plain[dtype], x.size
        passed = [size, _quick_address(x)]
        held = [real(p) for p in parameters]
        for each in held:
            passed += (ctypes.addressof(each), 0)
        if not self.together:
            out = np.empty(x.shape, dtype)
            function(*passed, _quick_address(out))
            return (out,)
        count = len(self.names)
        step = -(-size * dtype.itemsize // LINE) * LINE
        room = np.empty((count * step + LINE) // dtype.itemsize, dtype)
        start, skipped = _aligned(_quick_address(room), dtype.itemsize)
        rows = struct.pack(f"{count}P", *range(start, start + count * step, step))
        function(*passed, rows)
        row = step // dtype.itemsize
        found = [room[k : k + size] for k in range(skipped, skipped + count * row, row)]
        return found if x.ndim == 1 else [each.reshape(x.shape) for each in found]

    def _broadcast(self, arguments: Sequence[Any]) -> Sequence[Any]:
        dtype = self._dtype(arguments)
        inner = dtype if dtype.name in self.compiled else np.dtype(np.float32)
        with np.errstate(all="ignore"):
            arrays = [np.asarray(a).astype(dtype, copy=False) for a in arguments]
            shape = np.broadcast_shapes(*(a.shape for a in arrays))
            beside = self.beside[inner.name] or inner
            inputs = [_row(arrays[0], shape, inner, scalar=False)]
            inputs += [_row(a, shape, beside, scalar=True) for a in arrays[1:]]
            outputs = np.empty((len(self.names), inputs[0].size), inner)
            if outputs.size:
                self._run(inputs, outputs)
            outputs = outputs.astype(dtype, copy=False)
        return [out.reshape(shape)[()] for out in outputs]

    def _dtype(self, arguments: Sequence[Any]) -> np.dtype[Any]:
        """That of the results; bfloat16 is a dtype that NumPy has from others."""
        kinds = {np.asarray(a).dtype for a in arguments if type(a) not in (int, float)}
        if "bfloat16" in self.compiled and {k.name for k in kinds} == {"bfloat16"}:
            return kinds.pop()
        return result_dtype(arguments)

    def _run(self, inputs: Sequence[Array], outputs: Array) -> None:
        x, *parameters = inputs
        passed = [x.size, _address(x)]
        for each in parameters:
            passed += [_address(each), int(each.ndim > 0)]
        self._call(passed, outputs)

    def _call(self, passed: Sequence[int], outputs: Array) -> None:
        """Fill the outputs, which lie one after the other."""
        function, start = self.compiled[outputs.dtype.name], _address(outputs)
        if not self.together:
            function(*passed, start)
            return
        step, count = outputs.strides[0], len(outputs)
        rows = (ctypes.c_void_p * count)(*range(start, start + step * count, step))
        function(*passed, ctypes.addressof(rows))


def _is_number(parameter: Any, dtype: np.dtype[Any]) -> bool:
    """Whether it is a number of NumPy that leaves the dtype of x as it is."""
    return isinstance(parameter, np.floating) and parameter.dtype == dtype


def _address(array: Array) -> int:
    known: int = array.__array_interface__["data"][0]
    return known


def _quick_address(array: Array) -> int:
    """The same of a plain array of at least one number, in a third of the time."""
    if array.flags.writeable:
        return ctypes.addressof(ctypes.c_char.from_buffer(array.data))
    return _address(array)


def _aligned(address: int, item: int) -> tuple[int, int]:
    """The next boundary of a line, and how many items lie before it."""
    over = -address % LINE
    return address + over, over // item


def _public(compiled: Compiled, title: str, frame: Frame) -> Callable[..., Any]:
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter("x", kind)]
    for name, value in zip(frame.variables[1:], frame.defaults, strict=True):
        parameters.append(inspect.Parameter(name, kind, default=value))
    signature = inspect.Signature(parameters)

    def function(*args: Any, **kwargs: Any) -> Any:
        if not kwargs and 0 < len(args) <= len(parameters):
            args = (*args, *frame.defaults[len(args) - 1 :])
        else:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            args = tuple(bound.arguments.values())
        results = compiled(args)
        if compiled.together:
            return dict(zip(compiled.names, results, strict=True))
        return results[0]

    function.__name__ = function.__qualname__ = title
    function.__doc__ = "Compiled; elementwise and broadcast like a ufunc."
    function.__signature__ = signature  # type: ignore[attr-defined]
    return function


def _row(
    array: Array, shape: tuple[int, ...], dtype: np.dtype[Any], *, scalar: bool
) -> Array:
    """Array as one contiguous row of the dtype; a scalar parameter stays one."""
    if scalar and array.ndim == 0:
        return np.asarray(array, dtype)
    return np.ascontiguousarray(np.broadcast_to(array, shape), dtype).reshape(-1)


def result_dtype(arguments: Sequence[Any]) -> np.dtype[Any]:
    """That of the arguments if it is a float, float64 for integers."""
    kinds = [a if type(a) in (int, float) else np.asarray(a).dtype for a in arguments]
    dtype = np.result_type(*kinds)
    if dtype.kind in "biu":
        return np.dtype(np.float64)
    if dtype not in (np.float16, np.float32, np.float64):
        raise TypeError(f"real numbers of at most 64 bits, not {dtype}")
    return dtype
