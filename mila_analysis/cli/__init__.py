"""Arguments of a command line to calls, files, and one line for each mistake.

A command parses, calls and reports; what it calls is the Python interface. Help and
completion import neither SymPy nor NumPy, Torch or Matplotlib: commands import what
they call.
"""

from __future__ import annotations

import gc
import sys
from io import TextIOWrapper
from typing import Annotated

import typer

from mila_analysis.cli import (
    analyze,
    animate,
    audit,
    bench,
    compare,
    explore,
    gallery,
    latex,
    listing,
    plot,
    published,
    report,
    runs,
    source,
    survey,
    sweep,
    train,
    verify,
)
from mila_analysis.cli.commands import PROGRAM, Commands
from mila_analysis.cli.exits import run

__all__ = ["app", "main"]

# Objects between two searches for garbage. What is imported is none, and to look
# through it as often as Python does by itself takes a quarter of the time of `plot`.
YOUNG = 100_000

app = typer.Typer(
    name=PROGRAM,
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(plot.plot)
app.command(cls=animate.Animate)(animate.animate)
app.command()(latex.latex)
app.command()(source.code)
app.command()(verify.verify)
app.command()(survey.survey)
app.command()(analyze.analyze)
app.command()(report.report)
app.command()(explore.explore)
app.command()(audit.audit)
app.command()(train.train)
app.command()(sweep.sweep)
app.command()(compare.compare)
app.command()(runs.runs)
app.command()(published.published)
app.command("list")(listing.list_activations)
app.command()(gallery.gallery)
app.command()(bench.bench)


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.")
    ] = False,
) -> None:
    """From the formula of an activation function to figures, LaTeX and NumPy code.

    Try: mila-analysis plot --beta -0.25
    """
    if version:
        from mila_analysis import __version__

        typer.echo(f"{PROGRAM} {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main() -> None:
    """Run the command line of this process; exit 0, 1 (failed) or 2 (a mistake)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # β where there is only ASCII
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
    code = run(typer.main.get_command(app), sys.argv[1:])
    gc.freeze()  # nor are they looked through when the process ends
    sys.exit(code)
