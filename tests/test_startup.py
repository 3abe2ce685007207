"""What a command imports, compiles and looks through, before and after its work.

Never a clock: that is `benchmarks/startup.py`. Help, completion and the package itself
are in `test_packaging.py` and `cli/test_cli.py`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mila_analysis.catalog import get
from mila_analysis.native import CACHE_VARIABLE

HEAVY = {"sympy", "numpy", "torch", "matplotlib", "flint"}
MAIN = """
import atexit, gc, json, sys
def report():
    print({heavy!r} & set(sys.modules) or "", gc.get_freeze_count() > 0, sep="|")
atexit.register(report)
from mila_analysis.cli import main
main()
"""


def run(folder: Path, *arguments: str) -> tuple[set[str], bool]:
    """Heavy packages that a command line imports, and whether it froze its objects."""
    done = subprocess.run(
        [sys.executable, "-c", MAIN.format(heavy=HEAVY), *arguments],
        cwd=folder,
        env={**os.environ, CACHE_VARIABLE: str(folder / "compiled")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found, _, frozen = done.stdout.splitlines()[-1].partition("|")
    return {name for name in HEAVY if f"'{name}'" in found}, frozen == "True"


def test_list_imports_nothing_heavy(tmp_path):
    assert run(tmp_path, "list") == (set(), True)


def test_published_tables_import_nothing_heavy(tmp_path):
    assert run(tmp_path, "published", "--depth", "56") == (set(), True)


@pytest.mark.parametrize("kind", ["function", "contour", "gradient"])
def test_plot_imports_no_torch_and_compiles_nothing(kind, tmp_path):
    found, frozen = run(tmp_path, "plot", kind, "--points", "21", "-o", "made.png")
    assert found == HEAVY - {"torch"}
    assert frozen  # else Python looks through all of it for garbage as it ends
    assert [path.name for path in tmp_path.iterdir()] == ["made.png"]


def test_animate_imports_no_torch_and_compiles_nothing(tmp_path):
    small = ("--frames", "2", "--size", "3", "3", "--dpi", "40")
    assert run(tmp_path, "animate", *small, "-o", "a.gif") == (HEAVY - {"torch"}, True)
    assert [path.name for path in tmp_path.iterdir()] == ["a.gif"]


@pytest.mark.parametrize("kind", ["function", "contour", "gradient", "family"])
def test_a_figure_is_laid_out_once(kind, monkeypatch):
    from matplotlib.figure import Figure

    from mila_analysis.plotting import plot

    laid_out = []
    drawn = Figure.draw_without_rendering

    def counted(figure):
        laid_out.append(figure)
        drawn(figure)

    monkeypatch.setattr(Figure, "draw_without_rendering", counted)
    plot(get("mila"), kind, points=21)
    assert len(laid_out) == 1
