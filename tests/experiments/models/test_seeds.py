"""Equal seeds give equal weights, whatever the activation is."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from mila_analysis.experiments.config import RunConfig
from mila_analysis.experiments.models import activations, build

MODELS = ["mlp", "cnn", "resnet20-v1", "resnet20-v2"]
ACTIVATIONS = [
    {"activation": "relu"},
    {"activation": "mish"},
    {"activation": "mila:beta=1.5"},
    {"activation": "mila", "learnable": ("beta",)},
    {"activation": "mila", "learnable": ("beta",), "placement": "all"},
    {"activation": "swish:beta=2", "placement": "all"},
    {"activation": "x*tanh(x)", "placement": "all"},
]


def drawn(model: nn.Module) -> dict[str, torch.Tensor]:
    """All state but that of activations."""
    places = tuple(f"{name}." for name, _ in activations(model))
    return {
        name: values
        for name, values in model.state_dict().items()
        if not name.startswith(places)
    }


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(
        torch.equal(one[name], other[name]) for name in one
    )


@pytest.mark.parametrize("settings", ACTIVATIONS, ids=str)
@pytest.mark.parametrize("name", MODELS)
def test_weights_are_bitwise_equal(make, name, settings):
    assert same(drawn(make(name)), drawn(make(name, **settings)))


@pytest.mark.parametrize("name", MODELS)
def test_another_seed_gives_other_weights(make, name):
    one, other = make(name, seed=1), make(name, seed=2)
    assert not torch.equal(one.logits.weight, other.logits.weight)


@pytest.mark.parametrize("name", MODELS)
def test_what_is_drawn_afterwards_is_equal_too(name):
    following = set()
    for settings in ACTIVATIONS:
        with torch.random.fork_rng():
            torch.manual_seed(3)
            build(RunConfig(model=name, **settings), (1, 8, 8), 10)
            following.add(torch.rand(()).item())
    assert len(following) == 1


def test_dropout_draws_the_same_whatever_is_activated(make):
    masks = []
    for settings in ACTIVATIONS:
        model = make("mlp", build="sequential", **settings)
        model.dropout2.register_forward_hook(
            lambda _, given, result: masks.append((given[0] != 0) & (result == 0))
        )
        model.activation2 = nn.Sigmoid()  # nowhere 0
        with torch.random.fork_rng():
            torch.manual_seed(4)
            model(torch.rand(8, 1, 8, 8))
    assert masks[0].any()
    assert all(torch.equal(mask, masks[0]) for mask in masks)
