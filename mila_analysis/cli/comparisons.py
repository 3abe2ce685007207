"""A comparison to a terminal, to files and figures; a file to a comparison."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mila_analysis.cli.output import STDOUT, emit, say
from mila_analysis.errors import (
    NoPlaceError,
    ParameterError,
    UnsupportedError,
    suggestion,
)
from mila_analysis.plotting import FORMATS as FIGURES

if TYPE_CHECKING:
    from rich.console import Console

    from mila_analysis.experiments.comparing import Comparison
    from mila_analysis.experiments.comparing.measures import Measure
    from mila_analysis.experiments.comparing.tables import Table

__all__ = ["check_figure", "checked", "deliver", "read"]

WIDE = 112  # columns of a terminal that all tables fit into

Output = tuple[str, str]  # a path, and a format


def checked(outputs: Sequence[str], form: str) -> list[Output]:
    """Files and their formats by suffix, known before anything takes time.

    Raises:
        UnsupportedError: a format that is none.
        NoPlaceError: no such folder.
    """
    from mila_analysis.experiments.comparing.writing import FORMATS, SUFFIXES

    if form not in FORMATS:
        hint = suggestion(form, FORMATS) or f"; choose from {', '.join(FORMATS)}"
        raise UnsupportedError(f"no format '{form}'{hint}")
    known = {**SUFFIXES, **{name: name for name in FIGURES}}
    found = []
    for path in outputs:
        if path == STDOUT:
            continue  # where the comparison goes anyway
        suffix = Path(path).suffix.lower().removeprefix(".")
        if suffix not in known:
            hint = suggestion(suffix, known) or f"; choose from {', '.join(known)}"
            raise UnsupportedError(f"no format in '{path}'{hint}")
        if not Path(path).parent.is_dir():
            raise NoPlaceError(f"cannot write {path}: no folder {Path(path).parent}")
        found.append((path, known[suffix]))
    return found


def check_figure(outputs: Sequence[Output], activations: int) -> None:
    """Refuse a figure of too many activations, before anything takes time.

    Raises:
        ParameterError: a figure cannot show so many.
    """
    if any(kind in FIGURES for _, kind in outputs):
        from mila_analysis.plotting.scores import check_count

        check_count(activations)


def read(file: str, baseline: str | None) -> Comparison:
    """Comparison of a JSON file, with another baseline if one is given.

    Raises:
        NoPlaceError: it cannot be read.
        ParameterError: it is no comparison.
    """
    from mila_analysis.experiments.comparing import Comparison
    from mila_analysis.experiments.comparing.running import chosen_baseline

    try:
        found = Comparison.from_json(Path(file).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = (getattr(error, "strerror", "") or "it is no text in UTF-8").lower()
        raise NoPlaceError(f"cannot read {file}: {reason}") from None
    except ParameterError as error:
        raise ParameterError(f"{file}: {error}") from None
    if baseline is None:
        return found
    return found.with_baseline(chosen_baseline(baseline, list(found.activations)))


def deliver(
    comparison: Comparison, score: Measure, form: str, outputs: Sequence[Output]
) -> None:
    """Files first, then the comparison to stdout, as tables on a terminal."""
    from mila_analysis import files
    from mila_analysis.experiments.comparing import write

    for path, kind in outputs:
        if kind in FIGURES:
            from mila_analysis.plotting import render
            from mila_analysis.plotting.scores import scores

            files.write(path, render(scores(comparison, score), kind))
        else:
            files.write(path, write(comparison, kind, score))
        say(f"wrote {path}")
    if form == "text" and sys.stdout is not None and sys.stdout.isatty():
        _show(comparison, score)
    else:
        emit(write(comparison, form, score))


def _show(comparison: Comparison, score: Measure) -> None:
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    from mila_analysis.experiments.comparing.sentences import (
        caveats,
        conclusions,
        settings,
    )
    from mila_analysis.experiments.comparing.tables import tables

    console = Console()
    console.print(Text(settings(comparison), style="bold"))
    for table in tables(comparison, score):
        console.print()
        _print(console, table)
    console.print()
    for line in conclusions(comparison, score, "last"):
        console.print(Text(line))
    console.print()
    for line in caveats(comparison, score):
        console.print(Padding(Text(line, style="dim"), (0, 0, 0, 2)))


def _print(console: Console, table: Table) -> None:
    """A table whose numbers stay whole; names fold, headings break at spaces."""
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for place, heading in enumerate(table.headings):
        grid.add_column(
            Text(heading.replace(", ", ",\n")),
            justify="right" if place else "left",
            no_wrap=place > 0,
            overflow="fold",
        )
    breaks = (" (", " to +", " to -") if console.width < WIDE else ()
    for name, *cells in table.rows:
        grid.add_row(Text(name), *(Text(_broken(cell, breaks)) for cell in cells))
    console.print(Text(table.title, style="italic"))
    console.print(grid)


def _broken(cell: str, breaks: Sequence[str]) -> str:
    """Cell on a new line from each of these on."""
    for text in breaks:
        cell = cell.replace(text, f"\n{text[1:]}")
    return cell
