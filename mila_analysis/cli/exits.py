"""What stops a command to an exit code and, for a mistake, one line on stderr."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import typer

from mila_analysis.cli.commands import PROGRAM
from mila_analysis.cli.output import forget_stdout, point, say
from mila_analysis.errors import MilaAnalysisError

__all__ = ["run"]

FAILED, MISTAKE, INTERRUPTED = 1, 2, 130
# Typer has moved this class from one release to the next, but not what derives from it.
UsageError: Any = typer.BadParameter.__base__


def run(command: Any, arguments: Sequence[str]) -> int:
    """Run a command line, and return its exit code."""
    given = list(arguments)
    try:
        code = command.main(given, prog_name=PROGRAM, standalone_mode=False)
    except MilaAnalysisError as error:
        code = _failed(str(error), error.exit_code)
        point(getattr(error, "__notes__", ()))
        return code
    except UsageError as error:
        return _failed(_said(error, given), MISTAKE)
    except ValueError as error:
        if not _of_matplotlib(error):
            raise
        return _failed(f"MPLBACKEND={os.environ['MPLBACKEND']} is unknown", MISTAKE)
    except OSError as error:  # help that finds stdout full, for one
        forget_stdout()
        return _failed((error.strerror or str(error)).lower(), FAILED)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    if code == INTERRUPTED:
        say("interrupted")
    return code if isinstance(code, int) else 0


def _failed(text: str, code: int) -> int:
    say(f"error: {text}")
    return code


def _of_matplotlib(error: ValueError) -> bool:
    """Whether Matplotlib refused to be imported: it knows no such backend."""
    return "MPLBACKEND" in os.environ and "Key backend" in str(error)


def _said(error: Any, arguments: Sequence[str]) -> str:
    """What Typer has against the arguments, in our words."""
    option = getattr(error, "option_name", None)
    if option and "o such option" in error.format_message():
        return _no_option(error, option, arguments)
    text = error.format_message().strip().rstrip(".")
    if isinstance(error, typer.BadParameter) and error.param is not None:
        numbers = "whole numbers" if "integer" in text else "numbers"
        return f"{max(error.param.opts, key=len)} takes {numbers} only"
    if extra := re.search(r"nexpected extra argument.* \((.*)\)$", text, re.DOTALL):
        return f"unexpected argument: {extra[1]}"
    return text[:1].lower() + text[1:]


def _no_option(error: Any, option: str, arguments: Sequence[str]) -> str:
    """No such option; `-beta`, of which Typer reports `-b`, is `--beta` mistyped."""
    typed = next((a for a in arguments if a.startswith(option)), option)
    typed = typed.partition("=")[0][:40]
    command = error.ctx.command
    known = {  # without the dashes, which all of them share
        name.lstrip("-"): name
        for parameter in command.get_params(error.ctx)
        for name in (*parameter.opts, *parameter.secondary_opts)
        if name.startswith("-")
    }
    word = typed.lstrip("-")
    near = [name for name in known if len(word) == 1 and name.startswith(word)]
    near += get_close_matches(word, known, n=1, cutoff=0.5)
    help_of = f"; see: {error.ctx.command_path} --help"
    hint = f"; did you mean '{known[near[0]]}'?" if near else help_of
    return f"no option '{typed}'{hint}"
