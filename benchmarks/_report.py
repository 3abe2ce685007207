"""Rows of a benchmark to a table on the terminal and a JSON file under results/."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from mila_analysis import files

RESULTS = Path(__file__).parent / "results"


def machine() -> dict[str, str]:
    """Processor and versions that the numbers belong to."""
    packages = ("numpy", "sympy", "python-flint", "torch", "mila-analysis")
    return {
        "processor": _processor(),
        "python": platform.python_version(),
        **{name: version(name) for name in packages},
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


def report(name: str, title: str, rows: Sequence[dict[str, Any]]) -> None:
    """Print the rows and write them, with the machine, to results/NAME.json."""
    table = Table(title=title)
    for column in rows[0]:
        table.add_column(column, justify="right" if column != "partial" else "left")
    for row in rows:
        table.add_row(*(_shown(v) for v in row.values()))
    Console(width=120).print(table)
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps({"title": title, "machine": machine(), "rows": rows}, indent=1)
    files.write(RESULTS / f"{name}.json", text + "\n")


def _shown(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
