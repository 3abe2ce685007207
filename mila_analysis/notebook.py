"""Activations, derivations, features, certificates to what a notebook shows of them.

LaTeX is for MathJax; tables are plain HTML, in whatever colours the notebook has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import wraps
from html import escape
from typing import Any

from mila_analysis.activation import Activation, Parameter, numeral
from mila_analysis.analysis import Features
from mila_analysis.analysis.rows import rows
from mila_analysis.analysis.theorems import theorems
from mila_analysis.backends.latex.equations import system
from mila_analysis.backends.latex.layout import lines, plain
from mila_analysis.derivation import Derivation
from mila_analysis.errors import MilaAnalysisError
from mila_analysis.letters import in_latex
from mila_analysis.shown import Writers
from mila_analysis.verification import Certificate, Finding

__all__ = ["WRITERS"]

COLUMN = 60.0
LEFT = ' style="text-align: left"'


def _careful(write: Callable[[Any], str]) -> Callable[[Any], str | None]:
    """A writer that leaves it to `repr` where the formula has no mathematics."""

    @wraps(write)
    def written(thing: Any) -> str | None:
        try:
            return write(thing)
        except MilaAnalysisError:
            return None

    return written


def _activation(one: Activation) -> str:
    """Definition, and the values of the parameters."""
    found = system(one, ["f"])
    values = [
        rf"{p.latex or in_latex(p.name)} = {numeral(p.value)}" for p in one.parameters
    ]
    told = r",\quad ".join([plain(found.definition), *found.constants, *values])
    return rf"$\displaystyle {told}$"


def _derivation(derived: Derivation) -> str:
    """Every partial in closed form."""
    letters = [Parameter(str(v), Fraction(0)) for v in derived.variables[1:]]
    one = Activation("f", derived.formula, parameters=tuple(letters))
    found = system(one, derived.names)
    closed = tuple(replace(e, sides=e.sides[-1:]) for e in found.equations)
    meant = [text.replace(" = ", " &= ", 1) for text in found.constants]
    shown = lines(replace(found, given=(), equations=closed), COLUMN)
    body = " \\\\\n".join([*shown, *meant])
    return f"$$\\begin{{aligned}}\n{body}\n\\end{{aligned}}$$"


def _features(found: Features) -> str:
    """All that is known, a line each, and the theorems."""
    one = found.activation
    values = "".join(f", {p.name} = {numeral(p.value)}" for p in one.parameters)
    body = [(row.label.strip(), row.text) for row in rows(found)]
    proved = "".join(f"<pre>{escape(t.text)}</pre>" for t in theorems(one))
    return _table(f"{one.title or one.name}{values}", (), body) + proved


def _certificate(found: Certificate) -> str:
    """The verdict, and the worst error of each partial in each format."""
    verdict = "passed" if found.passed else "FAILED"
    values = "".join(f", {name} = {text}" for name, text in found.parameters.items())
    title = f"{found.name}{values}: {found.backend}, {found.accuracy}: {verdict}"
    measured = [f for f in found.findings if f.leg == "accuracy"]
    cells = {(f.subject, f.dtype): _error(f) for f in measured}
    subjects = dict.fromkeys(f.subject for f in measured)
    body = [(s, *(cells.get((s, d), "") for d in found.dtypes)) for s in subjects]
    head = ("worst ulp (promised)", *found.dtypes)
    said = [
        f"<li>{escape(f'{f.leg} {f.subject}: {f.status}: {f.detail}')}</li>"
        for f in (*found.failures, *found.reservations)
    ]
    notes = f"<ul>{''.join(said)}</ul>" if said else ""
    return _table(title, head if body else (), body) + notes


def _error(finding: Finding) -> str:
    error = "∞" if finding.error is None else f"{finding.error:.2f}"
    return error if finding.limit is None else f"{error} ({finding.limit:g})"


def _table(title: str, head: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    """Cells of text to a table with a title."""
    top = "".join(f"<th{LEFT}>{escape(cell)}</th>" for cell in head)
    rows_ = "\n".join(
        f"<tr>{''.join(f'<td{LEFT}>{escape(c)}</td>' for c in cells)}</tr>"
        for cells in body
    )
    header = f"<thead><tr>{top}</tr></thead>\n" if head else ""
    return (
        f"<table>\n<caption{LEFT}><b>{escape(title)}</b></caption>\n{header}"
        f"<tbody>\n{rows_}\n</tbody>\n</table>"
    )


WRITERS: Writers = {
    ("Activation", "latex"): _careful(_activation),
    ("Derivation", "latex"): _careful(_derivation),
    ("Features", "html"): _careful(_features),
    ("Certificate", "html"): _careful(_certificate),
}
"""What is shown of each class."""
