"""Layers and parameters against counts that others published, and against formulas."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import nn

from mila_analysis.experiments.architectures import MODELS, architecture
from mila_analysis.experiments.config import RunConfig
from mila_analysis.experiments.models import activations, build

CIFAR = (3, 32, 32)
RESNETS = [name for name in MODELS if name.startswith("resnet")]

# What `model.summary()` of Keras printed: all, and those that are learned. Running
# means and variances are in the first.
KERAS = {
    "resnet20-v1": (274_442, 273_066),
    "resnet32-v1": (470_218, 467_946),
    "resnet44-v1": (665_994, 662_826),
    "resnet56-v1": (861_770, 857_706),
    "resnet110-v1": (1_742_762, 1_734_666),
    "resnet29-v2": (849_002, 843_786),
}
# Table 6 of He et al., CVPR 2016, in millions; their shortcuts have no parameters.
PAPER = {20: 0.27, 32: 0.46, 44: 0.66, 56: 0.85, 110: 1.7}


@dataclass(frozen=True)
class Counts:
    """What a network has.

    Attributes:
        learned: numbers that are learned.
        kept: running means and variances.
        layers: convolutions and linear layers, shortcuts left out.
        shortcuts: convolutions on shortcuts.
        extra: learned numbers of shortcuts, and biases of convolutions.
        places: activations.
    """

    learned: int
    kept: int
    layers: int
    shortcuts: int
    extra: int
    places: int


@cache
def counts(
    model: str,
    shape: tuple[int, int, int] = CIFAR,
    classes: int = 10,
    **settings: Any,
) -> Counts:
    """Counts of a network that has no memory, which is built in no time."""
    with torch.device("meta"):
        network = build(RunConfig(model=model, **settings), shape, classes)
    weighted = {
        name: module
        for name, module in network.named_modules()
        if isinstance(module, (nn.Conv2d, nn.Linear))
    }
    shortcuts = {name for name in weighted if name.endswith("shortcut")}
    norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
    return Counts(
        sum(p.numel() for p in network.parameters()),
        sum(m.running_mean.numel() + m.running_var.numel() for m in norms),
        len(weighted) - len(shortcuts),
        len(shortcuts),
        sum(
            m.bias.numel() + (m.weight.numel() if name in shortcuts else 0)
            for name, m in weighted.items()
            if name != "logits"
        ),
        len(activations(network)),
    )


def conv(before: int, after: int, size: int) -> int:
    return (before * size * size + 1) * after


def norm(channels: int) -> int:
    return 2 * channels


def basic_count(depth: int, classes: int) -> int:
    """Learned numbers of version 1: written from the paper, option B, biases."""
    n = (depth - 2) // 6
    total = conv(3, 16, 3) + norm(16) + (64 + 1) * classes
    for before, width in ((16, 16), (16, 32), (32, 64)):
        inner = conv(width, width, 3) + norm(width)
        total += conv(before, width, 3) + norm(width) + (2 * n - 1) * inner
        total += conv(before, width, 1) * (before != width)
    return total


def bottleneck_count(depth: int, classes: int) -> int:
    """Learned numbers of version 2, from the table of its channels.

    The norm that the stem has is the one that its first block lacks.
    """
    n = (depth - 2) // 9
    total = conv(3, 16, 3) + norm(256) + (256 + 1) * classes
    for before, narrow, wide in ((16, 16, 64), (64, 64, 128), (128, 128, 256)):
        rest = norm(narrow) + conv(narrow, narrow, 3) + norm(narrow)
        rest += conv(narrow, wide, 1)
        total += norm(before) + conv(before, narrow, 1) + rest
        total += conv(before, wide, 1)
        total += (n - 1) * (norm(wide) + conv(wide, narrow, 1) + rest)
    return total


class TestResidual:
    @pytest.mark.parametrize("name", KERAS)
    def test_parameters_are_those_that_keras_printed(self, name):
        found = counts(name)
        assert (found.learned + found.kept, found.learned) == KERAS[name]

    @pytest.mark.parametrize("name", RESNETS)
    def test_parameters_are_those_of_a_formula(self, name):
        asked = architecture(name)
        count = (basic_count, bottleneck_count)[asked.version - 1]
        assert counts(name).learned == count(asked.depth, 10)

    @pytest.mark.parametrize("name", ["resnet20-v1", "resnet164-v2"])
    def test_a_hundred_classes(self, name):
        asked = architecture(name)
        count = (basic_count, bottleneck_count)[asked.version - 1]
        assert counts(name, classes=100).learned == count(asked.depth, 100)

    @pytest.mark.parametrize("depth", PAPER)
    def test_parameters_are_those_of_the_paper_but_for_shortcuts_and_biases(
        self, depth
    ):
        found = counts(f"resnet{depth}-v1")
        plain = (found.learned - found.extra) / 1e6
        assert round(plain, 1 if depth == 110 else 2) == PAPER[depth]

    @pytest.mark.parametrize("name", RESNETS)
    def test_depth_is_the_layers_with_weights_but_for_shortcuts(self, name):
        found, asked = counts(name), architecture(name)
        assert found.layers == asked.depth
        assert found.shortcuts == {1: 2, 2: 3}[asked.version]

    @pytest.mark.parametrize("name", RESNETS)
    def test_each_convolution_but_shortcuts_has_one_activation(self, name):
        assert counts(name).places == architecture(name).depth - 1

    def test_learned_parameters_of_activations_come_on_top(self):
        found = counts(
            "resnet20-v1", placement="all", activation="mila", learnable=("beta",)
        )
        assert found.learned == KERAS["resnet20-v1"][1] + 19


class TestOthers:
    @pytest.mark.parametrize(
        ("build", "norms"), [("class", 0), ("sequential", norm(128) + norm(64))]
    )
    def test_the_original_demo(self, build, norms):
        linear = sum((a + 1) * b for a, b in pairwise((784, 256, 128, 64, 10)))
        assert linear == 242_762
        assert counts("mlp", (1, 28, 28), build=build).learned == linear + norms

    def test_the_keras_example_for_mnist(self):
        assert counts("cnn", (1, 28, 28)).learned == 1_199_882
