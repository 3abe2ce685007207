"""An activation to its functions, the fastest that there are on this machine."""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import TYPE_CHECKING

from mila_analysis import native
from mila_analysis.activation import Activation
from mila_analysis.errors import ParameterError, UnsupportedError
from mila_analysis.kernels import Kernel, generate_code, load

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["lambdify"]

log = logging.getLogger(__name__)


def lambdify(
    activation: Activation,
    backend: str | None = None,
    *,
    order: int = 2,
    accuracy: str = "fast",
    compiled: bool | None = None,
) -> Kernel:
    """Functions of an activation and its partials.

    Args:
        activation: its parameter values become default arguments.
        backend: name of a backend. Without one the functions take NumPy arrays, and are
            compiled C where there is a compiler, else NumPy. Those of `torch` take
            tensors; on a CPU compiled C computes them where there are compilers. A
            first use waits for these, some seconds; what they made is kept.
        order: of the highest partials, at most 4.
        accuracy: `fast`, or `accurate` for correctly rounded results.
        compiled: whether C computes, if that is to be decided: no backend, or `torch`.

    Raises:
        UnknownNameError: no such backend.
        UnsupportedError: the backend has no such accuracy, or no spelling for it.
        NoCompilerError: compiled, and a compiler is missing.
    """
    if backend not in (None, "torch"):
        if compiled is not None:
            raise ParameterError(f"backend {backend} is what it is: leave out compiled")
        return _as_written(activation, backend, order, accuracy)
    choices = _torch if backend == "torch" else _arrays
    fast, slow = choices(activation, order, accuracy)
    if compiled is not None:
        return (fast if compiled else slow)()
    try:
        return fast()
    except native.NoCompilerError:
        return slow()
    except native.CompileError as error:
        log.warning("computing without compiled C: %s", error)
        return slow()
    except UnsupportedError as error:
        if accuracy != "fast":
            raise
        log.info("computing without compiled C: %s", error)
        return slow()


def _arrays(
    activation: Activation, order: int, accuracy: str
) -> tuple[Callable[[], Kernel], Callable[[], Kernel]]:
    """Functions of NumPy arrays: compiled, and not."""

    def made(backend: str) -> Kernel:
        return _as_written(activation, backend, order, accuracy)

    return lambda: made("c"), lambda: made("numpy")


def _torch(
    activation: Activation, order: int, accuracy: str
) -> tuple[Callable[[], Kernel], Callable[[], Kernel]]:
    """Functions of tensors: compiled on a CPU, and not."""
    return (
        lambda: _operators(activation, order, accuracy),
        lambda: _as_written(activation, "torch", order, accuracy),
    )


@lru_cache(maxsize=256)
def _as_written(
    activation: Activation, backend: str, order: int, accuracy: str
) -> Kernel:
    return load(generate_code(activation, backend, order=order, accuracy=accuracy))


@lru_cache(maxsize=256)
def _operators(activation: Activation, order: int, accuracy: str) -> Kernel:
    """The functions of a torch file, with operators for what is on a CPU."""
    from mila_analysis import operators  # torch, which arrays do not need

    code = generate_code(activation, "torch", order=order)
    compiled = operators.source(activation, order=order, accuracy=accuracy)
    return Kernel(code, operators.functions(code.text, compiled))
