"""`explore`: activations to a page for the browser that works offline."""

from __future__ import annotations

from typing import Annotated

import typer

from mila_analysis.cli.output import STDOUT, emit, say
from mila_analysis.cli.selection import Acts, Betas, Params, Tex, several

__all__ = ["explore"]

DEFAULT = ("mila", "relu", "gelu", "swish")


def explore(
    *,
    activation: Acts = None,
    beta: Betas = None,
    param: Params = None,
    tex: Tex = False,
    samples: Annotated[
        int,
        typer.Option(metavar="N", help="Points at which errors are measured; 0: none."),
    ] = 260,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="File; - is stdout.")
    ] = "explorer.html",
) -> None:
    """Make a page with sliders: one file, for any browser, without a network.

    Try: mila-analysis explore -a mila -a gelu -o mila.html
    """
    from rich.console import Console

    from mila_analysis.explorer import explore as explored

    chosen = several(activation or list(DEFAULT), beta, param, tex=tex)
    console = Console(stderr=True)
    with console.status("Preparing") as status:
        page = explored(
            chosen, samples=samples, progress=lambda t: status.update(f"Preparing {t}")
        )
    if output == STDOUT:
        emit(page.text)
    else:
        page.save(output)
        say(f"wrote {output} ({len(page.text.encode()) // 1000} kB)")
