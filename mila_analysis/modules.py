"""An activation to a layer of torch, with the derived derivatives."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import torch

from mila_analysis import operators
from mila_analysis.activation import Activation
from mila_analysis.backends import triton
from mila_analysis.backends.torch import layer, layer_in, namespace, portable
from mila_analysis.errors import ParameterError, UnsupportedError
from mila_analysis.kernels import generate_code, read_code

__all__ = ["as_module"]

log = logging.getLogger(__name__)


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
        native: whether values on a CPU are computed by compiled C code, through the
            operators `mila_analysis::...` of torch. By default where a C and a C++
            compiler are here; the C++ part is compiled once, in some ten seconds.
            On a GPU it is generated Triton code, if that package is installed; on
            other devices, and exported to ONNX, it is the arithmetic of torch.
        order: of the highest derivative that it has.

    Raises:
        ParameterError: accurate, and not native.
        NoCompilerError: native, and no C compiler or no C++ compiler is here.
        CompileError: native, and a compiler refused its text.
    """
    if accuracy != "fast" and native is False:
        raise ParameterError(f"accuracy '{accuracy}' of torch is native code only")
    made = _layer(activation, accuracy, _wanted(native, accuracy, device), order)
    if not activation.parameters:
        return made()
    return made(
        learnable=learnable,
        num_parameters=num_parameters,
        device=device,
        dtype=dtype,
    )


def _wanted(native: bool | None, accuracy: str, device: Any) -> bool | None:
    """Whether it must be native, may not, or (None) is if that can be."""
    if accuracy != "fast":
        return True
    if native is None and device is not None and torch.device(device).type != "cpu":
        return False
    return native


def _layer(
    activation: Activation, accuracy: str, native: bool | None, order: int
) -> type[Any]:
    text = generate_code(activation, "torch", order=order).text
    gpu = _gpu(activation, order) if accuracy == "fast" else ""
    if native is False or (native is None and not operators.available()):
        return _plain(text, gpu)
    if native:
        compiled = operators.source(activation, order=order, accuracy=accuracy)
        return _native(text, compiled, gpu)
    try:
        compiled = operators.source(activation, order=order)
    except UnsupportedError as error:
        log.info("a layer in the arithmetic of torch: %s", error)
        return _plain(text, gpu)
    return _native_or_not(text, compiled, gpu)


def _gpu(activation: Activation, order: int) -> str:
    """Triton code; none where it cannot run, or has no arithmetic for the activation.

    On a GPU such a layer computes in the arithmetic of torch.
    """
    if not triton.available():
        return ""
    try:
        return generate_code(activation, "triton", order=order).text
    except UnsupportedError as error:
        log.info("a layer without Triton code: %s", error)
        return ""


def _native_or_not(text: str, compiled: str, gpu: str) -> type[Any]:
    """The native layer, or that of the torch file alone."""
    try:
        return _native(text, compiled, gpu)
    except UnsupportedError as error:
        log.warning("a layer in the arithmetic of torch: %s", error)
        return _plain(text, gpu)


def _plain(text: str, gpu: str) -> type[Any]:
    """The layer of a generated torch file, on GPUs by Triton code if there is some."""
    return _on_gpu(text, gpu) if gpu else layer(text)


@lru_cache(maxsize=256)
def _on_gpu(text: str, gpu: str) -> type[Any]:
    names = namespace(text, gpu)
    triton.install(names, gpu)
    return portable(layer_in(names, text), _restored, text, "", gpu)


@lru_cache(maxsize=256)
def _native(text: str, compiled: str, gpu: str) -> type[Any]:
    """The layer of a generated torch file, its values on CPUs by those of a C file."""
    names = operators.native_names(text, compiled, f"layer {gpu}")
    if gpu:
        triton.install(names, gpu)
    made = layer_in(names, text)
    made.forward = _forward(made.forward, operators.load(compiled))
    return portable(made, _restored, text, compiled, gpu)


def _forward(general: Callable[..., Any], key: str) -> Callable[..., Any]:
    """The layer's own `forward`, but short where x and the parameters are simple.

    At a thousand elements a layer costs what is done around its arithmetic.
    """
    # by itself, an OpOverload calls this from Python, in half a microsecond
    activation = torch.ops.mila_analysis.activation.default._op  # noqa: SLF001
    dynamo, tracer = torch.compiler.is_dynamo_compiling, torch._C._get_tracing_state  # noqa: SLF001
    tensor = torch.Tensor  # and nothing derived from it, as torch.export passes

    def forward(self: Any, x: Any) -> Any:
        """The function of x, in the dtype of x."""
        if (
            dynamo()
            or type(x) is not tensor
            or not (x.is_cpu and x.is_floating_point())
            or tracer() is not None
        ):
            return general(self, x)
        learned, kept = self._parameters, self._buffers
        values = []
        for name in self._start:
            value = learned.get(name)
            if value is None:
                value = kept.get(name)
            if value is None or not value.is_cpu:
                return general(self, x)
            values.append(value if self.num_parameters == 1 else self._beside(value, x))
        return activation(x, values, key)

    return forward


def _restored(text: str, compiled: str, gpu: str) -> Any:
    """A layer without state; where it cannot be native, one that computes the same."""
    gpu = gpu if triton.available() else ""
    if not compiled:
        return object.__new__(_plain(text, gpu))
    accurate = read_code(compiled).accuracy != "fast"
    made = _native if accurate else _native_or_not
    return object.__new__(made(text, compiled, gpu))
