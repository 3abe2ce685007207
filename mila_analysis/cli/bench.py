"""`bench`: what is to be measured to tables, JSON and a figure."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mila_analysis.cli.output import STDOUT, emit, say
from mila_analysis.cli.selection import Acts, Betas, Params, Tex, single
from mila_analysis.errors import (
    NoPlaceError,
    ParameterError,
    UnsupportedError,
    suggestion,
)
from mila_analysis.plotting import FORMATS

if TYPE_CHECKING:
    from mila_analysis.benchmarking import Plan, Results
    from mila_analysis.benchmarking.tables import Table

__all__ = ["bench"]

INTERRUPTED = 130
WIDE = 110  # columns of a terminal
SHORT = 8  # letters of a number with its unit
NAME = "target"


def _names(incomplete: str) -> list[str]:
    from mila_analysis.benchmarking.plan import NAMES

    return [name for name in NAMES if name.startswith(incomplete)]


def bench(
    *,
    activation: Acts = None,
    beta: Betas = None,
    param: Params = None,
    tex: Tex = False,
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            autocompletion=_names,
            help="Only this part (targets, memory, sizes or accuracy) or this target, "
            "such as relu; can be repeated.",
        ),
    ] = None,
    size: Annotated[
        list[int] | None,
        typer.Option(
            metavar="N",
            help="Elements; can be repeated. With this, --dtype or --threads only "
            "sizes are measured unless --only says more.",
        ),
    ] = None,
    dtype: Annotated[
        str | None,
        typer.Option(metavar="DTYPE", help="float32, float64, bfloat16 or float16."),
    ] = None,
    threads: Annotated[
        int | None, typer.Option(metavar="N", help="Threads of torch; 1 unless given.")
    ] = None,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="A first look: few samples, no torch.compile."),
    ] = False,
    before: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="Measure nothing: show the results of a file that --json wrote.",
        ),
    ] = None,
    json: Annotated[
        str | None,
        typer.Option("--json", metavar="FILE", help="Where JSON goes; - is stdout."),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FIGURE",
            help="Where the figure goes: PNG, SVG or PDF by its suffix.",
        ),
    ] = None,
) -> None:
    """Measure speed and accuracy on this machine, beside others; about three minutes.

    Try: mila-analysis bench --quick
    """
    encoding = _encoding(output)
    from mila_analysis.benchmarking import check

    if before is not None:
        if any((activation, beta, param, only, size, dtype, threads, quick)):
            raise ParameterError("--from shows what was measured; it takes no choice")
        results = _read(before)
    else:
        plan = check(
            single("bench", activation, beta, param, tex=tex),
            only=only, sizes=size, dtype=dtype, threads=threads, quick=quick,
        )  # fmt: skip
        results = _measured(plan)
    _deliver(results, json, output, encoding)
    if not results.is_complete and before is None:
        say("what was measured until then is kept")
        raise typer.Exit(INTERRUPTED)


def _encoding(output: str | None) -> str:
    """Format of the figure, known before anything takes time."""
    if output is None:
        return ""
    suffix = Path(output).suffix.lower().removeprefix(".")
    if suffix not in FORMATS:
        known = ", ".join(FORMATS)
        hint = suggestion(suffix, FORMATS) or f"; choose from {known}"
        raise UnsupportedError(f"no figure format in '{output}'{hint}")
    return suffix


def _read(file: str) -> Results:
    from mila_analysis.benchmarking import Results

    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = (getattr(error, "strerror", "") or "it is no text in UTF-8").lower()
        raise NoPlaceError(f"cannot read {file}: {reason}") from None
    try:
        return Results.from_json(text)
    except ParameterError as error:
        raise ParameterError(f"{file}: {error}") from None


def _measured(plan: Plan) -> Results:
    from mila_analysis.benchmarking.running import run

    with _bar() as watch:
        return run(plan, watch)


@contextmanager
def _bar() -> Iterator[Callable[[str, float], None]]:
    """What is being measured, and a bar, where a person watches."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = BarColumn(), TimeElapsedColumn(), TextColumn("{task.description}")
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("starting", total=1.0)

        def watch(text: str, over: float) -> None:
            progress.update(task, description=text, completed=over)

        yield watch


def _deliver(
    results: Results, json: str | None, output: str | None, encoding: str
) -> None:
    from mila_analysis import files

    if json == STDOUT:
        emit(results.to_json())
    else:
        _show(results)
    if json not in (None, STDOUT):
        files.write(str(json), results.to_json())
        say(f"wrote {json}")
    if output is not None and not (results.speeds or results.qualities):
        say("note: no figure: neither sizes nor accuracy were measured")
    elif output is not None:
        from mila_analysis.plotting import render
        from mila_analysis.plotting.speed import speed

        files.write(output, render(speed(results), encoding))
        say(f"wrote {output}")
    _remark(results)


def _remark(results: Results) -> None:
    """What is not in the tables: what was left out, and how many targets are met."""
    from mila_analysis.benchmarking.titles import TITLES

    for reason in dict.fromkeys(s.reason for s in results.skipped):
        named = [s.implementation for s in results.skipped if s.reason == reason]
        shown = ", ".join(TITLES[name] for name in dict.fromkeys(named))
        say(f"note: left out: {shown}: {reason}")
    verdicts = [f.met for f in results.findings] + [h.met for h in results.held]
    decided = [met for met in verdicts if met is not None]
    if decided:
        say(f"{sum(decided)} of {len(decided)} bounds are met")


def _show(results: Results) -> None:
    """Tables on a terminal; else lines with tabs, each beginning with its part."""
    from mila_analysis.benchmarking.tables import tables

    made = tables(results)
    if sys.stdout is None or not sys.stdout.isatty():
        emit("".join("\t".join((t.part, *row)) + "\n" for t in made for row in t.rows))
        return
    for table in made:
        _print(table)


def _print(table: Table) -> None:
    """A table; names of targets, which repeat what they are, only where there is room.

    What is folded are words; a number stays whole.
    """
    from rich.console import Console
    from rich.table import Table as Grid
    from rich.text import Text

    console = Console()
    first = 1 if table.part == "targets" and console.width < WIDE else 0
    grid = Grid(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for heading, *column in list(zip(table.headings, *table.rows, strict=True))[first:]:
        is_number = any(text[:1].isdigit() for text in column)
        is_whole = all(len(text) <= SHORT for text in column) or heading == NAME
        grid.add_column(
            heading.replace(" ", "\n") if is_whole else heading,
            justify="right" if is_number else "left",
            no_wrap=is_whole,
            overflow="fold",
            min_width=max(map(len, column)) if is_whole else None,
        )
    for row in table.rows:
        grid.add_row(*map(Text, row[first:]))
    console.print(Text(table.title, style="italic"))
    console.print(grid)
    console.print()
