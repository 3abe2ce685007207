"""Generated Python as a syntax tree: all but the arithmetic must be what we write."""

from __future__ import annotations

import ast
from collections.abc import Collection
from typing import Any

from mila_analysis.backends._python_reading import ReadingError

__all__ = ["arithmetic_in", "number_in", "parsed"]


def parsed(text: str) -> ast.Module:
    """The tree of a text.

    Raises:
        ReadingError: it is no Python.
    """
    try:
        return ast.parse(text)
    except SyntaxError as error:
        raise ReadingError(f"line {error.lineno}: it is no Python") from None


def arithmetic_in(
    tree: ast.Module, wanted: str, names: Collection[str]
) -> dict[str, ast.FunctionDef]:
    """The functions of the arithmetic, once all else is found to be as it should.

    Args:
        tree: the file.
        wanted: its text, without docstrings and with anything for arithmetic.
        names: of the functions of the arithmetic.

    Raises:
        ReadingError: a statement is another one; names the line.
    """
    others = ast.parse(wanted).body
    found = {}
    if len(tree.body) != len(others):
        raise ReadingError(f"{len(tree.body)} statements where {len(others)} belong")
    for node, other in zip(tree.body, others, strict=True):
        if _outline(node, names) != _outline(other, names):
            line = ast.unparse(node).partition("\n")[0]
            raise ReadingError(f"line {node.lineno}: '{line}' is nothing we generate")
        if isinstance(node, ast.FunctionDef) and node.name in names:
            found[node.name] = node
    return found


def _outline(node: ast.stmt, names: Collection[str]) -> str:
    """A statement without docstrings, and without the arithmetic."""
    copied: Any = ast.parse(ast.unparse(node)).body[0]
    if isinstance(copied, ast.FunctionDef) and copied.name in names:
        copied.body = []
    for inner in ast.walk(copied):
        match inner:
            case ast.Expr(ast.Constant(str())):
                inner.value = ast.Constant("")
    return ast.dump(copied)


def number_in(node: ast.expr, call: ast.Call) -> float:
    """The number that an argument of a residue is."""
    try:
        return float(ast.literal_eval(node))
    except ValueError:
        raise ReadingError(f"line {call.lineno}: a residue of no number") from None
