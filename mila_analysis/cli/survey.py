"""`survey`: the catalog to the worst errors of its code in every backend."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mila_analysis.cli.output import STDOUT, emit, say
from mila_analysis.cli.selection import names as completed

if TYPE_CHECKING:
    from mila_analysis.activation import Activation
    from mila_analysis.surveying import Row, Survey

__all__ = ["survey"]

BACKENDS = ("numpy", "torch", "c", "triton", "javascript")


def survey(
    *,
    activation: Annotated[
        list[str] | None,
        typer.Option(
            "--activation", "-a", metavar="ACT", autocompletion=completed,
            help="Only this one; can be repeated.",
        ),
    ] = None,
    backend: Annotated[
        list[str] | None,
        typer.Option(
            "--backend", "-b", metavar="BACKEND",
            help="Only this one; can be repeated. numpy, torch and c unless given.",
        ),
    ] = None,
    output: Annotated[
        str,
        typer.Option(
            "--output", "-o", metavar="FILE",
            help="JSON; what it holds already of the same code is not tried again.",
        ),
    ] = STDOUT,
    page: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A page in Markdown, too.")
    ] = None,
) -> None:  # fmt: skip
    """Verify the whole catalog, and keep the worst error of each partial.

    Try: mila-analysis survey -a gelu -b numpy
    """
    from mila_analysis import catalog, files, surveying
    from mila_analysis.verification.certificate import versions

    chosen = [catalog.get(a) for a in activation or catalog.names()]
    known = _known(output)
    rows = _watched(chosen, backend or _backends(), known, output, versions(torch=True))
    found = surveying.Survey(_together(known, rows), versions(torch=True))
    if output == STDOUT:
        emit(found.to_json())
    else:
        files.write(Path(output), found.to_json())
    if page is not None:
        files.write(page, surveying.page(chosen, found))
    broken = [row for row in found.rows if not row.passed]
    say(f"{len(found.rows)} certificates, {len(broken)} of them with a finding")
    if broken:
        raise typer.Exit(1)


def _together(known: Survey | None, fresh: Sequence[Row]) -> tuple[Row, ...]:
    """Rows of an earlier survey and new ones, in the order of the catalog."""
    from mila_analysis import catalog

    rows = {row.key: row for row in (*(known.rows if known else ()), *fresh)}
    places = {name: i for i, name in enumerate(catalog.names())}
    kept = [row for row in rows.values() if row.name in places]
    return tuple(
        sorted(kept, key=lambda r: (places[r.name], BACKENDS.index(r.backend)))
    )


def _backends() -> list[str]:
    from mila_analysis import native

    return ["numpy", "torch", *(["c"] if native.available() else [])]


def _known(output: str) -> Survey | None:
    from mila_analysis.surveying import Survey

    path = Path(output)
    if output == STDOUT or not path.is_file():
        return None
    return Survey.from_json(path.read_text(encoding="utf-8"))


def _watched(
    chosen: Sequence[Activation],
    backends: Sequence[str],
    known: Survey | None,
    output: str,
    versions: dict[str, str],
) -> list[Row]:
    """Rows, written now and then, so that an interrupted run goes on where it was."""
    from rich.console import Console
    from rich.progress import track

    from mila_analysis import files, surveying

    console = Console(stderr=True)
    steps = track(
        surveying.survey(chosen, backends, known=known), "Verifying",
        len(chosen) * len(backends), console=console, transient=True,
        disable=not console.is_terminal,
    )  # fmt: skip
    before = {row.key: row for row in (known.rows if known else ())}
    fresh: list[Row] = []
    for found in steps:
        fresh += found
        if output != STDOUT and any(row not in before.values() for row in found):
            kept = surveying.Survey(_together(known, fresh), versions)
            files.write(Path(output), kept.to_json())
    return fresh
