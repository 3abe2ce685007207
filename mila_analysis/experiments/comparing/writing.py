"""A comparison to text, JSON, CSV, Markdown or LaTeX."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from mila_analysis.errors import UnsupportedError, suggestion
from mila_analysis.experiments.comparing.comparison import Comparison
from mila_analysis.experiments.comparing.measures import MEASURES, WHEN, Measure
from mila_analysis.experiments.comparing.naming import escaped, in_tex
from mila_analysis.experiments.comparing.sentences import (
    caveats,
    conclusions,
    labels,
    settings,
)
from mila_analysis.experiments.comparing.tables import NOTHING, Table, tables
from mila_analysis.experiments.results import plain

__all__ = ["FORMATS", "SUFFIXES", "text_table", "write"]

_RELATIONS = {"less": "$<$", "greater": "$>$"}


def write(
    comparison: Comparison, form: str = "text", score: Measure = MEASURES[0]
) -> str:
    """Comparison as a text that ends with a line break.

    Args:
        comparison: finished runs.
        form: `text`, `json`, `csv`, `markdown` or `latex`.
        score: of which differences and sentences speak; JSON and CSV have all scores.

    Raises:
        UnsupportedError: another format; names the nearest.
    """
    if form not in FORMATS:
        hint = suggestion(form, FORMATS) or f"; choose from {', '.join(FORMATS)}"
        raise UnsupportedError(f"no format '{form}'{hint}")
    return FORMATS[form](comparison, score)


def as_text(comparison: Comparison, score: Measure) -> str:
    """Tables, sentences and caveats for a page of fixed width."""
    parts = [settings(comparison), *map(text_table, tables(comparison, score))]
    parts += ["\n".join(conclusions(comparison, score, "last"))]
    parts += ["\n".join(f"- {line}" for line in caveats(comparison, score))]
    return "\n\n".join(filter(None, parts)) + "\n"


def text_table(table: Table) -> str:
    """A title, and columns with a rule below their headings."""
    columns = list(zip(table.headings, *table.rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    lines = [
        "  ".join(
            [row[0].ljust(widths[0])]
            + [c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)]
        ).rstrip()
        for row in (table.headings, *table.rows)
    ]
    return "\n".join([table.title, lines[0], "-" * len(lines[0]), *lines[1:]])


def as_json(comparison: Comparison, _: Measure) -> str:
    """All that there is: scores and pairs as they are shown, and the runs.

    What is no finite number is null.
    """
    values = {
        "kind": "comparison",
        "settings": settings(comparison),
        "activations": labels(comparison),
        "seeds": list(comparison.seeds),
        "scores": list(_scores(comparison)),
        "pairs": list(_pairs(comparison)),
        "conclusions": {
            m.name: {w: list(conclusions(comparison, m, w)) for w in WHEN}
            for m in MEASURES
        },
        "caveats": list(caveats(comparison, MEASURES[0])),
    }
    whole = plain(values) | comparison.record()
    return json.dumps(whole, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _scores(comparison: Comparison) -> Iterator[dict[str, Any]]:
    """Means of each activation, in the units that are shown."""
    for activation in comparison.activations:
        for m in MEASURES:
            for when in WHEN:
                found = comparison.score(activation, m, when)
                key = {"activation": activation, "score": m.name, "epoch": when}
                yield key | {"unit": m.unit.strip()} | asdict(found)


def _pairs(comparison: Comparison) -> Iterator[dict[str, Any]]:
    """Every pair in every score, in the units that are shown."""
    for m in MEASURES:
        for when in WHEN:
            for pair in comparison.pairs(m, when):
                d = pair.difference
                yield {
                    "first": pair.first, "second": pair.second,
                    "score": m.name, "epoch": when, "unit": m.step.strip(),
                    **asdict(d), "mean": asdict(d.mean.times(m.factor)),
                    "is_shown": d.is_shown,
                }  # fmt: skip


def as_csv(comparison: Comparison, _: Measure) -> str:
    """A row a run, with all digits, for programs that compute their own statistics."""
    heads = [f"{when}_{m.field}" for when in WHEN for m in MEASURES]
    stream = io.StringIO()
    rows = csv.writer(stream, lineterminator="\n")
    rows.writerow(
        ["activation", "seed", "diverged", "last_epoch", "best_epoch", *heads,
         "seconds", "saved_bytes"]
    )  # fmt: skip
    for run in comparison.runs:
        ends = ((run.last, run.best)[k] for k in range(2) for _ in MEASURES)
        cells = [m.at(e) for m, e in zip(MEASURES * 2, ends, strict=True)]
        seconds = sum(epoch.seconds for epoch in run.epochs)
        rows.writerow(
            [run.config.activation, run.config.seed, int(run.diverged),
             run.last.number, run.best.number, *map(_cell, cells),
             f"{seconds:.3f}", _cell(run.saved_bytes)]
        )  # fmt: skip
    return stream.getvalue()


def _cell(value: float) -> str:
    return repr(value) if math.isfinite(value) else ""


def as_markdown(comparison: Comparison, score: Measure) -> str:
    """Tables, and sentences as lists."""
    parts = [f"{settings(comparison)}."]
    for table in tables(comparison, score):
        parts += [f"**{table.title}**", _markdown_table(table)]
    said = (conclusions(comparison, score, "last"), caveats(comparison, score))
    parts += ["\n".join(f"- {_quoted(line)}" for line in lines) for lines in said]
    return "\n\n".join(filter(None, parts)) + "\n"


def _markdown_table(table: Table) -> str:
    lines = [_row(table.headings), "|:---" + "|---:" * (len(table.headings) - 1) + "|"]
    return "\n".join([*lines, *map(_row, table.rows)])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(map(_quoted, cells)) + " |"


def _quoted(text: str) -> str:
    """Text of which Markdown sets every letter as it is."""
    for letter in "\\`*_|<>[]":
        text = text.replace(letter, f"\\{letter}")
    return text


def as_latex(comparison: Comparison, score: Measure) -> str:
    r"""Tables for `\usepackage{booktabs}`; sentences as comments above them."""
    said = (
        settings(comparison), *conclusions(comparison, score, "last"),
        *caveats(comparison, score),
    )  # fmt: skip
    notes = "\n".join(f"% {' '.join(line.split())}" for line in said)
    made = map(_latex_table, tables(comparison, score, in_tex))
    return "\n\n".join(["% \\usepackage{booktabs}\n" + notes, *made]) + "\n"


def _latex_table(table: Table) -> str:
    heads = " & ".join(map(_tex, table.headings))
    # names are LaTeX already, all other cells are numbers
    rows = [
        " & ".join([row[0].replace(" - ", " $-$ "), *map(_tex, row[1:])])
        for row in table.rows
    ]
    return "\n".join(
        [
            f"% {table.title}",
            rf"\begin{{tabular}}{{l{'r' * (len(table.headings) - 1)}}}",
            r"\toprule", rf"{heads} \\", r"\midrule",
            *(rf"{row} \\" for row in rows),
            r"\bottomrule", r"\end{tabular}",
        ]
    )  # fmt: skip


def _tex(cell: str) -> str:
    """Cell with its signs as mathematics."""
    if cell == NOTHING:
        return "--"
    text = escaped(cell).replace("±", r"$\pm$").replace("=", "$=$")
    text = re.sub(r"\\text(less|greater)\{\}", lambda m: _RELATIONS[m[1]], text)
    return re.sub(r"(?<![\w.])([+-])(?=\d)", r"$\1$", text)


Writer = Callable[[Comparison, Measure], str]
FORMATS: dict[str, Writer] = {
    "text": as_text,
    "json": as_json,
    "csv": as_csv,
    "markdown": as_markdown,
    "latex": as_latex,
}
SUFFIXES = {
    "txt": "text", "json": "json", "csv": "csv", "md": "markdown", "tex": "latex",
}  # fmt: skip
