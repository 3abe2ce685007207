"""How long it takes to start: the package, help, completion and `plot`, over imports.

    python benchmarks/startup.py [REPETITIONS]

Each is a process of its own; they take turns, so that what else the machine does meets
all of them. Processor time is what a process uses up itself, on all of its threads.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _report import report

MAIN = "from mila_analysis.cli import main; main()"
COMPLETE = {
    "_MILA_ANALYSIS_COMPLETE": "complete_bash",
    "COMP_WORDS": "mila-analysis pl",
    "COMP_CWORD": "1",
}
# What `plot` needs of others; the package's own modules are part of its work.
LIBRARIES = (
    "sympy, flint, numpy, matplotlib.figure, matplotlib.backends.backend_agg, typer"
)
CASES: dict[str, tuple[list[str], dict[str, str]]] = {
    "python": (["pass"], {}),
    "import mila_analysis": (["import mila_analysis"], {}),
    "--help": ([MAIN, "--help"], {}),
    "--version": ([MAIN, "--version"], {}),
    "list": ([MAIN, "list"], {}),
    "completion": ([MAIN], COMPLETE),
    "imports of plot": ([f"import {LIBRARIES}"], {}),
    "plot": ([MAIN, "plot", "-o", "made.png"], {}),
}
OVER = {"import mila_analysis": ("python", 20.0), "plot": ("imports of plot", 300.0)}


def main() -> None:
    """Run all cases in turn; report medians, and what two of them take over another."""
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in CASES}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(repetitions):
            for name, (program, environment) in CASES.items():
                found[name].append(_run(program, environment, Path(folder)))
    wall = {name: statistics.median(w for w, _ in each) for name, each in found.items()}
    own = {name: statistics.median(c for _, c in each) for name, each in found.items()}
    rows = []
    for name in CASES:
        base, limit = OVER.get(name, (None, None))
        rows.append(
            {
                "command": name,
                "ms": wall[name],
                "processor ms": own[name],
                "ms over": wall[name] - wall[base] if base else "",
                "limit": limit or "",
            }
        )
    report("startup", f"Start-up: medians of {repetitions} processes", rows)


def _run(
    program: list[str], environment: dict[str, str], folder: Path
) -> tuple[float, float]:
    """Wall time and processor time of a process, in milliseconds."""
    before, start = os.times(), time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", *program],
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    wall, after = time.perf_counter() - start, os.times()
    used = after.children_user - before.children_user
    used += after.children_system - before.children_system
    return wall * 1e3, used * 1e3


if __name__ == "__main__":
    main()
