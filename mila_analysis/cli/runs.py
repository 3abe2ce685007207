"""`runs`: folders of finished runs to a table, or to one figure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mila_analysis.cli.output import emit, say
from mila_analysis.errors import (
    NoPlaceError,
    ParameterError,
    UnsupportedError,
    suggestion,
)

if TYPE_CHECKING:
    from mila_analysis.experiments.results import RunResult

__all__ = ["runs"]

FIGURES = ("curves", "confusion", "parameters")
Found = list[tuple[Path, "RunResult"]]


def runs(
    *,
    folders: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FOLDER",
            help="Of runs, or folders that hold such; runs unless given.",
        ),
    ] = None,
    figure: Annotated[
        str,
        typer.Option(
            metavar="KIND",
            help="curves: nine panels, a line a run; of one run confusion, or "
            "parameters, the paths of learned ones.",
        ),
    ] = "curves",
    style: Annotated[
        str, typer.Option(metavar="STYLE", help="light or dark.")
    ] = "light",
    json: Annotated[
        bool, typer.Option("--json", help="All results as a JSON list on stdout.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where a figure of them goes: PNG, SVG or PDF by its suffix.",
        ),
    ] = None,
) -> None:
    """Show finished runs side by side, or draw them in one figure.

    Try: mila-analysis runs -o curves.png
    """
    encoding = _encoding(output, figure)
    found = _found(folders or [Path("runs")])
    if output is not None:
        _draw([result for _, result in found], figure, style, encoding, output)
    if json:
        texts = [result.to_json() for _, result in found]
        emit("[\n" + ",\n".join(texts) + "\n]\n")
    elif output is None:
        from mila_analysis.experiments.training import table

        emit(table([(str(path), result) for path, result in found]))


def _encoding(output: Path | None, figure: str) -> str:
    """Format of the figure, and that there is one, before anything is read."""
    from mila_analysis.plotting import FORMATS

    if figure not in FIGURES:
        hint = suggestion(figure, FIGURES) or f"; choose from {', '.join(FIGURES)}"
        raise ParameterError(f"no figure '{figure}'{hint}")
    suffix = "" if output is None else output.suffix.lower().removeprefix(".")
    if output is not None and suffix not in FORMATS:
        hint = suggestion(suffix, FORMATS) or f"; choose from {', '.join(FORMATS)}"
        raise UnsupportedError(f"no figure format in '{output}'{hint}")
    return suffix


def _found(folders: Sequence[Path]) -> Found:
    """Finished runs of folders, and of folders in them.

    Raises:
        NoPlaceError: there is none; notes name the unfinished and the damaged.
    """
    from mila_analysis.experiments.training import read

    every = [path for folder in folders for path in _inside(folder)]
    found = []
    for path in every:
        try:
            found.append((path, read(path)))
        except (NoPlaceError, ParameterError) as error:
            say(f"note: left out: {error}")
    if not found:
        raise NoPlaceError(f"no finished run in {', '.join(map(str, folders))}")
    return found


def _inside(folder: Path) -> list[Path]:
    if (folder / "config.json").is_file() or not folder.is_dir():
        return [folder]
    try:
        return sorted(p.parent for p in folder.glob("*/config.json"))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise NoPlaceError(f"cannot read {folder}: {reason}") from None


def _draw(
    results: Sequence[RunResult], figure: str, style: str, encoding: str, output: Path
) -> None:
    from mila_analysis import files
    from mila_analysis.plotting import render
    from mila_analysis.plotting.confusion import confusion
    from mila_analysis.plotting.parameters import parameters
    from mila_analysis.plotting.training import training

    if figure != "curves" and len(results) != 1:
        raise ParameterError(f"{figure}: a figure of one run, not of {len(results)}")
    drawn = {
        "curves": lambda: training(results, style=style),
        "confusion": lambda: confusion(results[0], style=style),
        "parameters": lambda: parameters(results[0], style=style),
    }[figure]()
    files.write(output, render(drawn, encoding))
    say(f"wrote {output}")
