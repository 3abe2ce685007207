"""`latex`: an activation to its partials in LaTeX."""

from __future__ import annotations

from typing import Annotated

import typer

from mila_analysis.cli.output import STDOUT, deliver, say
from mila_analysis.cli.selection import Acts, Betas, Json, Params, Tex, bound, single

__all__ = ["latex"]


def latex(
    *,
    activation: Acts = None,
    beta: Betas = None,
    param: Params = None,
    tex: Tex = False,
    partial: Annotated[
        list[str] | None,
        typer.Option(
            "--partial",
            "-p",
            metavar="PARTIAL",
            help="Such as f_x; repeated, one line each; all up to the second order "
            "unless given.",
        ),
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(
            metavar="FORM",
            help="closed, substituted (E for the exponential) or numeric; closed "
            "unless a parameter is given a value.",
        ),
    ] = None,
    digits: Annotated[
        int, typer.Option(metavar="N", help="Significant digits of the numeric form.")
    ] = 6,
    normalize: Annotated[
        bool,
        typer.Option(
            "--normalize/--no-normalize",
            help="Make 1 the leading coefficient of the numeric form.",
        ),
    ] = True,
    environment: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="align, align*, equation, equation* or none.",
        ),
    ] = None,
    standalone: Annotated[
        bool, typer.Option("--standalone", help="A whole document for pdflatex.")
    ] = False,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="File; - is stdout.")
    ] = STDOUT,
    json: Json = False,
) -> None:
    """Write an activation and its exact partials in LaTeX.

    Try: mila-analysis latex --partial f_x --form substituted
    """
    one = single("latex", activation, beta, param, tex=tex)
    form = _form(form, given=bound(activation, beta, param))
    from mila_analysis.backends.latex import to_latex

    text = to_latex(
        one, partial, form=form, digits=digits, normalize=normalize,
        environment=environment, standalone=standalone,
    )  # fmt: skip
    deliver(text, output, command="latex", form=form, activations=[one], as_json=json)


def _form(form: str | None, *, given: bool) -> str:
    """Form that was asked for, or the one that shows the values that were given."""
    if form in {"closed", "substituted"} and given:
        say(f"note: the {form} form holds for all parameters; the values are not in it")
    return form or ("numeric" if given else "closed")
