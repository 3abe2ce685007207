"""A stable form to a Triton module that stands alone; its text to functions, a layer.

`spelling` and `arithmetic` are how programs are written, `frame` the kernels and all
else around them, `runtime` what is the same in all files, `reading` a file to its
programs. What runs on the device is in `_numbers`, `_functions`, `_fused`, `_memory`;
what launches it in `_host`.

Forms for wide numbers are spelled by `wide`, in a `wide_frame`, with `series` made for
the file, `_wide`, `_wide_functions` and `_wide_angles` on the device. Most elements are
in a box (`boxed`), where a short program of plain float64 holds (`_near`).

Derivatives and the layer are those of torch code. As in C a short program computes most
elements, and the whole one those beyond its reach.
"""

from __future__ import annotations

import hashlib
import linecache
import os
import sys
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from mila_analysis.backends.backend import Backend, Source
from mila_analysis.backends.header import docstring, parse
from mila_analysis.backends.torch import layer_in, portable
from mila_analysis.backends.torch.shell import Shell
from mila_analysis.backends.triton.reading import read
from mila_analysis.backends.triton.wide_frame import frame_of
from mila_analysis.errors import UnsupportedError

__all__ = ["TRITON", "NoTritonError", "available", "install", "layer", "namespace"]

INTERPRET = "TRITON_INTERPRET"


class NoTritonError(UnsupportedError):
    """Triton is not installed, or has nothing to run on."""


def emit(source: Source) -> str:
    """Source text: public functions, arithmetic, kernels, the runtime, the layer."""
    derivation, form = source.derivation, source.form
    frame = frame_of(source.activation, derivation.order, form)
    parts = frame.parts(
        docstring(source, "triton"),
        lambda name: str(derivation.tower(name)),
        frame.arithmetic(form),
    )
    return "\n\n\n".join(parts) + "\n"


def available() -> bool:
    """Whether Triton code runs here: Triton is installed and there is a GPU."""
    return find_spec("triton") is not None and _has_gpu()


def _has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


def _interpreted() -> bool:
    return os.environ.get(INTERPRET, "").lower() in ("1", "true", "yes", "on", "y")


def _check() -> None:
    if find_spec("triton") is None:
        raise NoTritonError(
            "Triton code needs the package triton, which is not installed: "
            "pip install triton (it is for Linux)"
        )
    if not (_interpreted() or _has_gpu()):
        raise NoTritonError(
            f"Triton code needs a GPU that torch sees, or {INTERPRET}=1 in the "
            "environment, which computes on the CPU, slowly"
        )


def namespace(text: str) -> dict[str, Any]:
    """Names of generated source, run anew; nothing but that text is run.

    They are those of a module that can be imported by its name, and whose text is
    found by it: Triton compiles the text of functions.

    Raises:
        NoTritonError: it cannot run here.
    """
    _check()
    digest = hashlib.sha256(f"{text}\0{_interpreted()}".encode()).hexdigest()
    made = ModuleType(f"mila_analysis_generated_{digest[:16]}")
    place = f"<{made.__name__}>"
    linecache.cache[place] = (len(text), None, text.splitlines(keepends=True), place)
    exec(compile(text, place, "exec"), vars(made))  # noqa: S102
    sys.modules[made.__name__] = made
    return vars(made)


def load(text: str) -> Mapping[str, Callable[..., Any]]:
    """Functions of generated source, by name; nothing but that text is run."""
    found = _namespace(text, _interpreted())
    known = parse(text)
    names = Shell(known.activation, known.order).names
    return {name: found[name] for name in [*names, "partials"]}


def layer(text: str) -> type[Any]:
    """The torch.nn.Module class of generated source; one text has one class."""
    return _layer(text)


@lru_cache(maxsize=256)
def _layer(text: str) -> type[Any]:
    return portable(layer_in(_namespace(text, _interpreted()), text), _restored, text)


def _restored(text: str) -> Any:
    return object.__new__(_layer(text))


def install(names: dict[str, Any], text: str) -> None:
    """Let generated torch code compute by kernels where x is on a GPU.

    Its functions and its layer call `_evaluate`; that of the kernels gives results with
    the same derivatives. A gradient is then one kernel, sums for parameters included.

    Args:
        names: of the torch code, which are changed.
        text: of Triton code for the same activation and order.

    Raises:
        NoTritonError: it cannot run here.
    """
    general, kernels = names["_evaluate"], _namespace(text, _interpreted())["_evaluate"]

    def evaluate(partials: tuple[str, ...], x: Any, *parameters: Any) -> Any:
        chosen = kernels if _on_gpu(x) else general
        return chosen(partials, x, *parameters)

    names["_evaluate"] = evaluate


def _on_gpu(x: Any) -> bool:
    return bool(getattr(x, "is_cuda", False))


@lru_cache(maxsize=256)
def _namespace(text: str, _interpreted: bool) -> dict[str, Any]:
    return namespace(text)


TRITON = Backend("triton", ".py", ("fast",), emit, load, read)
