"""What a user names as a candidate to what is audited: text, LaTeX, or a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from mila_analysis.auditing.python import read_python, source_of, split_path
from mila_analysis.notation.latex import read_latex
from mila_analysis.notation.text import read_text
from mila_analysis.notation.tree import Node

__all__ = ["is_file", "read_tree"]


def is_file(candidate: str) -> bool:
    """Whether a candidate names a Python file, or a function in one."""
    path, _, function = candidate.rpartition(".py")
    return bool(path) and (not function or function.startswith(":"))


def read_tree(
    candidate: str,
    variables: Sequence[str],
    *,
    latex: bool,
    partial: str | None,
    given: Mapping[str, Fraction],
) -> Node:
    """Tree of a candidate; what holds a backslash is LaTeX."""
    if is_file(candidate):
        path, function = split_path(candidate)
        return read_python(source_of(path), function, variables, partial, given)
    if latex or "\\" in candidate:
        return read_latex(candidate, variables)
    return read_text(candidate, variables)
