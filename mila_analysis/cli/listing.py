"""`list`: the catalog to a table, to lines for other programs, or to JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Annotated, Any

import typer

from mila_analysis.activation import Activation, Parameter, numeral
from mila_analysis.cli.output import emit, emit_json
from mila_analysis.cli.selection import names

__all__ = ["list_activations"]

HEADINGS = ("name", "formula", "parameters")


def list_activations(
    name: Annotated[
        list[str] | None,
        typer.Argument(
            help="Names, to read all that is known of each.",
            show_default=False,
            autocompletion=names,
        ),
    ] = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """List the activations, as lines with tabs when piped; or all there is of some."""
    from mila_analysis.catalog import CATALOG, get

    chosen = tuple(map(get, name)) if name else CATALOG
    if json:
        emit_json([_record(activation) for activation in chosen])
    elif name:
        emit("\n".join(map(_details, chosen)))
    elif sys.stdout is not None and sys.stdout.isatty():
        _show(chosen)
    else:
        emit("".join("\t".join(_row(a)) + "\n" for a in chosen))


def _row(activation: Activation) -> tuple[str, ...]:
    parameters = ", ".join(
        f"{_setting(p)} ({p.meaning})" for p in activation.parameters
    )
    aliases = ", ".join(activation.aliases)
    a = activation
    return a.name, a.formula, parameters, aliases, a.source, a.title


def _setting(parameter: Parameter) -> str:
    return f"{parameter.name}={numeral(parameter.value)}"


def _described(parameter: Parameter) -> str:
    setting = ", ".join(filter(None, (_setting(parameter), parameter.domain)))
    return f"{setting}: {parameter.meaning}"


def _record(activation: Activation) -> dict[str, Any]:
    return {
        "name": activation.name,
        "title": activation.title,
        "formula": activation.formula,
        "parameters": [_parameter(p) for p in activation.parameters],
        "aliases": list(activation.aliases),
        "source": activation.source,
        "convention": activation.convention,
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "value": float(parameter.value),
        "meaning": parameter.meaning,
        "domain": parameter.domain,
        "low": _number(parameter.low),
        "high": _number(parameter.high),
        "latex": parameter.latex,
    }


def _number(end: Fraction | None) -> float | None:
    return None if end is None else float(end)


def _details(activation: Activation) -> str:
    """All that is known of one, a line each."""
    told = {
        "name": activation.name,
        "aliases": ", ".join(activation.aliases),
        "formula": activation.formula,
        "convention": activation.convention,
        "source": activation.source,
    }
    rows = [
        *told.items(),
        *(("parameter", _described(p)) for p in activation.parameters),
    ]
    lines = [f"{heading}:".ljust(12) + text for heading, text in rows if text]
    return "\n".join((activation.title, *(f"  {line}" for line in lines), ""))


def _show(activations: Sequence[Activation]) -> None:
    """A table as wide as the terminal; what does not fit goes on below itself."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 1, 0))
    for heading in HEADINGS:
        table.add_column(heading, overflow="fold")
    for activation in activations:
        described = "\n".join(map(_described, activation.parameters))
        named = "\n".join(_named(activation))
        table.add_row(*map(Text, (named, activation.formula, described)))
    console = Console()
    console.print(table)
    console.print("Sources, kinks and other names of one: mila-analysis list NAME")


def _named(activation: Activation) -> Iterator[str]:
    """The name, and the title if that says more."""
    yield activation.name
    if activation.title.lower().replace(" ", "_") != activation.name:
        yield activation.title
