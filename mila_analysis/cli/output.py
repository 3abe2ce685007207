"""Results to stdout or to a file, and messages to stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import typer

from mila_analysis import files
from mila_analysis.activation import Activation
from mila_analysis.activation import typed as spec
from mila_analysis.cli.commands import PROGRAM
from mila_analysis.errors import ParameterError, WriteError

__all__ = [
    "STDOUT",
    "deliver",
    "emit",
    "emit_json",
    "forget_stdout",
    "point",
    "say",
    "spec",
]

STDOUT = "-"
NOBODY_READS = 141  # what a shell reports of a program that a closed pipe ended


def say(text: str) -> None:
    """A message, on one line of stderr."""
    if sys.stderr is not None:  # a caller may have closed it
        typer.echo(f"{PROGRAM}: {_printable(text)}", err=True)


def point(lines: Iterable[str]) -> None:
    """What belongs to the message before, as it stands: a formula, and a caret."""
    if sys.stderr is not None:
        for line in lines:
            typer.echo(line, err=True)


def _printable(text: str) -> str:
    """Text on one line, whatever a user has put into it."""
    line = " ".join(text.split())
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


def emit(content: bytes | str) -> None:
    """A result to stdout, as the very bytes that a file would have.

    Raises:
        WriteError: stdout is closed or full.
    """
    if sys.stdout is None:
        raise WriteError("cannot write to stdout: it is closed")
    data = content.encode() if isinstance(content, str) else content
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
    except OSError as error:
        forget_stdout()
        if isinstance(error, BrokenPipeError):
            raise typer.Exit(NOBODY_READS) from None
        reason = (error.strerror or str(error)).lower()
        raise WriteError(f"cannot write to stdout: {reason}") from error


def forget_stdout() -> None:
    """Lead stdout nowhere: what it still holds would fail again when Python exits."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def emit_json(value: Any) -> None:
    """A value to stdout as JSON, for programs."""
    emit(json.dumps(value, indent=2) + "\n")


def deliver(
    content: bytes | str,
    output: str,
    *,
    command: str,
    activations: Iterable[Activation],
    as_json: bool,
    **more: Any,
) -> None:
    """Put a result where it was asked for, and say where that is.

    Args:
        content: the result.
        output: path, or `-` for stdout.
        command: that made it.
        activations: what it was made of.
        as_json: whether to say it as JSON on stdout instead of on stderr; a text
            that has no file is then part of it.
        more: for the JSON.

    Raises:
        ParameterError: JSON and the bytes of a picture both want stdout.
        WriteError: it could not be written.
    """
    written = [] if output == STDOUT else [str(files.write(output, content))]
    if as_json:
        report = {"command": command, **more, **_outcome(content, written)}
        emit_json(report | {"activations": [spec(a) for a in activations]})
    elif written:
        say(f"wrote {output}")
    else:
        emit(content)


def _outcome(content: bytes | str, written: Sequence[str]) -> dict[str, Any]:
    if written:
        return {"files": written}
    if isinstance(content, bytes):
        raise ParameterError("--json and -o - both want stdout; name a file with -o")
    return {"files": [], "text": content}
