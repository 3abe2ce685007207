"""What is the same in all generated Triton modules, some of it as in torch ones."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from importlib.resources import files

from mila_analysis.backends.torch.shell import runtime as torch_runtime

__all__ = ["derivatives", "runtime", "without"]

_TORCH_ONLY = "\n# What the arithmetic is made of"
_REPLACED = ("_settle", "_computed", "_evaluate")


def derivatives() -> str:
    """The part of the runtime of torch files that computes nothing itself."""
    text, found, _ = torch_runtime().partition(_TORCH_ONLY)
    if not found:
        raise AssertionError("the runtime of torch files has another layout")
    return without(text, _REPLACED)


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


def _subject(node: ast.stmt) -> str:
    match node:
        case ast.FunctionDef(name=name):
            return name
        case ast.Assign(targets=[ast.Name(name)]):
            return name
        case ast.Expr(ast.Call(ast.Name(name))):
            return name
    return ""


def runtime(name: str) -> str:
    """A part that is the same in all files."""
    text = files("mila_analysis.backends.triton").joinpath(name).read_text("utf-8")
    return text.partition("# --- runtime ---\n")[2].strip()
