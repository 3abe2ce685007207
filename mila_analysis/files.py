"""Bytes to a file that is either whole and new, or the old one untouched."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from pathlib import Path

from mila_analysis.errors import NoPlaceError, WriteError

__all__ = ["sweep", "write"]

SUFFIX = ".tmp"
LEFT = re.compile(r"\.[0-9a-f]{16}\.tmp")


def write(path: Path | str, content: bytes | str) -> Path:
    """Write content under a temporary name beside the target, then rename it there.

    An interrupt, a full disk or a refused write leaves the old file as it was, and
    no temporary file. Text is written as UTF-8. A symbolic link is followed, and
    an existing file keeps its permissions.

    Raises:
        NoPlaceError: the folder is missing, or the path is a folder.
        WriteError: it is read-only, or full; says which.
    """
    target = Path(path)
    try:
        data = content.encode() if isinstance(content, str) else content
        if _is_stream(target):
            with target.open("ab") as stream:
                stream.write(data)
            return target
        final = target.resolve()
        if final.is_dir():
            raise NoPlaceError(f"cannot write {target}: it is a folder")
        if final.is_symlink():  # still one: Python 3.13 gives up without a word
            raise WriteError(f"cannot write {target}: a link that leads to itself")
        if not final.parent.is_dir():
            raise NoPlaceError(f"cannot write {target}: no folder {target.parent}")
        if final.exists() and not os.access(final, os.W_OK):
            raise WriteError(f"cannot write {target}: it is read-only")
        _replace(final, data)
    except WriteError:
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise WriteError(f"cannot write {target}: {reason.lower()}") from error
    except (RuntimeError, ValueError) as error:  # links in a circle; not Unicode; NUL
        raise WriteError(f"cannot write {target}: {error}") from error
    return target


def sweep(folder: Path) -> None:
    """Remove temporary files of `write` that a killed program left in a folder.

    Only where no other program writes: its file would be taken from it.
    """
    with contextlib.suppress(OSError):
        for path in folder.glob(f".*{SUFFIX}"):
            if LEFT.fullmatch(path.name):
                path.unlink(missing_ok=True)


def _is_stream(target: Path) -> bool:
    """Whether it is a device or a pipe, which cannot be renamed onto.

    The names of the standard streams are such even when the shell has led them into
    a file: what is in that file already must stay.
    """
    named = str(target) in {"/dev/stdout", "/dev/stderr"}
    numbered = str(target.parent) in {"/dev/fd", "/proc/self/fd"}
    other = target.exists() and not (target.is_file() or target.is_dir())
    return named or numbered or other


def _replace(final: Path, data: bytes) -> None:
    mode = final.stat().st_mode & 0o7777 if final.exists() else None
    temporary = final.with_name(f".{secrets.token_hex(8)}{SUFFIX}")
    try:
        with temporary.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if mode is not None:
            temporary.chmod(mode)
        temporary.replace(final)
    finally:
        temporary.unlink(missing_ok=True)
