"""`list`: the catalog to a table, to lines for other programs, or to JSON."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from mila_analysis.activation import Activation, numeral
from mila_analysis.cli.output import emit, emit_json

__all__ = ["list_activations"]

HEADINGS = ("name", "formula", "parameters", "aliases", "source")


def list_activations(
    *,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """List the activations, as lines with tabs when piped."""
    from mila_analysis.catalog import CATALOG

    if json:
        emit_json([_record(activation) for activation in CATALOG])
    elif sys.stdout is not None and sys.stdout.isatty():
        _show([_row(activation) for activation in CATALOG])
    else:
        emit("".join("\t".join(_row(a)) + "\n" for a in CATALOG))


def _row(activation: Activation) -> tuple[str, ...]:
    parameters = ", ".join(
        f"{p.name}={numeral(p.value)} ({p.meaning})" for p in activation.parameters
    )
    aliases = ", ".join(activation.aliases)
    a = activation
    return a.name, a.formula, parameters, aliases, a.source


def _record(activation: Activation) -> dict[str, Any]:
    return {
        "name": activation.name,
        "title": activation.title,
        "formula": activation.formula,
        "parameters": [
            {"name": p.name, "value": float(p.value), "meaning": p.meaning}
            for p in activation.parameters
        ],
        "aliases": list(activation.aliases),
        "source": activation.source,
        "convention": activation.convention,
    }


def _show(rows: list[tuple[str, ...]]) -> None:
    """A table as wide as the terminal; what does not fit goes on below itself."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 1, 0))
    for heading in HEADINGS:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table)
