"""An activation to running code: derive, stabilize, emit, and load what was emitted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from mila_analysis import files, partials
from mila_analysis.activation import Activation
from mila_analysis.backends.backend import Backend
from mila_analysis.backends.numpy import NUMPY
from mila_analysis.derivation import derive
from mila_analysis.errors import UnknownNameError, UnsupportedError, suggestion
from mila_analysis.stability import stabilize

__all__ = ["BACKENDS", "GeneratedCode", "Kernel", "generate_code", "lambdify"]

BACKENDS = {backend.name: backend for backend in (NUMPY,)}


@dataclass(frozen=True, slots=True)
class GeneratedCode:
    """Source text for one activation and backend.

    Attributes:
        activation: what it computes; parameter values are default arguments.
        backend: name of the backend.
        strategy: of the stable form: `homogeneous`, `guarded` or `direct`.
        text: the whole file.
    """

    activation: Activation
    backend: str
    strategy: str
    text: str

    @property
    def digest(self) -> str:
        """SHA-256 of the code after the header, so that the header can cite it."""
        _, _, body = self.text.partition('"""\n')
        return hashlib.sha256(body.encode()).hexdigest()

    def save(self, path: Path | str) -> Path:
        """Write the file, whole or not at all."""
        return files.write(path, self.text)


@dataclass(frozen=True, slots=True)
class Kernel:
    """Functions loaded from generated code, and from nothing else.

    `k(x)` is f; `k["f_xbeta"](x, beta=0.5)` a partial; `k.partials(x)` all of them.
    """

    code: GeneratedCode
    functions: Mapping[str, Callable[..., Any]]

    def __call__(self, x: Any, *args: Any, **parameters: Any) -> Any:
        """Value of f at x."""
        return self.functions["f"](x, *args, **parameters)

    def __getitem__(self, name: str) -> Callable[..., Any]:
        wanted = partials.parse(name, self.code.activation.variables).name
        if wanted not in self.functions:
            raise UnknownNameError(f"this kernel has no {wanted}; give a higher order")
        return self.functions[wanted]

    def partials(self, x: Any, *args: Any, **parameters: Any) -> dict[str, Any]:
        """All partials at once, by name."""
        found: dict[str, Any] = self.functions["partials"](x, *args, **parameters)
        return found


def generate_code(
    activation: Activation, backend: str = "numpy", *, order: int = 2
) -> GeneratedCode:
    """Source text of f and its partials up to an order.

    Args:
        activation: its parameter values become default arguments.
        backend: name of a backend.
        order: of the highest partials, at most 4.
    """
    target = _backend(backend)
    derivation = derive(activation, order)
    try:
        form = stabilize(derivation)
        text = target.emit(activation, derivation, form)
    except RecursionError:
        raise UnsupportedError("the derivatives are too long to write out") from None
    return GeneratedCode(activation, backend, form.strategy, text)


def _backend(name: str) -> Backend:
    if name not in BACKENDS:
        known = ", ".join(BACKENDS)
        hint = suggestion(name, BACKENDS) or f" (there are: {known})"
        raise UnknownNameError(f"no backend '{name}'{hint}")
    return BACKENDS[name]


@lru_cache(maxsize=256)
def lambdify(activation: Activation, *, order: int = 2) -> Kernel:
    """NumPy functions of an activation and its partials; see `Kernel`."""
    code = generate_code(activation, "numpy", order=order)
    return Kernel(code, NUMPY.load(code.text))
