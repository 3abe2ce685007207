"""LaTeX to the text of a formula, in the grammar that activations are defined in."""

from __future__ import annotations

import string
from collections.abc import Mapping
from fractions import Fraction

from mila_analysis.errors import FormulaError
from mila_analysis.letters import COMMANDS, GREEK
from mila_analysis.notation.definitions import definition
from mila_analysis.notation.latex import read_latex
from mila_analysis.notation.tree import Node, fold
from mila_analysis.primitives import DEFINED, PRIMITIVES

__all__ = ["from_latex"]

MAX_TEXT = 1000
_LETTERS = tuple(c for c in string.ascii_letters if c != "e")
_OWN = frozenset({*PRIMITIVES, *DEFINED, "where", "max", "min"})
_SYMBOLS = {"neg": "-", "+": " + ", "-": " - ", "*": "*", "/": "/", "**": "**"}
_COMPARISONS = ("<", "<=", ">", ">=")


def from_latex(text: str) -> str:
    r"""LaTeX of a paper to a formula, such as `\frac{x}{1+e^{-\beta x}}`.

    Every letter and Greek letter may be a parameter; `f(x) =` in front is dropped.

    Raises:
        FormulaError: no formula, or more than one meaning.
    """
    indexed = {f"{c}_{n}" for c in _LETTERS for n in range(10)}
    names = sorted({*_LETTERS, *indexed, *COMMANDS, *GREEK.values()} - {"sigma"})
    return plain(read_latex(text, names))


def plain(tree: Node) -> str:
    """Tree to text that `formula.parse` reads; other functions are spelled out."""
    text: str = fold(_known(tree), _spelling)
    return text


def _known(tree: Node) -> Node:
    """The tree in functions that formulas have."""

    def rule(node: Node, args: tuple[Node, ...]) -> Node:
        spelled = None if node.kind in _OWN else definition(node.kind)
        if spelled is None:
            return Node(node.kind, args, node.text, node.value)
        return _put_in(spelled, dict(zip("uv", args, strict=False)))

    found: Node = fold(tree, rule)
    return found


def _put_in(tree: Node, values: Mapping[str, Node]) -> Node:
    def rule(node: Node, args: tuple[Node, ...]) -> Node:
        if node.kind == "name":
            return values.get(node.text, node)
        return _known(Node(node.kind, args, node.text, node.value))

    found: Node = fold(tree, rule)
    return found


def _spelling(node: Node, args: tuple[str, ...]) -> str:
    """Text of a node; what it is made of is in parentheses, unless it is one word."""
    text = _written(node, args)
    if len(text) > MAX_TEXT:
        raise FormulaError(f"the formula is longer than {MAX_TEXT} characters")
    return text


def _written(node: Node, args: tuple[str, ...]) -> str:
    kind = node.kind
    if kind == "name":
        return "lambda_" if node.text == "lambda" else node.text
    if kind == "number" and node.value is not None:
        return _numeral(node)
    if kind == "==":
        raise FormulaError("compare two values by <, <=, > or >=")
    if kind in _COMPARISONS:
        return f"{args[0]} {kind} {args[1]}"
    if kind in _SYMBOLS:
        parts = [
            _inside(a, node.kind, place, n)
            for place, (a, n) in enumerate(zip(args, node.args, strict=True))
        ]
        return _SYMBOLS[kind].join(parts) if len(parts) > 1 else f"-{parts[0]}"
    return f"{kind}({', '.join(args)})"


_BINDING = {"+": 1, "-": 1, "*": 2, "/": 2, "neg": 3, "**": 4}


def _inside(text: str, outer: str, place: int, node: Node) -> str:
    """An operand, in parentheses unless it binds tighter than what it stands in."""
    own = _BINDING.get(node.kind, 5)
    if node.kind == "number" and not text.replace(".", "").isdigit():
        own = 2
    needed = _BINDING[outer] + (place == 1 if outer != "**" else place == 0)
    if outer == "neg":
        needed = 3
    return text if own >= needed and not (place and own == 3) else f"({text})"


def _numeral(node: Node) -> str:
    value = node.value if node.value is not None else Fraction(0)
    text = node.text
    return text if text.replace(".", "").isdigit() else str(value)
