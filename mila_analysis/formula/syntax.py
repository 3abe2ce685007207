"""Python of a formula to its syntax tree, once every sign of it is known to be one.

What Python would read otherwise, or not at all, is found here first: `2x`, a bracket
that nothing closes, an attribute, a text. Nothing but arithmetic reaches the tree.
"""

from __future__ import annotations

import ast
import keyword
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from mila_analysis.errors import FormulaError
from mila_analysis.formula.limits import MAX_DEPTH, MAX_NESTING, MAX_NODES
from mila_analysis.formula.powers import clipped
from mila_analysis.formula.spelling import Source

__all__ = ["CHOICES", "syntax_tree"]

CHOICES = frozenset({"where", "max", "min", "clip"})
"""Functions that choose between values, and take none of their own."""

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<number>(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?)
    |(?P<word>[A-Za-z_]\w*)
    |(?P<sign>\*\*|[<>]=?|[-+*/(),|])""",
    re.VERBOSE | re.ASCII,
)
_ALLOWED = ("if", "else")
_COMPARE = "compare two values by <, <=, > or >="


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int
    bar: str = ""  # of `|`: whether it opens or closes

    @property
    def end(self) -> int:
        return self.at + len(self.text)

    @property
    def starts(self) -> bool:
        """Whether a value can start here."""
        return (
            self.kind == "number"
            or (self.kind == "word" and self.text not in _ALLOWED)
            or self.text == "("
            or self.bar == "open"
        )

    @property
    def ends(self) -> bool:
        """Whether a value can end here."""
        return (
            self.kind == "number"
            or (self.kind == "word" and self.text not in _ALLOWED)
            or self.text == ")"
            or self.bar == "close"
        )


def syntax_tree(source: Source) -> tuple[ast.expr, Source]:
    """Tree of a formula, and the Python that its columns count in.

    Raises:
        FormulaError: not a formula, or too large for one.
    """
    tokens = _paired(_tokens(source), source)
    _check_joints(tokens, source)
    final = _without_bars(tokens, source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(final.plain, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        place = getattr(error, "offset", None) or 1
        raise final.error("not a formula", place - 1) from None
    _check_size(tree)
    if _nesting(tree) > MAX_NESTING:
        raise FormulaError(f"functions are nested more than {MAX_NESTING} deep")
    return tree, final


def _tokens(source: Source) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    while at < len(source.plain):
        match = _TOKEN.match(source.plain, at)
        if match is None:
            sign = source.typed(at, at + 1)
            hint = f"; {_COMPARE}" if sign in "=!≠" else ""
            raise source.error(f"{sign!r} cannot stand in a formula{hint}", at)
        token = _Token(match.lastgroup or "", match.group(), at)
        if token.kind == "word" and not _is_word(token.text):
            shown = clipped(token.text)
            raise source.error(f"'{shown}' cannot stand in a formula", at)
        if token.kind != "space":
            found.append(token)
        at = match.end()
    return found


def _is_word(text: str) -> bool:
    special = keyword.iskeyword(text) and text not in (*_ALLOWED, "lambda")
    return not special and not text.startswith("_")


def _paired(tokens: Sequence[_Token], source: Source) -> list[_Token]:
    """Tokens with every bar known to open or to close; brackets have partners."""
    found: list[_Token] = []
    opened: list[_Token] = []
    for read in tokens:
        text = read.text
        ends = bool(found) and found[-1].ends
        bar = ("close" if ends else "open") if text == "|" else ""
        token = replace(read, bar=bar)
        if text == "(" or token.bar == "open":
            opened.append(token)
            if len(opened) > MAX_DEPTH:
                why = f"parentheses are nested more than {MAX_DEPTH} deep"
                raise source.error(why, token.at)
        elif text == ")" or token.bar == "close":
            partner = "(" if text == ")" else "|"
            if not opened or opened[-1].text != partner:
                hint = "; write abs(...)" if text == "|" else ""
                raise source.error(f"'{text}' closes nothing{hint}", token.at)
            opened.pop()
        found.append(token)
    if opened:
        missing = ")" if opened[-1].text == "(" else "|"
        raise source.error(f"'{missing}' is missing for this one", opened[-1].at)
    return found


def _check_joints(tokens: Sequence[_Token], source: Source) -> None:
    """Two values with nothing between them: which product is meant is not guessed."""
    for left, right in pairwise(tokens):
        is_call = left.kind == "word" and right.text == "("
        if left.ends and right.starts and not is_call:
            one = clipped(source.typed(left.at, left.end))
            other = clipped(source.typed(right.at, right.end))
            alone = left.kind == "number" and right.kind == "word"
            how = f"write {one}*{other}" if alone else f"such as * before '{other}'"
            raise source.error(f"an operator is missing: {how}", right.at)
    if not tokens[-1].ends:
        raise source.error("not a formula: it breaks off", len(source.plain))


def _without_bars(tokens: Sequence[_Token], source: Source) -> Source:
    """`|x|` as `abs(x)`, and `lambda` as a name that Python has not taken."""
    plain: list[str] = []
    origin: list[int] = []
    at = 0
    for token in tokens:
        spelled = {"open": "abs(", "close": ")"}.get(token.bar, token.text)
        if token.text == "lambda":
            spelled = "lambda_"
        gap = source.plain[at : token.at]
        plain += [gap, spelled]
        origin += source.origin[at : token.at]
        own = source.origin[token.at : token.end]
        origin += [*own, *own[-1:] * (len(spelled) - len(own))][: len(spelled)]
        at = token.end
    return Source(source.text, "".join(plain), (*origin, source.origin[-1]))


def _nesting(node: ast.AST) -> int:
    """How deep functions stand in functions; a power of a name is one too."""
    inside = max((_nesting(child) for child in ast.iter_child_nodes(node)), default=0)
    match node:
        case ast.Call(func=ast.Name(id=name)):
            return inside + (name not in CHOICES)
        case ast.BinOp(op=ast.Pow(), right=exponent):  # exp(exponent·log(base))
            return inside + any(isinstance(n, ast.Name) for n in ast.walk(exponent))
    return inside


def _check_size(tree: ast.expr) -> None:
    level: list[ast.AST] = [tree]
    count = depth = 0
    while level:
        count, depth = count + len(level), depth + 1
        if count > 3 * MAX_NODES or depth > MAX_DEPTH:
            raise FormulaError(
                f"the formula is too large: more than {MAX_NODES} terms or "
                f"{MAX_DEPTH} levels"
            )
        level = [child for node in level for child in ast.iter_child_nodes(node)]
