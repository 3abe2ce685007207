"""`as_module`: the layer of an activation, computed by torch or by compiled C."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch

import mila_analysis as ma
from mila_analysis import native
from mila_analysis.errors import ParameterError, UnsupportedError
from mila_analysis.kernels import generate_code
from mila_analysis.operators import operator

pytestmark = pytest.mark.filterwarnings(
    "ignore:`torch.jit.script` is deprecated:DeprecationWarning"
)

MILA = ma.get("mila")
NATIVE = pytest.param(
    True, marks=pytest.mark.skipif(not native.available(), reason="no C compiler")
)
BOTH = pytest.mark.parametrize("native", [False, NATIVE], ids=["torch", "native"])
NEEDS_COMPILER = pytest.mark.skipif(not native.available(), reason="no C compiler")
X = torch.linspace(-40, 40, 1001, dtype=torch.float64)


class TestLayer:
    @BOTH
    def test_values_and_gradients_are_the_partials(self, native):
        layer = ma.as_module(MILA.bind(beta=-0.25), learnable=True, native=native)
        x = X.clone().requires_grad_()
        layer = layer.double()
        layer(x).sum().backward()
        exact = ma.lambdify(MILA).partials(X.numpy(), beta=-0.25)
        np.testing.assert_allclose(layer(x).detach(), exact["f"], rtol=1e-14)
        np.testing.assert_allclose(x.grad, exact["f_x"], rtol=1e-13, atol=1e-17)
        assert layer.beta.grad.item() == pytest.approx(exact["f_beta"].sum())

    @BOTH
    def test_all_of_its_derivatives(self, native):
        layer = ma.as_module(MILA, learnable=True, native=native).double()
        x = torch.tensor([-800.0, -3.0, -0.5, 0.0, 1.0, 90.0, 800.0]).double()
        x.requires_grad_()

        def f(x, beta):
            return torch.func.functional_call(layer, {"beta": beta}, (x,))

        beta = torch.tensor([0.3], dtype=torch.float64, requires_grad=True)
        assert torch.autograd.gradcheck(f, (x, beta), check_forward_ad=True)
        assert torch.autograd.gradgradcheck(f, (x, beta))
        curved = torch.func.hessian(lambda x: f(x, beta).sum())(x.detach())
        exact = ma.lambdify(MILA)["f_xx"](x.detach().numpy(), beta=0.3)
        np.testing.assert_allclose(curved.diagonal().detach(), exact, atol=1e-15)

    @BOTH
    def test_compile_and_export_keep_it_whole(self, native):
        layer = ma.as_module(MILA, learnable=True, native=native)
        x = torch.randn(5, 3, requires_grad=True)
        compiled = torch.compile(
            layer, fullgraph=True, dynamic=True, backend="aot_eager"
        )
        (slope,) = torch.autograd.grad(compiled(x).sum(), x)
        (eager,) = torch.autograd.grad(layer(x).sum(), x)
        torch.testing.assert_close(slope, eager)
        exported = torch.export.export(layer, (torch.randn(5, 3),)).module()
        torch.testing.assert_close(exported(x), layer(x))

    @BOTH
    def test_it_is_compiled_inside_of_a_model(self, native):
        """There torch imports the module that the layer's functions say they are of."""
        torch._dynamo.reset()
        layer = ma.as_module(MILA, learnable=True, num_parameters=8, native=native)
        net = torch.nn.Sequential(torch.nn.Linear(4, 8), layer)
        fast = torch.compile(net, fullgraph=True, dynamic=True, backend="aot_eager")
        for n in (3, 7):
            x = torch.randn(n, 4)
            found = torch.autograd.grad(fast(x).sum(), list(net.parameters()))
            wanted = torch.autograd.grad(net(x).sum(), list(net.parameters()))
            torch.testing.assert_close(found, wanted)

    def test_functions_are_compiled_inside_of_others(self):
        torch._dynamo.reset()
        kernel = ma.lambdify(MILA, "torch")
        f = kernel["f"]
        fast = torch.compile(
            lambda x: f(x, 0.5) + 1, fullgraph=True, backend="aot_eager"
        )
        x = torch.randn(5)
        torch.testing.assert_close(fast(x), f(x, 0.5) + 1)

    @BOTH
    def test_channels_last_is_kept(self, native):
        layer = ma.as_module(MILA, learnable=True, num_parameters=3, native=native)
        x = torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)
        x.requires_grad_()
        found = layer(x)
        assert found.stride() == x.stride()
        torch.testing.assert_close(found, torch.nn.functional.mish(x))
        found.sum().backward()
        assert x.grad.stride() == x.stride()

    @BOTH
    def test_it_is_traced(self, native):
        layer = ma.as_module(MILA.bind(beta=0.5), native=native)
        with pytest.warns(DeprecationWarning, match="jit"):
            traced = torch.jit.trace(layer, torch.randn(3))
        x = torch.randn(7)
        assert torch.equal(traced(x), layer(x))

    @pytest.mark.slow
    @NEEDS_COMPILER
    @pytest.mark.filterwarnings("ignore")
    def test_native_code_is_exported_to_onnx(self, tmp_path):
        pytest.importorskip("onnxscript")
        runtime = pytest.importorskip("onnxruntime")
        layer = ma.as_module(MILA.bind(beta=0.5), native=True)
        x = torch.linspace(-100, 100, 301)
        made = torch.onnx.export(layer, (x,), dynamo=True, verbose=False)
        made.save(tmp_path / "layer.onnx")
        session = runtime.InferenceSession(tmp_path / "layer.onnx")
        (found,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
        torch.testing.assert_close(
            torch.from_numpy(found), layer(x), rtol=2e-6, atol=1e-37
        )

    @NEEDS_COMPILER
    def test_all_values_of_a_parameter_share_compiled_code(self, monkeypatch):
        texts = []
        load = native.load
        monkeypatch.setattr(native, "load", lambda t: texts.append(t) or load(t))
        operator.cache_clear()
        swish = ma.get("swish")
        for beta in (0.5, 1.5):
            layer = ma.as_module(swish.bind(beta=beta), native=True)
            wanted = 2.0 / (1.0 + np.exp(-2.0 * beta))
            assert layer(torch.tensor(2.0)).item() == pytest.approx(wanted)
        assert len(set(texts)) <= 1

    def test_a_value_of_each_domain_is_found(self):
        from mila_analysis.modules import _unbound

        for bounds in ((None, None), (1, 2), (None, -3), (-1, None)):
            low, high = (None if b is None else Fraction(b) for b in bounds)
            value = Fraction(low if low is not None else high or 0)
            slope = ma.Parameter("a", value, low=low, high=high)
            mine = replace(ma.define("own", "a * x", a=1), parameters=(slope,))
            found = _unbound(mine).values["a"]
            assert _unbound(mine.bind(a=found)) == _unbound(mine)

    @BOTH
    def test_copies_and_pickles(self, native, tmp_path):
        layer = ma.as_module(MILA, learnable=True, num_parameters=3, native=native)
        with torch.no_grad():
            layer.beta.add_(torch.arange(3.0))
        x = torch.randn(2, 3)
        for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
            assert torch.equal(other(x), layer(x))
            assert other.beta is not layer.beta
        place = tmp_path / "layer.pt"
        torch.save({"layer": layer, "x": x, "y": layer(x)}, place)
        code = (
            "import torch\n"
            f"held = torch.load({str(place)!r}, weights_only=False)\n"
            "assert torch.equal(held['layer'](held['x']), held['y'])\n"
        )
        subprocess.run([sys.executable, "-c", code], check=True)

    def test_without_parameters(self):
        layer = ma.as_module(ma.get("mish"))
        x = torch.randn(7)
        torch.testing.assert_close(layer(x), torch.nn.functional.mish(x))
        assert list(layer.parameters()) == []

    def test_accuracy_needs_native_code(self):
        with pytest.raises(ParameterError, match="native"):
            ma.as_module(MILA, accuracy="accurate", native=False)
        with pytest.raises(UnsupportedError, match="no accuracy 'splendid'"):
            ma.as_module(MILA, accuracy="splendid")


@NEEDS_COMPILER
class TestAccurate:
    @pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
    def test_values_are_the_correctly_rounded_ones(self, dtype):
        layer = ma.as_module(MILA.bind(beta=0.5), accuracy="accurate")
        x = torch.randn(2000, generator=torch.Generator().manual_seed(1)).mul(4)
        x = x.to(dtype)
        exact = ma.lambdify(MILA.bind(beta=0.5))(x.double().numpy())
        wanted = _rounded(exact, dtype)
        assert torch.equal(layer(x), wanted)

    def test_gradients_in_float32_too(self):
        layer = ma.as_module(MILA, accuracy="accurate")
        x = torch.randn(2000, generator=torch.Generator().manual_seed(2)).mul(4)
        x.requires_grad_()
        layer(x).sum().backward()
        exact = ma.lambdify(MILA)["f_x"](x.detach().double().numpy())
        assert torch.equal(x.grad, torch.from_numpy(exact).float())


def _rounded(exact: np.ndarray, dtype: torch.dtype) -> torch.Tensor:
    """Doubles to a format by one rounding; torch goes through float32."""
    if dtype == torch.bfloat16:
        ml_dtypes = pytest.importorskip("ml_dtypes")
        bits = exact.astype(ml_dtypes.bfloat16).view(np.int16)
        return torch.from_numpy(bits).view(torch.bfloat16)
    names = {torch.float32: np.float32, torch.float16: np.float16}
    return torch.from_numpy(exact.astype(names[dtype]))


@NEEDS_COMPILER
class TestOperator:
    OPERATOR = staticmethod(lambda: operator(generate_code(MILA, "c").text))

    @pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
    def test_torch_finds_it_sound(self, dtype):
        x, beta = torch.randn(4, 5).to(dtype), torch.full((4, 5), 0.25).to(dtype)
        torch.library.opcheck(self.OPERATOR(), (x, [beta], "f,f_x", dtype))

    @pytest.mark.slow
    @pytest.mark.parametrize("names", ["f", "f,f_beta"])
    def test_torch_finds_its_derivatives_sound(self, names):
        for dtype in (torch.float64, torch.float32, torch.bfloat16):
            for value in (torch.randn(4, 5), torch.randn(5, 4).t()):
                x = value.to(dtype).requires_grad_()
                beta = torch.full((4, 5), 0.25, dtype=dtype, requires_grad=True)
                torch.library.opcheck(self.OPERATOR(), (x, [beta], names, dtype))

    def test_its_derivatives(self):
        x = torch.linspace(-3, 3, 7, dtype=torch.float64, requires_grad=True)
        beta = torch.linspace(-1, 1, 7, dtype=torch.float64, requires_grad=True)

        def computed(x, beta, names="f,f_x"):
            return tuple(self.OPERATOR()(x, [beta], names, torch.float64))

        assert torch.autograd.gradcheck(computed, (x, beta))
        assert torch.autograd.gradgradcheck(
            lambda x, beta: computed(x, beta, "f"), (x, beta)
        )
        with pytest.raises(RuntimeError, match="a partial of order 3"):
            torch.autograd.grad(computed(x, beta, "f_xx")[0].sum(), x)

    def test_vmap(self):
        x, beta = torch.randn(4, 5), torch.randn(5)

        def f(x, beta):
            return self.OPERATOR()(x, [beta], "f_beta", torch.float32)[0]

        found = torch.vmap(f, in_dims=(0, None))(x, beta)
        wanted = torch.stack([f(row, beta) for row in x])
        assert torch.equal(found, wanted)

    @pytest.mark.parametrize("shape", [(), (0,), (3, 0), (2, 3)])
    def test_shapes(self, shape):
        x = torch.randn(shape)
        (found,) = self.OPERATOR()(x, [x.new_zeros(shape)], "f", torch.float32)
        assert found.shape == shape
        torch.testing.assert_close(found, torch.nn.functional.mish(x))

    def test_strided_inputs(self):
        x = torch.randn(6, 8).t()[::2]
        (found,) = self.OPERATOR()(x, [torch.zeros_like(x)], "f", torch.float32)
        torch.testing.assert_close(found, torch.nn.functional.mish(x))

    def test_it_is_registered_once(self):
        assert self.OPERATOR() is self.OPERATOR()
