"""A report to one page of HTML that needs nothing else: no script, no request."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from importlib import resources
from typing import TYPE_CHECKING

from mila_analysis.errors import UnsupportedError
from mila_analysis.reporting import mathml
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

__all__ = ["fragment", "styled", "to_html"]

POLICY = "default-src 'none'; style-src 'unsafe-inline'"  # a browser holds us to it
REFERENCES = re.compile(r'(\bid="|xlink:href="#|url\(#)')


def to_html(report: Report) -> str:
    """The whole page."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f'<meta name="generator" content="{report.version}">\n'
        f"<title>{escape(report.title)}</title>\n</head>\n<body>\n"
        f"{fragment(report)}</body>\n</html>\n"
    )


def fragment(report: Report) -> str:
    """The page without its head, as a notebook shows it."""
    links = "".join(
        f'<li><a href="#{_anchor(s)}">{escape(s.title)}</a></li>'
        for s in report.sections
    )
    head = f"<h1>The activation function {escape(report.title)}</h1>"
    if report.subtitle:
        head += f'<p class="subtitle">{_rich(report.subtitle)}</p>'
    body = "\n".join(map(_section, report.sections))
    return styled(
        f'<header>{head}<nav aria-label="Sections"><ul>{links}</ul></nav></header>\n'
        f"<main>\n{body}\n</main>\n<footer>Made by {escape(report.version)}: "
        f"<code>{escape(report.command)}</code></footer>\n"
    )


def styled(inside: str) -> str:
    """HTML of our own with the style of a report."""
    style = resources.files(__package__).joinpath("_page.css").read_text("utf-8")
    return f'<style>\n{style}</style>\n<div class="mila-report">\n{inside}</div>\n'


def _anchor(section: Section) -> str:
    return re.sub(r"[^a-z]+", "-", section.title.lower())


def _section(section: Section) -> str:
    title = f"Appendix: {section.title}" if section.is_appendix else section.title
    blocks = "\n".join(map(_block, section.blocks))
    return (
        f'<section id="{_anchor(section)}">\n<h2>{escape(title)}</h2>\n'
        f"{blocks}\n</section>"
    )


def _block(block: Block) -> str:
    if isinstance(block, Paragraph):
        label = f'<span class="label">{escape(block.label)}.</span> '
        return f"<p>{label if block.label else ''}{_rich(block.parts)}</p>"
    if isinstance(block, Equations):
        return _equations(block)
    if isinstance(block, Figure):
        return _figure(block)
    if isinstance(block, Table):
        return _table(block)
    return _listing(block)


def _rich(parts: Rich) -> str:
    return "".join(map(_inline, parts))


def _inline(part: Inline) -> str:
    if isinstance(part, Math):
        return _formula(part.latex)
    if isinstance(part, Code):
        return f"<code>{escape(part.text)}</code>"
    return escape(part)


def _formula(latex: str) -> str:
    """A formula, as its LaTeX if there is no way to set it."""
    try:
        return mathml.formula(latex)
    except UnsupportedError:
        return f"<code>{escape(latex)}</code>"


def _equations(block: Equations) -> str:
    source = " \\\\\n".join(block.lines)
    text = f"<pre><code>{escape(source)}</code></pre>"
    try:
        shown = mathml.aligned(block.lines)
    except UnsupportedError:
        return f'<div class="equations">{text}</div>'
    return (
        f'<div class="equations" tabindex="0">{shown}</div>\n'
        f'<details class="latex"><summary>LaTeX</summary>{text}</details>'
    )


def _figure(block: Figure) -> str:
    label = "".join(map(_spoken, block.caption))
    pictures = "".join(_svg(block, style, label) for style in ("light", "dark"))
    return (
        f'<figure id="figure-{block.name}">{pictures}'
        f"<figcaption>{_rich(block.caption)}</figcaption></figure>"
    )


def _spoken(part: Inline) -> str:
    """A part of a caption for who cannot see the picture."""
    if isinstance(part, Math):
        return re.sub(r"[{}\\]", "", part.latex)
    return part.text if isinstance(part, Code) else part


def _svg(figure: Figure, style: str, label: str) -> str:
    """A picture as an element of the page, its names its own."""
    text = figure.draw("svg", style).decode()
    text = text[text.index("<svg") :]
    text = REFERENCES.sub(rf"\g<1>{figure.name}-{style}-", text)
    mark = f'<svg class="on-{style}" role="img" aria-label="{escape(label)}"'
    return text.replace("<svg", mark, 1).rstrip()


def _table(block: Table) -> str:
    head = _cells("th", block.head, block)
    rows = "\n".join(f"<tr>{_cells('td', row, block)}</tr>" for row in block.rows)
    return (
        f'<div class="wide"><table>\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody>\n</table></div>"
    )


def _cells(tag: str, cells: Sequence[Rich], block: Table) -> str:
    scope = ' scope="col"' if tag == "th" else ""
    kinds = (' class="number"' if n in block.numeric else "" for n in range(len(cells)))
    return "".join(
        f"<{tag}{scope}{kind}>{_rich(cell)}</{tag}>"
        for kind, cell in zip(kinds, cells, strict=True)
    )


def _listing(block: Listing) -> str:
    text = f"<pre><code>{escape(block.text)}</code></pre>"
    if not block.folded:
        return text
    return f"<details><summary>{escape(block.folded)}</summary>{text}</details>"
