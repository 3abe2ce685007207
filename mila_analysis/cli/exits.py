"""What stops a command to an exit code and, for a mistake, one line on stderr."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer

from mila_analysis.cli.commands import PROGRAM
from mila_analysis.cli.output import say
from mila_analysis.errors import MilaAnalysisError, suggestion

__all__ = ["run"]

MISTAKE, INTERRUPTED = 2, 130
# Typer has moved this class from one release to the next, but not what derives from it.
UsageError: Any = typer.BadParameter.__base__


def run(command: Any, arguments: Sequence[str]) -> int:
    """Run a command line, and return its exit code."""
    given = list(arguments)
    try:
        code = command.main(given, prog_name=PROGRAM, standalone_mode=False)
    except MilaAnalysisError as error:
        return _failed(str(error), error.exit_code)
    except UsageError as error:
        return _failed(_said(error, given), MISTAKE)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    if code == INTERRUPTED:
        say("interrupted")
    return code if isinstance(code, int) else 0


def _failed(text: str, code: int) -> int:
    say(f"error: {text}")
    return code


def _said(error: Any, arguments: Sequence[str]) -> str:
    """What Typer has against the arguments, in our words."""
    option = getattr(error, "option_name", None)
    if option and "o such option" in error.format_message():
        return _no_option(error, option, arguments)
    text = error.format_message().strip().rstrip(".")
    return text[:1].lower() + text[1:]


def _no_option(error: Any, option: str, arguments: Sequence[str]) -> str:
    """No such option; `-beta`, of which Typer reports `-b`, is `--beta` mistyped."""
    typed = next((a for a in arguments if a.startswith(option)), option)
    typed = typed.partition("=")[0][:40]
    command = error.ctx.command
    known = [
        name
        for parameter in command.get_params(error.ctx)
        for name in (*parameter.opts, *parameter.secondary_opts)
        if name.startswith("-")
    ]
    if len(typed) == 2:  # any other short option would be near
        known = [name for name in known if name.lstrip("-")[0] == typed[1]]
    hint = suggestion(typed, known) or f"; see: {error.ctx.command_path} --help"
    return f"no option '{typed}'{hint}"
