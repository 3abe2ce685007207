"""A folder to the one program that may write there."""

from __future__ import annotations

import os
from pathlib import Path

from mila_analysis.errors import WriteError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

__all__ = ["Lock"]


class Lock:
    """A lock of a folder itself, which leaves no file; it ends with the program.

    It is the system's (`flock`), so a killed program holds nothing. Where the system
    has none, as some file systems of networks, programs are not kept apart.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def take(self) -> None:
        """Lock the folder, which exists; nothing if this lock has it already.

        Raises:
            WriteError: another program has it.
        """
        if self._descriptor is not None or fcntl is None:
            return
        try:
            descriptor = os.open(self.path, os.O_RDONLY)
        except OSError:  # a folder that may be written to, but not read
            return
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise WriteError(
                f"another program trains in {self.path}; wait until it ends, or choose "
                "another folder with -o"
            ) from None
        except OSError:
            os.close(descriptor)
        else:
            self._descriptor = descriptor

    def release(self) -> None:
        """Unlock it; nothing if it is not locked."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
