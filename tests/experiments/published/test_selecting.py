"""Filters: what they let through, and what they say of what there is not."""

from __future__ import annotations

import pytest

from mila_analysis.errors import UnknownNameError
from mila_analysis.experiments.published import select


def test_nothing_asked_is_everything(runs):
    assert select(runs) == runs


@pytest.mark.parametrize("word", ["cifar100", "CIFAR-100", "Cifar_100"])
def test_a_data_set_in_any_spelling(runs, word):
    assert len(select(runs, [word])) == 21


def test_filters_work_together_and_repeated(runs):
    found = select(runs, ["cifar10"], ["2"], [20, 56], ["relu", "mish"])
    assert [(r.block.depth, r.name) for r in found] == [
        (20, "Mish"), (20, "ReLU"), (56, "Mish"), (56, "ReLU"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("mila", 4),
        ("mila:beta=-0.25", 1),
        ("Mila:β=-1/4", 1),
        ("swish", 1),
        ("silu", 1),
        ("swish-1", 1),
        ("swish:beta=1", 1),
        ("mila:beta=0", 1),
        ("aria2_coded:alpha=1.5", 1),
    ],
)
def test_an_activation_by_name_by_value_and_by_its_other_names(runs, word, names):
    assert len({run.name for run in select(runs, activations=[word])}) == names


def test_mila_without_shift_is_mish(runs):
    assert select(runs, activations=["mila:beta=0"]) == select(
        runs, activations=["mish"]
    )


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ({"depths": [57]}, "no depth 57; there are 20, 32, 44, 56, 110, 164"),
        ({"datasets": ["mnist"]}, "no dataset 'mnist'; there are CIFAR-10, CIFAR-100"),
        ({"versions": ["v3"]}, "no ResNet version 'v3'; there are v1, v2"),
        (
            {"datasets": ["cifar100"], "versions": ["v2"]},
            "no ResNet version 'v2' of CIFAR-100; there is v1",
        ),
        (
            {"versions": ["v2"], "depths": [32]},
            "no depth 32 of CIFAR-10; there are 20, 56, 110, 164",
        ),
        (
            {"activations": ["mila:beta=3"]},
            (
                "no run with mila:beta=3; there are mila:beta=-0.25, mila:beta=0.5, "
                "mila:beta=1, mila:beta=1.5"
            ),
        ),
        (
            {"activations": ["hard_sigmoid"]},
            "no run with hard_sigmoid; did you mean 'hard_sigmoid_keras2'?",
        ),
        (
            {"depths": [164], "activations": ["gelu"]},
            "no run with gelu; there are mila, mish, relu, swish",
        ),
        ({"activations": ["mlia"]}, "no activation 'mlia'; did you mean 'mila'?"),
    ],
)
def test_what_there_is_not_is_said_with_what_there_is(runs, filters, said):
    with pytest.raises(UnknownNameError) as caught:
        select(runs, **filters)
    assert str(caught.value) == said
