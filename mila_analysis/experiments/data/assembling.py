"""Files of a dataset to its arrays, after a check of every byte."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mila_analysis.errors import DataError
from mila_analysis.experiments.data import cifar, idx
from mila_analysis.experiments.data.dataset import Dataset, Split
from mila_analysis.experiments.data.opening import content, members, same
from mila_analysis.experiments.data.source import Part, Source

__all__ = ["ARCHIVE", "assemble"]

ARCHIVE = ".tar.gz"
Bytes = npt.NDArray[np.uint8]


def assemble(source: Source, files: Mapping[str, Path]) -> Dataset:
    """Read a dataset.

    What is wrong with the form of a file is said before its hash is looked at.

    Args:
        source: what it should be.
        files: where each of its parts is; several in one archive.

    Raises:
        DataError: a file is not what it should be; says which and why.
    """
    split = _idx if source.form == "idx" else _cifar
    train, validation = (
        split(source, parts, files) for parts in (source.train, source.validation)
    )
    return Dataset(source.name, train, validation, source.classes)


def _idx(source: Source, parts: Sequence[Part], files: Mapping[str, Path]) -> Split:
    found = _contents(parts, files)
    first, second = parts
    flat = (first.count, *source.shape[1:])
    images = idx.array(found[first.name], flat, files[first.name])
    labels = idx.array(found[second.name], (second.count,), files[second.name])
    worst, classes = labels.max(initial=0), len(source.classes)
    if worst >= classes:
        raise DataError(
            f"{files[second.name]} has a label {worst}; there are {classes} classes"
        )
    _check(parts, found, files)
    return Split(images.reshape(first.count, *source.shape), labels.astype(np.int64))


def _cifar(source: Source, parts: Sequence[Part], files: Mapping[str, Path]) -> Split:
    found = _contents(parts, files)
    pairs = [
        cifar.records(
            found[part.name],
            part.count,
            source.shape,
            len(source.classes),
            _named(files[part.name], part),
        )
        for part in parts
    ]
    _check(parts, found, files)
    images, labels = (np.concatenate(arrays) for arrays in zip(*pairs, strict=True))
    return Split(images, labels.astype(np.int64))


def _contents(parts: Sequence[Part], files: Mapping[str, Path]) -> dict[str, bytes]:
    """Bytes of each part; an archive is gone through once."""
    found: dict[str, bytes] = {}
    for part in parts:
        path = files[part.name]
        if part.name in found:
            continue
        if path.name.endswith(ARCHIVE):
            inside = [other for other in parts if files[other.name] == path]
            found |= members(path, inside)
        else:
            found[part.name] = content(path, part)
    return found


def _check(
    parts: Sequence[Part], found: Mapping[str, bytes], files: Mapping[str, Path]
) -> None:
    for part in parts:
        same(found[part.name], part, _named(files[part.name], part))


def _named(path: Path, part: Part) -> str:
    """A file as errors name it, and the member, if it is an archive."""
    return f"{part.name} in {path}" if path.name.endswith(ARCHIVE) else str(path)
