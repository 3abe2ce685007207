"""Expressions of generated JavaScript to trees: the little of the language it needs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from mila_analysis.backends._python_reading import ReadingError

__all__ = ["Call", "Choice", "Literal", "Negative", "Signed", "Tree", "Word", "parsed"]

_TOKEN = re.compile(
    r"\s*(?:(\d{1,400}(?:\.\d{1,400})?(?:e[+-]?\d{1,3})?)|([A-Za-z_]\w*(?:\.\w+)?)"
    r"|(===|>=|<=|[-+*/<>?:(),]))",
    re.ASCII,
)
_COMPARISON, _SUM, _PRODUCT = 1, 2, 3
_LEVELS = {
    **dict.fromkeys((">", ">=", "<", "<=", "==="), _COMPARISON),
    **dict.fromkeys("+-", _SUM),
    **dict.fromkeys("*/", _PRODUCT),
}
DEPTH = 200
"""Of parentheses and signs within each other."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A number that is not negative: the double that JavaScript makes of it."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Word:
    """A name."""

    text: str


@dataclass(frozen=True, slots=True)
class Negative:
    """`-value`."""

    value: Tree


@dataclass(frozen=True, slots=True)
class Signed:
    """`left sign right`."""

    sign: str
    left: Tree
    right: Tree


@dataclass(frozen=True, slots=True)
class Choice:
    """`condition ? yes : no`."""

    condition: Tree
    yes: Tree
    no: Tree


@dataclass(frozen=True, slots=True)
class Call:
    """`function(arguments)`."""

    function: str
    arguments: tuple[Tree, ...]


Tree = Literal | Word | Negative | Signed | Choice | Call


def parsed(text: str) -> Tree:
    """The tree of an expression.

    Raises:
        ReadingError: it is nothing that generated code has.
    """
    parser = _Parser(text, _tokens(text))
    tree = parser.choice()
    if parser.ahead:
        raise parser.refused()
    return tree


def _tokens(text: str) -> Sequence[str]:
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ReadingError(f"'{text[at : at + 40]}' is nothing we generate")
        found.append(match[match.lastindex or 0])
        at = match.end()
    return found


class _Parser:
    """Recursive descent; signs by how tightly they bind."""

    def __init__(self, text: str, tokens: Sequence[str]) -> None:
        self.text, self.tokens, self.at, self.depth = text, tokens, 0, 0

    @property
    def ahead(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def refused(self) -> ReadingError:
        return ReadingError(f"'{self.text[:60]}' is nothing we generate")

    def taken(self, *wanted: str) -> str:
        """The token, which has to be one of those, and the next one after it."""
        if not self.ahead or (wanted and self.ahead not in wanted):
            raise self.refused()
        self.at += 1
        return self.tokens[self.at - 1]

    def choice(self) -> Tree:
        self.depth += 1
        if self.depth > DEPTH:
            raise self.refused()
        tree = self.signed(_COMPARISON)
        if self.ahead == "?":
            self.taken("?")
            yes = self.signed(_COMPARISON)
            self.taken(":")
            tree = Choice(tree, yes, self.signed(_COMPARISON))
        self.depth -= 1
        return tree

    def signed(self, least: int) -> Tree:
        """Values between signs that bind as tightly as that at least."""
        tree = self.unary()
        while (level := _LEVELS.get(self.ahead, 0)) >= least:
            sign = self.taken()
            tree = Signed(sign, tree, self.signed(level + 1))
            if level == _COMPARISON:  # of which there is no chain
                break
        return tree

    def unary(self) -> Tree:
        if self.ahead == "-":
            self.taken("-")
            if self.ahead == "-":  # `--` is another sign
                raise self.refused()
            return Negative(self.unary())
        if self.ahead == "(":
            self.taken("(")
            tree = self.choice()
            self.taken(")")
            return tree
        token = self.taken()
        if token[0].isdigit():
            return Literal(_double(token))
        if not (token[0].isalpha() or token[0] == "_"):
            raise self.refused()
        return self.call(token) if self.ahead == "(" else Word(token)

    def call(self, function: str) -> Tree:
        self.taken("(")
        arguments = []
        while True:
            arguments.append(self.choice())
            if self.taken(",", ")") == ")":
                return Call(function, tuple(arguments))


def _double(token: str) -> Fraction:
    try:
        return Fraction(float(token))
    except OverflowError:
        raise ReadingError(f"{token} is beyond the range of doubles") from None
