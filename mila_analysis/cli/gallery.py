"""`gallery`: the list of pictures to a folder of them, or to what differs in one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from mila_analysis import gallery as pictures
from mila_analysis.cli.output import emit_json, say

__all__ = ["gallery"]

T = TypeVar("T")


def gallery(
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where they go.")
    ] = Path(pictures.FOLDER),
    check: Annotated[
        bool,
        typer.Option("--check", help="Change nothing; exit 1 if a file would change."),
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Say the outcome as JSON on stdout.")
    ] = False,
) -> None:
    """Draw all pictures of the gallery, and the page that shows them."""
    drawn = _watched(pictures.draw(), len(pictures.PICTURES) + 1)
    if check:
        _compared(pictures.differing(output, dict(drawn)), output, as_json=json)
    else:
        _saved(pictures.save(output, drawn), output, as_json=json)


def _compared(changed: list[str], folder: Path, *, as_json: bool) -> None:
    if as_json:
        emit_json({"command": "gallery", "differing": changed})
    elif changed:
        say(f"error: not what is drawn now, in {folder}: {', '.join(changed)}")
    else:
        say(f"{folder} is what is drawn now")
    if changed:
        raise typer.Exit(1)


def _saved(written: list[Path], folder: Path, *, as_json: bool) -> None:
    if as_json:
        emit_json({"command": "gallery", "files": [str(path) for path in written]})
    else:
        say(f"wrote {len(written)} files to {folder}")


def _watched(steps: Iterable[T], total: int) -> Iterator[T]:
    """Steps, with a bar on stderr where a person watches."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    return iter(
        track(
            steps, "Drawing", total, console=console, transient=True,
            disable=not console.is_terminal,
        )
    )  # fmt: skip
