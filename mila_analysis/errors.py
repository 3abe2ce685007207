"""Mistakes a user can make, to one line that says what to do."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable

__all__ = [
    "AccuracyError",
    "DataError",
    "FormulaError",
    "MilaAnalysisError",
    "NoPlaceError",
    "NoProgramError",
    "ParameterError",
    "PartialError",
    "UnknownNameError",
    "UnsupportedError",
    "WriteError",
    "suggestion",
]


WINDOW = 70
"""Characters of a formula that an error shows around the place."""


class MilaAnalysisError(Exception):
    """Base of every error this package raises on purpose.

    The command line prints its text on one line and exits with `exit_code`.
    """

    exit_code = 2


class FormulaError(MilaAnalysisError, ValueError):
    """A formula that is not one, or that asks for more than the limits allow.

    Its notes, which Python shows below a traceback, are the formula and a caret.

    Attributes:
        text: the formula.
        column: where in it, from 1; None where that is not one place.
    """

    def __init__(self, message: str, text: str = "", column: int | None = None) -> None:
        super().__init__(
            "".join(c if c.isprintable() else ascii(c)[1:-1] for c in message)
        )
        self.text = text
        self.column = column
        for line in _pointer(text, column) if column else ():
            self.add_note(line)


class ParameterError(MilaAnalysisError, ValueError):
    """A parameter, range or option with a value it cannot have."""


class PartialError(MilaAnalysisError, ValueError):
    """A partial derivative that the activation does not have."""


class UnknownNameError(MilaAnalysisError, LookupError):
    """A name that nothing answers to."""


class UnsupportedError(MilaAnalysisError, NotImplementedError):
    """Something legal that this version cannot do; it refuses instead of guessing."""


class NoProgramError(UnsupportedError):
    """Code that is run by a program which is not installed."""


class AccuracyError(MilaAnalysisError, ArithmeticError):
    """Balls that stay too wide at the highest precision allowed."""

    exit_code = 1


class DataError(MilaAnalysisError, OSError):
    """Files of a dataset that are missing, unreadable or not what they should be."""

    exit_code = 1


class WriteError(MilaAnalysisError, OSError):
    """A file that could not be written; what was there before is still there."""

    exit_code = 1


class NoPlaceError(WriteError):
    """A path at which no file can be: its folder is missing, or it is a folder."""

    exit_code = 2


def _pointer(text: str, column: int) -> tuple[str, str]:
    """As much of a text as fits on a line, and a caret below one of its columns."""
    start = max(0, min(column - WINDOW // 2, len(text) - WINDOW))
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    before, piece = "..." * (start > 0), shown[start : start + WINDOW]
    after = "..." * (start + WINDOW < len(text))
    wide = sum(_width(c) for c in piece[: column - 1 - start])
    return f"  {before}{piece}{after}", " " * (2 + len(before) + wide) + "^"


def _width(character: str) -> int:
    """Columns of a terminal that a character takes."""
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def suggestion(word: str, known: Iterable[str]) -> str:
    """Nearest known word to a mistyped one, as the tail of a sentence.

    Returns `"; did you mean 'mila'?"`, or nothing when no word is near.
    """
    typed = word[:80].lower()
    near = difflib.get_close_matches(typed, list(known), n=3, cutoff=0.5)
    swapped = [found for found in near if sorted(found) == sorted(typed)]
    return f"; did you mean '{[*swapped, *near][0]}'?" if near else ""
