"""Text to a loaded library: compiled once, then found by what it was made of."""

from __future__ import annotations

import ctypes
import hashlib
import logging
import platform
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from mila_analysis.native.compilers import (
    CompileError,
    Compiler,
    compiler,
    machine_code,
)
from mila_analysis.native.keeping import folders, keep, whole
from mila_analysis.native.languages import C, Language

__all__ = ["Library", "kept", "load"]

log = logging.getLogger(__name__)
_lock = threading.Lock()
_loaded: dict[str, Library] = {}


@dataclass(frozen=True, slots=True)
class Library:
    """A loaded shared library.

    Its functions release Python's lock while they run, and take what `argtypes` says:
    addresses, as `array.ctypes.data` and a tensor's `data_ptr()`, are `c_void_p`.
    """

    path: Path
    handle: ctypes.CDLL = field(repr=False)

    def function(self, name: str, argtypes: Sequence[Any], restype: Any = None) -> Any:
        """A function of the library, ready to be called.

        Raises:
            CompileError: the library has no such function.
        """
        try:
            # by item, not attribute: an object of its own, with its own types
            found = self.handle[name]
        except AttributeError:
            raise CompileError(f"the compiled library has no {name}") from None
        found.argtypes, found.restype = list(argtypes), restype
        return found


def load(
    text: str,
    *,
    flags: Sequence[str] = (),
    language: Language = C,
    places: Sequence[str] = (),
) -> Library:
    """Text as a loaded library; compiled once, then found in the cache.

    Args:
        text: a whole file.
        flags: more arguments of the compiler.
        language: of the text.
        places: arguments that say only where something is, `-I` and `-L`, and the
            libraries there. What is there must be told apart by the flags.

    Raises:
        NoCompilerError: there is no compiler.
        CompileError: the compiler refused the text.
    """
    found = compiler(language)
    key = _key(text, found, flags)
    with _lock:
        if key not in _loaded:
            _loaded[key] = _open(text, key, found, flags, places)
        return _loaded[key]


def kept(text: str, *, flags: Sequence[str] = (), language: Language = C) -> bool:
    """Whether a text needs not to be compiled.

    Raises:
        NoCompilerError: there is no compiler.
    """
    key = _key(text, compiler(language), flags)
    return key in _loaded or any(whole(folder, key) for folder in folders())


def _key(text: str, found: Compiler, flags: Sequence[str]) -> str:
    """What the machine code depends on."""
    fixed = [*found.language.flags, *found.language.tuning]
    parts = [*found.command, found.version, *fixed, *flags, _machine(), text]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@lru_cache(maxsize=1)
def _machine() -> str:
    """The processor, with what it can do: a cache may be shared by several."""
    try:
        known = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        known = ""
    features = re.search(r"^(?:flags|Features)\s*:(.*)$", known, re.MULTILINE)
    kind = features[1].strip() if features else platform.processor()
    return f"{platform.system()} {platform.machine()} {kind}"


def _open(
    text: str, key: str, found: Compiler, flags: Sequence[str], places: Sequence[str]
) -> Library:
    for folder in folders():
        path = whole(folder, key)
        if path is not None:
            try:
                return Library(path, ctypes.CDLL(str(path)))
            except OSError:  # of another system, or not to be executed there
                path.unlink(missing_ok=True)
    code = machine_code(text, found, flags, places)
    for folder in folders():
        try:
            path = keep(folder, key, code)
        except OSError as error:
            reason = error.strerror or str(error)
            log.warning("cannot keep native code in %s: %s", folder, reason)
            continue
        try:
            return Library(path, ctypes.CDLL(str(path)))
        except OSError as error:
            reason = str(error)
            path.unlink(missing_ok=True)
            log.warning("cannot load native code from %s: %s", folder, reason)
    raise CompileError(f"native code cannot be loaded: {reason}")
