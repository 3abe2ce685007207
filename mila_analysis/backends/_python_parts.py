"""Statements of a Python text by the names that they define; the rest stays."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence

__all__ = ["only", "without"]


def without(text: str, dropped: Sequence[str]) -> str:
    """A text without the statements that define some names, or call them."""
    lines = text.split("\n")
    gone: set[int] = set()
    for node in ast.parse(text).body:
        if _subject(node) in dropped:
            gone.update(range(node.lineno - 1, node.end_lineno or node.lineno))
    kept = [line for i, line in enumerate(lines) if i not in gone]
    spaced = "\n".join(kept).strip()
    while "\n\n\n\n" in spaced:
        spaced = spaced.replace("\n\n\n\n", "\n\n\n")
    return spaced


def only(text: str, kept: Collection[str]) -> str:
    """The functions of a text that have one of some names."""
    found = [
        ast.get_source_segment(text, node) or ""
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef) and node.name in kept
    ]
    return "\n\n\n".join(found)


def _subject(node: ast.stmt) -> str:
    match node:
        case ast.FunctionDef(name=name):
            return name
        case ast.Assign(targets=[ast.Name(name)]):
            return name
        case ast.Expr(ast.Call(ast.Name(name))):
            return name
    return ""
