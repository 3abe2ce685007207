"""A file, plain, compressed or in an archive, to the bytes of one part of a dataset.

Never more bytes are taken than the part has, and one: what a few compressed bytes
would grow into is not made. Of an archive only members asked for are read, and nothing
is unpacked.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from mila_analysis.errors import DataError
from mila_analysis.experiments.data.source import Part

__all__ = ["content", "members", "same"]

BESIDE = 1 << 20  # bytes of an archive that are no data: names of classes, a page


def content(path: Path, part: Part) -> bytes:
    """Bytes of a file that is one part, or its gzip.

    Raises:
        DataError: it cannot be read, is empty or damaged; says which.
    """
    with _readable(path) as stream:
        if path.suffix == ".gz":
            with gzip.GzipFile(fileobj=stream) as plain:
                return _filled(_bounded(plain, part), path)
        return _filled(_bounded(stream, part), path)


def members(path: Path, parts: Sequence[Part]) -> dict[str, bytes]:
    """Bytes of parts in a compressed archive, by their names; folders do not count.

    Raises:
        DataError: it cannot be read, is damaged, or does not have one of them.
    """
    wanted = {part.name: part for part in parts}
    found: dict[str, bytes] = {}
    with _readable(path) as stream, gzip.GzipFile(fileobj=stream) as plain:
        limit = sum(part.size for part in parts) + BESIDE
        with tarfile.open(fileobj=_Limited(plain, limit, path), mode="r|") as archive:
            for member in archive:
                name = Path(member.name).name
                if member.isreg() and name in wanted.keys() - found.keys():
                    found[name] = _member(archive, member, wanted[name])
                if len(found) == len(wanted):
                    return found
    absent = next(name for name in wanted if name not in found)
    raise DataError(f"{path} has no file {absent}")


def same(content: bytes, part: Part, what: object) -> None:
    """Nothing, if the bytes are those that authors published.

    Raises:
        DataError: they are not.
    """
    if hashlib.sha256(content).hexdigest() != part.sha256:
        raise DataError(
            f"{what} is damaged or changed: its SHA-256 is not that of {part.name}"
        )


def _member(archive: tarfile.TarFile, member: tarfile.TarInfo, part: Part) -> bytes:
    stream = archive.extractfile(member)
    return b"" if stream is None else _bounded(stream, part)


def _bounded(stream: IO[bytes] | gzip.GzipFile, part: Part) -> bytes:
    """All there is, or one byte more than there should be."""
    return stream.read(part.size + 1)


def _filled(data: bytes, path: Path) -> bytes:
    if not data:
        raise DataError(f"{path} is empty")
    return data


@contextmanager
def _readable(path: Path) -> Iterator[IO[bytes]]:
    """A regular file, open; whatever goes wrong with it is said in one line."""
    if path.is_dir():
        raise DataError(f"cannot read {path}: it is a folder")
    if path.exists() and not path.is_file():
        raise DataError(f"cannot read {path}: it is no regular file")
    try:
        with path.open("rb") as stream:
            yield stream
    except DataError:
        raise
    except EOFError:
        raise DataError(f"{path} is cut off") from None
    except (gzip.BadGzipFile, zlib.error, tarfile.TarError) as error:
        raise DataError(f"{path} is damaged: {_reason(error)}") from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DataError(f"cannot read {path}: {reason}") from None


def _reason(error: Exception) -> str:
    if isinstance(error, tarfile.TarError):
        return f"no whole archive ({error})"
    return str(error).rstrip(".")


class _Limited(io.RawIOBase):
    """A stream that is refused where it grows beyond what it should hold."""

    def __init__(self, stream: gzip.GzipFile, limit: int, path: Path) -> None:
        self.stream, self.left, self.path = stream, limit, path

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self.stream.read(min(size, self.left + 1) if size >= 0 else self.left)
        self.left -= len(data)
        if self.left < 0:
            raise DataError(f"{self.path} holds more than it should")
        return data
