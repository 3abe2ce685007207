"""How the arithmetic of a torch file is written: on floats, or on wide numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mila_analysis.backends.torch import shell, spelling, wide
from mila_analysis.stability import Program, StableForm

__all__ = ["Style", "style_of"]


@dataclass(frozen=True, slots=True)
class Style:
    """The parts of a file that depend on what numbers it computes with.

    Attributes:
        is_wide: whether these are wide numbers.
        more: arguments of each function besides the variables.
        body: statements of a program for some partials.
        runtime: what is the same in all such files.
    """

    is_wide: bool
    more: tuple[str, ...]
    body: Callable[[Program, Sequence[str], Sequence[str]], str]
    runtime: Callable[[], str]

    def signature(self, title: str, variables: Sequence[str]) -> str:
        """First line of a function of the arithmetic."""
        return f"def {title}({', '.join([*variables, *self.more])}):"


FLOATS = Style(False, ("_k",), spelling.body, shell.runtime)
WIDE = Style(True, (), wide.body, wide.runtime)


def style_of(form: StableForm) -> Style:
    """The style of the whole program of a form."""
    return WIDE if form.strategy == "wide" else FLOATS
