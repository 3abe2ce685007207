"""The published runs against the original's own tables, row by row."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from mila_analysis import lambdify
from mila_analysis.errors import ParameterError
from mila_analysis.experiments.published import (
    SCORES,
    Block,
    best,
    published_runs,
    ranks,
    read_runs,
)
from mila_analysis.experiments.published.records import COLUMNS

X = np.linspace(-4, 4, 33)

# The functions in the conventions of Keras 2, written here once more, by hand.
FUNCTIONS = {
    "Aria-2 (β = 1, α = 1.5)": lambda x: (1 + np.exp(-x)) ** -1.5,
    "Bent identity": lambda x: x + (np.sqrt(x * x + 1) - 1) / 2,
    "ELU (α = 1)": lambda x: np.where(x > 0, x, np.expm1(x)),
    "Hard Sigmoid": lambda x: np.clip(0.2 * x + 0.5, 0, 1),
    "Leaky ReLU (α = 0.3)": lambda x: np.where(x >= 0, x, 0.3 * x),
    "Mila (β = -0.25)": lambda x: x * np.tanh(np.log1p(np.exp(x - 0.25))),
    "Mila (β = 0.5)": lambda x: x * np.tanh(np.log1p(np.exp(x + 0.5))),
    "Mila (β = 1)": lambda x: x * np.tanh(np.log1p(np.exp(x + 1))),
    "Mila (β = 1.5)": lambda x: x * np.tanh(np.log1p(np.exp(x + 1.5))),
    "Mish": lambda x: x * np.tanh(np.log1p(np.exp(x))),
    "PReLU": lambda x: np.maximum(x, 0),  # as it starts
    "ReLU": lambda x: np.maximum(x, 0),
    "SELU": lambda x: (
        1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x))
    ),
    "Sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "SoftPlus": lambda x: np.log1p(np.exp(x)),
    "SoftSign": lambda x: x / (1 + np.abs(x)),
    "Swish-1": lambda x: x / (1 + np.exp(-x)),
    "TanH": np.tanh,
    "Thresholded ReLU (θ = 1)": lambda x: np.where(x > 1, x, 0),
    "β-Mish (β = 1.5)": lambda x: x * np.tanh(1.5 * np.log1p(np.exp(x))),
}


def test_there_are_109_rows_of_13_networks(runs, printed):
    assert len(runs) == len(printed) == 109
    assert len({run.block for run in runs}) == 13
    assert Counter(run.block.dataset for run in runs) == {"cifar10": 88, "cifar100": 21}


def test_every_row_is_as_it_was_printed(runs, printed):
    for run, row in zip(runs, printed, strict=True):
        assert run.block == (row.dataset, row.version, row.depth)
        assert run.printed == row.name
        values = [run.value(name) for name in SCORES]
        read = [float(cell) if cell else None for cell in row.cells]
        assert values == read


def test_three_rows_are_empty_and_stay_so(runs):
    empty = [run for run in runs if run.top1 is None]
    assert {run.name for run in empty} == {"Mish", "Swish-1", "ReLU"}
    assert {run.block for run in empty} == {Block("cifar10", "v2", 56)}
    for run in empty:
        assert run.loss is run.nats is run.top3 is run.top5 is None


def test_the_best_are_those_that_were_printed_bold(runs, printed):
    for name in SCORES:
        bold = [row.bold.__contains__(name) for row in printed]
        assert [run in best(runs, name) for run in runs] == bold


def test_equal_numbers_are_best_together(runs):
    tied = [run for run in best(runs, "top5") if run.block == ("cifar10", "v1", 44)]
    assert {run.name for run in tied} == {"Mish", "Swish-1"}


def test_each_loss_in_nats_is_a_tenth_of_what_is_printed(runs, printed):
    for run, row in zip(runs, printed, strict=True):
        if row.cells[1]:
            assert run.nats == float(Decimal(row.cells[1]) / 10)


def test_epochs_follow_the_depth():
    found = {run.block.depth: run.block.epochs for run in published_runs()}
    assert found == {20: 200, 32: 200, 44: 200, 56: 200, 110: 100, 164: 50}


def test_every_activation_is_in_the_catalog_with_its_values(runs):
    assert {run.name for run in runs} == FUNCTIONS.keys()
    for spec, name in {(run.activation, run.name) for run in runs}:
        (run, *_) = [r for r in runs if r.activation == spec]
        assert run.function.spec == spec, name
        value = lambdify(run.function, backend="numpy")(X)
        np.testing.assert_allclose(value, FUNCTIONS[name](X), atol=1e-12, rtol=1e-12)


def test_ranks_share_the_mean_of_their_places(runs):
    first, second, third, *_ = runs
    tied = [replace(first, top1=90.0), replace(second, top1=92.0),
            replace(third, top1=90.0), replace(third, top1=None)]  # fmt: skip
    assert ranks(tied, "top1") == [2.5, 1.0, 2.5, None]
    assert ranks([replace(r, loss=r.top1) for r in tied], "loss") == [1.5, 3, 1.5, None]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "without columns"),
        (",".join(COLUMNS) + "\ncifar10,v1,x,M,mish,1,2,3,4\n", "line 2"),
        (",".join(COLUMNS) + "\ncifar10,v1,20,M,mish,nan,2,3,4\n", "line 2"),
        (",".join(COLUMNS) + "\nmnist,v1,20,M,mish,1,2,3,4\n", "line 2: mnist"),
        (",".join(COLUMNS) + "\ncifar10,v1,20,M,mish\n", "line 2: not as many cells"),
        (",".join(COLUMNS) + "\ncifar10,v1,20,M,mish,1,2,3,4,5\n", "line 2: not as"),
        (",".join(COLUMNS) + '\ncifar10,v1,20,"M\n', "no CSV|line"),
    ],
)  # fmt: skip
def test_a_damaged_file_has_one_line(text, said):
    with pytest.raises(ParameterError, match=said) as caught:
        read_runs(text)
    assert "\n" not in str(caught.value)
