"""Tables of cells, some of them bold, and notes to text, Markdown or LaTeX."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from mila_analysis.experiments.published.naming import in_mathematics

__all__ = ["PAGES", "Cell", "Grid", "Page"]

NOTHING = "-"
MARK = "*"  # beside a number that is bold where there is bold
_SPECIAL = re.compile(r"([%&#_{}])")


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a place of a table; no text stands for a missing number."""

    text: str
    bold: bool = False

    @property
    def shown(self) -> str:
        """The text, or a dash."""
        return self.text or NOTHING

    @property
    def marked(self) -> str:
        """The text with room for a mark, so that digits stand below each other."""
        return self.shown + (MARK if self.bold else " ")


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: the first column is words, the others are numbers."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Tables, and sentences below them.

    Attributes:
        grids: the tables.
        notes: of which each form shows all.
        bold: what a bold number is, such as `best of those shown in its block`;
            nothing if none is.
    """

    grids: tuple[Grid, ...]
    notes: tuple[str, ...]
    bold: str = ""


def to_text(page: Page) -> str:
    """Page as plain text, columns aligned; what is bold has a mark."""
    words, widths = _measured(page)
    parts = [_text_grid(grid, words, widths) for grid in page.grids]
    legend = [f"{MARK} {page.bold}."] if page.bold else []
    return "\n".join([*parts, *legend, *page.notes]) + "\n"


def _measured(page: Page) -> tuple[int, dict[int, int]]:
    """Widths of the column of words and of those of numbers, for all tables."""
    words = max(len(row[0].text) for grid in page.grids for row in grid.rows)
    titles = max(len(grid.headings[0]) for grid in page.grids)
    numbers: dict[int, int] = {}
    for grid in page.grids:
        for row in (grid.headings, *([c.marked for c in r] for r in grid.rows)):
            for i, text in enumerate(row):
                numbers[i] = max(numbers.get(i, 0), len(text))
    return max(words, titles), numbers


def _text_grid(grid: Grid, words: int, widths: Mapping[int, int]) -> str:
    lines = [grid.title] if grid.title else []
    heads = [h.rjust(widths[i] - 1) + " " for i, h in enumerate(grid.headings)][1:]
    lines.append(" ".join([grid.headings[0].ljust(words), *heads]).rstrip())
    for row in grid.rows:
        cells = [cell.marked.rjust(widths[i]) for i, cell in enumerate(row)][1:]
        lines.append(" ".join([row[0].text.ljust(words), *cells]).rstrip())
    return "\n".join(lines) + "\n"


def to_markdown(page: Page) -> str:
    """Page as Markdown."""
    parts = ["\n".join(_markdown_grid(grid)) for grid in page.grids]
    legend = [f"Bold: {page.bold}."] if page.bold else []
    notes = "\n".join(f"- {_starred(note)}" for note in (*legend, *page.notes))
    return "\n\n".join([*parts, notes]) + "\n"


def _markdown_grid(grid: Grid) -> Iterator[str]:
    if grid.title:
        yield f"**{_starred(grid.title)}**"
        yield ""
    yield "| " + " | ".join(map(_starred, grid.headings)) + " |"
    yield "|---" + "|---:" * (len(grid.headings) - 1) + "|"
    for row in grid.rows:
        cells = (f"**{_cell(c)}**" if c.bold else _cell(c) for c in row)
        yield "| " + " | ".join(cells) + " |"


def _cell(cell: Cell) -> str:
    return _starred(cell.shown)


def _starred(text: str) -> str:
    return re.sub(r"([|*_<>\\`])", r"\\\1", text)


def to_latex(page: Page) -> str:
    """Page as LaTeX, for a document without packages."""
    parts = ["\n".join(_latex_grid(grid)) for grid in page.grids]
    legend = [f"Bold: {page.bold}."] if page.bold else []
    notes = "\n".join(map(_in_latex, (*legend, *page.notes)))
    below = f"{{\\footnotesize\\noindent\n{notes}\\par}}"
    body = "\n\n\\medskip\n\n".join([*parts, below])
    return f"{{\\small\\setlength{{\\tabcolsep}}{{4pt}}\n{body}}}\n"


def _latex_grid(grid: Grid) -> Iterator[str]:
    columns = len(grid.headings)
    yield rf"\noindent\begin{{tabular}}{{l{'r' * (columns - 1)}}}"
    if grid.title:
        title = _in_latex(grid.title)
        yield rf"  \multicolumn{{{columns}}}{{l}}{{\textit{{{title}}}}} \\"
    yield r"  \hline"
    yield "  " + " & ".join(map(_in_latex, grid.headings)) + r" \\"
    yield r"  \hline"
    for row in grid.rows:
        yield "  " + " & ".join(map(_latex_cell, row)) + r" \\"
    yield r"  \hline"
    yield r"\end{tabular}"


def _latex_cell(cell: Cell) -> str:
    shown = _in_latex(cell.text) if cell.text else "--"
    return rf"\textbf{{{shown}}}" if cell.bold else shown


def _in_latex(text: str) -> str:
    escaped = _SPECIAL.sub(r"\\\1", text)
    for sign, command in _SIGNS.items():
        escaped = escaped.replace(sign, command)
    return in_mathematics(escaped)


_SIGNS = {"χ²": r"$\chi^2$", "<": "$<$", "≤": r"$\le$", "×": r"$\times$"}

PAGES: Mapping[str, Callable[[Page], str]] = {
    "text": to_text,
    "markdown": to_markdown,
    "latex": to_latex,
}
