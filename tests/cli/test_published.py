"""`published`: what is asked, what comes to which stream, and what is refused."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import pytest

from mila_analysis.experiments.published import caveats, published_runs, read_runs

CAVEAT = "without a fixed seed, after its last epoch"


def test_piped_it_is_text_with_marks_and_caveats_below(invoke):
    said = invoke("published", "--dataset", "cifar10", "--depth", "56")
    assert said.code == 0
    assert "CIFAR-10, ResNet-56 v2\n" in said.out
    assert "92.93*" in said.out
    assert said.out.index(CAVEAT) > said.out.index("92.93*")
    assert "\x1b" not in said.out
    assert said.err == ""


def test_on_a_terminal_the_best_are_bold(invoke, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    said = invoke("published", "--depth", "164", "--version", "v1")
    assert "\x1b[1m" in said.out.split("Mila (β = -0.25)")[1].splitlines()[0]
    assert "86.33*" not in said.out
    assert "50 epochs at depth 164" in said.out
    assert said.err == ""


def test_on_a_narrow_terminal_names_and_numbers_stay_whole(invoke, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "40")
    said = invoke("published", "-a", "mila", "--depth", "164", "--rank")
    for part in ("Mila (β = -0.25)", "Mila (β = 1.5)", "86.33", "0.6646", "(nats)"):
        assert part in said.out


def test_csv_to_stdout_stays_csv_and_caveats_go_to_stderr(invoke):
    said = invoke("published", "--format", "csv")
    assert set(read_runs(said.out)) == set(published_runs())
    for caveat in caveats(published_runs()):
        assert f"note: {caveat}" in said.err
        assert caveat not in said.out


def test_json_to_stdout_is_json_with_its_caveats(invoke):
    said = invoke("published", "-a", "mila", "--format", "json", "--sort", "loss")
    body = json.loads(said.out)
    assert len(body["runs"]) == 52
    assert any(CAVEAT in note for note in body["notes"])
    assert said.err == ""


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("t.csv", "dataset,"),
        ("t.json", "{"),
        ("t.md", "**CIFAR"),
        ("t.tex", r"{\small"),
        ("t.txt", "CIFAR-10"),
        ("t", "CIFAR-10"),
        ("t.png", "\x89PNG"),
        ("t.svg", "<?xml"),
        ("T.PDF", "%PDF"),
    ],
)
@pytest.mark.parametrize("more", [(), ("--ranking",)])
def test_the_suffix_picks_the_form(invoke, tmp_path, name, start, more):
    said = invoke("published", "--depth", "20", "-o", name, *more)
    assert said.code == 0
    assert said.out == ""
    assert f"wrote {name}" in said.err
    content = (tmp_path / name).read_bytes().decode("latin-1")
    if more and start in ("dataset,", "CIFAR-10", "**CIFAR"):
        start = {"dataset,": "name,", "**CIFAR": "**Average"}.get(start, "Average")
    assert content.startswith(start)
    told = CAVEAT in said.err or CAVEAT in content
    assert told


def test_ranks_in_a_column(invoke):
    said = invoke("published", "--dataset", "cifar100", "--depth", "20", "--rank",
                  "--format", "markdown")  # fmt: skip
    assert "| Mish | **67.26** |" in said.out
    assert "| 90.08 | 1 |" in said.out
    assert "| 6.5 |" in said.out  # both of 66.58


def test_ranking_says_that_nothing_is_shown(invoke):
    said = invoke("published", "--ranking")
    assert "Average ranks by top-1 in 12 blocks" in said.out
    assert "The data do not show that any of them differs by top-1 (p = 0.388)" in (
        said.out
    )
    assert "Blocks: 12 (CIFAR-10 v1" in said.out
    assert "named after seeing" not in said.out


def test_ranking_of_named_activations_warns(invoke):
    said = invoke("published", "--ranking", "-a", "mish", "-a", "relu")
    assert "ReLU" in said.out
    assert "Activations that are named after seeing the results" in said.out


def test_ranking_by_loss_as_csv(invoke):
    said = invoke("published", "--ranking", "--sort", "loss", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert rows[0]["name"] == "Mila (β = -0.25)"
    assert float(rows[0]["average_rank"]) == pytest.approx(29 / 12)
    assert "is rejected" in said.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("--depth 57", "no depth 57; there are 20, 32, 44, 56, 110, 164"),
        ("--depth x", "--depth takes whole numbers only"),
        ("--dataset mnist", "no dataset 'mnist'; there are CIFAR-10, CIFAR-100"),
        ("--version v3", "no ResNet version 'v3'; there are v1, v2"),
        ("-a mlia", "no activation 'mlia'; did you mean 'mila'?"),
        ("--sort top2", "cannot sort by 'top2'; did you mean 'top"),
        ("--ranking --sort depth", "cannot rank by 'depth'"),
        ("--format pgn", "no format 'pgn'; did you mean 'png'?"),
        ("-o t.jpg", "no format 'jpg'; did you mean 'png'?"),
        ("-o t.csv --format png", "'t.csv' is no name for PNG"),
        ("-o no/where.csv", "cannot write no/where.csv: no folder no"),
        ("-o t.png --style blue", "no style 'blue'"),
        ("--ranking -a mish", "ranks need two activations"),
        ("-o t.png --depth 56 --version v2 -a relu", "nothing to draw"),
    ],
)
def test_a_mistake_has_one_line(invoke, tmp_path, arguments, said):
    done = invoke("published", *arguments.split())
    assert done.code == 2
    assert done.out == ""
    (line,) = done.err.splitlines()
    assert line.startswith("mila-analysis: error: ")
    assert said in line
    assert list(tmp_path.iterdir()) == []


def test_a_picture_is_no_text_for_a_terminal(invoke, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert invoke("published", "--format", "png").code == 2


def test_a_full_disk_is_one_line(invoke):
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    said = invoke("published", "-o", "/dev/full", "--format", "csv")
    assert said.code == 1
    assert "no space left on device" in said.err
    assert "wrote" not in said.err
