"""Features to a page of text, Markdown, LaTeX or JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from fractions import Fraction
from typing import Any

from mila_analysis.activation import Activation, numeral
from mila_analysis.analysis.digits import in_json
from mila_analysis.analysis.features import Features
from mila_analysis.analysis.rows import Row, rows
from mila_analysis.analysis.theorems import theorems
from mila_analysis.balls import Enclosure

__all__ = ["FORMATS", "to_json", "to_latex", "to_markdown", "to_text"]


def _title(activation: Activation) -> str:
    values = ", ".join(f"{p.name} = {numeral(p.value)}" for p in activation.parameters)
    name = activation.title or activation.name
    return f"{name}, {values}" if values else name


def to_text(found: Features) -> str:
    """Table for a terminal."""
    lines = list(rows(found))
    width = max(len(row.label) for row in lines)
    head = f"{_title(found.activation)}: f(x) = {found.activation.formula}"
    body = [f"{row.label:<{width}}  {row.text}".rstrip() for row in lines]
    proved = [t for theorem in theorems(found.activation) for t in ("", theorem.text)]
    return "\n".join([head, "", *body, *proved]) + "\n"


def to_markdown(found: Features) -> str:
    """Table in Markdown."""
    body = [f"| {_barred(row.label)} | {_barred(row.text)} |" for row in rows(found)]
    head = f"**{_title(found.activation)}**, `{found.activation.formula}`"
    proved = [t for theorem in theorems(found.activation) for t in ("", theorem.text)]
    return "\n".join([head, "", "| | |", "|---|---|", *body, *proved]) + "\n"


def _barred(text: str) -> str:
    return text.strip().replace("|", r"\|")


def to_latex(found: Features) -> str:
    """Table in LaTeX, for `tabular` with two columns."""
    body = [_latex_row(row) for row in rows(found)]
    lines = [r"\begin{tabular}{ll}", r"  \hline", *body, r"  \hline", r"\end{tabular}"]
    proved = [t for theorem in theorems(found.activation) for t in ("", theorem.latex)]
    return "\n".join([*lines, *proved]) + "\n"


def _latex_row(row: Row) -> str:
    symbol = row.symbol if row.label else ""
    return rf"  ${symbol}$ & ${row.latex}$ \\" if symbol else rf"  & ${row.latex}$ \\"


def to_json(found: Features) -> str:
    """All of it, each number with both ends."""
    activation = found.activation
    head: dict[str, Any] = {
        "name": activation.name,
        "formula": activation.formula,
        "parameters": {p.name: numeral(p.value) for p in activation.parameters},
    }
    body = {
        field.name: _jsonable(getattr(found, field.name))
        for field in fields(found)
        if field.name != "activation"
    }
    body["theorems"] = [theorem.text for theorem in theorems(activation)]
    return json.dumps(head | body, indent=2, ensure_ascii=False) + "\n"


def _jsonable(value: Any) -> Any:
    if isinstance(value, (Enclosure, float)):
        return in_json(value)
    if isinstance(value, Fraction):
        return numeral(value)
    if isinstance(value, tuple):
        return [_jsonable(v) for v in value]
    if isinstance(value, Mapping):
        return {k: _jsonable(v) for k, v in value.items()}
    if is_dataclass(value):
        return {f.name: _jsonable(getattr(value, f.name)) for f in fields(value)}
    return value


FORMATS = {
    "text": to_text,
    "json": to_json,
    "markdown": to_markdown,
    "latex": to_latex,
}
