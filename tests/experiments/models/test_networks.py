"""Networks: what stands where, what goes through, and that gradients reach all."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch
from torch import nn
from torch.nn import functional

from mila_analysis.errors import ParameterError
from mila_analysis.experiments.models import activations

SHAPES = [(1, 8, 8), (1, 28, 28), (3, 32, 32)]
SMALL = ["mlp", "cnn", "resnet20-v1", "resnet20-v2"]


def names(model: nn.Module) -> list[str]:
    return [name for name, _ in model.named_children()]


def kinds(model: nn.Module) -> list[str]:
    return [type(module).__name__ for _, module in activations(model)]


def images(shape: tuple[int, int, int], count: int = 2) -> torch.Tensor:
    numbers = torch.Generator().manual_seed(1)
    return torch.randn(count, *shape, generator=numbers)


class TestForward:
    @pytest.mark.parametrize("shape", SHAPES)
    @pytest.mark.parametrize("name", SMALL)
    def test_images_become_logits_and_gradients_reach_every_parameter(
        self, make, name, shape
    ):
        model = make(
            name,
            shape,
            classes=7,
            placement="all",
            activation="mila",
            learnable=("beta",),
        )
        logits = model(images(shape))
        assert logits.shape == (2, 7)
        functional.cross_entropy(logits, torch.tensor([0, 6])).backward()
        without = [n for n, p in model.named_parameters() if p.grad is None]
        assert without == []
        assert all(p.grad.isfinite().all() for p in model.parameters())

    def test_logits_are_not_probabilities(self, make):
        logits = make("mlp")(images((1, 8, 8)))
        assert not torch.allclose(logits.exp().sum(1), torch.ones(2))

    def test_images_of_a_cnn_that_are_too_small(self, make):
        assert make("cnn", (3, 6, 7)).eval()(images((3, 6, 7))).shape == (2, 10)
        with pytest.raises(ParameterError, match=r"at least 6×6 pixels, not 5×9"):
            make("cnn", (1, 5, 9))

    def test_copies_and_pickles_compute_the_same(self, make):
        model = make("resnet20-v2", placement="all").eval()
        x = images((1, 8, 8))
        restored = pickle.loads(pickle.dumps(model))
        assert torch.equal(copy.deepcopy(model)(x), model(x))
        assert torch.equal(restored(x), model(x))


class TestDemo:
    def test_class_has_neither_norm_nor_dropout(self, make):
        assert names(make("mlp")) == [
            "flatten",
            *("layer1", "activation1", "layer2", "activation2"),
            *("layer3", "activation3", "logits"),
        ]

    def test_sequential_has_both_where_the_original_had_them(self, make):
        model = make("mlp", build="sequential")
        assert names(model) == [
            "flatten",
            *("layer1", "activation1"),
            *("layer2", "norm2", "activation2", "dropout2"),
            *("layer3", "norm3", "activation3", "logits"),
        ]
        assert model.dropout2.p == 0.3

    def test_it_computes_what_the_original_wrote(self, make):
        model = make("mlp", activation="mila:beta=-0.25")
        x = images((1, 8, 8))
        z = model.layer1(x.flatten(1))
        hidden = z * torch.tanh(functional.softplus(z - 0.25))
        hidden = functional.relu(model.layer2(hidden))
        hidden = functional.relu(model.layer3(hidden))
        torch.testing.assert_close(model(x), model.logits(hidden))

    def test_it_starts_as_torch_starts_layers(self, make):
        model = make("mlp", seed=5)
        torch.manual_seed(5)
        for name, (before, after) in {
            "layer1": (64, 256),
            "layer2": (256, 128),
            "layer3": (128, 64),
            "logits": (64, 10),
        }.items():
            plain = nn.Linear(before, after)
            assert torch.equal(getattr(model, name).weight, plain.weight)
            assert torch.equal(getattr(model, name).bias, plain.bias)


class TestPlaces:
    @pytest.mark.parametrize("name", SMALL)
    def test_first_is_the_first_that_computes_and_relu_the_others(self, make, name):
        model = make(name, placement="first", activation="mish")
        order: list[str] = []
        for path, module in activations(model):
            module.register_forward_hook(lambda *_, path=path: order.append(path))
        model(images((1, 8, 8)))
        assert order == [path for path, _ in activations(model)]
        assert kinds(model) == ["Mish"] + ["ReLU"] * (len(order) - 1)

    @pytest.mark.parametrize("name", SMALL)
    def test_all_is_all(self, make, name):
        assert set(kinds(make(name, placement="all", activation="mish"))) == {"Mish"}

    def test_each_place_learns_for_itself(self, make):
        model = make("mlp", placement="all", activation="mila", learnable=("beta",))
        learned = [module.beta for _, module in activations(model)]
        assert len(set(map(id, learned))) == 3
        with torch.no_grad():
            learned[0].fill_(9.0)
        assert [beta.item() for beta in learned] == [9.0, 0.0, 0.0]
        assert {beta.dtype for beta in learned} == {torch.float32}

    def test_what_is_not_learned_is_kept(self, make):
        model = make("mlp", activation="mila:beta=-0.25")
        [(_, first), *_] = activations(model)
        assert [name for name, _ in first.named_parameters()] == []
        assert first.beta.item() == -0.25

    def test_a_formula_is_an_activation_too(self, make):
        model = make("mlp", placement="all", activation="x*tanh(x)")
        x = images((1, 8, 8))
        z = model.layer1(x.flatten(1))
        torch.testing.assert_close(model.activation1(z), z * z.tanh())
        assert len(activations(model)) == 3


def walked(
    model: nn.Module, x: torch.Tensor, version: int, blocks: int
) -> torch.Tensor:
    """Logits of a residual network, after the papers: nothing but its weights is used.

    Convolutions and norms are taken in the order in which the Keras example makes them.
    """
    convolutions = iter([m for m in model.modules() if isinstance(m, nn.Conv2d)])
    norms = iter([m for m in model.modules() if isinstance(m, nn.BatchNorm2d)])

    def conv(x: torch.Tensor, stride: int = 1) -> torch.Tensor:
        m = next(convolutions)
        return functional.conv2d(x, m.weight, m.bias, stride, m.weight.shape[-1] // 2)

    def norm(x: torch.Tensor) -> torch.Tensor:
        m = next(norms)
        mean, scale = m.running_mean, m.weight / torch.sqrt(m.running_var + 1e-5)
        column = (-1, 1, 1)
        moved = (x - mean.view(column)) * scale.view(column)
        return moved + m.bias.view(column)

    x = functional.relu(norm(conv(x)))
    for stage in range(3):
        for block in range(blocks):
            stride = 2 if stage and not block else 1
            if version == 1:
                y = norm(conv(functional.relu(norm(conv(x, stride)))))
                x = conv(x, stride) if stride == 2 else x
                x = functional.relu(x + y)
            else:
                y = x if stage == block == 0 else functional.relu(norm(x))
                y = conv(y, stride)
                y = conv(functional.relu(norm(y)))
                y = conv(functional.relu(norm(y)))
                x = conv(x, stride) if not block else x
                x = x + y
    x = functional.relu(norm(x)) if version == 2 else x
    x = functional.avg_pool2d(x, 8).flatten(1)
    assert next(convolutions, None) is next(norms, None) is None
    return functional.linear(x, model.logits.weight, model.logits.bias)


class TestResidual:
    @pytest.mark.parametrize(
        ("name", "version", "blocks"),
        [("resnet20-v1", 1, 3), ("resnet32-v1", 1, 5), ("resnet29-v2", 2, 3)],
    )
    def test_it_computes_what_the_papers_say(self, make, name, version, blocks):
        model = make(name, (3, 32, 32), activation="relu").double().eval()
        numbers = torch.Generator().manual_seed(3)
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                for values in (module.weight, module.bias, module.running_mean):
                    values.data.normal_(0.5, 0.3, generator=numbers)
                module.running_var.uniform_(0.5, 2, generator=numbers)
        x = images((3, 32, 32)).double()
        with torch.no_grad():
            expected = walked(model, x, version, blocks)
            torch.testing.assert_close(model(x), expected, rtol=1e-9, atol=1e-12)

    @pytest.mark.parametrize("name", ["resnet164-v1", "resnet164-v2"])
    def test_the_deepest_begins_with_finite_logits_and_gradients(self, make, name):
        model = make(name, (1, 8, 8), placement="all")
        model(images((1, 8, 8))).sum().backward()
        assert all(p.grad.isfinite().all() for p in model.parameters())

    def test_weights_are_normal_up_to_two_deviations_and_biases_zero(self, make):
        model = make("resnet56-v1", (3, 32, 32))
        layers = [m for m in model.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
        for layer in layers:
            inputs = layer.weight[0].numel()
            cut = 2 * (2 / inputs) ** 0.5 / 0.8796256610342398
            assert layer.weight.abs().max() <= cut * (1 + 1e-6)
            assert layer.bias.count_nonzero() == 0
        scaled = torch.cat(
            [(m.weight * (m.weight[0].numel() / 2) ** 0.5).flatten() for m in layers]
        )
        assert scaled.std().item() == pytest.approx(1, abs=0.005)
        assert scaled.mean().item() == pytest.approx(0, abs=0.005)
