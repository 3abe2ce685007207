"""`analyze`: activations to their proven features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from mila_analysis.activation import Activation, exact, swept_parameter
from mila_analysis.cli.output import STDOUT, emit, say
from mila_analysis.cli.selection import Acts, Betas, Params, Tex, several
from mila_analysis.errors import ParameterError, suggestion

__all__ = ["analyze"]


def analyze(
    *,
    activation: Acts = None,
    beta: Betas = None,
    param: Params = None,
    tex: Tex = False,
    threshold: Annotated[
        str, typer.Option(metavar="EPS", help="A slope below this in size is dead.")
    ] = "0.001",
    sweep: Annotated[
        tuple[str, str] | None,
        typer.Option(
            metavar="LO HI", help="A table over values of a parameter instead."
        ),
    ] = None,
    parameter: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="What is swept; the first unless given."),
    ] = None,
    points: Annotated[
        int, typer.Option(metavar="N", help="Values of a sweep, both ends among them.")
    ] = 25,
    style: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="FORM",
            help="text, json, markdown or latex; of a sweep text, csv, json or latex. "
            "The suffix of -o picks it unless given.",
        ),
    ] = "",
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="File; - is stdout.")
    ] = STDOUT,
) -> None:
    """Say what a function is like: zeros, extrema, bounds, moments, all digits proven.

    Try: mila-analysis analyze --beta -0.25
    """
    chosen = several(activation, beta, param, tex=tex)
    style = style or SUFFIXES.get(Path(output).suffix, "text")
    if sweep is not None:
        text = _swept(chosen, sweep, parameter, points, style)
    else:
        text = _pages(chosen, threshold, style)
    if output == STDOUT:
        emit(text)
    else:
        from mila_analysis import files

        files.write(Path(output), text)
        say(f"wrote {output}")


SUFFIXES = {".json": "json", ".tex": "latex", ".md": "markdown", ".csv": "csv"}


def _pages(chosen: Sequence[Activation], threshold: str, style: str) -> str:
    """Features of each activation, one after the other; of several as a JSON list."""
    from mila_analysis.analysis import analyze
    from mila_analysis.analysis.reports import FORMATS

    _check(style, FORMATS)
    texts = [FORMATS[style](analyze(a, threshold=threshold)) for a in chosen]
    if style == "json" and len(texts) > 1:
        return "[\n" + ",\n".join(t.rstrip() for t in texts) + "\n]\n"
    return "\n".join(texts)


def _swept(
    chosen: Sequence[Activation],
    ends: tuple[str, str],
    parameter: str | None,
    points: int,
    style: str,
) -> str:
    """Table of features over the values of a parameter, with progress."""
    from rich.console import Console
    from rich.progress import track

    from mila_analysis.analysis.sweeping import TABLES, Sweep, sweep, values_between

    _check(style, TABLES)
    if len(chosen) != 1:
        raise ParameterError(f"a sweep takes one activation, not {len(chosen)}")
    (one,) = chosen
    name = swept_parameter(one, parameter).name
    low, high = (exact(end, "an end of the sweep") for end in ends)
    values = values_between(low, high, points)
    console = Console(stderr=True)
    found = track(
        sweep(one, name, values), "Analyzing", points, console=console,
        transient=True, disable=not console.is_terminal,
    )  # fmt: skip
    return TABLES[style](Sweep(one, name, tuple(found)))


def _check(style: str, known: Mapping[str, object]) -> None:
    if style not in known:
        hint = suggestion(style, known) or f"; choose from {', '.join(known)}"
        raise ParameterError(f"no format '{style}'{hint}")
