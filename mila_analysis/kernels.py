"""An activation to running code: derive, stabilize, emit, and load what was emitted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

from mila_analysis import files, partials
from mila_analysis.activation import Activation
from mila_analysis.backends import header
from mila_analysis.backends.backend import Backend, Source
from mila_analysis.derivation import derive
from mila_analysis.errors import UnknownNameError, UnsupportedError, suggestion
from mila_analysis.stability import stabilize

__all__ = [
    "BACKENDS",
    "GeneratedCode",
    "Kernel",
    "backend_of",
    "generate_code",
    "load",
    "read_code",
]

BACKENDS = ("numpy", "torch", "c", "triton", "javascript")
"""Names; each is a package of `backends`, which is imported when it is needed."""


@dataclass(frozen=True, slots=True)
class GeneratedCode:
    """Source text for one activation and backend.

    Attributes:
        activation: what it computes; parameter values are default arguments.
        backend: name of the backend.
        strategy: of the stable form: `homogeneous`, `wide` or `direct`.
        text: the whole file.
        order: of the highest partials.
        accuracy: `fast` or `accurate`.
    """

    activation: Activation
    backend: str
    strategy: str
    text: str
    order: int = 2
    accuracy: str = "fast"

    @property
    def digest(self) -> str:
        """SHA-256 of the file, but for the digest that it states itself."""
        return header.digest(self.text)

    @property
    def holds_everywhere(self) -> bool:
        """Whether its strategy promises results on every float."""
        return self.strategy != "direct"

    def marked_verified(self) -> GeneratedCode:
        """The same code with a head that says that it was verified."""
        return replace(self, text=_written(self, _source(self, verified=True)))

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

    def __call__(self, /, x: Any, *args: Any, **parameters: Any) -> Any:
        """Value of f at x."""
        return self.functions["f"](x, *args, **parameters)

    def __getitem__(self, name: str) -> Callable[..., Any]:
        wanted = partials.parse(name, self.code.activation.variables).name
        if wanted not in self.functions:
            raise UnknownNameError(f"this kernel has no {wanted}; give a higher order")
        return self.functions[wanted]

    def partials(self, /, x: Any, *args: Any, **parameters: Any) -> dict[str, Any]:
        """All partials at once, by name."""
        found: dict[str, Any] = self.functions["partials"](x, *args, **parameters)
        return found


def generate_code(
    activation: Activation,
    backend: str = "numpy",
    *,
    order: int = 2,
    accuracy: str = "fast",
) -> GeneratedCode:
    """Source text of f and its partials up to an order; not verified.

    Args:
        activation: its parameter values become default arguments.
        backend: name of a backend.
        order: of the highest partials, at most 4.
        accuracy: `fast`, or `accurate` for correctly rounded results.

    Raises:
        UnknownNameError: no such backend.
        UnsupportedError: the backend has no such accuracy, or no spelling for it.
    """
    _check(backend_of(backend), accuracy)
    code = GeneratedCode(activation, backend, "", "", order, accuracy)
    source = _source(code)
    text = _written(code, source)
    return replace(code, strategy=source.form.strategy, text=text)


def _source(code: GeneratedCode, *, verified: bool = False) -> Source:
    derivation = derive(code.activation, code.order)
    try:
        form = stabilize(derivation)
    except RecursionError:
        raise _too_long() from None
    return Source(code.activation, derivation, form, code.accuracy, verified)


def _written(code: GeneratedCode, source: Source) -> str:
    try:
        return header.sealed(backend_of(code.backend).emit(source))
    except RecursionError:
        raise _too_long() from None


def _too_long() -> UnsupportedError:
    return UnsupportedError("the derivatives are too long to write out")


def read_code(text: str) -> GeneratedCode:
    """The code that a generated file says it is; whether it is shows `verify`.

    Raises:
        FormulaError: no file of ours, or a damaged head.
        UnknownNameError, UnsupportedError: a backend or an accuracy unknown here.
    """
    head = header.parse(text)
    _check(backend_of(head.backend), head.accuracy)
    strategy = stabilize(derive(head.activation, head.order)).strategy
    return GeneratedCode(
        head.activation, head.backend, strategy, text, head.order, head.accuracy
    )


def backend_of(name: str) -> Backend:
    """Backend of a name.

    Raises:
        UnknownNameError: none; names the nearest.
    """
    if name not in BACKENDS:
        known = ", ".join(BACKENDS)
        hint = suggestion(name, BACKENDS) or f" (there are: {known})"
        raise UnknownNameError(f"no backend '{name}'{hint}")
    return _imported(name)


@lru_cache(maxsize=len(BACKENDS))
def _imported(name: str) -> Backend:
    module = import_module(f"mila_analysis.backends.{name}")
    found: Backend = getattr(module, name.upper())
    return found


def _check(backend: Backend, accuracy: str) -> None:
    if accuracy not in backend.accuracies:
        has = " and ".join(backend.accuracies)
        raise UnsupportedError(
            f"the {backend.name} backend has no accuracy '{accuracy}' (it has {has})"
        )


def load(code: GeneratedCode) -> Kernel:
    """Functions of generated code; nothing but its text is run."""
    return Kernel(code, backend_of(code.backend).load(code.text))
