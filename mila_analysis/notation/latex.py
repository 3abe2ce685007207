r"""LaTeX of a paper to its tree: \frac, e^{...}, \tanh, \left( \right), \begin{cases}.

Read by rules of our own, into the grammar that plain text has: SymPy's `parse_latex`
takes `\sigma(x)` for a product, `x e^{x} (1+x)` for a call, and numerals for floats.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from mila_analysis.errors import FormulaError
from mila_analysis.letters import GREEK
from mila_analysis.notation.functions import is_function
from mila_analysis.notation.grammar import MAX_DEPTH, OPEN, Token
from mila_analysis.notation.text import MAX_LENGTH, read_statements
from mila_analysis.notation.tree import Node

__all__ = ["read_latex"]

_TOKEN = re.compile(
    r"""(?P<space>\s+|~)
    |(?P<command>\\[A-Za-z]+\*?|\\.)
    |(?P<number>\d+(?:\.\d*)?|\.\d+)
    |(?P<word>(?!x)[A-Za-z]_(?:\{\d+\}|\d)|[A-Za-z]|[α-ωΑ-Ω])
    |(?P<sign><=|>=|[-+*/^(){}\[\],<>=|&_'·×−])""",
    re.VERBOSE,
)
_NOTHING = {
    r"\left", r"\right", r"\,", r"\;", r"\:", r"\!", r"\ ", r"\quad", r"\qquad",
    r"\big", r"\Big", r"\bigg", r"\Bigg", r"\bigl", r"\bigr", r"\Bigl", r"\Bigr",
    r"\biggl", r"\biggr", r"\Biggl", r"\Biggr", r"\displaystyle", r"\textstyle",
    r"\limits", r"\nolimits", r"\nonumber", r"\notag",
}  # fmt: skip
_SIGNS = {
    r"\cdot": "*", r"\times": "*", r"\ast": "*", r"\div": "/", r"\le": "<=",
    r"\leq": "<=", r"\leqslant": "<=", r"\ge": ">=", r"\geq": ">=", r"\geqslant": ">=",
    r"\lt": "<", r"\gt": ">", r"\lbrace": "(", r"\rbrace": ")", r"\{": "(", r"\}": ")",
    r"\lbrack": "(", r"\rbrack": ")", "[": "(", "]": ")", "·": "*", "×": "*", "−": "-",
    r"\lvert": "|(", r"\rvert": "|)",
}  # fmt: skip
_FRACTIONS = (r"\frac", r"\dfrac", r"\tfrac", r"\cfrac")
_NAMED = (r"\operatorname", r"\operatorname*", r"\mathrm", r"\text", r"\textrm",
          r"\mathit", r"\mathsf", r"\mathbf", r"\textbf", r"\textit")  # fmt: skip
_GREEK = {letter: name.rstrip("_") for letter, name in GREEK.items()}
_VARIANTS = {r"\varphi": "phi", r"\vartheta": "theta"}
_WRAPPING = re.compile(
    r"^\s*(?:\$\$?|\\\[|\\\()|(?:\$\$?|\\\]|\\\))\s*$"
    r"|\\(?:begin|end)\{(?:equation|align|aligned|gather|displaymath)\*?\}"
)
_ENDING = re.compile(r"\\\\(?:\[[^\]]*\])?|(?<!\\);")
_CONTINUING = re.compile(r"[\s&]*(?:(?:\\(?:q?quad|[,;:!])|\{\})[\s&]*)*[-+−]")
_JOINT = re.compile(
    r""",?\s*(?:\\q?quad\s*|\\(?:text|textrm|mathrm|mbox)\{\s*(?:where|with|and)\s*\}\s*)+
    (?=\\?[A-Za-z]+\s*(?:\(\s*x\s*\))?\s*=)""",
    re.VERBOSE,
)
_INDEXED = re.compile(r"(?!x)[A-Za-z]_(?:\{\d+\}|\d)")
_LABEL = re.compile(
    r"""(?:\\?[A-Za-z]+)?\s*(?:'|\^\{?(?:\\prime\s*)+\}?|_\{?\w+\}?)*
        \s*(?:\(\s*x\s*(?:[;,].*)?\))?
    |\\[dt]?frac\s*\{.*\}\s*\{.*\}\s*(?:\w+\s*(?:\(\s*x\s*\))?)?
    |\\(?:operatorname|mathrm|text)\*?\s*\{[^{}]*\}\s*'*\s*(?:\(\s*x\s*\))?""",
    re.VERBOSE,
)


def read_latex(text: str, variables: Sequence[str]) -> Node:
    r"""LaTeX to its tree; `f'(x) =` is dropped, `\\` and `;` separate definitions.

    Raises:
        FormulaError: not a formula, an unknown command or name, more than one meaning.
    """
    if len(text) > MAX_LENGTH:
        raise FormulaError(f"the formula is longer than {MAX_LENGTH} characters")
    plain = _WRAPPING.sub(" ", _WRAPPING.sub(" ", text))
    statements = [
        cleaned
        for piece in _continued(_separated(plain))
        if (cleaned := piece.replace("&=", "=").strip().rstrip(".,").strip())
    ]
    return read_statements(statements, variables, _tokens, _label)


def _separated(text: str) -> list[str]:
    r"""Statements between semicolons, or on lines of their own outside of cases."""
    outside = re.split(r"(\\begin\{cases\}.*?\\end\{cases\})", text, flags=re.DOTALL)
    kept = [
        part if number % 2 else _ENDING.sub("\x00", _JOINT.sub("\x00", part))
        for number, part in enumerate(outside)
    ]
    return "".join(kept).split("\x00")


def _continued(pieces: Sequence[str]) -> list[str]:
    """A line that begins with a sign goes on with the one before it."""
    found: list[str] = []
    for piece in pieces:
        if found and _CONTINUING.match(piece):
            found[-1] += piece.replace("&", " ").replace("{}", " ", 1)
        else:
            found.append(piece)
    return found


def _label(left: str) -> str | None:
    word = left.replace("&", "").strip()
    if _INDEXED.fullmatch(word):
        return _plain(word)
    if re.fullmatch(r"\\?[A-Za-z]+|[α-ω]", word):
        return _GREEK.get(word, word.lstrip("\\"))
    return "" if _LABEL.fullmatch(word) else None


def _plain(name: str) -> str:
    """`E_{2}` as `E_2`."""
    return name.replace("{", "").replace("}", "")


def _tokens(text: str, words: frozenset[str]) -> list[Token]:
    return _Converter(_raw(text), words).all()


def _raw(text: str) -> list[Token]:
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            why = f"{text[at]!r} cannot stand in LaTeX (column {at + 1})"
            raise FormulaError(why, column=at + 1)
        if match.lastgroup != "space":
            found.append(Token(match.lastgroup or "", match.group(), at=at))
        at = match.end()
    return found


class _Converter:
    """LaTeX tokens to those of the grammar."""

    def __init__(self, raw: Sequence[Token], words: frozenset[str]) -> None:
        self.raw = list(raw)
        self.words = words
        self.at = 0
        self.depth = 0

    def all(self) -> list[Token]:
        found: list[Token] = []
        while self.at < len(self.raw):
            found += self.one()
        return found

    def one(self) -> list[Token]:
        """What the next token or command stands for, each piece with its place."""
        at = self.raw[self.at].at
        self.depth += 1
        try:
            if self.depth > MAX_DEPTH:
                raise FormulaError(f"braces are nested more than {MAX_DEPTH} deep")
            found = self.meaning()
        except FormulaError as error:
            raise FormulaError(str(error), column=error.column or at + 1) from None
        finally:
            self.depth -= 1
        return [t if t.at >= 0 else replace(t, at=at) for t in found]

    def meaning(self) -> list[Token]:
        token = self.raw[self.at]
        self.at += 1
        text = token.text
        if token.kind == "command":
            return self.command(text)
        if token.kind == "word":
            return [Token("word", self.subscripted(_GREEK.get(text, _plain(text))))]
        if token.kind == "number":
            return [Token("number", text)]
        if text == "|":
            raise FormulaError(r"write \lvert x \rvert or \left| x \right| for |x|")
        if text in "&_'":
            raise FormulaError(f"'{text}' cannot stand in a formula")
        if text == "^":
            return [Token("sign", "^"), *self.raised()]
        return [Token("sign", _SIGNS.get(text, text))]

    def raised(self) -> list[Token]:
        """One digit or one letter, unless there are braces."""
        if self.at >= len(self.raw):
            raise FormulaError("not a formula: it breaks off after '^'")
        token = self.raw[self.at]
        if token.kind == "number" and len(token.text) > 1:
            raise FormulaError(f"'^{token.text}' needs braces: '^{{{token.text}}}'")
        return self.argument()

    def command(self, text: str) -> list[Token]:
        if text in (r"\left", r"\right") and self._bar():
            return [Token("sign", "|(" if text == r"\left" else "|)")]
        if text in _NOTHING:
            return []
        if text in _SIGNS:
            return [Token("sign", _SIGNS[text])]
        if text in _FRACTIONS:
            top, bottom = self.argument(), self.argument()
            return _grouped([*top, Token("sign", "/"), *bottom])
        if text == r"\sqrt":
            if self.at < len(self.raw) and self.raw[self.at].text == "[":
                raise FormulaError(r"write ^{1/3} for \sqrt[3]{...}")
            return [Token("word", "sqrt"), *self.argument()]
        if text in _NAMED:
            return [Token("word", self.plain())]
        if text == r"\begin":
            return self.cases()
        return [Token("word", self.word(text))]

    def word(self, text: str) -> str:
        """The name that a command stands for."""
        word = _VARIANTS.get(text, text[1:])
        if word in ("log", "ln") and self._next_is("_"):
            return self.based()
        if is_function(word) or word in self.words or word.isalpha():
            return self.subscripted(word)
        raise FormulaError(f"'{text}' cannot stand in a formula")

    def _next_is(self, text: str) -> bool:
        return self.at < len(self.raw) and self.raw[self.at].text == text

    def subscripted(self, word: str) -> str:
        r"""`alpha_p` of `\alpha_p` or `\alpha_{p}`, if there is such a name."""
        if not self._next_is("_") or word == "x":
            return word
        rest = [t.text for t in self.raw[self.at + 1 :]]
        count = rest.index("}") + 1 if rest[:1] == ["{"] and "}" in rest else 1
        index = "".join(rest[:count]).strip("{}")
        for known in (f"{word}_{index}", f"{word}{index}"):
            if known in self.words:
                self.at += 1 + count
                return known
        return word

    def based(self) -> str:
        r"""The logarithm of `\log_{10}`."""
        self.at += 1
        base = "".join(t.text for t in self.argument() if t.text not in "{}")
        known = {"e": "log", "2": "log2", "10": "log10"}
        if base not in known:
            raise FormulaError(rf"write \ln(...)/\ln({base[:20]}) for that logarithm")
        return known[base]

    def _bar(self) -> bool:
        if self.at < len(self.raw) and self.raw[self.at].text == "|":
            self.at += 1
            return True
        return False

    def argument(self) -> list[Token]:
        """Braces and what is in them, or one token, as a group."""
        if self.at >= len(self.raw):
            raise FormulaError("not a formula: it breaks off")
        token = self.raw[self.at]
        if token.kind == "number" and len(token.text) > 1:  # \frac12 is one half
            self.raw[self.at] = replace(token, text=token.text[1:])
            return [Token("number", token.text[0])]
        if token.text != "{":
            return _grouped(self.one())
        return _grouped(self.inside())

    def inside(self) -> list[Token]:
        """What stands between braces."""
        self.at += 1
        found: list[Token] = []
        while self.at < len(self.raw) and self.raw[self.at].text != "}":
            if self.raw[self.at].text == "{":
                found += _grouped(self.inside())
            else:
                found += self.one()
        if self.at >= len(self.raw):
            raise FormulaError("not a formula: '}' is missing at the end")
        self.at += 1
        return found

    def plain(self) -> str:
        """Letters between braces, as one word."""
        word = ""
        if self.at < len(self.raw) and self.raw[self.at].text == "{":
            self.at += 1
            while self.at < len(self.raw) and self.raw[self.at].text != "}":
                word += self.raw[self.at].text
                self.at += 1
            self.at += 1
        if not word.isalnum():
            raise FormulaError(f"'{word[:40]}' is no name of a function")
        known = {w.lower(): w for w in ("softplus", "sigmoid", "tanh", "mish", "silu")}
        return known.get(word.lower(), word)

    def cases(self) -> list[Token]:
        r"""`a & x > 0 \\ b & otherwise` to where(x > 0, a, b); the last is the rest."""
        if self.plain() != "cases":
            raise FormulaError(r"only \begin{cases} can stand in a formula")
        rows: list[tuple[list[Token], list[Token]]] = []
        cells: list[list[Token]] = [[]]
        while True:
            if self.at >= len(self.raw):
                raise FormulaError(r"\end{cases} is missing")
            token = self.raw[self.at]
            if token.text == "&":
                self.at += 1
                cells.append([])
            elif token.text in (r"\\", r"\end"):
                self.at += 1
                if any(cells):
                    rows.append((cells[0], cells[1] if len(cells) > 1 else []))
                cells = [[]]
                if token.text == r"\end":
                    self.plain()
                    return _chosen(rows)
            elif token.text in (r"\text", r"\mathrm", r"\textrm", r"\mbox"):
                self.at += 1
                if self.inside_words() == "{and":
                    cells[-1].append(Token("sign", ","))
            else:
                cells[-1] += self.one()

    def inside_words(self) -> str:
        """Go past `{if}`, `{and}` or `{otherwise}`."""
        start = self.at
        while self.at < len(self.raw) and self.raw[self.at].text != "}":
            self.at += 1
        self.at += 1
        return "".join(t.text for t in self.raw[start : self.at - 1])


def _grouped(tokens: list[Token]) -> list[Token]:
    return [Token("sign", "{"), *tokens, Token("sign", "}")]


def _chosen(rows: Sequence[tuple[list[Token], list[Token]]]) -> list[Token]:
    if not rows:
        raise FormulaError("no cases")
    comma = Token("sign", ",")
    result = _grouped(_bare(rows[-1][0]))
    for value, condition in reversed(rows[:-1]):
        given = _joined(_bare(condition))
        inner = [*given, comma, *_grouped(_bare(value)), comma, *result]
        result = [
            Token("word", "where"),
            Token("sign", "("),
            *inner,
            Token("sign", ")"),
        ]
    return result


def _joined(condition: Sequence[Token]) -> list[Token]:
    """Conditions with `&` for the commas between them."""
    found: list[Token] = []
    depth = 0
    for token in condition:
        depth += (token.text in OPEN) - (token.text in OPEN.values())
        is_comma = token.text == "," and depth == 0
        found.append(replace(token, text="&") if is_comma else token)
    return found


def _bare(tokens: list[Token]) -> list[Token]:
    return tokens[:-1] if tokens and tokens[-1].text in (",", ";") else tokens
