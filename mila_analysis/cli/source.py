"""`code`: an activation to the source text of its functions."""

from __future__ import annotations

from typing import Annotated

import typer

from mila_analysis.cli.output import STDOUT, deliver, say
from mila_analysis.cli.selection import Acts, Betas, Json, Params, single

__all__ = ["code"]


def code(
    *,
    backend: Annotated[
        str,
        typer.Option(
            "--backend",
            "-b",
            metavar="BACKEND",
            help="Language or library of the code: numpy.",
        ),
    ] = "numpy",
    activation: Acts = None,
    beta: Betas = None,
    param: Params = None,
    order: Annotated[
        int, typer.Option(metavar="N", help="Order of the highest partials, up to 4.")
    ] = 2,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="File; - is stdout.")
    ] = STDOUT,
    json: Json = False,
) -> None:
    """Write the code of an activation and its partials.

    Try: mila-analysis code --beta -0.25 -o mila.py
    """
    one = single("code", activation, beta, param)
    from mila_analysis.kernels import generate_code

    made = generate_code(one, backend, order=order)
    if made.strategy != "homogeneous":
        say(f"note: strategy {made.strategy}: not proven safe on every float")
    deliver(
        made.text, output, command="code", backend=backend, strategy=made.strategy,
        activations=[one], as_json=json,
    )  # fmt: skip
