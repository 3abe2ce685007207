"""Generated torch functions, whose values on CPUs compiled C code computes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import torch

from mila_analysis.backends.torch import namespace
from mila_analysis.kernels import read_code
from mila_analysis.operators.registering import load
from mila_analysis.partials import up_to

__all__ = ["functions", "native_names"]


@lru_cache(maxsize=256)
def functions(text: str, compiled: str) -> Mapping[str, Callable[..., Any]]:
    """Functions of a generated torch file, by name; on other devices as they are.

    Args:
        text: the file.
        compiled: the C file of the same partials.

    Raises:
        NoCompilerError: no C compiler, or no C++ compiler, is here.
        CompileError: a compiler refused its text.
    """
    names, known = native_names(text, compiled, "functions"), read_code(text)
    partials = up_to(known.order, known.activation.variables)
    return {name: names[name] for name in [*(p.name for p in partials), "partials"]}


def native_names(text: str, compiled: str, purpose: str) -> dict[str, Any]:
    """Names of a generated torch file, run anew, with our operators in it.

    Args:
        text: the file.
        compiled: the C file of the same partials.
        purpose: a word that makes it a module of its own.
    """
    key = load(compiled)
    names = namespace(text, compiled, purpose)
    names["_evaluate"] = _evaluating(names, key)
    return names


def _evaluating(names: Mapping[str, Any], key: str) -> Callable[..., Any]:
    """Function of partials, x and parameters in the place of the file's own."""
    arithmetic, tensor, parameter = (
        names[name] for name in ("_evaluate", "_tensor", "_parameter")
    )

    def evaluate(partials: Sequence[str], x: Any, *parameters: Any) -> Any:
        x = tensor(x)
        if x.device.type != "cpu" or torch.onnx.is_in_onnx_export():
            return arithmetic(partials, x, *parameters)
        x = x if x.is_floating_point() else x.to(torch.get_default_dtype())
        given = [parameter(p, x) for p in parameters]
        if any(p.ndim for p in given):
            shapes = (each.shape for each in (x, *given))
            x = x.expand(torch.broadcast_shapes(*shapes))  # type: ignore[no-untyped-call]
        operator = torch.ops.mila_analysis.evaluate.default
        return tuple(operator(x, given, key, ",".join(partials), x.dtype))

    return evaluate
