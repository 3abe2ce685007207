"""`compare`: two activations, two seeds, one epoch of digits, from end to end."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from mila_analysis.experiments import comparing, sweeping
from mila_analysis.experiments.comparing import Comparison

SMALL = ("-a", "relu", "-a", "mila:beta=-0.25", "--seeds", "2", "--epochs", "1")
QUICK = (*SMALL, "--batch-size", "512", "--workers", "1")


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> Path:
    """Folder of runs that all tests share."""
    return tmp_path_factory.mktemp("kept")


@pytest.fixture
def compare(invoke, kept):
    return lambda *more: invoke("compare", *QUICK, "--runs", str(kept), *more)


def test_tables_sentences_and_caveats(compare):
    said = compare()
    assert said.code == 0, said.err
    assert "the activation in all hidden layers" in said.out
    assert "Mila (β = -0.25) and ReLU: " in said.out
    assert "There are 360 validation images" in said.out


def test_what_is_there_is_not_trained_again(compare):
    compare()
    said = compare("--format", "csv")
    assert "4 runs are kept in" in said.err
    assert "4 of them from before" in said.err
    assert len(said.out.splitlines()) == 5


def test_files_by_their_suffix(compare):
    names = ["a.json", "a.csv", "a.md", "a.tex", "a.txt", "a.png", "a.svg", "a.pdf"]
    said = compare(*(word for name in names for word in ("-o", name)))
    assert said.code == 0, said.err
    assert all(Path(name).stat().st_size > 100 for name in names)
    assert Path("a.txt").read_text() == said.out
    assert Path("a.png").read_bytes().startswith(b"\x89PNG")


def test_json_can_be_shown_again_without_training(compare, invoke):
    compare("-o", "a.json")
    made = Comparison.from_json(Path("a.json").read_text())
    assert made.seeds == (0, 1)
    again = invoke("compare", "--from", "a.json", "--format", "json")
    assert json.loads(again.out) == json.loads(Path("a.json").read_text())


def test_a_baseline_by_its_name(compare):
    out = compare("--baseline", "mila", "--format", "markdown").out
    assert "| ReLU - Mila (β = -0.25) |" in out


def test_on_a_terminal_no_number_is_cut_off(compare, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    shown = re.sub(r"\x1b\[[\d;]*m", "", compare().out)
    assert "…" not in shown
    assert "p = " in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_capital_letters_of_a_dataset_do_not_matter(compare):
    said = compare("--dataset", "Digits")
    assert said.code == 0, said.err


def test_a_learned_parameter_where_there_is_one(compare):
    said = compare("--learnable", "beta")
    assert said.code == 0, said.err
    assert "Mila (β learned from -0.25)" in said.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-a", "relu"), "two activations or more"),
        (("--baseline", "gelu"), "'gelu' is not compared"),
        (("--seeds", "0"), "seeds must be a whole number"),
        (("--format", "latx"), "did you mean 'latex'"),
        (("-o", "a.pgn"), "did you mean 'png'"),
        (("-o", "missing/a.png"), "no folder missing"),
        (("--score", "top2"), "did you mean 'top1'"),
        (("--from", "missing.json"), "cannot read missing.json"),
        (("--learnable", "gamma"), "has a parameter 'gamma'"),
        (
            (*(w for b in range(9) for w in ("--beta", str(b))), "-o", "a.png"),
            "up to 8 activations, not 9",
        ),
        (("--workers", "0"), "workers must be"),
    ],
)
def test_mistakes_are_one_line_and_train_nothing(invoke, arguments, message):
    said = invoke("compare", *arguments)
    assert said.code == 2
    assert message in said.err
    assert len(said.err.splitlines()) == 1
    assert not list(Path().glob("runs/*"))


def test_a_damaged_file(invoke):
    Path("a.json").write_text('{"format": 1, "runs": [{}]}')
    said = invoke("compare", "--from", "a.json")
    assert said.code == 2
    assert "a.json: not" in said.err


def test_ctrl_c_says_how_to_go_on(compare, monkeypatch):
    def stopped(*_, **__):
        raise sweeping.Stopped(2, [None, None])

    monkeypatch.setattr(comparing, "compare", stopped)
    said = compare()
    assert said.code == 130
    assert "stopped after 0 of 2 runs" in said.err
    assert "the same command goes on" in said.err


def test_runs_where_no_folder_can_be(invoke):
    Path("taken").write_text("x")
    said = invoke("compare", *QUICK, "--runs", "taken")
    assert said.code == 2
    assert "cannot write taken" in said.err
