"""A dataset and a folder to its arrays: where its files are, and how to get them."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path

import platformdirs

from mila_analysis.errors import DataError
from mila_analysis.experiments.data.assembling import ARCHIVE, assemble
from mila_analysis.experiments.data.dataset import Dataset
from mila_analysis.experiments.data.fetching import fetch, sweep
from mila_analysis.experiments.data.source import Fetched, Part, Progress, Source
from mila_analysis.native import CACHE_VARIABLE

__all__ = ["cache_folder", "find", "read"]


def cache_folder(source: Source) -> Path:
    """Where downloads are kept; `MILA_ANALYSIS_CACHE` names another folder."""
    named = os.environ.get(CACHE_VARIABLE)
    root = platformdirs.user_cache_path("mila-analysis")
    base = Path(named).expanduser().absolute() if named else root
    return base / "data" / source.name


def read(
    source: Source, folder: Path | None, *, download: bool, progress: Progress | None
) -> Dataset:
    """Dataset from a folder, or else from Debian's package or the user's cache.

    Raises:
        DataError: a file is missing, damaged or cannot be fetched; says which.
    """
    where = _home(source) if folder is None else folder
    cached = where == cache_folder(source)
    absent = _absent(source, where)
    if absent and not download:
        raise _missing(source, folder, absent)
    if cached and download:
        sweep(where)
    fetch(source, where, [f for f in source.fetched if _of(f, absent)], progress)
    try:
        return assemble(source, find(source, where))
    except DataError as error:
        if cached and not download:
            raise DataError(f"{error}; --download fetches it anew") from None
        if not cached:
            raise
    fetch(source, where, source.fetched, progress)
    return assemble(source, find(source, where))


def find(source: Source, folder: Path) -> dict[str, Path]:
    """Files of those parts that a folder has: plain, compressed or in an archive."""
    found = {
        part.name: path
        for part in source.parts
        if (path := next(_candidates(source, folder, part), None))
    }
    for file in source.fetched:
        path = folder / file.name
        if file.name.endswith(ARCHIVE) and os.path.lexists(path):
            found = dict.fromkeys(file.parts, path) | found
    return found


def _candidates(source: Source, folder: Path, part: Part) -> Iterator[Path]:
    places = (folder, *(folder / inner for inner in source.folders))
    names = (part.name, f"{part.name}.gz")
    paths = (place / name for place in places for name in names)
    return (path for path in paths if os.path.lexists(path))


def _home(source: Source) -> Path:
    """Folder of the package of Debian if it is whole, else that of the cache."""
    installed = Path(source.installed)
    if source.installed and not _absent(source, installed):
        return installed
    return cache_folder(source)


def _absent(source: Source, folder: Path) -> list[str]:
    found = find(source, folder)
    return [part.name for part in source.parts if part.name not in found]


def _of(file: Fetched, parts: Collection[str]) -> bool:
    return any(name in parts for name in file.parts)


def _missing(source: Source, folder: Path | None, absent: list[str]) -> DataError:
    """What to do about files that are not there, in one line."""
    fetching = f"--download fetches {_megabytes(source.size)} MB"
    if folder is not None and not _is_folder(folder):
        if os.path.lexists(folder):
            return DataError(f"{folder} is no folder; --data-dir names one")
        return DataError(f"no folder {folder}; {fetching} into it")
    if folder is not None and not os.access(folder, os.R_OK | os.X_OK):
        return DataError(f"cannot read folder {folder}: permission denied")
    if folder is not None:
        archived = [f.name for f in source.fetched if f.name.endswith(ARCHIVE)]
        wanted = " or ".join([absent[0], *archived] if archived else _both(absent[0]))
        return DataError(f"{folder} has no {wanted}; {fetching} into it")
    files = source.fetched[0].name
    more = f" and {n - 1} more" if (n := len(source.fetched)) > 1 else ""
    ways = [fetching, f"--data-dir names a folder that has {files}{more}"]
    if source.package:
        ways.append(f"Debian has a package {source.package}")
    return DataError(f"no {source.title} here: {'; '.join(ways)}")


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a folder above may not be entered
        return False


def _both(name: str) -> list[str]:
    return [name, f"{name}.gz"]


def _megabytes(size: int) -> int:
    return round(size / 1_000_000)
