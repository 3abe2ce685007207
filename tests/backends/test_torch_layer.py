"""The layer of a generated torch file: an nn.Module like those of torch."""

from __future__ import annotations

import copy
import io
import pickle
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction

import pytest
import torch

from mila_analysis.activation import Parameter
from mila_analysis.backends.torch import layer
from mila_analysis.catalog import CATALOG, define, get

EVERY = pytest.mark.parametrize("activation", CATALOG, ids=lambda a: a.name)
X = torch.linspace(-4, 4, 24).reshape(2, 3, 4)
TWO = define("two", "a * x / (1 + exp(-b * x))", a=2, b=1)


@pytest.fixture
def mila(imported):
    return imported(get("mila"))


def of(module):
    """The class of the layer in a module."""
    return getattr(module, module.__all__[-1])


class TestForward:
    @EVERY
    def test_it_is_the_function(self, activation, imported):
        module = imported(activation)
        assert torch.equal(of(module)()(X), module.f(X))
        assert torch.equal(of(module)()(X[0, 0, 0]), module.f(X[0, 0, 0]))

    def test_of_a_parameter(self, mila):
        for learnable in (False, True):
            made = mila.Mila(beta=-0.25, learnable=learnable)
            assert torch.equal(made(X), mila.f(X, -0.25))
            assert torch.equal(made(X[0, 0, 0]), mila.f(X[0, 0, 0], -0.25))

    def test_of_a_parameter_a_channel(self, mila):
        made = mila.Mila(0.5, learnable=True, num_parameters=3)
        with torch.no_grad():
            made.beta.copy_(torch.tensor([-1.0, 0.0, 2.0]))
        found = made(X)
        for i, beta in enumerate((-1.0, 0.0, 2.0)):
            assert torch.equal(found[:, i], mila.f(X[:, i], beta))
        assert made(X[:, :, 0]).shape == (2, 3)
        assert made(X[..., None, None]).shape == (2, 3, 4, 1, 1)

    @pytest.mark.parametrize("shape", [(), (3,), (3, 2), (2, 4, 3)])
    def test_other_channels_are_refused(self, mila, shape):
        made = mila.Mila(num_parameters=3)
        with pytest.raises(ValueError, match="dimension 1 of x must have 3 channels"):
            made(torch.zeros(shape))

    def test_several_parameters(self, imported):
        module = imported(TWO)
        made = module.Two(a=3.0, b=0.5, learnable=("b",))
        assert torch.equal(made(X), module.f(X, 3.0, 0.5))
        assert [n for n, _ in made.named_parameters()] == ["b"]
        assert [n for n, _ in made.named_buffers()] == ["a"]
        assert [n for n, _ in module.Two(learnable=True).named_parameters()] == [
            "a",
            "b",
        ]

    def test_the_dtype_of_x_is_kept(self, mila):
        made = mila.Mila(0.5, learnable=True)
        for dtype in (torch.float16, torch.bfloat16, torch.float64):
            x = X.to(dtype).requires_grad_()
            found = made(x)
            found.sum().backward()
            assert found.dtype == x.grad.dtype == dtype
            assert made.beta.grad.dtype == torch.float32


class TestGradients:
    def test_a_shared_parameter_sums_over_all(self, mila):
        made = mila.Mila(0.5, learnable=True)
        made(X).sum().backward()
        assert made.beta.grad.shape == (1,)
        torch.testing.assert_close(made.beta.grad[0], mila.f_beta(X, 0.5).sum())

    def test_a_parameter_a_channel_sums_over_the_others(self, mila):
        made = mila.Mila(0.5, learnable=True, num_parameters=3)
        made(X).sum().backward()
        wanted = mila.f_beta(X, 0.5).sum((0, 2))
        torch.testing.assert_close(made.beta.grad, wanted)

    def test_it_learns(self, mila):
        made = mila.Mila(0.0, learnable=True)
        target = mila.f(X, 0.75)
        optimizer = torch.optim.LBFGS(made.parameters(), max_iter=50)

        def loss():
            optimizer.zero_grad()
            value = (made(X) - target).square().sum()
            value.backward()
            return value

        optimizer.step(loss)
        assert made.beta.item() == pytest.approx(0.75, abs=1e-4)

    def test_weight_decay_as_the_docstring_says(self, mila):
        recipe = mila.Mila.__doc__.partition("keep it out:")[2].partition(
            "\n    x has"
        )[0]
        net = torch.nn.Sequential(torch.nn.Linear(4, 4), mila.Mila(1.0, learnable=True))
        names = {"net": net, "Mila": mila.Mila}
        exec("if True:\n" + recipe, names)
        assert [p.numel() for p in names["kept"]] == [1]
        assert [p.numel() for p in names["rest"]] == [16, 4]
        optimizer = torch.optim.AdamW(names["groups"], lr=0.1, weight_decay=0.5)
        for p in net.parameters():
            p.grad = torch.zeros_like(p)
        optimizer.step()
        assert net[1].beta.item() == 1.0

    def test_autocast(self, mila):
        net = torch.nn.Sequential(torch.nn.Linear(4, 4), mila.Mila(learnable=True))
        with torch.autocast("cpu", torch.bfloat16):
            found = net(X)
        found.float().sum().backward()
        assert found.dtype == torch.bfloat16
        assert net[1].beta.grad.dtype == torch.float32
        assert net[1].beta.grad.isfinite().all()

    def test_functional_call_with_a_batch_of_parameters(self, mila):
        made = mila.Mila(learnable=True)
        betas = torch.tensor([[-1.0], [0.5]])

        def call(beta):
            return torch.func.functional_call(made, {"beta": beta}, (X,))

        found = torch.func.vmap(call)(betas)
        assert torch.equal(found[1], mila.f(X, 0.5))


class TestConstruction:
    def test_a_fixed_parameter_is_a_buffer(self, mila):
        made = mila.Mila(0.5)
        assert list(made.parameters()) == []
        assert list(made.state_dict()) == ["beta"]

    def test_device_and_dtype(self, mila):
        made = mila.Mila(0.1, dtype=torch.float64, device="meta")
        assert (made.beta.dtype, made.beta.device.type) == (torch.float64, "meta")
        made.to_empty(device="cpu").reset_parameters()
        assert made.beta.item() == 0.1

    def test_reset_parameters(self, mila):
        made = mila.Mila(0.5, learnable=True, num_parameters=2)
        with torch.no_grad():
            made.beta.zero_()
        made.reset_parameters()
        assert made.beta.tolist() == [0.5, 0.5]
        assert made.beta.requires_grad

    @pytest.mark.parametrize("beta", [float("nan"), float("inf"), "one"])
    def test_a_value_that_is_no_number(self, mila, beta):
        with pytest.raises(ValueError, match=r"must be a finite number|could not"):
            mila.Mila(beta)

    def test_the_domain_of_a_parameter(self, imported):
        slope = Parameter("a", Fraction(1), low=Fraction(0), high=Fraction(2))
        mine = replace(define("own", "a * x", a=1), parameters=(slope,))
        made = imported(mine).Own
        assert made(a=2).a.item() == 2
        with pytest.raises(ValueError, match=r"a must be at least 0\.0, not -1\.0"):
            made(a=-1)
        with pytest.raises(ValueError, match=r"a must be at most 2\.0, not 2\.5"):
            made(a=2.5)

    def test_other_mistakes(self, mila):
        with pytest.raises(
            ValueError, match="num_parameters must be at least 1, not 0"
        ):
            mila.Mila(num_parameters=0)
        with pytest.raises(ValueError, match="no parameter 'alpha' to learn"):
            mila.Mila(learnable=("alpha",))
        with pytest.raises(TypeError):
            mila.Mila(alpha=1)
        for dtype in (torch.int32, torch.complex64, torch.bool):
            with pytest.raises(TypeError, match="dtype must be one of real numbers"):
                mila.Mila(0.5, dtype=dtype)

    def test_one_name_to_learn(self, mila):
        assert repr(mila.Mila(learnable="beta")) == "Mila(beta=0, learnable=True)"

    def test_how_it_is_shown(self, mila, imported):
        assert repr(mila.Mila()) == "Mila(beta=0)"
        assert repr(mila.Mila(-0.25)) == "Mila(beta=-0.25)"
        made = mila.Mila(0.1, learnable=True, num_parameters=8)
        assert repr(made) == "Mila(beta=0.1, learnable=True, num_parameters=8)"
        assert repr(mila.Mila(0.1, device="meta")) == "Mila(beta=0.1)"
        assert repr(imported(get("relu")).ReLU()) == "ReLU()"
        some = imported(TWO).Two(learnable=("b",))
        assert repr(some) == "Two(a=2, b=1, learnable=('b',))"
        learned = mila.Mila(learnable=True)
        with torch.no_grad():
            learned.beta.fill_(0.75)
        assert repr(learned) == "Mila(beta=0.75, learnable=True)"


class TestKeeping:
    def test_a_state_dict_goes_round(self, mila):
        learned = mila.Mila(0.75, learnable=True, num_parameters=3)
        for learnable in (False, True):
            other = mila.Mila(num_parameters=3, learnable=learnable)
            other.load_state_dict(learned.state_dict())
            assert torch.equal(other(X), learned(X))
        with pytest.raises(RuntimeError, match="size mismatch"):
            mila.Mila().load_state_dict(learned.state_dict())

    def test_to_another_dtype_and_back_to_the_start(self, mila):
        made = mila.Mila(0.1).half()
        assert made.beta.dtype == torch.float16
        x = X.half()
        assert torch.equal(made(x), mila.f(x, 0.1))
        made.double().reset_parameters()
        assert made.beta.item() == 0.1

    @pytest.mark.parametrize("learnable", [False, True])
    def test_copies(self, mila, learnable):
        made = mila.Mila(0.5, learnable=learnable, num_parameters=3)
        for other in (copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
            assert type(other) is mila.Mila
            assert repr(other) == repr(made)
            assert torch.equal(other(X), made(X))
            with torch.no_grad():
                other.beta.add_(1)
            assert made.beta[0].item() == 0.5

    def test_whole_models_are_saved(self, mila):
        net = torch.nn.Sequential(torch.nn.Linear(4, 4), mila.Mila(learnable=True))
        file = io.BytesIO()
        torch.save(net, file)
        file.seek(0)
        assert torch.equal(torch.load(file, weights_only=False)(X), net(X))
        file = io.BytesIO()
        torch.save(net.state_dict(), file)
        file.seek(0)
        net.load_state_dict(torch.load(file, weights_only=True))

    def test_replicas_of_data_parallel(self, mila):
        """What replicate makes: no parameters, but attributes of their names."""
        made = mila.Mila(0.5, learnable=True, num_parameters=3)
        replica = made._replicate_for_data_parallel()
        replica._former_parameters = {}
        beta = made.beta * 1.0
        replica._parameters.pop("beta", None)
        replica.beta = beta
        assert torch.equal(replica(X), made(X))
        replica(X).sum().backward()
        assert made.beta.grad is not None

    def test_swapping_layers_of_a_model(self, mila):
        net = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Mish())
        before = net(X)
        net[1] = mila.Mila()
        torch.testing.assert_close(net(X), before)


class TestOfText:
    """The class that a library makes of text, which no file holds."""

    def test_it_is_the_same_layer(self, generated, mila):
        made = layer(generated(get("mila")))(0.5, learnable=True)
        assert torch.equal(made(X), mila.f(X, 0.5))
        assert repr(made) == "Mila(beta=0.5, learnable=True)"

    def test_copies(self, generated):
        made = layer(generated(get("mila")))(0.5, learnable=True)
        for other in (copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
            assert type(other) is type(made)
            assert torch.equal(other(X), made(X))
            assert other.beta is not made.beta

    @pytest.mark.slow
    def test_pickled_into_another_process(self, generated, tmp_path):
        made = layer(generated(get("mila")))(0.5, learnable=True)
        path = tmp_path / "made.pickle"
        path.write_bytes(pickle.dumps(made))
        program = (
            "import pickle, sys, torch;"
            f"made = pickle.load(open({str(path)!r}, 'rb'));"
            "print(made, made(torch.tensor(1.0)).item())"
        )
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        value = made(torch.tensor(1.0)).item()
        assert done.stdout.strip() == f"Mila(beta=0.5, learnable=True) {value}"
