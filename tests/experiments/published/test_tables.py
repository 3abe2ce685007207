"""Tables of runs: their order, their marks, and that they can be read back."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest

from mila_analysis.errors import ParameterError
from mila_analysis.experiments.published import SCORES, caveats, read_runs, select
from mila_analysis.experiments.published.arranging import ORDERS, arrange
from mila_analysis.experiments.published.naming import in_mathematics
from mila_analysis.experiments.published.tables import FORMATS, page


def in_order(sections):
    return [line.run for section in sections for line in section.lines]


def test_the_best_of_a_block_comes_first_and_what_is_missing_last(runs):
    for section in arrange(runs, "top1"):
        values = [line.run.top1 for line in section.lines]
        known = [value for value in values if value is not None]
        assert values == [*sorted(known, reverse=True), *[None] * values.count(None)]
    for section in arrange(runs, "loss"):
        losses = [line.run.loss for line in section.lines if line.run.loss is not None]
        assert losses == sorted(losses)


@pytest.mark.parametrize("order", ORDERS)
def test_every_order_has_every_run_once(runs, order):
    found = in_order(arrange(runs, order))
    assert len(found) == 109
    assert set(found) == set(runs)


def test_blocks_by_depth_and_activations_by_name(runs):
    depths = [run.block.depth for run in in_order(arrange(runs, "depth"))]
    assert depths == sorted(depths)
    titles = [section.title for section in arrange(runs, "activation")]
    assert titles == sorted(titles, key=str.casefold)
    assert len(titles) == 20


def test_an_unknown_order_has_a_line():
    with pytest.raises(ParameterError, match="cannot sort by 'top2'; did you mean"):
        arrange((), "top2")


def test_best_and_ranks_are_among_those_that_are_shown(runs):
    mila = select(runs, ["cifar10"], ["v1"], [20], ["mila"])
    (section,) = arrange(mila)
    (first, *rest) = section.lines
    assert (first.run.top1, first.rank) == (91.9, 1)
    assert "top1" in first.best
    assert not any("top1" in line.best for line in rest)


def test_text_marks_what_was_printed_bold(runs, printed):
    text = FORMATS["text"](arrange(runs), False)
    marks = re.findall(r"\d\*", text)
    assert len(marks) == sum(len(row.bold) for row in printed)
    assert max(len(line) for line in text.splitlines()[:120]) <= 80


def test_markdown_is_as_the_original_but_for_its_order(runs, printed):
    text = FORMATS["markdown"](arrange(runs), False)
    rows = [re.split(r" *\| *", line.strip("| ")) for line in text.splitlines()
            if re.match(r"\| [^a]", line) and " | " in line]  # fmt: skip
    assert len(rows) == 109
    tops = sorted(row[1] for row in rows)
    expected = (
        f"{float(row.cells[0]):.2f}" if row.cells[0] else "-" for row in printed
    )
    bold = ("top1" in row.bold for row in printed)
    pairs = zip(expected, bold, strict=True)
    assert tops == sorted(f"**{t}**" if b else t for t, b in pairs)


def test_csv_reads_back_as_the_same_runs(runs):
    text = FORMATS["csv"](arrange(runs), False)
    assert set(read_runs(text)) == set(runs)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 109
    assert rows[0]["best"] == "top1 loss"
    assert rows[0]["loss_nats"] == "0.4440651"


def test_json_reads_back_as_the_same_runs(runs):
    body = json.loads(FORMATS["json"](arrange(runs), False))
    assert body["notes"] == list(caveats(runs))
    found = {
        (r["dataset"], r["version"], r["depth"], r["name"], r["activation"],
         *(r[score.column] for score in SCORES.values()))
        for r in body["runs"]
    }  # fmt: skip
    assert found == {
        (*run.block, run.printed, run.activation, *(run.value(s) for s in SCORES))
        for run in runs
    }


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_every_caveat_is_in_every_form_for_people(runs, form):
    text = FORMATS[form](arrange(runs), False)
    for caveat in caveats(runs):
        assert caveat in text


def test_caveats_are_those_of_the_runs(runs):
    shallow = " ".join(caveats(select(runs, ["cifar100"], depths=[20])))
    assert "without a fixed seed, after its last epoch" in shallow
    assert "ten times its value in nats" in shallow
    assert "epochs at depth" not in shallow
    assert "No result was published" not in shallow
    every = " ".join(caveats(runs))
    assert "100 epochs at depth 110 and 50 epochs at depth 164" in every
    assert "No result was published for Mish, Swish-1, ReLU of CIFAR-10" in every
    assert "ten times" not in " ".join(caveats(runs, ["top1"]))


def test_a_table_of_runs_without_numbers(runs):
    empty = select(runs, ["cifar10"], ["v2"], [56], ["relu"])
    text = FORMATS["text"](arrange(empty), True)
    assert re.search(r"ReLU +- +- +- +- +-\n", text)


def test_ranks_are_shown_where_they_are_asked_for(runs):
    (grid,) = page(arrange(select(runs, ["cifar10"], ["v1"], [44])), ranked=True).grids
    assert grid.headings[-1] == "rank"
    assert [row[-1].text for row in grid.rows] == list("1234567")


def test_names_as_mathematics():
    assert in_mathematics("β-Mish (β = 1.5)") == r"$\beta$-Mish ($\beta = 1.5$)"
    assert in_mathematics("Mish, 12 (p = 0.5)") == "Mish, 12 ($p = 0.5$)"


@pytest.mark.tex
@pytest.mark.parametrize("order", ["top1", "activation"])
def test_latex_compiles_without_packages(runs, order, pdflatex):
    body = FORMATS["latex"](arrange(runs, order), True)
    text = r"\documentclass{article}\begin{document}" + body + r"\end{document}"
    log = pdflatex(text)
    assert "Overfull \\hbox" not in log
    assert "Missing character" not in log
