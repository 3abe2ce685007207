"""C or C++ text to a library of this process: compile, keep by content, load.

What was compiled is kept in the user's cache folder under a name that says what it was
made of, and what its own bytes are. A file there is therefore whole and right, or it is
not used: two processes may write at once, and a damaged file is compiled again.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import hashlib
import logging
import os
import platform
import re
import secrets
import shlex
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import platformdirs

from mila_analysis.errors import UnsupportedError

__all__ = [
    "CACHE_VARIABLE",
    "CPP",
    "C",
    "CompileError",
    "Compiler",
    "Language",
    "Library",
    "NoCompilerError",
    "available",
    "cache_folder",
    "compiler",
    "kept",
    "load",
]

CACHE_VARIABLE = "MILA_ANALYSIS_CACHE"
TIMEOUT = 300.0
FLAGS = (
    "-std=c99", "-O3", "-fPIC", "-shared", "-ffp-contract=off", "-fno-math-errno",
    "-fno-trapping-math",
)  # fmt: skip
TUNING = (  # the first that the compiler takes
    "-march=native -mprefer-vector-width=512", "-march=native", "-mcpu=native", "",
)  # fmt: skip

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Language:
    """What is compiled, and how.

    Attributes:
        name: as people write it.
        variable: of the environment, that names the compiler.
        commands: of compilers, in the order in which they are looked for.
        suffix: of a file.
        flags: of every compilation.
        tuning: more flags, of which the first that the compiler takes are used.
        libraries: that every text needs.
        package: of Debian, that has a compiler.
    """

    name: str
    variable: str
    commands: tuple[str, ...]
    suffix: str
    flags: tuple[str, ...]
    tuning: tuple[str, ...]
    libraries: tuple[str, ...]
    package: str


C = Language("C", "CC", ("cc", "gcc", "clang"), ".c", FLAGS, TUNING, ("-lm",), "gcc")
CPP = Language(
    "C++", "CXX", ("c++", "g++", "clang++"), ".cpp", ("-O2", "-fPIC", "-shared"),
    ("-std=c++17", "-std=c++20"), (), "g++",
)  # fmt: skip


class NoCompilerError(UnsupportedError):
    """No compiler is here."""


class CompileError(UnsupportedError):
    """The compiler refused a text, or took too long."""


@dataclass(frozen=True, slots=True)
class Compiler:
    """A compiler: how it is called, and which one it is.

    Attributes:
        command: program and arguments, such as `("ccache", "gcc")`.
        version: the first line that it says of itself.
        language: that it is called for.
    """

    command: tuple[str, ...]
    version: str
    language: Language = C


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


def available(language: Language = C) -> bool:
    """Whether there is a compiler."""
    try:
        compiler(language)
    except NoCompilerError:
        return False
    return True


def compiler(language: Language = C) -> Compiler:
    """The compiler that `CC` or `CXX` names; without it cc, gcc, c++ or another.

    Raises:
        NoCompilerError: there is none, or the one that is named does not run.
    """
    variable = language.variable
    named = os.environ.get(variable, "").strip()
    found = _compiler(named, language, os.environ.get("PATH", ""))
    if found is None:
        looked = ", ".join(language.commands)
        reason = f"{variable} is '{named}', which does not run" if named else looked
        raise NoCompilerError(
            f"native code needs a {language.name} compiler, and there is none "
            f"({reason}; on Debian `apt install {language.package}`)"
        )
    return found


@lru_cache(maxsize=16)
def _compiler(named: str, language: Language, _path: str) -> Compiler | None:
    """The compiler, or None: that is remembered too, as one may hang for long."""
    try:
        commands = [shlex.split(c) for c in ([named] if named else language.commands)]
    except ValueError:
        commands = []
    for command in commands:
        version = _version(command)
        if version:
            return Compiler(tuple(command), version, language)
    return None


def _version(command: Sequence[str]) -> str:
    if not command or shutil.which(command[0]) is None:
        return ""
    try:
        done = _called([*command, "--version"], 20.0)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.partition("\n")[0].strip() if done.returncode == 0 else ""


def _called(command: Sequence[str], timeout: float) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; or, after a time, end it and all that it started."""
    running = subprocess.Popen(  # noqa: S603 the user's compiler, and no shell
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "LC_ALL": "C"},
        process_group=0,
    )
    with running:
        try:
            said, complained = running.communicate(timeout=timeout)
        except BaseException:  # also an interrupt, which the group does not get
            _end(running)
            raise
    return subprocess.CompletedProcess(command, running.returncode, said, complained)


def _end(running: subprocess.Popen[str]) -> None:
    """End a process and its group: a driver such as gcc starts others."""
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(running.pid, signal.SIGKILL)
        else:
            running.kill()


_lock = threading.Lock()
_loaded: dict[str, Library] = {}


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
    return key in _loaded or any(_kept(folder, key) for folder in _folders())


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
    for folder in _folders():
        kept = _kept(folder, key)
        if kept is not None:
            try:
                return Library(kept, ctypes.CDLL(str(kept)))
            except OSError:  # of another system, or not to be executed there
                kept.unlink(missing_ok=True)
    code = _compile(text, found, flags, places)
    for folder in _folders():
        try:
            path = _keep(folder, key, code)
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


# The cache


def cache_folder() -> Path:
    """Where compiled code is kept; `MILA_ANALYSIS_CACHE` names another folder."""
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        return Path(named).expanduser().absolute()
    return platformdirs.user_cache_path("mila-analysis") / "native"


def _folders() -> list[Path]:
    return [cache_folder(), _temporary()]


@lru_cache(maxsize=1)
def _temporary() -> Path:
    """A folder of this process, for when the cache cannot be written."""
    folder = tempfile.mkdtemp(prefix="mila-analysis-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _digest(code: bytes) -> str:
    return hashlib.sha256(code).hexdigest()[:32]


def _kept(folder: Path, key: str) -> Path | None:
    """The file of a key whose bytes are what its name says; others are removed."""
    try:
        candidates = sorted(folder.glob(f"{key}-*.so"))
    except OSError:
        return None
    for path in candidates:
        try:
            if path.stem == f"{key}-{_digest(path.read_bytes())}":
                return path
            path.unlink(missing_ok=True)
        except OSError:
            continue
    return None


def _keep(folder: Path, key: str, code: bytes) -> Path:
    """Write under a name of one's own, then rename: whole, or not there at all."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{key}-{_digest(code)}.so"
    own = folder / f".{secrets.token_hex(8)}.tmp"
    try:
        own.write_bytes(code)
        own.chmod(0o700)
        own.replace(path)
    finally:
        own.unlink(missing_ok=True)
    return path


# The compiler


def _compile(
    text: str, found: Compiler, flags: Sequence[str], places: Sequence[str] = ()
) -> bytes:
    language = found.language
    with tempfile.TemporaryDirectory(prefix="mila-analysis-") as folder:
        source, target = (
            Path(folder, f"kernel{language.suffix}"),
            Path(folder, "kernel.so"),
        )
        source.write_text(text, encoding="utf-8")
        complaint = ""
        for tuning in language.tuning:
            command = [*found.command, *language.flags, *tuning.split(), *flags]
            command += ["-o", str(target), str(source), *places, *language.libraries]
            complaint = _complaint(command, target)
            if not complaint:
                return target.read_bytes()
    raise CompileError(f"{found.command[0]} cannot compile this: {complaint}")


def _complaint(command: Sequence[str], target: Path) -> str:
    """What the compiler has against a command, on one line; or nothing."""
    try:
        done = _called(command, TIMEOUT)
    except subprocess.TimeoutExpired:
        raise CompileError(
            f"{command[0]} did not finish in {TIMEOUT:.0f} seconds"
        ) from None
    except OSError as error:
        return error.strerror or str(error)
    if done.returncode == 0:
        return "" if target.is_file() else "it wrote nothing"
    lines = [line for line in done.stderr.splitlines() if "error" in line.lower()]
    first = (lines or done.stderr.splitlines() or [f"exit {done.returncode}"])[0]
    return re.split(r"kernel\.\w+:", first)[-1].strip()
