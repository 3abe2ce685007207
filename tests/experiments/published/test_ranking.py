"""Average ranks of the published runs, computed again from the printed tables."""

from __future__ import annotations

import csv
import io
import json
from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from mila_analysis.errors import ParameterError
from mila_analysis.experiments.published import caveats, select
from mila_analysis.experiments.published.ranking import rank_activations
from mila_analysis.experiments.published.ranking_tables import (
    FORMATS,
    NOT_INDEPENDENT,
    networks,
    remarks,
    verdict,
)

SEVEN = (
    "Mish", "Swish-1", "ReLU", "Mila (β = 1)", "Mila (β = 0.5)", "Mila (β = 1.5)",
    "Mila (β = -0.25)",
)  # fmt: skip
SIGNS = {"top1": 1, "loss": -1, "top3": 1, "top5": 1}


def table(printed, score):
    """Values of the seven by block, from the original's own tables."""
    column = list(SIGNS).index(score)
    found = {}
    for row in printed:
        if row.cells[column]:
            key = row.dataset, row.version, row.depth
            found.setdefault(key, {})[row.name] = float(row.cells[column])
    complete = [row for row in found.values() if set(SEVEN) <= row.keys()]
    return SIGNS[score] * np.array([[row[name] for name in SEVEN] for row in complete])


@pytest.mark.parametrize(
    ("score", "blocks"), [("top1", 12), ("loss", 12), ("top3", 9), ("top5", 9)]
)
def test_it_is_what_scipy_makes_of_the_printed_tables(runs, printed, score, blocks):
    values = table(printed, score)
    found = rank_activations(runs, score)
    assert len(found.blocks) == len(values) == blocks
    means = stats.rankdata(-values, axis=1).mean(axis=0)
    ranks = {r.name: r.rank for r in found.ranked}
    assert ranks == pytest.approx(dict(zip(SEVEN, means, strict=True)))
    assert [r.rank for r in found.ranked] == sorted(means)
    expected = stats.friedmanchisquare(*values.T)
    assert found.friedman.p == pytest.approx(expected.pvalue)
    firsts = dict(zip(SEVEN, (values == values.max(1)[:, None]).sum(0), strict=True))
    assert {r.name: r.first for r in found.ranked} == firsts


def test_wins_and_losses_are_those_of_the_printed_tables(runs, printed):
    values = table(printed, "top1")
    found = {frozenset((p.first, p.second)): p for p in rank_activations(runs).pairs}
    for (i, a), (j, b) in combinations(enumerate(SEVEN), 2):
        pair = found[frozenset((a, b))]
        more, less = (
            (values[:, i] > values[:, j]).sum(),
            (values[:, i] < values[:, j]).sum(),
        )
        assert {pair.wins, pair.losses} == {more, less}
        assert pair.p <= pair.holm
    assert len(found) == 21


def test_by_accuracy_nothing_is_shown_and_it_says_so(runs):
    found = rank_activations(runs)
    assert found.friedman.cautious == pytest.approx(0.388, abs=5e-4)
    assert not found.rejects
    assert found.difference == pytest.approx(2.949 * np.sqrt(7 * 8 / 72), abs=1e-3)
    assert found.groups == ((0, 6),)
    assert verdict(found) == (
        "The data do not show that any of them differs by top-1 (p = 0.388): the "
        "order may be chance."
    )
    assert "this test is only for where the first one rejects" in remarks(found)[2]
    assert "no two differ" in remarks(found)[3]


def test_by_loss_some_differ(runs):
    found = rank_activations(runs, "loss")
    assert found.rejects
    assert "is rejected (p = 0.001)" in verdict(found)
    (*_, apart) = [r for r in remarks(found) if r.startswith("Nemenyi")]
    assert apart.endswith(
        ": Mila (β = -0.25) and Mila (β = 1.5), Mish and Mila (β = 1.5), "
        "ReLU and Mila (β = 1.5)."
    )


def test_blocks_that_cannot_be_used_are_named(runs):
    found = rank_activations(runs)
    assert networks(found.unused) == "1 (CIFAR-10 v2 of depth 56)"
    assert len(found.omitted) == 13
    assert "ELU (α = 1)" in found.omitted
    assert {run.name for run in found.used(runs)} == set(SEVEN)
    assert len(found.used(runs)) == 7 * 12


def test_named_activations_are_all_taken(runs):
    few = select(runs, activations=["mish", "relu", "elu"])
    found = rank_activations(few, whole=True)
    assert networks(found.blocks) == (
        "3 (CIFAR-10 v1 of depth 56, 110; CIFAR-10 v2 of depth 20)"
    )
    assert found.omitted == ()
    assert len(rank_activations(few).blocks) == 12  # ELU would cost nine of them


@pytest.mark.parametrize(
    ("filters", "score", "said"),
    [
        ({"activations": ["mish"]}, "top1", "two activations that share two blocks"),
        ({"datasets": ["cifar10"], "versions": ["v1"], "depths": [56]}, "top1", "in 1"),
        ({"depths": [20], "datasets": ["cifar10"]}, "top3", "there are 0 in 2"),
        ({}, "top2", "cannot rank by 'top2'; did you mean"),
    ],
)
def test_too_little_has_a_line(runs, filters, score, said):
    with pytest.raises(ParameterError, match=said):
        rank_activations(select(runs, **filters), score)


def test_nothing_at_all_has_a_line():
    with pytest.raises(ParameterError, match="there are 0 in 0"):
        rank_activations(())


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_every_form_for_people_says_what_must_be_known(runs, form):
    found = rank_activations(runs)
    text = FORMATS[form](found, caveats(found.used(runs), ["top1"]))
    for sentence in ("order may be chance", NOT_INDEPENDENT, "without a fixed seed"):
        assert sentence in text


def test_csv_and_json_hold_the_ranks(runs):
    found = rank_activations(runs)
    rows = list(csv.DictReader(io.StringIO(FORMATS["csv"](found, ()))))
    ranks = [(r.name, r.rank) for r in found.ranked]
    assert [(r["name"], float(r["average_rank"])) for r in rows] == [
        (name, pytest.approx(rank)) for name, rank in ranks
    ]
    body = json.loads(FORMATS["json"](found, ()))
    assert [(r["name"], r["rank"]) for r in body["ranked"]] == ranks
    assert body["rejected"] is False
    assert body["friedman"]["freedom"] == 6
    assert len(body["blocks"]) == 12
    assert len(body["pairs"]) == 21


def test_json_has_no_infinity(runs):
    found = rank_activations(select(runs, activations=["mish", "selu"]), whole=True)
    assert found.friedman.f == np.inf
    assert not found.rejects
    body = json.loads(FORMATS["json"](found, ()), parse_constant=pytest.fail)
    assert body["friedman"]["f"] is None


@pytest.mark.tex
@pytest.mark.parametrize("score", ["top1", "loss"])
def test_latex_compiles_without_packages(runs, score, pdflatex):
    found = rank_activations(runs, score)
    body = FORMATS["latex"](found, caveats(runs))
    log = pdflatex(
        r"\documentclass{article}\begin{document}" + body + r"\end{document}"
    )
    assert "Overfull \\hbox" not in log
    assert "Missing character" not in log
