"""What is known of a dataset before it is read: its classes, files and servers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

__all__ = ["Fetched", "Part", "Progress", "Source"]

Progress = Callable[[str, int, int], None]
"""Told while a file is fetched: its name, bytes that came, bytes that it has."""

Shape = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Part:
    """A file as it is read: its name, its bytes when nothing compresses them.

    Attributes:
        name: of the file, without `.gz`.
        count: examples in it.
        size: bytes.
        sha256: of them all, in hexadecimal letters.
    """

    name: str
    count: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file as a server gives it.

    Attributes:
        name: under which it is kept.
        size: bytes.
        sha256: of them all, in hexadecimal letters.
        parts: names of what is in it.
    """

    name: str
    size: int
    sha256: str
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A dataset before it is read.

    Attributes:
        name: as users type it.
        title: as its authors write it.
        description: one line.
        classes: their names, by label.
        shape: channels, height and width of an image.
        form: how its files are read; `digits` has none.
        train: files of the training set, in order. Images come before labels.
        validation: files of the test set that its authors divided off.
        fetched: what is downloaded.
        servers: that have it; what comes before the name of a file.
        folders: inside of the folder that a user names, where files may be as well.
        package: of Debian that has it.
        installed: the folder of that package.
    """

    name: str
    title: str
    description: str
    classes: tuple[str, ...]
    shape: Shape
    form: Literal["digits", "idx", "cifar"]
    train: tuple[Part, ...] = ()
    validation: tuple[Part, ...] = ()
    fetched: tuple[Fetched, ...] = ()
    servers: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    package: str = ""
    installed: str = ""

    @property
    def parts(self) -> tuple[Part, ...]:
        """All files that are read."""
        return self.train + self.validation

    @property
    def size(self) -> int:
        """Bytes that a download of all of it takes."""
        return sum(file.size for file in self.fetched)
