"""`analyze` from the command line: formats, files, sweeps, and one line a mistake."""

from __future__ import annotations

import csv
import io
import json
from fractions import Fraction
from pathlib import Path

import pytest
import typer

from mila_analysis.cli import app
from mila_analysis.cli.exits import run


def analyze(*arguments: str) -> int:
    return run(typer.main.get_command(app), ["analyze", *arguments])


def test_text_has_a_line_a_feature_and_the_theorems(capsys) -> None:
    assert analyze("--beta", "-0.25") == 0
    out, err = capsys.readouterr()
    assert "-0.2494532861688073 at x = -1.150592209382104, global" in out
    assert "sup |f_x|" in out
    assert "For every beta: exactly two inflection points" in out
    assert err == ""


def test_json_holds_both_ends_and_several_are_a_list(capsys) -> None:
    assert analyze("-a", "gelu", "-a", "relu", "--format", "json") == 0
    gelu, relu = json.loads(capsys.readouterr().out)
    least = gelu["minima"][0]["value"]
    assert Fraction(least["low"]) < Fraction(least["high"])
    assert least["value"] == "-0.1699712074799037"
    assert relu["smoothness"]["value"] == {"value": "inf"}
    assert relu["unproved"] == {}


def test_the_suffix_picks_the_format(tmp_path: Path, capsys) -> None:
    for name, begins in (
        ("a.tex", r"\begin{tabular}"), ("a.md", "**GELU**"), ("a.json", "{"),
        ("a.txt", "GELU: f(x) ="),
    ):  # fmt: skip
        assert analyze("-a", "gelu", "-o", str(tmp_path / name)) == 0
        assert (tmp_path / name).read_text("utf-8").startswith(begins)
    assert "wrote" in capsys.readouterr().err


def test_a_sweep_is_a_table(capsys) -> None:
    assert analyze("--sweep", "-1", "1", "--points", "3", "--format", "csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["beta"] for row in rows] == ["-1", "0", "1"]


def test_what_is_not_proved_says_so_in_every_format(capsys) -> None:
    for style in ("text", "markdown", "latex"):
        assert analyze("-a", "gcu", "--format", style) == 0
        assert "not proved: it oscillates" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", "csv"], "no format 'csv'"),
        (["--format", "jsn"], "did you mean 'json'?"),
        (["--sweep", "1", "0"], "the lower one first"),
        (["--sweep", "0", "1", "--format", "markdown"], "no format 'markdown'"),
        (["-a", "relu", "--sweep", "0", "1"], "ReLU has no parameter to sweep"),
        (["-a", "mila", "-a", "mish", "--sweep", "0", "1"], "one activation, not 2"),
        (["--sweep", "0", "x"], "must be a finite number"),
        (["--sweep", "0", "1", "--points", "1"], "points must be 2 to"),
        (["--threshold", "0"], "threshold must be positive"),
        (["-a", "log(x)"], "log(x) is undefined for x ≤ 0"),
    ],
)
def test_mistakes_are_one_line_and_exit_2(
    arguments: list[str], message: str, capsys
) -> None:
    assert analyze(*arguments) == 2
    err = capsys.readouterr().err
    assert message in err
    assert len([line for line in err.splitlines() if "error" in line]) == 1
