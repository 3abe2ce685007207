"""Datasets of a few bytes in the formats of the real ones, and a cache of one's own."""

from __future__ import annotations

import gzip
import hashlib
import io
import struct
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from mila_analysis.experiments.data.source import Fetched, Part, Source
from mila_analysis.native import CACHE_VARIABLE


def idx_bytes(array: np.ndarray) -> bytes:
    """An array of bytes as a file in the IDX format, written without our code."""
    head = bytes((0, 0, 8, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.tobytes()


def archive(files: Mapping[str, bytes], folder: str = "inside") -> bytes:
    """A .tar.gz of files, each in a folder."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return stream.getvalue()


@dataclass(frozen=True)
class Made:
    """A dataset, the bytes of its parts, and those that a server has."""

    source: Source
    parts: dict[str, bytes]
    served: dict[str, bytes]
    images: np.ndarray  # of the training set
    labels: np.ndarray

    def put(self, folder: Path, *, how: str = "plain") -> Path:
        """Its files in a folder: plain, gz, or as served."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in (self.served if how == "served" else self.parts).items():
            packed = gzip.compress(content) if how == "gz" else content
            (folder / (f"{name}.gz" if how == "gz" else name)).write_bytes(packed)
        return folder


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def make_idx() -> Made:
    """Five and three images of 3 × 2 bytes in three classes."""
    rng = np.random.default_rng(1)
    parts, counts, kept = {}, {}, []
    for prefix, count in (("train", 5), ("t10k", 3)):
        images = rng.integers(0, 256, (count, 3, 2), dtype=np.uint8)
        labels = rng.integers(0, 3, count, dtype=np.uint8)
        parts[f"{prefix}-images"] = idx_bytes(images)
        parts[f"{prefix}-labels"] = idx_bytes(labels)
        counts |= dict.fromkeys((f"{prefix}-images", f"{prefix}-labels"), count)
        kept += [images[:, None], labels]
    served = {f"{name}.gz": gzip.compress(data) for name, data in parts.items()}
    rows = [Part(n, counts[n], len(d), _sum(d)) for n, d in parts.items()]
    source = Source(
        "tiny", "Tiny", "", ("a", "b", "c"), (1, 3, 2), "idx",
        train=tuple(rows[:2]), validation=tuple(rows[2:]),
        fetched=tuple(
            Fetched(n, len(d), _sum(d), (n.removesuffix(".gz"),))
            for n, d in served.items()
        ),
        folders=("Tiny/raw",),
    )  # fmt: skip
    return Made(source, parts, served, kept[0], kept[1])


def make_cifar(classes: int = 10) -> Made:
    """Two files of three colour images to learn from, and one of two."""
    rng = np.random.default_rng(2)
    parts, counts, images, labels = {}, {}, [], []
    for name, count in (("one.bin", 3), ("two.bin", 3), ("test.bin", 2)):
        fine = rng.integers(0, classes, (count, 1), dtype=np.uint8)
        coarse = rng.integers(0, 20, (count, int(classes > 20)), dtype=np.uint8)
        pixels = rng.integers(0, 256, (count, 3, 2, 2), dtype=np.uint8)
        rows = np.hstack([coarse, fine, pixels.reshape(count, -1)])
        parts[name], counts[name] = rows.tobytes(), count
        images.append(pixels)
        labels.append(fine[:, 0])
    served = {"tiny.tar.gz": archive(parts)}
    rows = [Part(n, counts[n], len(d), _sum(d)) for n, d in parts.items()]
    source = Source(
        "tiny", "Tiny", "", tuple(f"class {i}" for i in range(classes)), (3, 2, 2),
        "cifar",
        train=tuple(rows[:2]), validation=tuple(rows[2:]),
        fetched=tuple(
            Fetched(n, len(d), _sum(d), tuple(parts)) for n, d in served.items()
        ),
        folders=("inside",),
    )  # fmt: skip
    return Made(
        source, parts, served, np.concatenate(images[:2]), np.concatenate(labels[:2])
    )


@pytest.fixture
def idx() -> Made:
    return make_idx()


@pytest.fixture(params=[10, 100])
def cifar(request: pytest.FixtureRequest) -> Made:
    return make_cifar(request.param)


@pytest.fixture
def remake() -> Callable[[int], Made]:
    """CIFAR with so many classes."""
    return make_cifar


@pytest.fixture
def packed() -> Callable[..., bytes]:
    return archive


@pytest.fixture
def as_idx() -> Callable[[np.ndarray], bytes]:
    return idx_bytes


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache, empty."""
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache" / "data" / "tiny"
