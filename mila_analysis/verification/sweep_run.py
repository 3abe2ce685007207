"""The native judge of one activation over chunks of bit patterns, in threads.

What was found is kept in a file after every chunk, where the same code goes on.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from mila_analysis import files, native
from mila_analysis.activation import Activation
from mila_analysis.backends.c.arrays import argument_types
from mila_analysis.backends.c.bodies import PARTIALS
from mila_analysis.backends.c.frame import prefix
from mila_analysis.derivation import derive

__all__ = ["CHUNK", "ROOM", "Judge", "Progress", "Run", "Tally"]

CHUNK = 1 << 24
ROOM = 4096
"""Inputs that a chunk lists; more of them are counted."""

VERSION = 2
Progress = Callable[[int, int], None]

_ARRAYS = {
    "fallbacks": np.int64, "plain": np.int64, "beyond": np.int64, "wrong": np.int64,
    "open": np.int64,
    "worst": np.float64, "worst_at": np.uint32, "subnormal": np.float64,
}  # fmt: skip
_SUMS = ("fallbacks", "plain", "beyond", "wrong", "open")


class _Room(ctypes.Structure):
    """The `ma_tally` of the native code."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in _ARRAYS),
        ("listed", ctypes.c_void_p),
        ("listed_as", ctypes.c_void_p),
        ("room", ctypes.c_int64),
        ("count", ctypes.c_int64),
    )


@dataclass(slots=True)
class Tally:
    """Counts of some chunks; `listed` are pairs of a bit pattern and a partial."""

    arrays: dict[str, np.ndarray[Any, Any]]
    listed: list[tuple[int, int]] = field(default_factory=list)
    unlisted: int = 0
    seconds: float = 0.0

    def add(self, other: Tally, *, accurate: bool) -> None:
        """Take in what another has counted."""
        for name in _SUMS:
            self.arrays[name] += other.arrays[name]
        mine, new = self.arrays["worst"], other.arrays["worst"]
        closer = new < mine if accurate else new > mine
        for name in ("worst", "worst_at"):
            self.arrays[name] = np.where(closer, other.arrays[name], self.arrays[name])
        for name in ("subnormal",):
            self.arrays[name] = np.maximum(self.arrays[name], other.arrays[name])
        kept = other.listed[: max(ROOM - len(self.listed), 0)]
        self.listed += kept
        self.unlisted += other.unlisted + len(other.listed) - len(kept)
        self.seconds += other.seconds

    def data(self) -> dict[str, Any]:
        """As JSON has it."""
        arrays = {name: values.tolist() for name, values in self.arrays.items()}
        rest = {
            "listed": self.listed,
            "unlisted": self.unlisted,
            "seconds": self.seconds,
        }
        return {**arrays, **rest}


def _empty(names: Sequence[str], accuracy: str) -> Tally:
    arrays = {key: np.zeros(len(names), kind) for key, kind in _ARRAYS.items()}
    if accuracy == "accurate":
        arrays["worst"][:] = 0.5
    return Tally(arrays)


def _tally_of(data: Mapping[str, Any]) -> Tally:
    arrays = {key: np.array(data[key], kind) for key, kind in _ARRAYS.items()}
    listed = [(int(p), int(k)) for p, k in data["listed"]]
    return Tally(arrays, listed, int(data["unlisted"]), float(data["seconds"]))


class Judge:
    """The compiled judge of one activation."""

    def __init__(self, activation: Activation, accuracy: str, text: str) -> None:
        self.activation, self.accuracy = activation, accuracy
        self.names = derive(activation, 2).names
        values = [float(v) for v in activation.values.values()]
        self.parameters = np.array([*values, 0.0], np.float32)
        stated = f"{VERSION}\0{accuracy}\0{self.parameters.tobytes().hex()}\0{text}"
        self.digest = hashlib.sha256(stated.encode()).hexdigest()
        pointer = ctypes.c_void_p
        library = native.load(text)
        self._sweep = library.function(
            "ma_sweep", [ctypes.c_uint32, ctypes.c_uint64, pointer, pointer]
        )
        entry = f"{prefix(activation)}_{PARTIALS}_f32"
        types = argument_types(1 + len(values))
        self._partials = library.function(entry, types)
        self._exact = library.function("ma_exact", [ctypes.c_uint32, pointer, pointer])

    def count(self, part: range) -> Tally:
        """Judge a range of bit patterns; Python's lock is free meanwhile."""
        tally = _empty(self.names, self.accuracy)
        listed, kinds = np.zeros(ROOM, np.uint32), np.zeros(ROOM, np.int32)
        room = _Room(
            *(tally.arrays[name].ctypes.data for name in _ARRAYS),
            listed.ctypes.data,
            kinds.ctypes.data,
            ROOM,
            0,
        )
        start = time.thread_time()
        self._sweep(
            part.start, len(part), self.parameters.ctypes.data, ctypes.addressof(room)
        )
        tally.seconds = time.thread_time() - start
        kept = min(room.count, ROOM)
        tally.listed = [(int(listed[i]), int(kinds[i])) for i in range(kept)]
        tally.unlisted = room.count - kept
        return tally

    def computed(self, pattern: int) -> list[float]:
        """Results of the code that is judged."""
        x = np.array([pattern], np.uint32)
        found = np.zeros(len(self.names), np.float32)
        rows = (ctypes.c_void_p * found.size)(
            *(found.ctypes.data + 4 * k for k in range(found.size))
        )
        start = self.parameters.ctypes.data
        given = [
            v for k in range(len(self.activation.values)) for v in (start + 4 * k, 0)
        ]
        self._partials(1, x.ctypes.data, *given, ctypes.addressof(rows))
        return [float(v) for v in found]

    def exact(self, pattern: int) -> list[tuple[Fraction, Fraction] | None]:
        """Values by wide numbers and their bounds, None where both vanish."""
        found = np.zeros((len(self.names), 4))
        self._exact(pattern, self.parameters.ctypes.data, found.ctypes.data)
        return [_enclosed(*row) for row in found.tolist()]


def _enclosed(
    high: float, low: float, exponent: float, bound: float
) -> tuple[Fraction, Fraction] | None:
    if abs(exponent) > 20_000:  # of no use to a ball, and too long to write
        return None
    scale = Fraction(2) ** int(exponent)
    return (Fraction(high) + Fraction(low)) * scale, Fraction(bound) * scale


@dataclass(slots=True)
class Run:
    """Chunks through threads, and what was found kept in a file."""

    judge: Judge
    patterns: range
    resume: Path | None
    threads: int
    progress: Progress
    tally: Tally = field(init=False)
    done: set[int] = field(default_factory=set)

    def run(self) -> Tally:
        """All chunks that are not done; an interrupt keeps those that are."""
        self.tally = _empty(self.judge.names, self.judge.accuracy)
        self._take_up()
        chunks = {
            start: range(start, min(start + CHUNK, self.patterns.stop))
            for start in range(self.patterns.start, self.patterns.stop, CHUNK)
        }
        self._report()
        waiting = iter([c for s, c in chunks.items() if s not in self.done])
        with ThreadPoolExecutor(self.threads) as pool:
            self._work(pool, waiting)
        return self.tally

    def _work(self, pool: ThreadPoolExecutor, waiting: Iterator[range]) -> None:
        """As many chunks at a time as there are threads, so that little is lost."""
        running = {pool.submit(self.judge.count, c): c for c in _some(waiting, self)}
        while running:
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                part = running.pop(future)
                is_accurate = self.judge.accuracy == "accurate"
                self.tally.add(future.result(), accurate=is_accurate)
                self.done.add(part.start)
                self._keep()
                self._report()
                for chunk in waiting:
                    running[pool.submit(self.judge.count, chunk)] = chunk
                    break

    def _report(self) -> None:
        total = len(self.patterns)
        self.progress(min(len(self.done) * CHUNK, total), total)

    # The file

    def _key(self) -> dict[str, Any]:
        return {
            "digest": self.judge.digest,
            "chunk": CHUNK,
            "patterns": [self.patterns.start, self.patterns.stop],
        }

    def _take_up(self) -> None:
        """What an earlier run of the same code has found."""
        if self.resume is None or not self.resume.exists():
            return
        try:
            known = json.loads(self.resume.read_text(encoding="utf-8"))
            if {key: known[key] for key in self._key()} != self._key():
                return
            self.tally, self.done = _tally_of(known["found"]), set(known["done"])
        except (ValueError, KeyError, TypeError):
            return  # damaged: begin again

    def _keep(self) -> None:
        if self.resume is None:
            return
        known = {**self._key(), "done": sorted(self.done), "found": self.tally.data()}
        files.write(self.resume, json.dumps(known))


def _some(waiting: Iterator[range], run: Run) -> list[range]:
    return list(islice(waiting, run.threads))
