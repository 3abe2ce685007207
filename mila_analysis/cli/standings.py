"""How far runs are to a table on a terminal, or to lines with tabs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mila_analysis.cli.output import emit

if TYPE_CHECKING:
    from mila_analysis.experiments.sweeping import Standing

__all__ = ["show"]

COLORS = {"done": "green", "running": "cyan", "failed": "red", "stopped": "yellow"}
HEADINGS = {
    "dataset": "dataset",
    "model": "model",
    "activation": "activation",
    "seed": "seed",
    "state": "state",
    "epochs": "epochs",
    "last_top1": "last %",
    "best_top1": "best %",
    "last_macro_f1": "last F1",
    "best_macro_f1": "best F1",
    "seconds": "seconds",
    "reason": "",
}


def show(found: Sequence[Standing]) -> None:
    """A table for a person; for programs a line a run, its columns apart by tabs."""
    from mila_analysis.experiments.sweeping.tables import record

    records = [record(standing) for standing in found]
    if sys.stdout is None or not sys.stdout.isatty():
        emit("".join("\t".join(_cells(row).values()) + "\n" for row in records))
    else:
        _print(records)


def _cells(row: dict[str, Any]) -> dict[str, str]:
    """A run as text, a cell a heading; top-1 in percent."""
    return {name: _text(name, row[name]) for name in HEADINGS}


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name.endswith("top1"):
        return f"{100 * value:.2f}"
    if name.endswith("f1"):
        return f"{value:.4f}"
    if name == "seconds":
        return f"{value:.1f}"
    return " ".join(str(value).split())


def _print(records: Sequence[dict[str, Any]]) -> None:
    """The table, without columns that say nothing, or the same of all runs."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    rows = [_cells(row) for row in records]
    always = [
        name
        for name in ("dataset", "model")
        if len({row[name] for row in rows}) == 1 and len(rows) > 1
    ]
    names = [n for n in HEADINGS if n not in always and any(row[n] for row in rows)]
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in names:
        words = name in {"dataset", "model", "activation", "state", "reason"}
        grid.add_column(
            HEADINGS[name],
            justify="left" if words else "right",
            no_wrap=not words,
            overflow="fold",
        )
    for row in rows:
        style = COLORS.get(row["state"], "")
        grid.add_row(*(Text(row[n], style if n == "state" else "") for n in names))
    console = Console()
    if always and rows:
        console.print(Text(", ".join(rows[0][n] for n in always), style="italic"))
    console.print(grid)
    if records:
        console.print(Text("validation set; last and best epoch", style="dim"))
