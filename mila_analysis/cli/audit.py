"""`audit`: somebody else's formula or function to a verdict."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from mila_analysis.cli.output import STDOUT, emit, emit_json
from mila_analysis.cli.selection import (
    DEFAULT,
    Acts,
    Betas,
    Params,
    given,
    read,
    single,
)
from mila_analysis.errors import FormulaError, ParameterError
from mila_analysis.letters import spelled

__all__ = ["audit"]

FAILED = 1
MAX_INPUT = 1 << 16


def audit(
    candidate: Annotated[
        str | None,
        typer.Argument(
            metavar="CANDIDATE",
            help="A formula, LaTeX, file.py, file.py:function, or a function that is "
            "run, such as torch:torch.nn.functional.mish; - is stdin.",
        ),
    ] = None,
    *,
    activation: Acts = None,
    partial: Annotated[
        str | None,
        typer.Option(
            "--partial",
            "-p",
            metavar="PARTIAL",
            help="What it should be, such as f_x; unless given, the partial that it "
            "is, or is nearest to.",
        ),
    ] = None,
    beta: Betas = None,
    param: Params = None,
    latex: Annotated[
        bool, typer.Option("--latex", help="Read it as LaTeX, even without a \\.")
    ] = False,
    run: Annotated[
        bool,
        typer.Option("--run", help="Run a file that cannot be read as a formula."),
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 1 unless it is proved.")
    ] = False,
    tolerance: Annotated[
        str | None,
        typer.Option(metavar="REL", help="Relative difference that is overlooked."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON, on stdout.")] = False,
) -> None:
    """Say whether a formula or a function is a partial; exit 1 if it is not.

    Without a value the verdict is about every β.

    Try: mila-analysis audit --partial f_x --beta 0 "tanh(ln(1+e^x))"
    """
    if candidate is None:
        raise ParameterError("audit takes a CANDIDATE; see: mila-analysis audit --help")
    text = _stdin() if candidate == STDOUT else candidate.strip()
    if not text:
        raise FormulaError("the formula is empty")
    room = _tolerance(tolerance)
    from mila_analysis.auditing import audit as audited
    from mila_analysis.auditing import report
    from mila_analysis.auditing.reading import is_file

    own, extra = _divided(activation, param) if is_file(text) else (param, {})
    one = single("audit", activation, beta, own)
    names = given(activation, own) | ({"beta"} if beta else set())
    values = {n: v for n, v in one.values.items() if n in names}
    found = audited(
        text, one, partial, values={**values, **extra}, latex=latex, run=run,
        tolerance=room,
    )  # fmt: skip
    if json:
        emit_json(found.record())
    else:
        emit(report(found))
    if not found.passed or (strict and not found.proved):
        raise typer.Exit(FAILED)


def _stdin() -> str:
    if sys.stdin is None:
        raise FormulaError("nothing to read: stdin is closed")
    text = sys.stdin.read(MAX_INPUT + 1)
    if len(text) > MAX_INPUT:
        raise FormulaError("the formula is too long")
    return text.strip()


def _tolerance(text: str | None) -> float | None:
    if text is None:
        return None
    from mila_analysis.activation import exact

    value = exact(text, "--tolerance")
    if not 0 <= value < 1:
        raise ParameterError("--tolerance takes a number from 0 to 1")
    return float(value)


def _divided(
    activations: Sequence[str] | None, params: Sequence[str] | None
) -> tuple[list[str], dict[str, str]]:
    """Parameters of the activation, and those of the function in a file."""
    pairs = [text.partition("=") for text in params or ()]
    values = {spelled(name): [value.strip()] for name, _, value in pairs}
    known = read((activations or [DEFAULT])[0], values).values
    own: list[str] = []
    extra: dict[str, str] = {}
    for text in params or ():
        name, _, value = (part.strip() for part in text.partition("="))
        if spelled(name) in known or not value:
            own.append(text)
        else:
            extra[name] = value
    return own, extra
