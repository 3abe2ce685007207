"""`report`: an activation to a document of all that is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mila_analysis.cli.output import STDOUT, deliver, emit_json, say, spec
from mila_analysis.cli.selection import Acts, Betas, Json, Params, Tex, single
from mila_analysis.cli.verify import status
from mila_analysis.errors import ParameterError

if TYPE_CHECKING:
    from mila_analysis.reporting import Report

__all__ = ["report"]


def report(
    *,
    activation: Acts = None,
    beta: Betas = None,
    param: Params = None,
    tex: Tex = False,
    backend: Annotated[
        list[str] | None,
        typer.Option(
            "--backend",
            "-b",
            metavar="BACKEND",
            help="Verify this code: numpy, torch or c; repeated; all unless given.",
        ),
    ] = None,
    no_verify: Annotated[
        bool,
        typer.Option(
            "--no-verify", help="Verify no code, which takes half a minute otherwise."
        ),
    ] = False,
    without: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SECTION,…",
            help="Leave sections out: derivatives, figures, analysis, verification, "
            "code, citation; with commas, or repeated.",
        ),
    ] = None,
    no_code: Annotated[
        bool, typer.Option("--no-code", help="The same as --without code.")
    ] = False,
    threshold: Annotated[
        str, typer.Option(metavar="EPS", help="A slope below this in size is dead.")
    ] = "0.001",
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="HTML, PDF, Markdown (.md) or LaTeX (.tex) by its suffix; - is HTML "
            "on stdout. In this folder, and named after the activation, unless given.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Report on an activation: derivatives, figures, analysis, certificates, code.

    Try: mila-analysis report --beta -0.25 -o mila.html
    """
    if no_verify and backend:
        raise ParameterError(
            "--no-verify leaves nothing to --backend; give one of both"
        )
    left_out = _split(without, no_code=no_code)
    if backend and "verification" in left_out:
        raise ParameterError(
            "--without verification leaves nothing to --backend; give one of both"
        )
    one = single("report", activation, beta, param, tex=tex)
    target = output or f"{one.name}-report.html"
    path = Path("report.html" if target == STDOUT else target)
    from mila_analysis import reporting
    from mila_analysis.reporting import saving

    saving.check(path)
    with status("reporting") as progress:
        made = reporting.report(
            one,
            backends=_backends(backend, no_verify=no_verify),
            without=left_out,
            threshold=threshold,
            progress=progress,
        )
        progress("writing")
        contents = saving.contents(made, path)
    if target == STDOUT:
        (page,) = contents.values()
        deliver(page, target, command="report", activations=[one], as_json=json)
    else:
        _deliver([str(file) for file in saving.write(contents, path)], made, json)
    if not made.passed:
        say("error: this code does not keep its promises; the report says which")
        raise typer.Exit(1)


def _backends(chosen: list[str] | None, *, no_verify: bool) -> tuple[str, ...]:
    """Backends to verify, each once."""
    from mila_analysis.reporting import BACKENDS

    return () if no_verify else tuple(dict.fromkeys(chosen or BACKENDS))


def _split(given: list[str] | None, *, no_code: bool) -> tuple[str, ...]:
    """Names of sections that are left out."""
    words = (word.strip().lower() for each in given or () for word in each.split(","))
    return (*filter(None, words), *(["code"] if no_code else []))


def _deliver(written: Sequence[str], made: Report, as_json: bool) -> None:
    """Say which files there are now; the report is the last."""
    if as_json:
        emit_json(
            {"command": "report", "passed": made.passed, "files": list(written),
             "activations": [spec(made.activation)]}
        )  # fmt: skip
    else:
        say(f"wrote {', '.join(written)}")
