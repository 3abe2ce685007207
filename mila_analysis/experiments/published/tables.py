"""Sections of runs to a page, or to CSV and JSON that hold all that is known."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from mila_analysis.experiments.published.arranging import Line, Section
from mila_analysis.experiments.published.caveats import caveats
from mila_analysis.experiments.published.pages import PAGES, Cell, Grid, Page
from mila_analysis.experiments.published.records import COLUMNS, SCORES, SOURCE, Run

__all__ = ["FORMATS", "page"]

MORE = ("epochs", "loss_nats", "rank", "best")  # columns of a CSV beside the file's own
BEST = "best of those shown in its block, equal ones together"
SHOWN = {"top1": ".2f", "top3": ".2f", "top5": ".2f", "loss": ".4f"}


def page(sections: Sequence[Section], *, ranked: bool = False) -> Page:
    """Sections as tables for people, the loss in nats.

    Args:
        sections: of `arrange`.
        ranked: whether a last column has ranks.
    """
    notes = (*caveats(_runs(sections)), f"Source: {SOURCE}.")
    return Page(tuple(_grid(s, ranked=ranked) for s in sections), notes, BEST)


def _runs(sections: Iterable[Section]) -> list[Run]:
    return [line.run for section in sections for line in section.lines]


def _grid(section: Section, *, ranked: bool) -> Grid:
    """A section; its first column is what its heading leaves open."""
    scores = (f"{score.title} ({score.unit})" for score in SCORES.values())
    headings = ("activation" if section.is_block else "network", *scores)
    rows = tuple(
        (
            Cell(line.run.name if section.is_block else line.run.block.title),
            *(_cell(line, name) for name in SCORES),
            *([Cell(_rank(line))] if ranked else []),
        )
        for line in section.lines
    )
    return Grid(section.title, (*headings, *(["rank"] if ranked else [])), rows)


def _cell(line: Line, score: str) -> Cell:
    value = line.run.nats if score == "loss" else line.run.value(score)
    text = "" if value is None else format(value, SHOWN[score])
    return Cell(text, score in line.best)


def _rank(line: Line) -> str:
    return "" if line.rank is None else f"{line.rank:g}"


def to_csv(sections: Sequence[Section]) -> str:
    """Runs as CSV, in the columns of `published.csv` and some more."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*COLUMNS, *MORE])
    for section in sections:
        for line in section.lines:
            record = _record(line) | {"best": " ".join(_best(line))}
            writer.writerow(_spelled(record[name]) for name in (*COLUMNS, *MORE))
    return text.getvalue()


def _spelled(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def to_json(sections: Sequence[Section]) -> str:
    """Runs as JSON, with what must be known of them."""
    records = [_record(line) for section in sections for line in section.lines]
    body = {"source": SOURCE, "notes": caveats(_runs(sections)), "runs": records}
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"


def _record(line: Line) -> dict[str, Any]:
    run = line.run
    return {
        "dataset": run.block.dataset,
        "version": run.block.version,
        "depth": run.block.depth,
        "epochs": run.block.epochs,
        "name": run.printed,
        "activation": run.activation,
        **{score.column: run.value(name) for name, score in SCORES.items()},
        "loss_nats": run.nats,
        "rank": line.rank,
        "best": _best(line),
    }


def _best(line: Line) -> list[str]:
    return [name for name in SCORES if name in line.best]


def _paged(
    write: Callable[[Page], str],
) -> Callable[[Sequence[Section], bool], str]:
    return lambda sections, ranked: write(page(sections, ranked=ranked))


FORMATS: Mapping[str, Callable[[Sequence[Section], bool], str]] = {
    "text": _paged(PAGES["text"]),
    "csv": lambda sections, _: to_csv(sections),
    "json": lambda sections, _: to_json(sections),
    "markdown": _paged(PAGES["markdown"]),
    "latex": _paged(PAGES["latex"]),
}
"""Sections, and whether ranks are shown, to text; CSV and JSON always have them."""
