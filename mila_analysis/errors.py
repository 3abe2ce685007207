"""Mistakes a user can make, to one line that says what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "AccuracyError",
    "FormulaError",
    "MilaAnalysisError",
    "NoPlaceError",
    "ParameterError",
    "PartialError",
    "UnknownNameError",
    "UnsupportedError",
    "WriteError",
    "suggestion",
]


class MilaAnalysisError(Exception):
    """Base of every error this package raises on purpose.

    The command line prints its text on one line and exits with `exit_code`.
    """

    exit_code = 2


class FormulaError(MilaAnalysisError, ValueError):
    """A formula that is not one, or that asks for more than the limits allow."""


class ParameterError(MilaAnalysisError, ValueError):
    """A parameter, range or option with a value it cannot have."""


class PartialError(MilaAnalysisError, ValueError):
    """A partial derivative that the activation does not have."""


class UnknownNameError(MilaAnalysisError, LookupError):
    """A name that nothing answers to."""


class UnsupportedError(MilaAnalysisError, NotImplementedError):
    """Something legal that this version cannot do; it refuses instead of guessing."""


class AccuracyError(MilaAnalysisError, ArithmeticError):
    """Balls that stay too wide at the highest precision allowed."""

    exit_code = 1


class WriteError(MilaAnalysisError, OSError):
    """A file that could not be written; what was there before is still there."""

    exit_code = 1


class NoPlaceError(WriteError):
    """A path at which no file can be: its folder is missing, or it is a folder."""

    exit_code = 2


def suggestion(word: str, known: Iterable[str]) -> str:
    """Nearest known word to a mistyped one, as the tail of a sentence.

    Returns `"; did you mean 'mila'?"`, or nothing when no word is near.
    """
    near = difflib.get_close_matches(word[:80].lower(), list(known), n=1, cutoff=0.5)
    return f"; did you mean '{near[0]}'?" if near else ""
