"""Servers to files in a folder: whole, with the published hash, or not there at all.

pooch writes under a temporary name, compares the SHA-256, and only then renames: a
second process that fetches the same file at the same time renames the same bytes.
"""

from __future__ import annotations

import contextlib
import logging
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from mila_analysis.errors import DataError
from mila_analysis.experiments.data.source import Fetched, Progress, Source

__all__ = ["fetch", "sweep"]

PIECE = 1 << 16  # bytes
PATIENCE = 30.0  # seconds without an answer
LEFT = re.compile(r"tmp[a-z0-9_]{8}")  # name that pooch, by `tempfile`, gives a part
DEAD = 3600.0  # seconds without another byte


def fetch(
    source: Source,
    folder: Path,
    files: Iterable[Fetched],
    progress: Progress | None = None,
) -> None:
    """Download files that are not in a folder with the right bytes.

    Args:
        source: names the servers, which are tried in turn.
        folder: is made if there is none.
        files: of that source.
        progress: told of every piece.

    Raises:
        DataError: no server gives it, or it cannot be written.
    """
    for file in files:
        _make(folder)
        _first(source, folder, file, progress)


def sweep(cache: Path) -> None:
    """Remove from a cache what killed downloads left, and no download under way."""
    now = time.time()
    with contextlib.suppress(OSError):
        for path in cache.glob("tmp*"):
            if LEFT.fullmatch(path.name) and now - path.stat().st_mtime > DEAD:
                path.unlink(missing_ok=True)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise DataError(f"cannot make folder {folder}: {_reason(error)}") from None


def _first(
    source: Source, folder: Path, file: Fetched, progress: Progress | None
) -> None:
    """The file from the first server that gives it."""
    errors = []
    for server in source.servers:
        try:
            return _retrieve(server + file.name, folder, file, progress)
        except _NoAnswerError as error:
            errors.append(str(error))
    raise DataError(f"cannot download {file.name}: {'; '.join(dict.fromkeys(errors))}")


class _NoAnswerError(Exception):
    """A server that does not give the right file; another may."""


def _retrieve(url: str, folder: Path, file: Fetched, progress: Progress | None) -> None:
    import pooch
    import requests

    loader = pooch.HTTPDownloader(
        progressbar=_Meter(file, progress), chunk_size=PIECE, timeout=PATIENCE
    )
    host = url.split("/")[2]
    try:
        with _quiet(pooch.get_logger()):
            pooch.retrieve(
                url, f"sha256:{file.sha256}", file.name, folder, downloader=loader
            )
    except requests.HTTPError as error:
        said = "no" if error.response is None else error.response.status_code
        raise _NoAnswerError(f"{host} says {said}") from None
    except requests.Timeout:
        raise _NoAnswerError(f"{host} does not answer") from None
    except requests.RequestException:
        raise _NoAnswerError(f"no connection to {host}") from None
    except ValueError:  # the one of pooch
        raise _NoAnswerError(f"{host} has a file with another SHA-256") from None
    except OSError as error:
        raise DataError(
            f"cannot write {folder / file.name}: {_reason(error)}"
        ) from None


@contextlib.contextmanager
def _quiet(logger: logging.Logger) -> Iterator[None]:
    """pooch without its own messages."""
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()


class _Meter:
    """What pooch takes for a progress bar: counts, tells, and stops what never ends."""

    def __init__(self, file: Fetched, progress: Progress | None) -> None:
        self.file, self.progress = file, progress
        self.total = self.done = 0

    def update(self, more: int) -> None:
        """More bytes came, or fewer in the last piece.

        Raises:
            _NoAnswerError: many more than the file has.
        """
        self.done += more
        if self.done > self.file.size + PIECE:
            raise _NoAnswerError("more bytes came than the file has")
        if self.progress is not None:
            self.progress(
                self.file.name, min(self.done, self.file.size), self.file.size
            )

    def reset(self) -> None:
        """All came; it is counted once more."""
        self.done = 0

    def close(self) -> None:
        """Nothing is left open."""
