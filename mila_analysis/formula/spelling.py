"""Formula text as people type it, to the Python that it means, column by column."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from mila_analysis.errors import FormulaError
from mila_analysis.formula.limits import MAX_LENGTH
from mila_analysis.letters import GREEK

__all__ = ["Source", "spelled_out"]

_SIGNS = {
    "^": "**", "·": "*", "⋅": "*", "×": "*", "−": "-", "–": "-", "÷": "/", "⁄": "/",
    "≤": "<=", "≥": ">=",
}  # fmt: skip
_RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-", strict=True))
_LOOKS_LIKE = dict(
    zip("аеорсухѕіјһԁԛԝвοıΑΒΕΗΙΚΜΝΟΡΤΥΧΖ∗∕‐—ς", "aeopcyxsijhdqwBoiABEHIKMNOPTYXZ*/--σ",
        strict=True)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """A formula and its Python.

    Attributes:
        text: as it was typed.
        plain: in ASCII, as Python reads it.
        origin: for each character of `plain`, its place in `text`; one more at the end.
    """

    text: str
    plain: str
    origin: tuple[int, ...]

    def typed(self, start: int, end: int) -> str:
        """What was typed for a piece of `plain`."""
        return self.text[self.origin[start] : self.origin[end - 1] + 1]

    def error(self, why: str, at: int) -> FormulaError:
        """The error that points at a place of `plain`."""
        column = self.origin[min(at, len(self.plain))] + 1
        return FormulaError(f"{why} (column {column})", self.text, column)


def spelled_out(text: str) -> Source:
    """Text to its Python.

    Raises:
        FormulaError: empty, too long, or with a character that no formula has.
    """
    if not text.strip():
        raise FormulaError("the formula is empty")
    if len(text) > MAX_LENGTH:
        raise FormulaError(f"the formula is longer than {MAX_LENGTH} characters")
    pieces = list(_pieces(text))
    while pieces[0][0].isspace():
        pieces.pop(0)
    while pieces[-1][0].isspace():
        pieces.pop()
    plain = "".join(piece for piece, _ in pieces)
    origin = [at for piece, at in pieces for _ in piece]
    return Source(text, plain, (*origin, origin[-1] + 1))


def _pieces(text: str) -> Iterator[tuple[str, int]]:
    """Python for each character, and its place."""
    ends = (len(text) - len(text.lstrip()), len(text.rstrip()))
    for at, c in enumerate(text):
        if not ends[0] <= at < ends[1]:
            yield " ", at
        elif c in _RAISED:
            yield from _raised(text, at)
        elif c in GREEK:
            yield from _letter(text, at)
        elif c in _SIGNS:
            yield _SIGNS[c], at
        elif c.isascii() and c.isprintable():
            yield c, at
        else:
            why = f"{c!r} cannot stand in a formula{_description(c)}"
            raise FormulaError(f"{why} (column {at + 1})", text, at + 1)


def _raised(text: str, at: int) -> Iterator[tuple[str, int]]:
    """`²` as a power; the digits of `x¹²` belong together."""
    if at == 0 or text[at - 1] not in _RAISED:
        yield "**(", at
    yield _RAISED[text[at]], at
    if text[at + 1 : at + 2] not in _RAISED or not text[at + 1 : at + 2]:
        yield ")", at


def _letter(text: str, at: int) -> Iterator[tuple[str, int]]:
    """A Greek letter as a word of its own; an index such as that of `β_1` is part."""
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if before.isalnum() or before == "_":
        yield " ", at
    yield GREEK[text[at]], at
    if after.isascii() and after.isalpha():
        yield " ", at


def _description(character: str) -> str:
    """Name of a character in Unicode, and which other it can be taken for."""
    name = unicodedata.name(character, "")
    like = _LOOKS_LIKE.get(character) or unicodedata.normalize("NFKC", character)
    known = like.isprintable() and (like.isascii() or like in GREEK)
    looks = f" that looks like '{like}'" if known and like.strip() else ""
    shown = f": {name}" if name else ""
    return "" if character.isascii() else f"{shown}{',' * bool(looks and shown)}{looks}"
