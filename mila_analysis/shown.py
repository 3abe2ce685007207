"""Objects to what a notebook shows of them, by writers that are given from above."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["Shown", "Writers", "written_by"]

Writers = Mapping[tuple[str, str], Callable[[Any], str | None]]
"""Name of a class, and `html` or `latex`, to the function that writes it."""

_loaders: list[Callable[[], Writers]] = []


def written_by(load: Callable[[], Writers]) -> None:
    """Let all that is shown be written by these, loaded when the first is needed."""
    _loaders[:] = [load]


class Shown:
    """Base of what has its own look in a notebook; without writers it has none."""

    __slots__ = ()

    def _repr_html_(self) -> str | None:
        return _written(self, "html")

    def _repr_latex_(self) -> str | None:
        return _written(self, "latex")


def _written(thing: Shown, style: str) -> str | None:
    for load in _loaders:
        writer = load().get((type(thing).__name__, style))
        if writer is not None:
            return writer(thing)
    return None
