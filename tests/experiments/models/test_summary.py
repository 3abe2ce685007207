"""The summary of a network, and which of its parameters are decayed."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from mila_analysis.experiments.models import (
    activations,
    as_text,
    summarize,
    weights_and_others,
)

MODELS = ["mlp", "cnn", "resnet20-v1", "resnet20-v2"]
LEARNED = {"placement": "all", "activation": "mila", "learnable": ("beta",)}

DEMO = """\
layer        kind         output  parameters
────────────────────────────────────────────
flatten      Flatten      784              0
layer1       Linear       256        200,960
activation1  Mila         256              1
layer2       Linear       128         32,896
norm2        BatchNorm1d  128            256
activation2  ReLU         128              0
dropout2     Dropout      128              0
layer3       Linear       64           8,256
norm3        BatchNorm1d  64             128
activation3  ReLU         64               0
logits       Linear       10             650
────────────────────────────────────────────
total                                243,147
"""


class TestSummary:
    def test_the_demo_as_text(self, make):
        model = make(
            "mlp",
            (1, 28, 28),
            build="sequential",
            activation="mila",
            learnable=("beta",),
        )
        assert as_text(summarize(model, (1, 28, 28))) == DEMO

    @pytest.mark.parametrize("name", MODELS)
    def test_each_parameter_is_counted_once(self, make, name):
        model = make(name, **LEARNED)
        layers = summarize(model, (1, 8, 8))
        everything = sum(p.numel() for p in model.parameters())
        assert sum(layer.parameters for layer in layers) == everything
        leaves = {n for n, m in model.named_modules() if not list(m.children())}
        assert [layer.name for layer in layers if layer.name not in leaves] == []
        assert len({layer.name for layer in layers}) == len(layers) == len(leaves)

    @pytest.mark.parametrize(
        ("name", "shapes"),
        [
            ("resnet20-v1", [(16, 32, 32), (16, 32, 32), (32, 16, 16), (64, 8, 8)]),
            ("resnet20-v2", [(16, 32, 32), (64, 32, 32), (128, 16, 16), (256, 8, 8)]),
        ],
    )
    def test_maps_shrink_as_in_the_keras_example(self, make, name, shapes):
        layers = summarize(make(name, (3, 32, 32)), (3, 32, 32))
        found = [
            [layer.shape for layer in layers if layer.name.startswith(stage)][-1]
            for stage in ("activation0", "stage1", "stage2", "stage3")
        ]
        assert found == shapes
        assert layers[-1].shape == (10,)

    def test_layers_come_in_the_order_of_an_image(self, make):
        names = [layer.name for layer in summarize(make("resnet20-v2"), (1, 8, 8))]
        assert names[:3] == ["convolution0", "norm0", "activation0"]
        assert names[-4:] == ["norm", "activation", "pool", "logits"]

    @pytest.mark.parametrize("training", [True, False])
    def test_nothing_of_the_network_is_changed(self, make, training):
        model = make("mlp", build="sequential").train(training)
        model.norm2.eval()
        modes = [m.training for m in model.modules()]
        before = {k: v.clone() for k, v in model.state_dict().items()}
        random = torch.get_rng_state()
        summarize(model, (1, 8, 8))
        assert [m.training for m in model.modules()] == modes
        assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
        assert torch.equal(torch.get_rng_state(), random)
        assert all(p.grad is None for p in model.parameters())
        assert not any(m._forward_hooks for m in model.modules())

    def test_what_is_frozen_is_not_learned(self, make):
        model = make("mlp")
        model.layer1.requires_grad_(False)
        [_, layer1, *_] = summarize(model, (1, 8, 8))
        assert layer1.parameters == 0

    def test_hooks_go_when_an_image_does_not_fit(self, make):
        model = make("mlp")
        with pytest.raises(RuntimeError):
            summarize(model, (1, 9, 9))
        assert model.training
        assert not any(m._forward_hooks for m in model.modules())


class TestDecay:
    @pytest.mark.parametrize("name", MODELS)
    def test_every_parameter_is_on_one_side(self, make, name):
        model = make(name, **LEARNED)
        weights, others = weights_and_others(model)
        sides = [id(p) for p in (*weights, *others)]
        assert sorted(sides) == sorted(map(id, model.parameters()))

    @pytest.mark.parametrize("name", MODELS)
    def test_only_matrices_and_filters_are_decayed(self, make, name):
        model = make(name, **LEARNED)
        weights, others = map(set, weights_and_others(model))
        for path, module in model.named_modules():
            for kind, parameter in module.named_parameters(recurse=False):
                decayed = (
                    isinstance(module, (nn.Linear, nn.Conv2d)) and kind == "weight"
                )
                assert (parameter in weights) is decayed, path
        betas = {module.beta for _, module in activations(model)}
        assert betas <= others
