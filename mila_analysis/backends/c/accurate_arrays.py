"""Compiled accurate functions on NumPy arrays: a function for each format."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mila_analysis import native
from mila_analysis.backends.c.accurate import FORMATS
from mila_analysis.backends.c.arrays import (
    _public,
    _row,
    argument_types,
    result_dtype,
)
from mila_analysis.backends.c.bodies import PARTIALS, titles
from mila_analysis.backends.c.frame import Frame

__all__ = ["accurate_functions"]

FORMAT_OF = {"float64": "f64", "float32": "f32", "float16": "f16", "bfloat16": "bf16"}


def accurate_functions(text: str, frame: Frame) -> Mapping[str, Callable[..., Any]]:
    """Functions of a generated accurate file, compiled."""
    library = native.load(text)
    types = argument_types(len(frame.variables))
    return {
        title: _public(
            Accurate(
                tuple(names),
                title == PARTIALS,
                {
                    form: library.function(f"{frame.prefix}_{title}_{form}", types)
                    for form in FORMATS
                },
            ),
            title,
            frame,
        )
        for title, names in titles(frame.names).items()
    }


@dataclass(frozen=True, slots=True)
class Accurate:
    """One function of a file, in all of its formats.

    Attributes:
        names: of the partials that it computes.
        together: whether it takes an array of outputs.
        compiled: the code by the name of the format.
    """

    names: tuple[str, ...]
    together: bool
    compiled: Mapping[str, Any]

    def __call__(self, arguments: Sequence[Any]) -> list[Any]:
        """Results at x and the parameters, one for each partial."""
        dtype = _dtype(arguments)
        with np.errstate(all="ignore"):
            arrays = [np.asarray(a).astype(dtype, copy=False) for a in arguments]
        shape = np.broadcast_shapes(*(a.shape for a in arrays))
        inputs = [_row(a, shape, dtype, i > 0) for i, a in enumerate(arrays)]
        outputs = np.empty((len(self.names), inputs[0].size), dtype)
        if outputs.size:
            self._run(inputs, outputs)
        return [out.reshape(shape)[()] for out in outputs]

    def _run(self, inputs: Sequence[Any], outputs: np.ndarray[Any, Any]) -> None:
        x, *parameters = inputs
        passed: list[int] = [x.size, x.ctypes.data]
        for each in parameters:
            passed += [each.ctypes.data, int(each.ndim > 0)]
        function = self.compiled[FORMAT_OF[outputs.dtype.name]]
        if not self.together:
            function(*passed, outputs.ctypes.data)
            return
        start, step = outputs.ctypes.data, outputs.strides[0]
        rows = (ctypes.c_void_p * len(outputs))(
            *(start + k * step for k in range(len(outputs)))
        )
        function(*passed, ctypes.addressof(rows))


def _dtype(arguments: Sequence[Any]) -> np.dtype[Any]:
    """That of the arguments; bfloat16, which NumPy knows from others, among scalars."""
    kinds = {np.asarray(a).dtype for a in arguments if type(a) not in (int, float)}
    if len(kinds) == 1 and next(iter(kinds)).name == "bfloat16":
        return kinds.pop()
    return result_dtype(arguments)
