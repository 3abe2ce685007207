"""`code`: an activation to the source text of its functions, verified first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mila_analysis.cli.output import STDOUT, deliver, say
from mila_analysis.cli.selection import Acts, Betas, Json, Params, Tex, single
from mila_analysis.cli.verify import SUFFIX, reserved, watched
from mila_analysis.errors import NoProgramError, ParameterError

if TYPE_CHECKING:
    from mila_analysis.kernels import GeneratedCode
    from mila_analysis.verification import Certificate

__all__ = ["code"]


def code(
    *,
    backend: Annotated[
        str,
        typer.Option(
            "--backend",
            "-b",
            metavar="BACKEND",
            help="Of the code: numpy, torch, c, triton or javascript.",
        ),
    ] = "numpy",
    activation: Acts = None,
    beta: Betas = None,
    param: Params = None,
    tex: Tex = False,
    order: Annotated[
        int, typer.Option(metavar="N", help="Order of the highest partials, up to 4.")
    ] = 2,
    accuracy: Annotated[
        str,
        typer.Option(
            metavar="MODE", help="fast, or accurate: every result correctly rounded."
        ),
    ] = "fast",
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="File; - is stdout.")
    ] = STDOUT,
    certificate: Annotated[
        Path | None,
        typer.Option(
            metavar="CERT",
            help=f"Where the certificate goes; FILE{SUFFIX} unless given.",
        ),
    ] = None,
    no_certificate: Annotated[
        bool, typer.Option("--no-certificate", help="Write the code alone.")
    ] = False,
    no_verify: Annotated[
        bool,
        typer.Option("--no-verify", help="Write it at once, and marked as unverified."),
    ] = False,
    json: Json = False,
) -> None:
    """Write the code of an activation and its partials, once it is verified.

    Try: mila-analysis code --beta -0.25 -o mila.py
    """
    if certificate is not None and (no_verify or no_certificate):
        raise ParameterError("there is no certificate of what is not verified or asked")
    one = single("code", activation, beta, param, tex=tex)
    from mila_analysis.kernels import generate_code

    made = generate_code(one, backend, order=order, accuracy=accuracy)
    if not made.holds_everywhere:
        say(f"note: strategy {made.strategy}: not proven safe on every float")
    found = None
    if not no_verify:
        made = made.marked_verified()
        found = _verified(made)
    place = None if no_certificate else _place(certificate, output, found)
    deliver(
        made.text, output, command="code", backend=backend, strategy=made.strategy,
        verified=found is not None, digest=made.digest,
        certificate=None if place is None else str(place),
        activations=[one], as_json=json,
    )  # fmt: skip
    if found is not None and place is not None:
        from mila_analysis import files

        files.write(place, found.to_json())
        if not json:
            say(f"wrote {place}")


def _verified(made: GeneratedCode) -> Certificate:
    """Certificate of code that passed.

    Raises:
        VerificationError: it did not.
    """
    try:
        found = watched(made)
    except NoProgramError as error:
        raise type(error)(f"{error}; --no-verify writes it unverified") from None
    found.raise_for_failure()
    if note := reserved(found):
        say(note)
    return found


def _place(
    certificate: Path | None, output: str, found: Certificate | None
) -> Path | None:
    """Where the certificate goes: where it was asked for, or beside the file."""
    if found is None:
        return None
    if certificate is not None:
        return certificate
    return None if output == STDOUT else Path(f"{output}{SUFFIX}")
