"""The functions of generated JavaScript, run by Node.js: one process for each text."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from importlib.resources import files
from threading import Lock
from typing import Any

import numpy as np

from mila_analysis import partials
from mila_analysis.backends import header
from mila_analysis.errors import MilaAnalysisError, NoProgramError

__all__ = ["NoNodeError", "NodeError", "available", "load", "version"]

PATIENCE = 5.0
"""Seconds that a process has to end by itself."""


class NoNodeError(NoProgramError):
    """There is no Node.js to run JavaScript."""


class NodeError(MilaAnalysisError):
    """JavaScript that does not run, with what Node.js says."""

    exit_code = 1


def available() -> bool:
    """Whether there is a Node.js."""
    return shutil.which("node") is not None


def version() -> str:
    """Version of Node.js, such as 20.20.2; nothing where there is none."""
    place = shutil.which("node")
    if place is None:
        return ""
    try:
        done = subprocess.run(  # noqa: S603 the user's Node.js, and no shell
            [place, "--version"],
            capture_output=True,
            check=False,
            encoding="utf-8",
            errors="replace",
            timeout=PATIENCE,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip().removeprefix("v")


def load(text: str) -> Mapping[str, Callable[..., Any]]:
    """Functions of generated source, by name, on arrays of float64 as ufuncs are.

    Node.js is started by the first call, and ended when no function is left.

    Raises:
        NoNodeError: there is none.
    """
    if not available():
        raise NoNodeError(
            "JavaScript is run by Node.js, which is not installed: there is no 'node' "
            "among the programs (nodejs.org)"
        )
    known = header.parse(text)
    variables = known.activation.variables
    names = [p.name for p in partials.up_to(known.order, variables)]
    module = _Module(text, variables)
    single = {name: partial(_one, module, name) for name in names}
    return {**single, "partials": partial(_all, module, names)}


def _one(module: _Module, function: str, /, *args: Any, **given: Any) -> Any:
    """Values of one partial."""
    (found,) = module.call(function, [function], args, given)
    return found


def _all(
    module: _Module, names: Sequence[str], /, *args: Any, **given: Any
) -> dict[str, Any]:
    """Values of all partials, by name."""
    return dict(zip(names, module.call("all", names, args, given), strict=True))


class _Module:
    """A text, and the process that runs it once there is something to compute."""

    def __init__(self, text: str, variables: Sequence[str]) -> None:
        self.text, self.variables = text, tuple(variables)
        self.running: subprocess.Popen[bytes] | None = None
        self.lock = Lock()

    def call(
        self,
        function: str,
        names: Sequence[str],
        args: Sequence[Any],
        given: Mapping[str, Any],
    ) -> list[Any]:
        """Results by name of a function for arguments that broadcast."""
        bound = self._bound(args, given)
        arrays = [np.asarray(a) for a in bound.values()]
        for array in arrays:
            if array.dtype.kind not in "biuf":
                raise TypeError(f"real numbers, not {array.dtype}")
        columns = np.broadcast_arrays(*(a.astype("<f8") for a in arrays))
        shape = columns[0].shape
        places = [self.variables.index(name) for name in bound]
        request = {"name": function, "names": list(names), "places": places}
        data = b"".join(np.ascontiguousarray(c).tobytes() for c in columns)
        with self.lock:
            answer = self._answer(json.dumps(request).encode(), data)
        rows = np.frombuffer(answer, "<f8").astype(np.float64)
        return [row.reshape(shape)[()] for row in rows.reshape(len(names), -1)]

    def _bound(self, args: Sequence[Any], given: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments by variable, as Python binds them; the rest has its defaults."""
        placed = dict(zip(self.variables, args, strict=False))
        odd = [name for name in given if name not in self.variables or name in placed]
        if len(args) > len(self.variables) or odd:
            raise TypeError(f"it takes {', '.join(self.variables)}, each once")
        if "x" not in {**placed, **given}:
            raise TypeError("there is no x")
        return {**placed, **given}

    def _answer(self, *blocks: bytes) -> bytes:
        """What the process answers to blocks of bytes."""
        process = self._process()
        assert process.stdin  # noqa: S101 - it is a pipe
        assert process.stdout  # noqa: S101
        try:
            for block in blocks:
                process.stdin.write(struct.pack("<I", len(block)) + block)
            process.stdin.flush()
            status, size = struct.unpack("<II", process.stdout.read(8))
            answer = process.stdout.read(size)
        except (OSError, struct.error):
            raise NodeError("Node.js ended before it answered") from None
        if status:
            raise NodeError(f"JavaScript failed: {answer.decode(errors='replace')}")
        return answer

    def _process(self) -> subprocess.Popen[bytes]:
        if self.running is None:
            self.running = _started(self.text.encode())
            weakref.finalize(self, _end, self.running)
        return self.running


def _started(text: bytes) -> subprocess.Popen[bytes]:
    """A process that knows the module, and waits for calls."""
    place = files("mila_analysis.backends.javascript").joinpath("_harness.js")
    harness = place.read_text("utf-8")
    try:
        process = subprocess.Popen(  # noqa: S603 our own program, and no shell
            [shutil.which("node") or "node", "--input-type=commonjs", "-e", harness],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError as error:
        raise NoNodeError(f"Node.js does not start: {error.strerror}") from None
    assert process.stdin  # noqa: S101 - it is a pipe
    process.stdin.write(struct.pack("<I", len(text)) + text)
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process by ending what it reads."""
    for pipe in (process.stdin, process.stdout):
        with suppress(OSError):  # what was not read yet cannot be written
            if pipe is not None:
                pipe.close()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
