"""The C++ part, compiled once for a machine and a version of torch."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import sys
import threading
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import torch

from mila_analysis import native
from mila_analysis.errors import UnsupportedError
from mila_analysis.operators import transforming

__all__ = ["available", "bridge"]

PARTS = (
    "registry", "memory", "tasks", "values", "gradient", "autograd", "operators",
)  # fmt: skip

log = logging.getLogger(__name__)

_lock = threading.Lock()
_built: list[native.Library | native.CompileError] = []  # at most one


def available() -> bool:
    """Whether operators can be made here; what is missing is logged if it is odd.

    A machine without compilers is not odd. One where torch's headers do not compile is,
    and a warning says so, once.
    """
    try:
        native.compiler()
        bridge()
    except UnsupportedError:
        return False
    return True


def bridge() -> native.Library:
    """The library that registers the operators; torch takes it only once a process.

    Raises:
        NoCompilerError: no C++ compiler is here.
        CompileError: torch's headers cannot be compiled. It is not tried again.
    """
    with _lock:
        if not _built:
            _built.append(_loaded())
        found = _built[0]
    if isinstance(found, native.CompileError):
        raise found
    return found


def _loaded() -> native.Library | native.CompileError:
    try:
        with _said():
            library = native.load(
                _text(), flags=_flags(), language=native.CPP, places=_places()
            )
    except native.CompileError as error:
        log.warning("no native code in torch: %s", error)
        return error
    transforming.register()
    return library


@contextlib.contextmanager
def _said() -> Iterator[None]:
    """What takes ten seconds is announced."""
    if native.kept(_text(), flags=_flags(), language=native.CPP):
        yield
        return
    message = f"compiling the operators for torch {torch.__version__}, once"
    log.info(message)
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(message):
        yield


@lru_cache(maxsize=1)
def _text() -> str:
    folder = files("mila_analysis.operators")
    return "\n".join(folder.joinpath(f"_{p}.h").read_text("utf-8") for p in PARTS)


@lru_cache(maxsize=1)
def _flags() -> tuple[str, ...]:
    """How torch was made, so that each torch has a library of its own."""
    made = f"{torch.__version__} {torch.version.git_version} {torch.__config__.show()}"
    digest = hashlib.sha256(made.encode()).hexdigest()[:16]
    strings = int(torch.compiled_with_cxx11_abi())
    return (f"-D_GLIBCXX_USE_CXX11_ABI={strings}", f"-DMILA_ANALYSIS_TORCH=0x{digest}")


def _places() -> tuple[str, ...]:
    """Torch's headers and libraries; it loaded the libraries already."""
    folder = Path(torch.__file__).parent
    headers, libraries = folder / "include", folder / "lib"
    return (f"-I{headers}", f"-L{libraries}", "-ltorch_cpu", "-lc10")
