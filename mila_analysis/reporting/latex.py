"""A report to a LaTeX document, its figures PDF files beside it."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Callable, Iterator, Sequence
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

__all__ = ["to_latex"]

SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "%": r"\%", "&": r"\&",
    "#": r"\#", "_": r"\_", "$": r"\$", "^": r"\^{}", "~": r"\textasciitilde{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': "''",
    "`": r"\textasciigrave{}",
    "∞": r"$\infty$", "−": "$-$", "–": "--", "—": "---", "≤": r"$\le$", "≥": r"$\ge$",
    "·": r"$\cdot$", "²": "$^2$", "³": "$^3$", "±": r"$\pm$", "√": r"$\surd$",
    "α": r"$\alpha$", "β": r"$\beta$", "κ": r"$\kappa$", "λ": r"$\lambda$",
    "π": r"$\pi$", "θ": r"$\theta$", "≈": r"$\approx$", "→": r"$\to$", "×": r"$\times$",
}  # fmt: skip
LAST = {2: 0.75, 3: 0.62, 4: 0.45}
"""Share of the width that the last column of a table of words takes."""

WORDS = {"∞": "inf", "β": "beta", "κ": "kappa", "≤": "<=", "≥": ">=", "²": "^2",
         "−": "-", "–": "-", "·": "*", "π": "pi", "√": "sqrt", "±": "+-", "→": "->",
         "↦": "->", "α": "alpha", "λ": "lambda", "∂": "d", "≠": "!=", "×": "x",
         "…": "...", "½": "1/2", "ℝ": "R", "⁻": "^-", "∑": "sum"}  # fmt: skip
PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\usepackage[utf8]{inputenc}
\usepackage[margin=25mm]{geometry}
\usepackage{amsmath,amssymb,graphicx,array,longtable}
\usepackage[hidelinks,pdfusetitle]{hyperref}
\ifdefined\pdfinfoomitdate\pdfinfoomitdate=1 \pdftrailerid{}\fi
\ifdefined\pdfsuppressptexinfo\pdfsuppressptexinfo=-1 \fi
\allowdisplaybreaks
\setlength{\parindent}{0pt}
\setlength{\parskip}{6pt}
\setlength{\jot}{8pt}
\setlength{\lineskip}{6pt}
\setlength{\lineskiplimit}{3pt}
\setlength{\LTleft}{0pt}
\renewcommand{\arraystretch}{1.15}
\newcommand{\fitted}[1]{\sbox0{\includegraphics{#1}}%
  \ifdim\wd0>\linewidth\includegraphics[width=\linewidth]{#1}\else\usebox0\fi}
\newcommand{\room}[1]{\par\dimen0=\pagegoal\advance\dimen0-\pagetotal
  \ifdim\dimen0<#1\baselineskip\newpage\fi}
\raggedright"""
HEADING, SHORT = 9, 15
"""Lines of a heading with some text, and rows of a table that is not broken."""

COLUMNS, FOLDED_COLUMNS = 94, 106
"""Of a program in both of its sizes, on the width of a page."""

HEXADECIMAL = re.compile(r"([0-9a-f]{16})(?=[0-9a-f])")


def to_latex(report: Report, place: Callable[[Figure], str]) -> str:
    """The whole document, for pdflatex with the packages of every installation.

    Args:
        report: what to write.
        place: a figure to the path of its file.
    """
    name = _escaped(report.title)
    title = rf"The activation function {name}"
    below = rf"\\[4pt]\large {_rich(report.subtitle)}" if report.subtitle else ""
    parts = [
        PREAMBLE,
        rf"\title{{\texorpdfstring{{{title}{below}}}{{{title}}}}}",
        r"\author{}" + "\n" + r"\date{}",
        r"\begin{document}" + "\n" + r"\maketitle" + "\n" + r"\vspace{-3em}",
        *_sections(report.sections, place),
        rf"\bigskip\footnotesize Made by {report.version}: {_code(report.command)}",
        "\\end{document}\n",
    ]
    return "\n\n".join(parts)


def _sections(
    sections: Sequence[Section], place: Callable[[Figure], str]
) -> Iterator[str]:
    behind = False
    for section in sections:
        if section.is_appendix and not behind:
            yield r"\clearpage\appendix"
            behind = True
        yield rf"\room{{{_lines(section)}}}\section{{{_escaped(section.title)}}}"
        for block in section.blocks:
            yield _block(block, place)


def _lines(section: Section) -> int:
    """Lines that stay on one page: the heading, a short first table with its text."""
    tables = (b for b in section.blocks if isinstance(b, Table))
    rows = len(next(tables, Table((), ())).rows)
    return HEADING + (rows if rows <= SHORT else 0)


def _block(block: Block, place: Callable[[Figure], str]) -> str:
    if isinstance(block, Paragraph):
        label = rf"\textbf{{{_escaped(block.label)}.}} " if block.label else ""
        return label + _rich(block.parts)
    if isinstance(block, Equations):
        body = " \\\\\n".join(map(_apart, block.lines))
        return f"\\begin{{align*}}\n{body}\n\\end{{align*}}"
    if isinstance(block, Figure):
        return _figure(block, place(block))
    if isinstance(block, Table):
        return _table(block)
    return _listing(block)


def _apart(line: str) -> str:
    """A line whose cases do not touch where they hold fractions."""
    return line.replace(r" \\ ", r" \\[10pt] ") if r"\dfrac" in line else line


def _rich(parts: Rich) -> str:
    return "".join(map(_inline, parts))


def _inline(part: Inline) -> str:
    if isinstance(part, Math):
        return f"${part.latex}$"
    return _code(part.text) if isinstance(part, Code) else _escaped(part)


def _escaped(text: str) -> str:
    return "".join(map(_character, text))


def _character(character: str) -> str:
    """A sign as pdflatex sets it with its first fonts; ? where they have none."""
    if character in SPECIAL:
        return SPECIAL[character]
    if character.isascii() and (character.isprintable() or character == "\n"):
        return character
    return character if "À" <= character <= "ÿ" else _closest(character)


def _closest(character: str) -> str:
    base = unicodedata.normalize("NFKD", character)[0]
    return base if base.isascii() and base.isalnum() else "?"


def _code(text: str) -> str:
    """Text of a program, which may be broken in its long words."""
    plain = _in_ascii(text)
    shown = "".join(
        rf"\char{ord(c)}{{}}" if c in '"<>|\\{}' else _character(c) for c in plain
    )
    broken = HEXADECIMAL.sub(r"\1\\allowbreak{}", shown)
    return rf"\texttt{{{broken}}}"


def _figure(block: Figure, path: str) -> str:
    return (
        f"\\begin{{minipage}}{{\\linewidth}}\n\\centering\n\\fitted{{{path}}}\\\\[4pt]\n"
        f"{{\\small {_rich(block.caption)}}}\n\\end{{minipage}}\\par\\bigskip"
    )


def _table(block: Table) -> str:
    """Rows over as many pages as they need; short first columns, a wide last one."""
    count = len(block.head)
    kinds = ["r" if n in block.numeric else "l" for n in range(count)]
    if not block.numeric:
        kinds[-1] = rf">{{\raggedright\arraybackslash}}p{{{LAST[count]}\linewidth}}"
    head = " & ".join(rf"\textbf{{{_rich(cell)}}}" for cell in block.head)
    body = "\n".join(f"{' & '.join(map(_rich, row))} \\\\" for row in block.rows)
    size, gap = (r"\footnotesize", "4pt") if count > 5 else (r"\small", "6pt")
    return (
        f"{{{size}\\setlength{{\\tabcolsep}}{{{gap}}}\n"
        f"\\begin{{longtable}}{{@{{}}{''.join(kinds)}@{{}}}}\n\\hline\n"
        f"{head} \\\\\n\\hline\n\\endhead\n\\hline\n\\endfoot\n"
        f"{body}\n\\end{{longtable}}}}"
    )


def _listing(block: Listing) -> str:
    columns = FOLDED_COLUMNS if block.folded else COLUMNS
    lines = map(_in_ascii, block.text.rstrip().splitlines())
    text = "\n".join(short for line in lines for short in _broken(line, columns))
    safe = text.replace(r"\end{verbatim}", r"\end {verbatim}")
    shown = f"\\begin{{verbatim}}\n{safe}\n\\end{{verbatim}}"
    if block.folded:
        return f"{{\\scriptsize\n{shown}\n}}"
    return f"{{\\footnotesize\\interlinepenalty=10000\n{shown}\n}}"


def _broken(line: str, columns: int) -> Iterator[str]:
    """A line of a program, continued behind a backslash where it is too long."""
    if len(line) <= columns:
        yield line
        return
    before = line[: len(line) - len(line.lstrip())] + " " * 4
    shown = textwrap.wrap(
        line.strip(), columns - 2, initial_indent=before[4:], subsequent_indent=before,
        break_on_hyphens=False,
    )  # fmt: skip
    yield from (f"{part} \\" for part in shown[:-1])
    yield shown[-1]


def _in_ascii(text: str) -> str:
    """Text of a program as the first fonts of TeX have it: other signs in words."""
    return "".join(c if c.isascii() else WORDS.get(c) or _closest(c) for c in text)
