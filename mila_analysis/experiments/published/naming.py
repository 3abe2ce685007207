"""Names and notes as they are printed to mathematics: of LaTeX and of Matplotlib."""

from __future__ import annotations

import re

from mila_analysis.letters import GREEK

__all__ = ["in_mathematics"]

_BRACKETED = re.compile(r"\((\w = [^()]*)\)")


def in_mathematics(name: str) -> str:
    r"""`Mila (β = -0.25)` to `Mila ($\beta = -0.25$)`, as every Greek letter."""
    head = _BRACKETED.sub(lambda found: f"(${_symbols(found[1])}$)", name)
    return re.sub(rf"(?<!\$)[{''.join(GREEK)}]", lambda f: f"${_symbols(f[0])}$", head)


def _symbols(text: str) -> str:
    return re.sub(
        rf"[{''.join(GREEK)}]", lambda f: rf"\{GREEK[f[0]].rstrip('_')}", text
    )
