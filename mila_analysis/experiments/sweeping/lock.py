"""A folder to its only user: nobody else trains in it until he is done, or dead."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from mila_analysis.errors import ProcessError, WriteError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

__all__ = ["LOCK", "BusyError", "held", "holder"]

LOCK = "lock"
TRIES, MOMENT = 5, 0.05  # seconds


class BusyError(ProcessError):
    """Somebody else trains in the folder."""


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a folder, which is made if it is not there.

    The lock is the system's: it ends with the process, however that ends. On file
    systems and systems without locks nothing is held.

    Raises:
        BusyError: another process has it; says which.
        WriteError: the folder cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / LOCK).open("a+", encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise WriteError(f"cannot write {folder}: {reason}") from error
    with file:
        if not _taken(file.fileno()):
            raise BusyError(f"{folder} is in use by {_named(folder)}")
        with contextlib.suppress(OSError):  # a full disk: the lock holds all the same
            file.truncate(0)
            file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
            file.flush()
        yield


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
