"""An activation to a layer of torch, with the derived derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

import torch

from mila_analysis.activation import Activation
from mila_analysis.backends.torch import layer, layer_in, namespace, portable
from mila_analysis.errors import ParameterError
from mila_analysis.kernels import generate_code
from mila_analysis.operators import operator

__all__ = ["as_module"]


def as_module(
    activation: Activation,
    *,
    learnable: bool | Sequence[str] = False,
    num_parameters: int = 1,
    device: Any = None,
    dtype: Any = None,
    accuracy: str = "fast",
    native: bool | None = None,
    order: int = 2,
) -> torch.nn.Module:
    r"""Layer x ↦ f(x) whose first, second and further derivatives are the derived ones.

    The layer is the class that the generated torch file holds; its parameter values
    are those of the activation.

    Args:
        activation: the function.
        learnable: whether its parameters are learned, or the names of those that are.
            The others are buffers. Weight decay pulls a learned parameter to 0: give
            it a parameter group of its own, with `weight_decay=0`.
        num_parameters: 1 for values that all elements share, or the channels of x, its
            dimension 1.
        device: of the parameters.
        dtype: of the parameters.
        accuracy: `fast`, or `accurate` for correctly rounded results; that is native.
            16-bit results are too where the parameters are numbers of 16 bits;
            beside others they are rounded to float32 first.
        native: whether values on a CPU are computed by compiled C code, one operator
            `mila_analysis::...` of torch. By default only where the accuracy needs it.
            On other devices, and exported to ONNX, it is the arithmetic of torch.
        order: of the highest derivative that it has.

    Raises:
        ParameterError: accurate, and not native.
        NoCompilerError: native, and no C compiler is here.
    """
    if native is None:
        native = accuracy != "fast"
    if accuracy != "fast" and not native:
        raise ParameterError(f"accuracy '{accuracy}' of torch is native code only")
    text = generate_code(activation, "torch", order=order).text
    if native:
        plain = _unbound(activation)
        compiled = generate_code(plain, "c", order=order, accuracy=accuracy).text
        made = _native(text, compiled)
    else:
        made = layer(text)
    if not activation.parameters:
        return made()
    return made(
        learnable=learnable,
        num_parameters=num_parameters,
        device=device,
        dtype=dtype,
    )


def _unbound(activation: Activation) -> Activation:
    """The same for all values of its parameters: it is compiled once."""
    values = {}
    for p in activation.parameters:
        least = Fraction(0) if p.low is None else max(Fraction(0), p.low)
        values[p.name] = least if p.high is None else min(least, p.high)
    return activation.bind(**values)


@lru_cache(maxsize=256)
def _native(text: str, compiled: str) -> Any:
    """The layer of a generated torch file, its values by those of a C file."""
    names = namespace(text, compiled)
    operate, arithmetic = operator(compiled), names["_computed"]

    def computed(partials: Sequence[str], dtype: Any, *values: Any) -> tuple[Any, ...]:
        x, *parameters = values
        if x.device.type != "cpu" or torch.onnx.is_in_onnx_export():
            return tuple(arithmetic(partials, dtype, *values))
        return tuple(operate(x, parameters, ",".join(partials), dtype))

    names["_computed"] = computed
    return portable(layer_in(names, text), _restored, text, compiled)


def _restored(text: str, compiled: str) -> Any:
    return object.__new__(_native(text, compiled))
