"""What the catalog says, against those who defined it: values, slopes and kinks.

Balls of our formulas beside PyTorch's own functions, and beside definitions typed here
once more, as Keras 2 or the authors state them.
"""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

import mila_analysis as ma
from mila_analysis.balls import enclose_all
from mila_analysis.catalog import CATALOG, get

pytestmark = pytest.mark.cheap

POINTS = (
    torch.empty(10, dtype=torch.float64)
    .uniform_(-7, 7, generator=torch.Generator().manual_seed(6))
    .tolist()
)
SAME = 1e-12  # of float64's values, whose last digits are not the question
SINGLE = {"hard_sigmoid": 1e-8}  # PyTorch's slope is 1/6 in float32, in every dtype


def relu(x):
    return torch.clamp(x, min=0)


# https://docs.pytorch.org/docs/stable/nn.functional.html: parameters are plain numbers
PYTORCH = {
    "mish": functional.mish,
    "silu": functional.silu,
    "relu": functional.relu,
    "leaky_relu": functional.leaky_relu,
    "prelu": lambda x, a: functional.prelu(x, torch.tensor([a], dtype=x.dtype)),
    "relu6": functional.relu6,
    "thresholded_relu": lambda x, theta: functional.threshold(x, theta, 0.0),
    "relu_squared": lambda x: functional.relu(x) ** 2,
    "elu": functional.elu,
    "celu": functional.celu,
    "selu": functional.selu,
    "softplus": lambda x: functional.softplus(x, threshold=1e9),
    "sigmoid": torch.sigmoid,
    "log_sigmoid": functional.logsigmoid,
    "tanh": torch.tanh,
    "tanhshrink": functional.tanhshrink,
    "softsign": functional.softsign,
    "hard_sigmoid": functional.hardsigmoid,
    "hard_tanh": functional.hardtanh,
    "hard_swish": functional.hardswish,
    "softshrink": functional.softshrink,
    "hardshrink": functional.hardshrink,
    "gelu": functional.gelu,
    "gelu_tanh": lambda x: functional.gelu(x, approximate="tanh"),
}

# Parameters are tensors here, so that there are slopes in them too.
STATED = {
    # https://github.com/keras-team/keras/tree/v2.7.0/keras/layers/advanced_activations.py
    "leaky_relu": lambda x, alpha: torch.where(x >= 0, x, alpha * x),
    "prelu": lambda x, a: relu(x) - a * relu(-x),
    "elu": lambda x, alpha: torch.where(x > 0, x, alpha * torch.expm1(x)),
    "thresholded_relu": lambda x, theta: x * (x > theta),
    # https://github.com/keras-team/keras/tree/v2.13.1/keras/activations.py
    "hard_sigmoid_keras2": lambda x: torch.clamp(0.2 * x + 0.5, 0, 1),
    # https://github.com/digantamisra98/Echo/blob/master/Echo/Activation/Torch
    "mila": lambda x, beta: x * torch.tanh(functional.softplus(x + beta)),
    "beta_mish": lambda x, beta: x * torch.tanh(torch.log((1 + x.exp()) ** beta)),
    "swish": lambda x, beta: x * torch.sigmoid(beta * x),
    "aria2_coded": lambda x, alpha, beta: (1 + torch.exp(-beta * x)) ** -alpha,
    "isru": lambda x, alpha: x / torch.sqrt(1 + alpha * x**2),
    "isrlu": lambda x, alpha: torch.where(x < 0, x / torch.sqrt(1 + alpha * x**2), x),
    "bent_identity": lambda x: x + (torch.sqrt(x**2 + 1) - 1) / 2,
    # https://arxiv.org/abs/1805.08878
    "aria2": lambda x, alpha, beta: x * (1 + torch.exp(-beta * x)) ** -alpha,
    # https://arxiv.org/abs/1808.00783
    "elish": lambda x: torch.sigmoid(x) * torch.where(x >= 0, x, x.exp() - 1),
    "hard_elish": lambda x: (
        torch.where(x >= 0, x, x.exp() - 1) * torch.clamp((x + 1) / 2, 0, 1)
    ),
    # https://github.com/hendrycks/GELUs
    "quick_gelu": lambda x: x * torch.sigmoid(1.702 * x),
    # https://arxiv.org/abs/1901.05894
    "lisht": lambda x: x * torch.tanh(x),
    # https://arxiv.org/abs/2003.09855
    "tanhexp": lambda x: x * torch.tanh(torch.exp(x)),
    # https://doi.org/10.1016/j.neucom.2021.06.067
    "logish": lambda x: x * torch.log1p(torch.sigmoid(x)),
    # https://doi.org/10.3390/electronics11040540
    "smish": lambda x: x * torch.tanh(torch.log(1 + torch.sigmoid(x))),
    # https://github.com/sail-sg/metaformer/blob/main/metaformer_baselines.py
    "star_relu": lambda x, s, b: s * relu(x) ** 2 + b,
    # https://arxiv.org/abs/2411.13010
    "xielu": lambda x, alpha_p, alpha_n: torch.where(
        x > 0, alpha_p * x * x + x / 2, alpha_n * (torch.expm1(x) - x) + x / 2
    ),
    # https://arxiv.org/abs/2010.09931
    "smelu": lambda x, beta: torch.where(
        x.abs() <= beta, (x + beta) ** 2 / (4 * beta), relu(x)
    ),
    # https://docs.jax.dev/en/latest/_autosummary/jax.nn.squareplus.html
    "squareplus": lambda x, b: (x + torch.sqrt(x**2 + b)) / 2,
    # https://arxiv.org/abs/2108.09598
    "serf": lambda x: x * torch.erf(functional.softplus(x)),
    # https://www.techrxiv.org/doi/full/10.36227/techrxiv.17283824.v1
    "phish": lambda x: x * torch.tanh(functional.gelu(x)),
    # https://github.com/EdwardDixon/snake
    "snake": lambda x, alpha: x + torch.sin(alpha * x) ** 2 / alpha,
    # https://github.com/NVIDIA/BigVGAN/blob/main/activations.py
    "snake_beta": lambda x, alpha, beta: x + torch.sin(alpha * x) ** 2 / beta,
    # https://arxiv.org/abs/2108.12943
    "gcu": lambda x: x * torch.cos(x),
}

OTHER = {  # values besides the defaults
    "mila": [{"beta": -0.25}],
    "beta_mish": [{"beta": 0.5}],
    "swish": [{"beta": 1.7}, {"beta": -2.0}],
    "aria2": [{"alpha": 0.5, "beta": 2.0}],
    "aria2_coded": [{"alpha": 0.5, "beta": 2.0}],
    "leaky_relu": [{"alpha": 0.01}, {"alpha": -1.5}],
    "prelu": [{"a": 0.0}, {"a": -0.75}],
    "thresholded_relu": [{"theta": 0.0}, {"theta": 2.5}],
    "star_relu": [{"s": 1.0, "b": 0.0}],
    "elu": [{"alpha": 2.5}, {"alpha": 0.0}],
    "celu": [{"alpha": 2.5}, {"alpha": 0.25}],
    "isrlu": [{"alpha": 3.0}, {"alpha": 0.0}],
    "isru": [{"alpha": 3.0}],
    "xielu": [{"alpha_p": 0.25, "alpha_n": 1.5}],
    "smelu": [{"beta": 3.0}],
    "squareplus": [{"b": 0.25}],
    "softshrink": [{"lambd": 0.0}, {"lambd": 2.0}],
    "hardshrink": [{"lambd": 0.0}, {"lambd": 2.0}],
    "snake": [{"alpha": 5.0}],
    "snake_beta": [{"alpha": 5.0, "beta": 0.5}],
}

LISTED = {a.name for a in CATALOG}


def settings(table):
    """Name and parameter values of what both the catalog and a table have."""
    return [
        pytest.param(name, values, id=get(name).bind(**values).spec)
        for name in table
        if name in LISTED
        for values in ({}, *OTHER.get(name, []))
    ]


def slopes(function, x, values, learned=False):
    """Value at a point and the derivatives that autograd finds, by partial."""
    point = torch.tensor([x], dtype=torch.float64, requires_grad=True)
    given = {
        k: torch.tensor(v, dtype=torch.float64, requires_grad=True) if learned else v
        for k, v in values.items()
    }
    value = function(point, *given.values())
    value.sum().backward()
    found = {"f": value.item(), "f_x": point.grad.item()}
    if learned:
        for name, tensor in given.items():
            found[f"f_{name}"] = 0.0 if tensor.grad is None else tensor.grad.item()
    return found


def assert_alike(activation, x, wanted):
    exact = enclose_all(activation, x, order=1)
    same = SINGLE.get(activation.name, SAME)
    for partial, value in wanted.items():
        near = pytest.approx(float(exact[partial].mid), rel=same, abs=same)
        assert value == near, (partial, x)


@pytest.mark.parametrize(("name", "values"), settings(PYTORCH))
def test_it_is_what_pytorch_computes(name, values):
    activation = get(name).bind(**values)
    numbers = {k: float(v) for k, v in activation.values.items()}
    for x in POINTS:
        assert_alike(activation, x, slopes(PYTORCH[name], x, numbers))


@pytest.mark.parametrize(("name", "values"), settings(STATED))
def test_it_is_what_its_authors_state(name, values):
    activation = get(name).bind(**values)
    numbers = {k: float(v) for k, v in activation.values.items()}
    for x in POINTS:
        assert_alike(activation, x, slopes(STATED[name], x, numbers, learned=True))


def test_every_entry_has_a_witness():
    assert set(PYTORCH) | set(STATED) >= LISTED


KINKS = {
    "relu": [0.0],
    "leaky_relu": [0.0],
    "prelu": [0.0],
    "relu6": [0.0, 6.0],
    "thresholded_relu": [1.0],
    "relu_squared": [0.0],
    "elu": [0.0],
    "celu": [0.0],
    "selu": [0.0],
    "softsign": [0.0],
    "hard_sigmoid": [-3.0, 3.0],
    "hard_tanh": [-1.0, 1.0],
    "hard_swish": [-3.0, 3.0],
    "softshrink": [-0.5, 0.5],
    "hardshrink": [-0.5, 0.5],
}


@pytest.mark.parametrize("name", KINKS)
def test_at_a_kink_it_is_what_pytorch_computes(name):
    activation = get(name)
    numbers = {k: float(v) for k, v in activation.values.items()}
    for x in KINKS[name]:
        assert_alike(activation, x, slopes(PYTORCH[name], x, numbers))
    for beta in (2.5, 0.5):
        for parameter in activation.parameters if 0.0 in KINKS[name] else ():
            other = {parameter.name: beta}
            wanted = slopes(PYTORCH[name], 0.0, other)
            assert_alike(activation.bind(**other), 0.0, wanted)


SIDES = {  # where all partials at a kink are those of this side, -1 the left
    "relu": {0: -1},
    "leaky_relu": {0: -1},
    "prelu": {0: -1},
    "relu6": {0: -1, 6: 1},
    "thresholded_relu": {1: -1},
    "relu_squared": {0: -1},
    "star_relu": {0: -1},
    "elu": {0: -1},
    "celu": {0: -1},
    "selu": {0: -1},
    "isrlu": {0: 1},
    "xielu": {0: -1},
    "smelu": {-1: -1, 1: 1},
    "softsign": {0: -1},
    "elish": {0: 1},
    "hard_sigmoid": {-3: -1, 3: 1},
    "hard_sigmoid_keras2": {-2.5: 1, 2.5: -1},
    "hard_tanh": {-1: -1, 1: 1},
    "hard_swish": {-3: -1, 3: 1},
    "hard_elish": {-1: -1, 0: 1, 1: 1},
    "softshrink": {-0.5: 1, 0.5: -1},
    "hardshrink": {-0.5: 1, 0.5: -1},
}


@pytest.mark.parametrize("name", SIDES)
def test_the_side_that_a_convention_names(name):
    activation = get(name)
    assert activation.convention
    for x, side in SIDES[name].items():
        at = enclose_all(activation, x, order=2)
        beside = enclose_all(activation, x + side * 2.0**-45, order=2)
        for partial, value in at.items():
            near = float(beside[partial].mid)
            assert near == pytest.approx(float(value.mid), abs=1e-11), (partial, x)


def test_the_two_conventions_differ():
    x = 2.75
    keras, torch_ = get("hard_sigmoid_keras2"), get("hard_sigmoid")
    assert float(enclose_all(keras, x, order=0)["f"].mid) == 1
    assert float(enclose_all(torch_, x, order=0)["f"].mid) < 1
    paper, coded = get("aria2"), get("aria2_coded")
    for x in POINTS:
        product = x * float(enclose_all(coded, x, order=0)["f"].mid)
        assert product == pytest.approx(float(enclose_all(paper, x, order=0)["f"].mid))


class TestLearned:
    @staticmethod
    def trained(layer, x, wanted):
        optimizer = torch.optim.SGD(layer.parameters(), lr=0.5)
        losses = []
        for _ in range(20):
            optimizer.zero_grad()
            loss = ((layer(x) - wanted) ** 2).mean()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    def test_prelu_learns_what_pytorchs_learns(self):
        x = torch.randn(200, 3, generator=torch.Generator().manual_seed(2))
        wanted = torch.where(x > 0, x, torch.tensor([0.1, 0.5, -0.3]) * x)
        for channels in (1, 3):
            ours = ma.as_module(get("prelu"), learnable=("a",), num_parameters=channels)
            theirs = torch.nn.PReLU(channels)
            losses = self.trained(ours, x, wanted)
            assert losses == pytest.approx(self.trained(theirs, x, wanted), abs=1e-6)
            assert losses[-1] < losses[0]
            torch.testing.assert_close(
                ours.a.view(-1), theirs.weight, atol=1e-5, rtol=0
            )
        assert ours.a.tolist() == pytest.approx([0.1, 0.5, -0.3], abs=0.05)

    def test_prelu_starts_where_keras_does_if_told(self):
        layer = ma.as_module(get("prelu").bind(a=0), learnable=True)
        assert layer.a.item() == 0

    @pytest.mark.parametrize("channels", [1, 3])
    def test_mila_learns_its_shift(self, channels):
        x = torch.randn(200, 3, generator=torch.Generator().manual_seed(2))
        wanted = ma.as_module(get("mila").bind(beta=-1))(x)
        layer = ma.as_module(get("mila"), learnable=("beta",), num_parameters=channels)
        losses = self.trained(layer, x, wanted)
        assert losses == sorted(losses, reverse=True)
        assert (layer.beta < 0).all()
