"""`published`: the original's results on CIFAR to tables, ranks and figures."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mila_analysis import files, plotting
from mila_analysis.cli.output import STDOUT, emit, say
from mila_analysis.cli.selection import names
from mila_analysis.errors import ParameterError, UnsupportedError, suggestion

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import JustifyMethod

    from mila_analysis.experiments.published import Run
    from mila_analysis.experiments.published.pages import Page

__all__ = ["published"]

TEXTS = ("text", "csv", "json", "markdown", "latex")
SUFFIXES = {
    ".txt": "text", ".csv": "csv", ".json": "json", ".md": "markdown", ".tex": "latex",
    **{f".{name}": name for name in plotting.FORMATS},
}  # fmt: skip
NARROWEST = 64  # columns; a narrower terminal breaks the lines of tables itself
PARSED = ("csv", *plotting.FORMATS)  # forms that have no room for sentences


def published(
    *,
    dataset: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="cifar10 or cifar100; can be repeated."),
    ] = None,
    version: Annotated[
        list[str] | None,
        typer.Option(metavar="V", help="v1 or v2, of the ResNet; can be repeated."),
    ] = None,
    depth: Annotated[
        list[int] | None,
        typer.Option(metavar="N", help="Of the ResNet, 20 to 164; can be repeated."),
    ] = None,
    activation: Annotated[
        list[str] | None,
        typer.Option(
            "--activation", "-a", metavar="ACT", autocompletion=names,
            help="A name, or name:beta=1; mila is all of Mila. Can be repeated.",
        ),
    ] = None,
    sort: Annotated[
        str,
        typer.Option(
            metavar="KEY", help="top1, loss, top3, top5, depth or activation."
        ),
    ] = "top1",
    rank: Annotated[
        bool, typer.Option("--rank", help="A column with the ranks in each block.")
    ] = False,
    ranking: Annotated[
        bool,
        typer.Option(
            "--ranking",
            help="Average ranks over blocks instead, and whether they show anything.",
        ),
    ] = False,
    style: Annotated[
        str,
        typer.Option(
            "--format", metavar="FORM",
            help="text, csv, json, markdown or latex; png, svg or pdf: a figure of "
            "scores over depth, with --ranking a critical-difference diagram. The "
            "suffix of -o picks it unless given.",
        ),
    ] = "",
    theme: Annotated[
        str, typer.Option("--style", metavar="STYLE", help="light or dark, of figures.")
    ] = "light",
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="File; - is stdout.")
    ] = STDOUT,
) -> None:  # fmt: skip
    """Show the original's 109 results of ResNets on CIFAR, as data and with caveats.

    Try: mila-analysis published --depth 56

    or:  mila-analysis published --ranking -o ranking.png
    """
    form = _form(style, output)
    from mila_analysis.experiments.published import published_runs, select

    runs = select(
        published_runs(), dataset or (), version or (), depth or (), activation or ()
    )
    shown = _ranked(runs, sort, activation) if ranking else _listed(runs, sort, rank)
    if form == "text" and output == STDOUT and _is_terminal():
        _print(shown.page)
        return
    is_figure = form in plotting.FORMATS
    content = _picture(shown, form, theme) if is_figure else shown.text(form)
    _deliver(content, output, shown.page.notes if form in PARSED else ())


@dataclass(frozen=True)
class _Shown:
    """Runs or their ranks in every form: as a page, as text by form, as a figure."""

    page: Page
    text: Callable[[str], str]
    figure: Callable[[str], Figure]


def _listed(runs: Sequence[Run], sort: str, rank: bool) -> _Shown:
    from mila_analysis.experiments.published import SCORES, tables
    from mila_analysis.experiments.published.arranging import FIRST, arrange

    sections = arrange(runs, sort)

    def figure(theme: str) -> Figure:
        from mila_analysis.plotting.published import depths

        return depths(runs, sort if sort in SCORES else FIRST, style=theme)

    return _Shown(
        tables.page(sections, ranked=rank),
        lambda form: tables.FORMATS[form](sections, rank),
        figure,
    )


def _ranked(runs: Sequence[Run], sort: str, named: Sequence[str] | None) -> _Shown:
    from mila_analysis.experiments.published import caveats, ranking_tables
    from mila_analysis.experiments.published.ranking import rank_activations

    found = rank_activations(runs, sort, whole=bool(named))
    notes = (
        *([ranking_tables.CHOSEN] if named else []),
        *caveats(found.used(runs), {sort}),
    )

    def figure(theme: str) -> Figure:
        from mila_analysis.plotting.ranking import ranking

        return ranking(found, style=theme)

    return _Shown(
        ranking_tables.page(found, notes),
        lambda form: ranking_tables.FORMATS[form](found, notes),
        figure,
    )


def _form(style: str, output: str) -> str:
    """Form that `--format` or the suffix of a file says; text if neither does.

    Raises:
        ParameterError: it is none.
        UnsupportedError: a terminal cannot show it.
    """
    known = (*TEXTS, *plotting.FORMATS)
    suffix = "" if output == STDOUT else Path(output).suffix.lower()
    form = style.lower() or SUFFIXES.get(suffix, suffix.removeprefix(".") or "text")
    if form not in known:
        hint = suggestion(form, known) or f"; choose from {', '.join(known)}"
        raise ParameterError(f"no format '{form}'{hint}")
    if form in plotting.FORMATS and form != SUFFIXES.get(suffix, form):
        raise ParameterError(f"'{output}' is no name for {form.upper()}")
    if form in ("png", "pdf") and output == STDOUT and _is_terminal():
        raise UnsupportedError("a terminal cannot show a picture; name a file with -o")
    return form


def _is_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()


def _picture(shown: _Shown, form: str, theme: str) -> bytes:
    return plotting.render(shown.figure(theme), form)


def _deliver(content: bytes | str, output: str, notes: Sequence[str]) -> None:
    """Content to where it was asked for; on stderr what there is no room for in it."""
    if output == STDOUT:
        emit(content)
    else:
        files.write(output, content)
        say(f"wrote {output}")
    for note in notes:
        say(f"note: {note}")


def _print(page: Page) -> None:
    """Tables with bold numbers, and what must be known of them below."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(width=max(Console().width, NARROWEST))
    for grid in page.grids:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for i, heading in enumerate(grid.headings):
            side: JustifyMethod = "right" if i else "left"
            table.add_column(
                heading.replace(" (", "\n("),
                justify=side,
                overflow="fold",
                no_wrap=i > 0,
            )
        for row in grid.rows:
            table.add_row(*(Text(c.shown, "bold" if c.bold else "") for c in row))
        console.print(Text(grid.title, style="italic"))
        console.print(table)
        console.print()
    for note in (f"Bold: {page.bold}.", *page.notes):
        console.print(Text(note))
