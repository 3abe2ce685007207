"""Name of an implementation to how it is made, for an activation and a dtype."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import sympy
import torch
from torch.nn import functional

from mila_analysis import functions
from mila_analysis.activation import Activation
from mila_analysis.benchmarking.calls import (
    ArrayCalls,
    Calls,
    CopyCalls,
    JaxCalls,
    TorchCalls,
    UnavailableError,
)
from mila_analysis.benchmarking.plan import shift
from mila_analysis.errors import UnsupportedError
from mila_analysis.modules import as_module

__all__ = ["IMPLEMENTATIONS", "Implementation", "made"]

Make = Callable[[Activation, torch.dtype], Calls]


@dataclass(frozen=True, slots=True)
class Implementation:
    """A way to compute an activation.

    Attributes:
        name: in results; `titles` has those for people.
        make: it, for an activation and a dtype.
        is_compiled: whether torch.compile makes it, which takes long.
    """

    name: str
    make: Make
    is_compiled: bool = False


@lru_cache(maxsize=256)
def made(name: str, activation: Activation, dtype: str) -> Calls:
    """An implementation, made once.

    Raises:
        UnavailableError: it cannot be had here, or computes something else.
    """
    try:
        return IMPLEMENTATIONS[name].make(activation, getattr(torch, dtype))
    except UnsupportedError as error:
        raise UnavailableError(str(error)) from None


def _layer(activation: Activation, dtype: torch.dtype, **options: Any) -> TorchCalls:
    layer = as_module(activation, dtype=dtype, **options)
    return TorchCalls(layer, tuple(layer.parameters()))


def _learnable(activation: Activation, dtype: torch.dtype) -> TorchCalls:
    if not activation.parameters:
        raise UnavailableError("nothing can be learned")
    return _layer(activation, dtype, learnable=True)


def _compiled_layer(activation: Activation, dtype: torch.dtype) -> TorchCalls:
    return TorchCalls(_compile(as_module(activation, dtype=dtype)))


def _kernel(backend: str | None, activation: Activation, dtype: torch.dtype) -> Calls:
    """`lambdify` as it is, or by one backend."""
    del dtype
    named = () if backend is None else (backend,)
    found = functions.lambdify(activation, *named)
    return ArrayCalls(found, found["f_x"], found.partials)


def _naive(cse: bool, activation: Activation, dtype: torch.dtype) -> Calls:
    """NumPy code of the raw derivatives, as SymPy prints it."""
    f, x, beta = _definition(activation)
    first = [f, f.diff(x), f.diff(beta)]
    raw = [*first, f.diff(x, 2), f.diff(x, beta), f.diff(beta, 2)]
    value, slope, every = (
        sympy.lambdify((x, beta), wanted, "numpy", cse=cse)
        for wanted in (f, f.diff(x), raw)
    )
    # a scalar of the dtype, so that the results have it too
    at = torch.tensor(float(shift(activation) or 0), dtype=dtype).numpy()[()]
    return ArrayCalls(
        lambda x: value(x, at), lambda x: slope(x, at), lambda x: every(x, at)
    )


def _definition(activation: Activation) -> tuple[Any, Any, Any]:
    _beta(activation)
    x, beta = sympy.symbols("x beta")
    return x * sympy.tanh(sympy.log(1 + sympy.exp(x + beta))), x, beta


def _of_torch(
    function: Callable[..., Any], activation: Activation, dtype: torch.dtype
) -> TorchCalls:
    del activation, dtype
    return TorchCalls(function)


def _eager(activation: Activation, dtype: torch.dtype) -> TorchCalls:
    """Mila as the original wrote it, at a number β."""
    del dtype
    beta = _beta(activation)
    return TorchCalls(lambda x: x * torch.tanh(functional.softplus(x + beta)))


def _compiled(activation: Activation, dtype: torch.dtype) -> TorchCalls:
    """The same through torch.compile, once for all sizes."""
    function = _eager(activation, dtype).function
    return TorchCalls(_compile(function, dynamic=True))


def _compile(function: Any, **options: Any) -> Any:
    """A function for torch.compile, which makes C++ of it at the first call."""
    named = os.environ.get("CXX", "").split()[:1]
    if not any(map(shutil.which, named or ("g++", "clang++", "c++"))):
        raise UnavailableError("torch.compile needs a C++ compiler")
    from torch._inductor import config

    config.compile_threads = 1  # or a pool of processes stays, and takes time
    return torch.compile(function, **options)


def _jax(activation: Activation, dtype: torch.dtype) -> JaxCalls:
    """The same in JAX, on the CPU and on one thread if JAX was not imported before."""
    del dtype
    beta = _beta(activation)
    if importlib.util.find_spec("jax") is None:
        raise UnavailableError("JAX is not installed")
    if "jax" not in sys.modules:
        os.environ.setdefault("JAX_PLATFORMS", "cpu")
        os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
    import jax  # type: ignore[import-not-found,unused-ignore]

    def mila(x: Any) -> Any:
        return x * jax.numpy.tanh(jax.nn.softplus(x + beta))

    return JaxCalls(jax, mila)


def _beta(activation: Activation) -> float:
    beta = shift(activation)
    if beta is None:
        raise UnavailableError("this is Mila's formula only")
    return float(beta)


def _copies(is_held: bool, activation: Activation, dtype: torch.dtype) -> CopyCalls:
    del activation, dtype
    return CopyCalls(is_held)


def _table(rows: Iterable[Implementation]) -> dict[str, Implementation]:
    return {row.name: row for row in rows}


IMPLEMENTATIONS = _table(
    (
        Implementation("ours", _layer),
        Implementation("learnable", _learnable),
        Implementation("plain", partial(_layer, native=False)),
        Implementation("accurate", partial(_layer, accuracy="accurate")),
        Implementation("ours-compiled", _compiled_layer, is_compiled=True),
        Implementation("lambdify", partial(_kernel, None)),
        Implementation("numpy", partial(_kernel, "numpy")),
        Implementation("relu", partial(_of_torch, functional.relu)),
        Implementation("silu", partial(_of_torch, functional.silu)),
        Implementation("gelu", partial(_of_torch, functional.gelu)),
        Implementation("mish", partial(_of_torch, functional.mish)),
        Implementation("eager", _eager),
        Implementation("compiled", _compiled, is_compiled=True),
        Implementation("jax", _jax),
        Implementation("naive", partial(_naive, False)),
        Implementation("cse", partial(_naive, True)),
        Implementation("copy", partial(_copies, True)),
        Implementation("roofline", partial(_copies, False)),
    )
)
