"""`bench`: what is asked, where results go, and what is said of them."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mila_analysis.benchmarking import TARGETS, Results, running

SAMPLE = Path(__file__).parents[1] / "golden" / "bench" / "results.json"


@pytest.fixture
def sample() -> Results:
    return Results.from_json(SAMPLE.read_text(encoding="utf-8"))


@pytest.fixture
def ran(monkeypatch, sample):
    """Plans that were run, with the sample as what they found."""
    plans = []

    def run(plan, watch):
        plans.append(plan)
        return sample

    monkeypatch.setattr(running, "run", run)
    return plans


def test_the_default_measures_everything_of_mila(invoke, ran):
    assert invoke("bench").code == 0
    (plan,) = ran
    assert plan.activation.name == "mila"
    assert plan.targets == TARGETS
    assert plan.parts == ("targets", "memory", "sizes", "accuracy")


def test_options_reach_the_plan(invoke, ran):
    options = "--size 10 --size 20 --dtype float64 --threads 2 --beta -0.25 --quick"
    assert invoke("bench", *options.split()).code == 0
    (plan,) = ran
    assert (plan.sizes, plan.dtype, plan.threads) == ((10, 20), "float64", 2)
    assert plan.parts == ("sizes",)
    assert plan.is_quick
    assert float(plan.activation.values["beta"]) == -0.25


def test_piped_it_is_lines_with_tabs_and_no_colours(invoke, ran):
    said = invoke("bench")
    lines = [line.split("\t") for line in said.out.splitlines()]
    assert lines[0] == [
        "targets", "relu", "10⁷", "forward+backward", "1.00 ns", "F.relu 0.95 ns",
        "1.05", "≤ 1.10", "yes", "1.40", "0.92",
    ]  # fmt: skip
    assert {line[0] for line in lines} == {
        "targets", "bandwidth", "memory", "sizes", "accuracy",
    }  # fmt: skip
    assert "\x1b" not in said.out + said.err


def test_a_bound_that_is_not_met_is_no_failure_and_is_counted(invoke, ran):
    said = invoke("bench")
    assert said.code == 0
    assert "of 14 bounds are met" in said.err
    assert "left out: as_module, torch.compile: torch.compile needs" in said.err


def test_on_a_terminal_it_is_tables_with_headings(invoke, ran, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    said = invoke("bench")
    assert "bound" in said.out
    assert "worst error, and ns an element" in said.out
    assert "\t" not in said.out


def test_json_takes_the_place_of_the_tables(invoke, ran, sample):
    said = invoke("bench", "--json", "-")
    assert Results.from_json(said.out) == sample
    assert json.loads(said.out)["format"] == "mila-analysis bench 1"


def test_json_and_a_figure_go_to_files(invoke, ran, sample):
    said = invoke("bench", "--json", "speed.json", "-o", "speed.svg")
    assert Results.from_json(Path("speed.json").read_text("utf-8")) == sample
    assert Path("speed.svg").read_bytes().startswith(b"<?xml")
    assert "wrote speed.json" in said.err
    assert "wrote speed.svg" in said.err
    assert said.out.startswith("targets\trelu\t")


def test_a_figure_of_nothing_is_a_note(invoke, ran, monkeypatch, sample):
    few = replace(sample, speeds=(), qualities=())
    monkeypatch.setattr(running, "run", lambda *_: few)
    said = invoke("bench", "-o", "speed.png")
    assert said.code == 0
    assert "no figure" in said.err
    assert not Path("speed.png").exists()


def test_an_interrupt_shows_what_there_is_and_says_so(invoke, monkeypatch, sample):
    cut = replace(sample, is_complete=False, qualities=())
    monkeypatch.setattr(running, "run", lambda *_: cut)
    said = invoke("bench", "--json", "half.json")
    assert said.code == 130
    assert "what was measured until then is kept" in said.err
    assert said.out.startswith("targets\t")
    assert json.loads(Path("half.json").read_text("utf-8"))["complete"] is False


def test_results_of_before_are_shown_without_measuring(invoke, ran):
    said = invoke("bench", "--from", str(SAMPLE), "-o", "again.png")
    assert said.code == 0
    assert ran == []
    assert said.out.count("\n") > 40
    assert Path("again.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--only rely", "nothing to measure is called 'rely'; did you mean 'relu'?"),
        ("--size 0", "size must be from 1"),
        ("--dtype float23", "no dtype 'float23'; did you mean 'float32'?"),
        ("--beta 1 --beta 2", "bench takes one activation, not 2"),
        ("-o speed.jpg", "no figure format in 'speed.jpg'"),
        ("-o speed.pgn", "did you mean 'png'?"),
        ("--from none.json", "cannot read none.json: no such file or directory"),
        (f"--from {SAMPLE} --quick", "--from shows what was measured"),
        (f"--from {__file__}", "this is no JSON of mila-analysis bench"),
    ],
)
def test_mistakes_are_found_before_anything_is_measured(invoke, ran, options, said):
    outcome = invoke("bench", *options.split())
    assert outcome.code == 2
    assert outcome.out == ""
    assert said in outcome.err
    assert outcome.err.count("\n") == 1
    assert ran == []


def test_names_are_completed():
    from mila_analysis.cli.bench import _names

    assert _names("acc") == ["accuracy", "accurate"]
    assert "bfloat16" in _names("")
