"""Name of a function to the tree of its formula."""

from __future__ import annotations

from functools import lru_cache

from mila_analysis.notation.functions import FORMULAS
from mila_analysis.notation.text import read_text
from mila_analysis.notation.tree import Node

__all__ = ["definition"]


@lru_cache(maxsize=64)
def definition(kind: str) -> Node | None:
    """Formula of a function in `u` (and `v`); None for one that has its own meaning."""
    return read_text(FORMULAS[kind], ("u", "v")) if kind in FORMULAS else None
