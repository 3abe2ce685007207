"""A formula as it is typed, to its tree.

`f'(x) =` in front is dropped. Definitions may stand beside the formula, between
semicolons: `e^x w/d^2; w = 4(x+1) + ...; d = 2e^x + e^(2x) + 2`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from mila_analysis.errors import FormulaError
from mila_analysis.letters import GREEK
from mila_analysis.notation.functions import is_function
from mila_analysis.notation.grammar import Token, parse_tokens
from mila_analysis.notation.tree import Node

__all__ = ["MAX_LENGTH", "read_statements", "read_text", "tokens_of"]

MAX_LENGTH = 4000
MAX_DEFINITIONS = 16

_GREEK = {letter: name.rstrip("_") for letter, name in GREEK.items()}
_SIGNS = {
    "**": "^", "·": "*", "×": "*", "⋅": "*", "−": "-", "–": "-", "≤": "<=", "≥": ">=",
    "÷": "/", "⁄": "/",
}  # fmt: skip
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻ˣ", "0123456789-x")
_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<number>(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*|[α-ωΑ-Ωϕ])
    |(?P<raised>[⁰¹²³⁴⁵⁶⁷⁸⁹⁻ˣ]+)
    |(?P<sign>\*\*|<=|>=|==|[-+*/^(){}\[\],<>=|]|[·×⋅−–≤≥÷⁄])""",
    re.VERBOSE,
)
_LIBRARY = re.compile(
    r"\b(?:np|numpy|jnp|math|cmath|mpmath|sympy|sp|torch|tf\.math|tf|F|xp|K|Math)\."
    r"(?=[A-Za-z])|\bstd::"
)
_FUNCTION = re.compile(r"[\s&]*\\?([A-Za-z]+|[α-ωΑ-Ω])\s*\(\s*x\s*\)[\s&]*")
_LABEL = re.compile(
    r"""(?:[A-Za-z]\w*|[α-ω])?\s*'*\s*(?:\(\s*x\s*(?:[;,]\s*\w+\s*)?\))?
    |d\s*\w+\s*/\s*d\s*\w+|∂\s*\w+\s*/\s*∂\s*\w+""",
    re.VERBOSE,
)


def read_text(text: str, variables: Sequence[str]) -> Node:
    """Formula to its tree.

    Raises:
        FormulaError: not a formula, an unknown name, more than one meaning, or too
            long. Nothing in the text is executed.
    """
    if len(text) > MAX_LENGTH:
        raise FormulaError(f"the formula is longer than {MAX_LENGTH} characters")
    plain = _LIBRARY.sub("", text)
    statements = [s.strip() for s in re.split(r"[;\n]", plain) if s.strip()]
    return read_statements(statements, variables, tokens_of, _label)


def _label(left: str) -> str | None:
    """Name that a left side defines; '' for a title such as `f'(x)`."""
    word = left.strip()
    if re.fullmatch(r"[A-Za-z_]\w*|[α-ωΑ-Ω]", word):
        return _GREEK.get(word, word)
    return "" if _LABEL.fullmatch(word) else None


def read_statements(
    statements: Sequence[str],
    variables: Sequence[str],
    tokens: Callable[[str, frozenset[str]], list[Token]],
    label: Callable[[str], str | None],
) -> Node:
    """Tree of a formula with definitions beside it, in any order."""
    if len(statements) > MAX_DEFINITIONS:
        raise FormulaError(f"more than {MAX_DEFINITIONS} definitions")
    formulas: list[str] = []
    defined: dict[str, str] = {}
    sides = [_split(statement) for statement in statements]
    words = [label(left) if left else "" for left, _ in sides]
    words = _functions(sides, words)
    titles = ("f", "y") if all(words) else ()  # `f = ...` is a title if nothing else is
    for (left, right), word in zip(sides, words, strict=True):
        if word is None:
            raise FormulaError(f"'{left.strip()[:40]}' cannot stand before '='")
        if word and len(statements) > 1 and word not in titles:
            if word == "x" or word in defined:  # β may be given a value
                raise FormulaError(f"'{word}' is defined twice")
            defined[word] = right
        else:
            formulas.append(right)
    if not formulas:  # the last definition is the formula
        word, right = defined.popitem() if defined else ("", "")
        formulas.append(right)
    if len(formulas) > 1:
        raise FormulaError("more than one formula; audit them one by one")
    return _Definitions(defined, variables, tokens).tree(formulas[0])


def _functions(
    sides: Sequence[tuple[str, str]], words: Sequence[str | None]
) -> list[str | None]:
    """`s(x) = ...` defines s if another statement uses it, and is a title if none."""
    found = list(words)
    for place, (left, _) in enumerate(sides):
        match = _FUNCTION.fullmatch(left)
        others = " ; ".join(right for at, (_, right) in enumerate(sides) if at != place)
        used = match and re.search(rf"(?<![A-Za-z]){match[1]}(?![A-Za-z])", others)
        if match and used and found[place] == "" and not is_function(match[1]):
            found[place] = _GREEK.get(match[1], match[1])
    return found


def _split(statement: str) -> tuple[str, str]:
    parts = re.split(r"(?<![<>=!])=(?!=)", statement)
    if len(parts) > 2:
        raise FormulaError("more than one '='; give the right side alone")
    return ("", parts[0]) if len(parts) == 1 else (parts[0], parts[1])


class _Definitions:
    """Names beside a formula, each read when it is first needed."""

    def __init__(
        self,
        texts: Mapping[str, str],
        variables: Sequence[str],
        tokens: Callable[[str, frozenset[str]], list[Token]],
    ) -> None:
        self.texts = texts
        self.variables = variables
        self.tokens = tokens
        self.known: dict[str, Node] = {}
        self.open: set[str] = set()

    def tree(self, text: str) -> Node:
        words = frozenset((*self.variables, *self.texts))
        left = [v for v in self.variables if v not in self.texts]
        try:
            tokens = self.tokens(text, words)
            for token in tokens:
                if token.kind == "word" and token.text in self.texts:
                    self._define(token.text)
            return parse_tokens(tokens, left, self.known)
        except FormulaError as error:
            if error.column is None or error.text:
                raise
            raise FormulaError(str(error), text, error.column) from None

    def _define(self, word: str) -> None:
        if word in self.known:
            return
        if word in self.open:
            raise FormulaError(f"'{word}' is defined by itself")
        self.open.add(word)
        self.known[word] = self.tree(self.texts[word])


def tokens_of(text: str, words: frozenset[str]) -> list[Token]:
    """Tokens of plain text; `words` are names beside those of functions."""
    found: list[Token] = []
    at, space = 0, False
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            why = f"{text[at]!r} cannot stand in a formula (column {at + 1})"
            raise FormulaError(why, column=at + 1)
        kind, piece = match.lastgroup or "", match.group()
        if kind == "number" and not words.isdisjoint(piece):  # 2E+2 with a name E
            piece = re.split("[eE]", piece)[0]
        at += len(piece)
        if kind == "space":
            space = True
            continue
        found += _tokens(kind, piece, words, space=space)
        space = False
    return found


def _tokens(kind: str, text: str, words: frozenset[str], *, space: bool) -> list[Token]:
    if kind == "number":
        return [Token("number", text.replace("_", ""), space)]
    if kind == "raised":
        inner = tokens_of(text.translate(_RAISED), words)
        return [Token("sign", "^"), Token("sign", "{"), *inner, Token("sign", "}")]
    if kind == "word":
        return _words(_GREEK.get(text, text), words, space=space)
    if text == "|":
        raise FormulaError("write abs(x) for |x|")
    return [Token("sign", _SIGNS.get(text, text), space)]


def _words(text: str, words: frozenset[str], *, space: bool) -> list[Token]:
    """A word, or what it runs together: `xe` is x·e."""
    if text not in words and not is_function(text):
        single = "|".join(sorted(map(re.escape, {*words, "e"}), key=len, reverse=True))
        if re.fullmatch(f"(?:{single})+", text):
            parts = re.findall(single, text)
            return [Token("word", p, space and not i) for i, p in enumerate(parts)]
    return [Token("word", text, space)]
