"""A run to the files of its folder, and back."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, astuple, fields
from pathlib import Path
from typing import Any

from mila_analysis import files
from mila_analysis.errors import (
    MilaAnalysisError,
    NoPlaceError,
    ParameterError,
    WriteError,
)
from mila_analysis.experiments.config import RunConfig
from mila_analysis.experiments.locking import Lock
from mila_analysis.experiments.results import Epoch, RunResult, Scores
from mila_analysis.experiments.training.checkpoint import packed, unpacked

__all__ = [
    "AGAIN",
    "BEST",
    "CHECKPOINT",
    "CONFIG",
    "FILES",
    "Folder",
    "metrics",
    "read",
]

CONFIG, METRICS, RESULT = "config.json", "metrics.csv", "result.json"
SUMMARY, CHECKPOINT, BEST = "summary.txt", "checkpoint.pt", "best.pt"
FILES = (CONFIG, METRICS, RESULT, SUMMARY, CHECKPOINT, BEST)
AGAIN = "choose another folder with -o, or start again with --overwrite"


def read(folder: Path | str) -> RunResult:
    """Result of the finished run that a folder holds.

    Raises:
        NoPlaceError: there is no finished run.
        ParameterError: its result is damaged.
    """
    path = Path(folder)
    if not (path / RESULT).is_file():
        state = "an unfinished run" if (path / CONFIG).is_file() else "no run"
        raise NoPlaceError(f"{path} holds {state}")
    text = _text(path / RESULT)
    try:
        return RunResult.from_json(text)
    except ParameterError as error:
        raise ParameterError(f"{path / RESULT}: {error}") from None


class Folder:
    """The files of one run. Each is replaced as a whole or not at all."""

    def __init__(
        self, path: Path | str, config: RunConfig, *, overwrite: bool = False
    ) -> None:
        """Look whether the run can be kept there; nothing is written yet.

        Raises:
            ParameterError: it holds another run, or files that could be of one.
        """
        self.path, self.config, self.overwrite = Path(path), config, overwrite
        self._lock = Lock(self.path)
        self._look()

    def _look(self) -> None:
        if self.overwrite:
            return
        if _exists(self.path / CONFIG):
            _same(self.path, self.config)
        elif found := [name for name in FILES if _exists(self.path / name)]:
            raise ParameterError(
                f"{self.path} has a {found[0]}, but no {CONFIG} that says of what run; "
                f"{AGAIN}"
            )

    def claim(self) -> None:
        """Make the folder, if need be, and keep other programs out of it.

        Raises:
            WriteError: it cannot be made, or another program trains there.
            ParameterError: another program has kept another run there meanwhile.
        """
        _make(self.path)
        self._lock.take()
        self._look()

    def release(self) -> None:
        """Let other programs in again."""
        self._lock.release()

    def open(self) -> None:
        """Clear the folder of what a killed program left, and of a run to overwrite.

        Raises:
            WriteError: it cannot be written to.
        """
        files.sweep(self.path)
        if self.overwrite:
            self._clear()
        if not (self.path / CONFIG).exists():
            files.write(self.path / CONFIG, self.config.to_json())

    def result(self) -> RunResult | None:
        """Result of the run if it has come to its end."""
        finished = not self.overwrite and _exists(self.path / RESULT)
        try:
            return read(self.path) if finished else None
        except ParameterError as error:
            raise ParameterError(f"{error}; {AGAIN}") from None

    def state(self) -> dict[str, Any] | None:
        """State that was saved last; None if none was.

        Raises:
            ParameterError: it is damaged.
        """
        path = self.path / CHECKPOINT
        if self.overwrite or not _exists(path):
            return None
        try:
            return unpacked(_bytes(path))
        except ParameterError as error:
            raise ParameterError(
                f"cannot go on from {path}: {error}; put back a copy, {AGAIN}"
            ) from None

    def save(self, state: dict[str, Any]) -> None:
        """Keep a state to go on from."""
        files.write(self.path / CHECKPOINT, packed(state))

    def save_best(self, state: dict[str, Any]) -> None:
        """Keep the weights of the best epoch until now."""
        files.write(self.path / BEST, packed(state))

    def save_metrics(self, epochs: Sequence[Epoch]) -> None:
        """Write what was measured until now."""
        files.write(self.path / METRICS, metrics(epochs))

    def finish(self, result: RunResult, summary: str) -> None:
        """Write the result; with this file the run is finished."""
        self.save_metrics(result.epochs)
        files.write(self.path / SUMMARY, summary)
        files.write(self.path / RESULT, result.to_json())

    def complete(self, result: RunResult, summary: str) -> None:
        """Write again what is missing of a finished run and follows from its result."""
        texts = {METRICS: metrics(result.epochs), SUMMARY: summary}
        for name, text in texts.items():
            if not _exists(self.path / name):
                files.write(self.path / name, text)

    def _clear(self) -> None:
        """Remove the files of a run, the result first, and nothing else."""
        for name in reversed(FILES):
            try:
                (self.path / name).unlink(missing_ok=True)
            except OSError as error:
                raise _unwritable(self.path / name, error) from error


def metrics(epochs: Sequence[Epoch]) -> str:
    """Epochs as CSV: a row an epoch, a column a number, with all its digits."""
    learned = sorted({name for epoch in epochs for name in epoch.parameters})
    scores = [f.name for f in fields(Scores)]
    parts = [f"{part}_{name}" for part in ("train", "validation") for name in scores]
    stream = io.StringIO()
    rows = csv.writer(stream, lineterminator="\n")
    rows.writerow(["epoch", "learning_rate", "seconds", *parts, *learned])
    for epoch in epochs:
        first = (epoch.number, epoch.learning_rate, round(epoch.seconds, 3))
        last = (epoch.parameters.get(name) for name in learned)
        rows.writerow(
            [*first, *astuple(epoch.train), *astuple(epoch.validation), *last]
        )
    return stream.getvalue()


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError) as error:  # a folder that nobody may look into; NUL
        raise _unwritable(path.parent, error) from error


def _make(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise NoPlaceError(f"cannot write {path}: it is no folder") from None
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: Exception) -> WriteError:
    reason = getattr(error, "strerror", None) or str(error)
    return WriteError(f"cannot write {path}: {reason.lower()}")


def _same(path: Path, config: RunConfig) -> None:
    """Refuse a folder of another run; say in what they differ."""
    try:
        there = RunConfig.from_mapping(json.loads(_text(path / CONFIG)))
    except (MilaAnalysisError, ValueError, AttributeError, TypeError):
        raise ParameterError(f"{path / CONFIG} is not that of a run; {AGAIN}") from None
    if there == config:
        return
    old, new = asdict(there), asdict(config)
    changed = ", ".join(
        f"{name} {_said(old[name])}, not {_said(new[name])}"
        for name in old
        if old[name] != new[name]
    )
    raise ParameterError(f"{path} holds another run ({changed}); {AGAIN}")


def _said(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(value) or "none"
    return str(value)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise NoPlaceError(f"cannot read {path}: {reason}") from None


def _text(path: Path) -> str:
    try:
        return _bytes(path).decode()
    except UnicodeDecodeError:
        raise ParameterError(f"{path} is no text in UTF-8") from None
