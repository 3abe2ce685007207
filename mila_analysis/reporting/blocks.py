"""What a report is made of: frozen data that every format writes in its own way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from mila_analysis import plotting
from mila_analysis.activation import Activation

__all__ = [
    "Block",
    "Code",
    "Equations",
    "Figure",
    "Inline",
    "Listing",
    "Math",
    "Paragraph",
    "Rich",
    "Section",
    "Table",
    "rich",
]


@dataclass(frozen=True, slots=True)
class Math:
    """A formula in a line of text.

    Attributes:
        latex: without dollar signs.
        text: the same in words and digits, for who reads the source; may be missing.
    """

    latex: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """Text of a program, or a command, in a line of text."""

    text: str


Inline = str | Math | Code
Rich = tuple[Inline, ...]


def rich(latex: str) -> Rich:
    """Sentence in LaTeX, its formulas between dollar signs, to text and formulas."""
    parts = re.split(r"\$([^$]*)\$", latex)
    return tuple(Math(p) if n % 2 else p for n, p in enumerate(parts) if p)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences.

    Attributes:
        parts: text and formulas, one after the other.
        label: a word in front, such as `Source`.
    """

    parts: Rich
    label: str = ""


@dataclass(frozen=True, slots=True)
class Equations:
    """Lines of LaTeX, each with one `&` where they are aligned."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure, drawn when a format wants it.

    Attributes:
        name: of its file.
        caption: one sentence.
        kind: of `plotting.plot`.
        activations: what it shows.
        options: the others of `plotting.plot`.
    """

    name: str
    caption: Rich
    kind: str
    activations: tuple[Activation, ...]
    options: tuple[tuple[str, Any], ...] = ()

    def draw(self, encoding: str, style: str = "light") -> bytes:
        """Its bytes: SVG, PDF or PNG; the same ones every time."""
        return _drawn(self.kind, self.activations, self.options, encoding, style)


@lru_cache(maxsize=16)  # two formats may want the same picture
def _drawn(
    kind: str,
    activations: tuple[Activation, ...],
    options: tuple[tuple[str, Any], ...],
    encoding: str,
    style: str,
) -> bytes:
    figure = plotting.plot(activations, kind, style=style, **dict(options))
    return plotting.render(figure, encoding)


@dataclass(frozen=True, slots=True)
class Table:
    """Cells in rows.

    Attributes:
        head: a text a column.
        rows: a sequence of cells each.
        numeric: numbers of the columns that are aligned at their right side.
        caption: one sentence; may be missing.
    """

    head: tuple[Rich, ...]
    rows: tuple[tuple[Rich, ...], ...]
    numeric: tuple[int, ...] = ()
    caption: Rich = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """Text of a program as it stands.

    Attributes:
        text: ending in a line feed.
        language: for a viewer that colours it.
        folded: a line to show in its place where a format can fold it away.
    """

    text: str
    language: str
    folded: str = ""


Block = Paragraph | Equations | Figure | Table | Listing


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands below it.

    Attributes:
        title: of one line.
        blocks: from top to bottom.
        is_appendix: whether it stands behind the others.
    """

    title: str
    blocks: Sequence[Block] = field(default=())
    is_appendix: bool = False
