"""Python that is no formula to the line that says so."""

from __future__ import annotations

import ast

from mila_analysis.errors import UnsupportedError

__all__ = ["unreadable"]


def unreadable(node: ast.AST) -> UnsupportedError:
    """The error that names a piece of a file, on one line."""
    piece = " ".join(ast.unparse(node).split())
    shown = piece if len(piece) <= 50 else f"{piece[:47]}..."
    line = getattr(node, "lineno", 0)
    return UnsupportedError(f"line {line} cannot be read as a formula: {shown}")
