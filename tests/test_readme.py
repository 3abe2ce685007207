"""The README: its examples run, and what it shows is what we generate and measured."""

from __future__ import annotations

import doctest
import json
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mila_analysis import catalog, functions
from mila_analysis.backends.latex import to_latex
from mila_analysis.benchmarking import TARGETS, Results
from mila_analysis.benchmarking.machine import Machine
from mila_analysis.benchmarking.tables import markdown, tables
from mila_analysis.experiments.comparing import Comparison, write
from mila_analysis.experiments.published import (
    caveats,
    published_runs,
    ranking_tables,
)
from mila_analysis.experiments.published.ranking import rank_activations
from mila_analysis.plotting import render
from mila_analysis.plotting.scores import scores
from mila_analysis.plotting.speed import speed as draw_speed
from mila_analysis.surveying import Survey

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
RESULTS = ROOT / "benchmarks" / "results"
EXPERIMENTS = ROOT / "docs" / "experiments"
CERTIFICATES = ROOT / "docs" / "certificates"
NAMES = ("f", "f_x", "f_beta", "f_xx", "f_xbeta", "f_betabeta")


def closed_forms() -> str:
    lines = to_latex(
        catalog.get("mila"), form="substituted", environment="none"
    ).splitlines()
    shown = [f"$${line}$$" for line in lines if not line.startswith("E =")][:3]
    return "\n\n".join(shown)


def numeric_form() -> str:
    cold = catalog.get("mila").bind(beta=-0.25)
    lines = to_latex(cold, ("f_x",), form="numeric", environment="none").splitlines()
    return "\n\n".join(f"$${line}$$" for line in lines)


def certificates(**wanted: object) -> list[dict[str, Any]]:
    """Committed certificates with these values."""
    files = [p for p in sorted(CERTIFICATES.glob("*.json")) if p.stem != "catalog"]
    found = [json.loads(p.read_text()) for p in files]
    return [c for c in found if all(c[key] == v for key, v in wanted.items())]


def findings(**wanted: object) -> list[dict[str, Any]]:
    """What they found in the accuracy leg."""
    every = [f for c in certificates(**wanted) for f in c["findings"]]
    assert every
    return [f for f in every if f["leg"] == "accuracy"]


def accuracy() -> str:
    lines = ["| | " + " | ".join(f"`{n}`" for n in NAMES) + " |", "|---" * 7 + "|"]
    for backend in ("numpy", "torch", "c"):
        found = findings(backend=backend, accuracy="fast", exhaustive=False)
        for dtype in ("float64", "float32"):
            worst = {
                n: max(
                    f["error"]
                    for f in found
                    if (f["dtype"], f["subject"]) == (dtype, n)
                )
                for n in NAMES
            }
            shown = " | ".join(f"{worst[n]:.1f}" for n in NAMES)
            lines.append(f"| {backend}, {dtype} | {shown} |")
    return "\n".join(lines)


def exhaustive() -> str:
    said = []
    for each in certificates(backend="c", accuracy="accurate", exhaustive=True):
        tried = [f for f in each["findings"] if f["leg"] == "exhaustive"]
        found = [f for f in tried if f["subject"] in NAMES and f["dtype"] == "float32"]
        if [f["subject"] for f in found] != list(NAMES):
            continue
        beta = float(Fraction(each["parameters"]["beta"]))
        count = sum(f["checked"] for f in found)
        wrong, doubles = (
            sum(f["more"][key] for f in found)
            for key in ("misrounded", "misrounded by doubles alone")
        )
        nearest = min(f["more"]["closest to a midpoint, in ulp"] for f in found)
        said.append(
            f"- β = {beta:g}: {count:,} results, all of float32, {wrong} misrounded "
            f"({doubles} by doubles alone); {nearest:.0e} ulp to the nearest tie."
        )
    assert len(said) == 2
    return "\n".join(said)


def measured() -> Results:
    return Results.from_json((RESULTS / "bench.json").read_text(encoding="utf-8"))


def speed() -> str:
    table = next(t for t in tables(measured()) if t.part == "targets")
    by_name = {row[0]: row for row in table.rows}
    chosen = tuple(by_name[name] for name in SHOWN if name in by_name)
    columns = ("size", "work", "ours", "beside", "ratio", "bound")
    return markdown(replace(table, rows=chosen), columns)


def described(machine: Machine) -> str:
    caches = ", ".join(f"{name} {size}" for name, size in machine.caches.items())
    packages = ", ".join(f"{name} {v}" for name, v in machine.packages.items())
    return (
        f"{machine.processor}, {machine.cores} cores, {machine.capability}, {caches}; "
        f"{machine.system}; Python {machine.python}, {packages}; "
        f"{machine.compiler} `{machine.flags}`."
    )


def every_speed() -> str:
    results = measured()
    lines = [described(results.machine)]
    for table in tables(results):
        lines += [f"**{table.title[:1].upper()}{table.title[1:]}.**"]
        lines += [markdown(table, table.headings)]
    return "\n\n".join(lines)


def training_steps() -> str:
    found = json.loads((RESULTS / "training_steps.json").read_text(encoding="utf-8"))
    rows = found["rows"]
    head = "| " + " | ".join(rows[0]) + " |\n" + "|---" * len(rows[0]) + "|"
    lines = [head]
    for row in rows:
        *first, ratio = row.values()
        shown = [v if isinstance(v, str) else f"{v:,.0f}" for v in first]
        lines.append("| " + " | ".join([*shown, f"{ratio:.2f}"]) + " |")
    return "\n".join(lines)


SHOWN = (
    "relu", "mish", "learnable", "cached", "no-compiler", "partials",
)  # fmt: skip
"""Targets of the README; the page beside the results has all."""


def above_the_aims() -> str:
    kept = Survey.from_json((CERTIFICATES / "catalog.json").read_text("utf-8"))
    worst: dict[tuple[str, str], tuple[float, str, str]] = {}
    for row in kept.rows:
        for name, error in row.worst.items():
            if error.detail and error.ulp is not None:
                kappa = error.detail.partition("κ = ")[2]
                found = (error.ulp, kappa, f"{row.backend}, {row.dtype}")
                worst[row.name, name] = max(worst.get((row.name, name), found), found)
    cells = [
        f"`{entry}` `{name}` | {ulp:.1f}, {kappa}, {code}"
        for (entry, name), (ulp, kappa, code) in worst.items()
    ]
    cells += [" | "] * (-len(cells) % 3)
    rows = [f"| {' | '.join(cells[n : n + 3])} |" for n in range(0, len(cells), 3)]
    return "\n".join(["| | ulp, κ, code " * 3 + "|", "|---" * 6 + "|", *rows])


def compared(name: str) -> str:
    text = (EXPERIMENTS / f"{name}.json").read_text(encoding="utf-8")
    return write(Comparison.from_json(text), "markdown").strip()


def published_ranks() -> str:
    runs = published_runs()
    found = rank_activations(runs)
    notes = caveats(found.used(runs), {"top1"})
    return ranking_tables.FORMATS["markdown"](found, notes).strip()


BLOCKS = {
    "above the aims": above_the_aims,
    "closed forms": closed_forms,
    "numeric form": numeric_form,
    "accuracy": accuracy,
    "exhaustive": exhaustive,
    "speed": speed,
}
IN_RESULTS = {"every speed": every_speed, "training steps": training_steps}
PAGES = dict.fromkeys(BLOCKS, README)
PAGES["above the aims"] = ROOT / "docs" / "certificate.md"
PAGES["numeric form"] = ROOT / "docs" / "errata.md"
PAGES |= dict.fromkeys(IN_RESULTS, RESULTS / "README.md")
IN_EXPERIMENTS = {
    "in the first layer": lambda: compared("first"),
    "in all layers": lambda: compared("all"),
    "published ranks": published_ranks,
}
PAGES |= dict.fromkeys(IN_EXPERIMENTS, EXPERIMENTS / "README.md")
BLOCKS |= IN_RESULTS | IN_EXPERIMENTS


@pytest.mark.parametrize("name", BLOCKS)
def test_what_is_shown_is_what_is_generated(
    name: str, request: pytest.FixtureRequest
) -> None:
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    page = PAGES[name]
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(begin)
    shown, _, after = rest.partition(end)
    generated = f"\n{BLOCKS[name]()}\n\n"
    if request.config.getoption("--update-golden"):
        page.write_text(before + begin + generated + end + after, encoding="utf-8")
        return
    assert shown == generated


def test_the_python_block_runs_as_shown() -> None:
    failures, tried = doctest.testfile(str(README), module_relative=False)
    assert tried > 8
    assert failures == 0


def test_the_committed_speeds_are_of_a_whole_run() -> None:
    results = measured()
    assert results.is_complete
    assert not results.is_quick
    assert [f.target for f in results.findings] == list(TARGETS)
    for found in results.findings:
        assert [p.allocator for p in found.pairs] in ([], ["default", "kept"])
    assert results.speeds
    assert results.qualities


def test_the_committed_figure_is_that_of_the_committed_speeds() -> None:
    drawn = render(draw_speed(measured()), "png")
    assert (RESULTS / "bench.png").read_bytes() == drawn


@pytest.mark.parametrize("name", ["first", "all"])
def test_the_committed_figures_are_those_of_the_committed_runs(name: str) -> None:
    text = (EXPERIMENTS / f"{name}.json").read_text(encoding="utf-8")
    comparison = Comparison.from_json(text)
    drawn = render(scores(comparison), "png")
    assert (EXPERIMENTS / f"{name}.png").read_bytes() == drawn
    assert len(comparison.seeds) == 10
    none = "These data support no difference in top-1 of the last epoch between any two"
    assert none in compared(name)  # as the README says


def test_numpy_code_costs_at_most_half_of_lambdify() -> None:
    ratios = {f.target.name: f.ratio for f in measured().findings}
    assert (ratios["partials-numpy"] or 0) <= 0.5


def test_the_printed_derivative_of_the_original_is_wrong_as_stated() -> None:
    def printed(x: float) -> float:
        e = np.exp(x)
        top = 8.468 + 5.1361 * e**2 + e**3 + e * (6.59489 * x + 9.89233) + 8.468
        return float(e * top / (3.29744 + 2.56805 * e + e**2) ** 2)

    ours = functions.lambdify(catalog.get("mila").bind(beta=-0.25), backend="numpy")[
        "f_x"
    ]
    assert round(printed(-2.0), 4) == 0.1673
    assert round(float(ours(-2.0)), 4) == -0.0889
    assert round(printed(1.0), 5) == round(float(ours(1.0)), 5)


def test_lambdify_with_cse_is_wrong_from_where_the_readme_says() -> None:
    import sympy

    x, beta = sympy.symbols("x beta")
    f = x * sympy.tanh(sympy.log(1 + sympy.exp(x + beta)))
    partials = [f.diff(x), f.diff(x, 2)]
    naive = sympy.lambdify((x, beta), partials, "numpy", cse=True)
    with np.errstate(all="ignore"):
        wrong = [v for v in np.arange(350.0, 362.0) if np.isnan(naive(v, 0.0)).any()]
    assert wrong[:1] == [355.0]


COMMANDS = [
    line
    for line in README.read_text(encoding="utf-8").splitlines()
    if line.startswith("    mila-analysis ")
    and not {"bench", "compare", "fashion-mnist"} & set(line.split())
]
"""But for those that take minutes, or files that may not be there: they have tests."""


def test_the_commands_run_one_after_another_in_an_empty_folder(tmp_path: Path) -> None:
    assert len(COMMANDS) >= 9
    for line in COMMANDS:
        command, _, comment = line.partition("#")
        done = subprocess.run(
            [sys.executable, "-m", "mila_analysis", *shlex.split(command)[1:]],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        wanted = 1 if comment.strip().endswith("exit 1") else 0
        assert done.returncode == wanted, f"{command}: {done.stderr}"
        written = re.search(r"-o (\S+)", command)
        if written:
            assert (tmp_path / written.group(1)).stat().st_size > 1000


def test_it_is_short_enough_to_read() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 150
