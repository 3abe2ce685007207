"""A report to Markdown, its figures files beside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mila_analysis.reporting.blocks import (
    Block,
    Code,
    Equations,
    Figure,
    Inline,
    Listing,
    Math,
    Paragraph,
    Rich,
    Section,
    Table,
)

if TYPE_CHECKING:
    from mila_analysis.reporting.making import Report

__all__ = ["to_markdown"]

OPERATOR = re.compile(r"\\operatorname\{([^}]*)\}")
SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|$~])")


def to_markdown(report: Report, place: Callable[[Figure], str]) -> str:
    """The whole text.

    Args:
        report: what to write.
        place: a figure to the path of its file.
    """
    parts = [f"# The activation function {_escaped(report.title)}"]
    if report.subtitle:
        parts.append(_rich(report.subtitle))
    for section in report.sections:
        parts += _section(section, place)
    parts += ["---", f"Made by {report.version}: {_code(report.command)}"]
    return "\n\n".join(parts) + "\n"


def _section(section: Section, place: Callable[[Figure], str]) -> list[str]:
    title = f"Appendix: {section.title}" if section.is_appendix else section.title
    return [f"## {title}", *(_block(block, place) for block in section.blocks)]


def _block(block: Block, place: Callable[[Figure], str]) -> str:
    if isinstance(block, Paragraph):
        label = f"**{_escaped(block.label)}.** " if block.label else ""
        return label + _rich(block.parts)
    if isinstance(block, Equations):
        body = " \\\\\n".join(map(_allowed, block.lines))
        return f"```math\n\\begin{{aligned}}\n{body}\n\\end{{aligned}}\n```"
    if isinstance(block, Figure):
        return f"![{block.kind}](<{place(block)}>)\n\n*{_rich(block.caption)}*"
    if isinstance(block, Table):
        return _table(block)
    return _listing(block)


def _rich(parts: Rich) -> str:
    return "".join(map(_inline, parts))


def _inline(part: Inline) -> str:
    if isinstance(part, Math):
        return _escaped(part.text) if part.text else f"${_allowed(part.latex)}$"
    return _code(part.text) if isinstance(part, Code) else _escaped(part)


def _code(text: str) -> str:
    fence = _fence(text, 1)
    pad = " " if text[:1] == "`" or text[-1:] == "`" else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _fence(text: str, least: int) -> str:
    """More backticks than there are in a row in the text."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    return "`" * max(least, longest + 1)


def _escaped(text: str) -> str:
    return SPECIAL.sub(r"\\\1", text)


def _table(block: Table) -> str:
    marks = ("---:" if n in block.numeric else "---" for n in range(len(block.head)))
    return "\n".join(
        [_line(block.head), f"| {' | '.join(marks)} |", *map(_line, block.rows)]
    )


def _line(cells: Sequence[Rich]) -> str:
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(cell: Rich) -> str:
    """A cell: no bar of a formula ends it."""
    return "".join(
        f"${_barless(_allowed(part.latex))}$"
        if isinstance(part, Math) and not part.text
        else _inline(part)
        for part in cell
    )


def _allowed(latex: str) -> str:
    """LaTeX without the one command of ours that GitHub refuses."""
    return OPERATOR.sub(r"\\mathop{\\mathrm{\1}}\\nolimits", latex)


def _barless(latex: str) -> str:
    """LaTeX in which | is spelled by commands, as GitHub cuts cells before it reads."""
    inside = re.sub(r"\|([^|]*)\|", r"\\lvert \1 \\rvert ", latex)
    return inside.replace("|", r"\vert ").strip()  # no space before the dollar sign


def _listing(block: Listing) -> str:
    fence = _fence(block.text, 3)
    text = f"{fence}{block.language}\n{block.text.rstrip()}\n{fence}"
    if not block.folded:
        return text
    return f"<details>\n<summary>{block.folded}</summary>\n\n{text}\n\n</details>"
