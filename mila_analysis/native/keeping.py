"""A folder of compiled files whose names say what is in them.

A file is there whole and right, or it is removed.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import secrets
import shutil
import tempfile
from functools import lru_cache
from pathlib import Path

import platformdirs

__all__ = ["CACHE_VARIABLE", "cache_folder", "folders", "keep", "whole"]

CACHE_VARIABLE = "MILA_ANALYSIS_CACHE"


def cache_folder() -> Path:
    """Where compiled code is kept; `MILA_ANALYSIS_CACHE` names another folder."""
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        return Path(named).expanduser().absolute()
    return platformdirs.user_cache_path("mila-analysis") / "native"


def folders() -> list[Path]:
    """Where a file may be kept, in the order in which they are tried."""
    return [cache_folder(), _temporary()]


@lru_cache(maxsize=1)
def _temporary() -> Path:
    """A folder of this process, for when the cache cannot be written."""
    folder = tempfile.mkdtemp(prefix="mila-analysis-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def whole(folder: Path, key: str) -> Path | None:
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


def keep(folder: Path, key: str, code: bytes) -> Path:
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


def _digest(code: bytes) -> str:
    return hashlib.sha256(code).hexdigest()[:32]
