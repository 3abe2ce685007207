"""The compiler of a language: found once, and run to its end or ended.

What it starts goes with it: a driver such as gcc starts others.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from mila_analysis.errors import NoProgramError, UnsupportedError
from mila_analysis.native.languages import C, Language

__all__ = [
    "CompileError",
    "Compiler",
    "NoCompilerError",
    "available",
    "compiler",
    "machine_code",
]

TIMEOUT = 300.0


class NoCompilerError(NoProgramError):
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


def machine_code(
    text: str, found: Compiler, flags: Sequence[str], places: Sequence[str] = ()
) -> bytes:
    """Bytes of the library that a compiler makes of a text.

    Raises:
        CompileError: it refused the text with every tuning, or took too long.
    """
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
