"""Parts of a product or a sum to LaTeX that can be read in one way only.

A letter before a parenthesis or a bracket reads as a call, to people and to parsers,
so a dot comes between them; no other product is dotted, except before a numeral.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

__all__ = [
    "Piece",
    "Term",
    "alone",
    "argument",
    "brackets",
    "fraction",
    "group",
    "power",
    "product",
    "summed",
    "total",
]

_TALL = (r"\frac", r"\sqrt")


@dataclass(frozen=True, slots=True)
class Piece:
    """A factor of a product.

    Attributes:
        text: LaTeX.
        bare: it ends in a letter or its index, so that `(` after it would be a call.
        inner: what stands in its parentheses, if it is nothing but a sum in them.
    """

    text: str
    bare: bool = False
    inner: str = ""


@dataclass(frozen=True, slots=True)
class Term:
    """A term of a sum: its sign, and its LaTeX without the sign."""

    negative: bool
    text: str


def product(pieces: Sequence[Piece]) -> str:
    """Pieces side by side; a product of nothing is 1."""
    if not pieces:
        return "1"
    text = pieces[0].text
    for left, right in pairwise(pieces):
        text += (r" \cdot " if _needs_dot(left, right.text) else " ") + right.text
    return text


def _needs_dot(left: Piece, right: str) -> bool:
    opens = right.startswith(("(", "[", r"\left"))
    is_differential = left.text == r"\mathit{d}"
    return (left.bare and opens) or right[0].isdigit() or is_differential


def total(terms: Sequence[Term]) -> str:
    """Terms joined by their signs; a sum of nothing is 0."""
    if not terms:
        return "0"
    text = "-" * terms[0].negative + terms[0].text
    for term in terms[1:]:
        text += (" - " if term.negative else " + ") + term.text
    return text


def alone(pieces: Sequence[Piece]) -> str:
    """Product where it has room for itself: a lone sum needs no parentheses."""
    return (len(pieces) == 1 and pieces[0].inner) or product(pieces)


def summed(text: str, exponent: str = "1") -> Piece:
    """Sum as a factor."""
    return Piece(power(group(text), exponent), inner=text if exponent == "1" else "")


def group(text: str) -> str:
    """Text in parentheses, or in brackets, of fitting size."""
    opening, closing = tuple(brackets(text))
    if any(command in text for command in _TALL):
        return rf"\left{opening}{text}\right{closing}"
    return f"{opening}{text}{closing}"


def brackets(text: str) -> str:
    """The two marks around a group: brackets if it holds parentheses itself."""
    return "[]" if "(" in _on_the_line(text) else "()"


def argument(text: str) -> str:
    """Text as the argument of a function."""
    tall = any(command in text for command in _TALL)
    return rf"\left({text}\right)" if tall else f"({text})"


def _on_the_line(text: str) -> str:
    """Text without what is raised, lowered or under a root."""
    depth, kept = 0, ""
    for character in text:
        depth += (character == "{") - (character == "}")
        kept += character if depth == 0 else ""
    return kept


def power(base: str, exponent: str) -> str:
    """Base to an exponent; the base is a letter, a numeral or in parentheses."""
    return base if exponent == "1" else f"{base}^{{{exponent}}}"


def fraction(top: str, bottom: str) -> str:
    """Built-up fraction, or the top alone over nothing."""
    return top if bottom in ("", "1") else rf"\frac{{{top}}}{{{bottom}}}"
