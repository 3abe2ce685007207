"""A part of generated Python that is kept as a module, to its text.

Above the mark stands what only the module needs, such as its imports.
"""

from __future__ import annotations

from importlib.resources import files

__all__ = ["copied"]

MARK = "# --- runtime ---\n"


def copied(backend: str, file: str) -> str:
    """Text of a file of a backend below the mark, without blank ends."""
    text = files(f"mila_analysis.backends.{backend}").joinpath(file).read_text("utf-8")
    return text.partition(MARK)[2].strip()
