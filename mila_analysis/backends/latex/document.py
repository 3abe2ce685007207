"""Equations to a complete LaTeX document, with packages of every installation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mila_analysis.activation import Activation
from mila_analysis.backends.latex.equations import Equation, System
from mila_analysis.backends.latex.layout import arranged, plain

__all__ = ["document", "without_definition"]

COLUMN = 41.0
_ESCAPES = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "%": r"\%", "&": r"\&",
    "#": r"\#", "_": r"\_", "$": r"\$", "^": r"\^{}", "~": r"\~{}", "<": r"$<$",
    ">": r"$>$",
}  # fmt: skip


def document(system: System, environment: str | None = None) -> str:
    """Document that pdflatex accepts: title, definition, equations."""
    activation = system.activation
    parts = [
        _PREAMBLE,
        rf"\section*{{{_escaped(activation.title or activation.name)}}}",
        _definition(system),
        _lead(system)
        + "\n"
        + arranged(without_definition(system), environment or "align*", COLUMN),
        *_closing(activation),
        "\\end{document}\n",
    ]
    return "\n\n".join(part for part in parts if part)


_PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\usepackage[margin=25mm]{geometry}
\usepackage{amsmath}
\allowdisplaybreaks
\setlength{\parindent}{0pt}
\setlength{\jot}{8pt}
\raggedright
\pagestyle{empty}
\begin{document}"""


def _definition(system: System) -> str:
    """The formula as written, and what its letters for long decimals stand for."""
    shown = "The activation function\n" + rf"\[ {plain(system.definition)} \]"
    if not system.constants:
        return shown
    return f"{shown}\nwhere {_listed(system.constants)}."


def _listed(texts: Sequence[str]) -> str:
    return " and ".join(f"${text}$" for text in texts)


def _escaped(text: str) -> str:
    plain_text = text.encode("ascii", "replace").decode()
    return "".join(_ESCAPES.get(character, character) for character in plain_text)


def _lead(system: System) -> str:
    """Sentence before the equations, which says what they presuppose."""
    given = _listed([text for text in system.given if text not in system.constants])
    count = "partial derivatives" if system.activation.parameters else "derivatives"
    if system.form == "numeric" and system.rounded_to:
        return (
            f"{'At ' + given + ', w' if given else 'W'}ith coefficients rounded to "
            f"{system.rounded_to} significant digits:"
        )
    if system.form == "numeric":
        return f"At {given}:" if given else f"Its {count}:"
    return f"With {given}, in closed form:" if given else "In closed form:"


def without_definition(system: System) -> System:
    """Equations without what the document says before them."""
    told = _texts(system.definition)
    equations = [replace(e, sides=e.sides[-1:]) for e in system.equations]
    news = [e for e in equations if e.name != "f" or _texts(e) != told]
    return replace(system, given=(), equations=tuple(news or equations))


def _texts(equation: Equation) -> list[str]:
    return [row.printed.text for row in equation.sides[-1]]


def _closing(activation: Activation) -> list[str]:
    notes = []
    if activation.convention:
        notes.append(f"Convention: {_escaped(activation.convention)}.")
    if activation.source:
        notes.append(rf"{{\small Source: {_escaped(activation.source)}.}}")
    return notes
