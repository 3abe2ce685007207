"""A folder to the one program that may train there."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from pathlib import Path
from typing import IO

from mila_analysis.errors import WriteError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

__all__ = ["LOCK", "BusyError", "Lock", "holder"]

LOCK = "lock"
TRIES, MOMENT = 5, 0.05  # seconds


class BusyError(WriteError):
    """Another program trains in the folder."""


class Lock:
    """The lock of a folder: a file that says who has it.

    It is the system's (`flock`), so it ends with the program, however that ends. Where
    the system has none, as some file systems of networks, programs are not kept apart.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file: IO[str] | None = None

    def take(self) -> None:
        """Lock the folder, which exists; nothing if this lock has it already.

        Raises:
            BusyError: another program has it; says which.
            WriteError: the folder cannot be written to.
        """
        if self._file is not None:
            return
        try:
            file = (self.folder / LOCK).open("a+", encoding="utf-8")
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise WriteError(f"cannot write {self.folder}: {reason}") from error
        if not _taken(file.fileno()):
            file.close()
            raise BusyError(
                f"another program trains in {self.folder} ({_named(self.folder)}); "
                "wait until it ends, or choose another folder with -o"
            )
        with contextlib.suppress(OSError):  # a full disk: the lock holds all the same
            file.truncate(0)
            file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
            file.flush()
        self._file = file

    def release(self) -> None:
        """Unlock it; nothing if it is not locked."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()
            self._file = None


def _taken(number: int) -> bool:
    """Take a lock; somebody who only looks has it for a moment."""
    for _ in range(TRIES):
        if not _is_taken(number):
            return True
        time.sleep(MOMENT)
    return False


def holder(folder: Path) -> str | None:
    """Process that holds a folder; None if nobody does."""
    try:
        with (folder / LOCK).open("r+", encoding="utf-8") as file:
            return _named(folder) if _is_taken(file.fileno()) else None
    except OSError:
        return None


def _is_taken(number: int) -> bool:
    """Whether another has the lock of an open file; else it is ours until closed."""
    if fcntl is None:
        return False
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # a file system that has no locks
        return False
    return False


def _named(folder: Path) -> str:
    try:
        text = (folder / LOCK).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        text = ""
    return text or "another process"
