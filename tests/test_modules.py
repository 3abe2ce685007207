"""`as_module`: the layer of an activation, computed by torch or by compiled C."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch

import mila_analysis as ma
from mila_analysis import modules, native, operators
from mila_analysis.errors import ParameterError, UnsupportedError
from mila_analysis.operators import building

pytestmark = pytest.mark.filterwarnings(
    "ignore:`torch.jit.script` is deprecated:DeprecationWarning"
)

MILA = ma.get("mila")
NEEDS_COMPILER = pytest.mark.skipif(
    not (native.available() and native.available(native.CPP)),
    reason="no C compiler, or no C++ compiler",
)
NATIVE = pytest.param(True, marks=NEEDS_COMPILER)
BOTH = pytest.mark.parametrize("native", [False, NATIVE], ids=["torch", "native"])
X = torch.linspace(-40, 40, 1001, dtype=torch.float64)
CHOOSING = ("mila", "relu", "leaky_relu", "prelu", "star_relu", "softshrink", "celu")
"""Those whose arithmetic chooses by parameters are among them."""


class TestLayer:
    @BOTH
    def test_values_and_gradients_are_the_partials(self, native):
        layer = ma.as_module(MILA.bind(beta=-0.25), learnable=True, native=native)
        x = X.clone().requires_grad_()
        layer = layer.double()
        layer(x).sum().backward()
        exact = ma.lambdify(MILA, "numpy").partials(X.numpy(), beta=-0.25)
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
        exact = ma.lambdify(MILA, "numpy")["f_xx"](x.detach().numpy(), beta=0.3)
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
    @pytest.mark.parametrize("name", CHOOSING)
    def test_no_choice_changes_the_layout(self, name, native):
        """Of x without and with gaps; native ones keep it in gradients of gradients."""
        activation = ma.get(name)
        shape = (
            {"learnable": True, "num_parameters": 3} if activation.parameters else {}
        )
        layer = ma.as_module(activation, native=native, **shape)
        last = torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)
        for given in (last, last[:, :, ::2], last.bfloat16()):
            wanted = torch.empty_like(given).stride()
            x = given.detach().requires_grad_()
            value = layer(x)
            gradients = torch.autograd.grad(value.sum(), x, create_graph=native)
            if native:
                gradients += torch.autograd.grad(gradients[0].sum(), x)
            with torch.no_grad():
                plain = layer(x)
            for found in (value, plain, *gradients):
                assert found.stride() == wanted
        if not native:
            functions = ma.lambdify(activation, "torch", compiled=False)
            for found in functions.partials(last).values():
                assert found.stride() == last.stride()

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
    @pytest.mark.parametrize("dynamo", [True, False])
    def test_native_code_is_exported_to_onnx(self, tmp_path, dynamo):
        pytest.importorskip("onnxscript")
        runtime = pytest.importorskip("onnxruntime")
        layer = ma.as_module(MILA.bind(beta=0.5), native=True)
        x = torch.linspace(-100, 100, 301)
        place = str(tmp_path / "layer.onnx")
        torch.onnx.export(layer, (x,), place, dynamo=dynamo, verbose=False)
        session = runtime.InferenceSession(place)
        (found,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
        torch.testing.assert_close(
            torch.from_numpy(found), layer(x), rtol=2e-6, atol=1e-37
        )

    @NEEDS_COMPILER
    def test_all_values_of_a_parameter_share_compiled_code(self, monkeypatch):
        building.bridge()
        texts = []
        load = native.load
        monkeypatch.setattr(
            native, "load", lambda t, **k: texts.append(t) or load(t, **k)
        )
        operators.load.cache_clear()
        modules._native.cache_clear()
        swish = ma.get("swish")
        for beta in (0.5, 1.5):
            layer = ma.as_module(swish.bind(beta=beta), native=True)
            wanted = 2.0 / (1.0 + np.exp(-2.0 * beta))
            assert layer(torch.tensor(2.0)).item() == pytest.approx(wanted)
        assert len(set(texts)) == 1

    def test_a_value_of_each_domain_is_found(self):
        from mila_analysis.operators.sources import _unbound

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
        exact = ma.lambdify(MILA.bind(beta=0.5), "numpy")(x.double().numpy())
        wanted = _rounded(exact, dtype)
        assert torch.equal(layer(x), wanted)

    def test_gradients_in_float32_too(self):
        layer = ma.as_module(MILA, accuracy="accurate")
        x = torch.randn(2000, generator=torch.Generator().manual_seed(2)).mul(4)
        x.requires_grad_()
        layer(x).sum().backward()
        exact = ma.lambdify(MILA, "numpy")["f_x"](x.detach().double().numpy())
        assert torch.equal(x.grad, torch.from_numpy(exact).float())


def _rounded(exact: np.ndarray, dtype: torch.dtype) -> torch.Tensor:
    """Doubles to a format by one rounding; torch goes through float32."""
    if dtype == torch.bfloat16:
        ml_dtypes = pytest.importorskip("ml_dtypes")
        bits = exact.astype(ml_dtypes.bfloat16).view(np.int16)
        return torch.from_numpy(bits).view(torch.bfloat16)
    names = {torch.float32: np.float32, torch.float16: np.float16}
    return torch.from_numpy(exact.astype(names[dtype]))


class TestSimple:
    """What a layer need not do if x and the parameters are simple, it does not."""

    @BOTH
    @pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
    @pytest.mark.parametrize("of_layer", [torch.float64, torch.float32, torch.bfloat16])
    def test_dtypes_may_differ(self, native, dtype, of_layer):
        layer = ma.as_module(MILA.bind(beta=0.5), learnable=True, native=native)
        layer = layer.to(of_layer)
        x = torch.linspace(-4, 4, 50).to(dtype).requires_grad_()
        y = layer(x)
        y.sum().backward()
        assert (y.dtype, x.grad.dtype) == (dtype, dtype)
        assert layer.beta.grad.dtype == of_layer
        exact = ma.lambdify(MILA, "numpy").partials(x.detach().double(), beta=0.5)
        short = torch.bfloat16 in (dtype, of_layer)
        close = {"rtol": 1e-2 if short else 1e-5, "atol": 1e-6}
        for found, name in ((y, "f"), (x.grad, "f_x")):
            wanted = torch.as_tensor(exact[name])
            close["rtol"] = 1e-2 if dtype == torch.bfloat16 else 1e-5
            torch.testing.assert_close(found.double().detach(), wanted, **close)
        wanted = exact["f_beta"].sum()
        assert layer.beta.grad.item() == pytest.approx(wanted, rel=2e-2)

    @BOTH
    def test_whole_numbers_and_lists(self, native):
        layer = ma.as_module(MILA, native=native)
        wanted = torch.nn.functional.mish(torch.tensor([-1.0, 0.0, 2.0]))
        for x in (torch.tensor([-1, 0, 2]), [-1.0, 0.0, 2.0]):
            torch.testing.assert_close(layer(x), wanted)

    @BOTH
    def test_channels_that_do_not_fit(self, native):
        layer = ma.as_module(MILA, num_parameters=3, native=native)
        with pytest.raises(ValueError, match="must have 3 channels"):
            layer(torch.randn(2, 4))

    @BOTH
    @pytest.mark.parametrize("shape", [(4, 3), (4, 3, 5), (2, 3, 4, 5)])
    def test_a_parameter_for_each_channel(self, native, shape):
        layer = ma.as_module(MILA, learnable=True, num_parameters=3, native=native)
        layer = layer.double()
        with torch.no_grad():
            layer.beta.copy_(torch.tensor([-1.0, 0.0, 1.0]))
        x = torch.randn(shape, dtype=torch.float64, requires_grad=True)
        layer(x).sum().backward()
        for c in range(3):
            exact = ma.lambdify(MILA, "numpy").partials(
                x.detach()[:, c].numpy(), beta=c - 1.0
            )
            torch.testing.assert_close(x.grad[:, c], torch.as_tensor(exact["f_x"]))
            assert layer.beta.grad[c].item() == pytest.approx(exact["f_beta"].sum())

    @NEEDS_COMPILER
    def test_a_parameter_that_is_computed(self):
        class Doubled(torch.nn.Module):
            def forward(self, value):
                return 2 * value

        layer = ma.as_module(MILA.bind(beta=0.5), learnable=True, native=True)
        torch.nn.utils.parametrize.register_parametrization(layer, "beta", Doubled())
        x = torch.randn(50)
        wanted = ma.lambdify(MILA, "torch")["f"](x, 1.0)
        torch.testing.assert_close(layer(x), wanted)

    @BOTH
    def test_devices_without_numbers(self, native):
        layer = ma.as_module(MILA, native=native).to("meta")
        assert layer(torch.randn(3, device="meta")).shape == (3,)

    @NEEDS_COMPILER
    def test_modes(self):
        layer = ma.as_module(MILA, learnable=True, native=True)
        x = torch.randn(50, requires_grad=True)
        with torch.inference_mode():
            assert layer(x).is_inference()
        with torch.no_grad():
            assert not layer(x).requires_grad
        with torch.autocast("cpu", dtype=torch.bfloat16):
            assert layer(x).dtype == torch.float32
            assert layer(x.bfloat16()).dtype == torch.bfloat16


class TestDefault:
    """Compiled code where that can be, and nothing is said where it cannot."""

    @NEEDS_COMPILER
    def test_it_is_native(self):
        x = torch.randn(3, requires_grad=True)
        assert ma.as_module(MILA)(x).grad_fn.name() == "MilaAnalysisBackward"

    @NEEDS_COMPILER
    def test_on_other_devices_it_is_not(self, monkeypatch):
        monkeypatch.setattr(operators, "load", None)
        assert ma.as_module(MILA, device="meta").beta.is_meta

    @pytest.mark.parametrize("variable", ["CC", "CXX"])
    def test_without_a_compiler_it_is_torch(self, monkeypatch, caplog, variable):
        monkeypatch.setattr(building, "_built", [])
        monkeypatch.setenv(variable, "no-such-compiler")
        x = torch.randn(3, requires_grad=True)
        layer = ma.as_module(MILA)
        assert layer(x).grad_fn.name() != "MilaAnalysisBackward"
        assert not caplog.records
        modules._native.cache_clear()
        operators.load.cache_clear()
        for wanted in ({"native": True}, {"accuracy": "accurate"}):
            with pytest.raises(native.NoCompilerError, match=f"{variable} is"):
                ma.as_module(MILA, **wanted)

    @NEEDS_COMPILER
    def test_code_that_is_refused_is_said(self, monkeypatch, caplog):
        def refuse(_text, **_options):
            raise native.CompileError("cc cannot compile this")

        building.bridge()
        monkeypatch.setattr(native, "load", refuse)
        modules._native.cache_clear()
        operators.load.cache_clear()
        x = torch.randn(3)
        torch.testing.assert_close(ma.as_module(MILA)(x), torch.nn.functional.mish(x))
        assert "cc cannot compile this" in caplog.text
        with pytest.raises(native.CompileError):
            ma.as_module(MILA, native=True)

    @NEEDS_COMPILER
    @pytest.mark.parametrize("accuracy", ["fast", "accurate"])
    def test_a_layer_goes_where_no_compiler_is(self, tmp_path, accuracy):
        """A model that was saved here is loaded there; exact results it cannot have."""
        layer = ma.as_module(MILA.bind(beta=0.5), learnable=True, accuracy=accuracy)
        x = torch.randn(100)
        place = tmp_path / "layer.pt"
        torch.save({"layer": layer, "x": x, "y": layer(x)}, place)
        code = (
            "import torch\n"
            f"held = torch.load({str(place)!r}, weights_only=False)\n"
            "torch.testing.assert_close(held['layer'](held['x']), held['y'])\n"
            "print(held['layer'])"
        )
        environment = {**os.environ, "CC": "no-such-compiler"}
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if accuracy == "fast":
            assert done.stdout.strip() == repr(layer), done.stderr
        else:
            assert "NoCompilerError" in done.stderr


class TestOnAGpu:
    """No GPU here: tensors that say they are on one, and kernels by an interpreter."""

    def test_the_layer_computes_by_triton_code(self):
        pytest.importorskip("triton")
        script = """
import torch, mila_analysis as ma
from mila_analysis.backends import triton
triton.available = lambda: True
x = torch.linspace(-3, 3, 50, requires_grad=True)
plain = ma.as_module(ma.get("mila"), native=False, learnable=True)
triton._on_gpu = lambda x: False
same = plain(x)
triton._on_gpu = lambda x: calls.append(1) or True
calls = []
found = plain(x)
assert calls and torch.allclose(found, same, rtol=1e-6)
found.sum().backward()
import pickle
assert torch.equal(pickle.loads(pickle.dumps(plain))(x), found)
print(float(plain.beta.grad))
known = len(calls)
wide = ma.as_module(ma.get("gelu"), native=False)
x.grad = None
found = wide(x)
assert len(calls) > known
assert torch.allclose(found.double(), torch.nn.functional.gelu(x.double()))
found.sum().backward()
exact = ma.lambdify(ma.get("gelu"), "numpy")["f_x"](x.detach().numpy())
assert torch.allclose(x.grad, torch.from_numpy(exact), rtol=1e-6)
"""
        done = subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "TRITON_INTERPRET": "1"},
        )
        assert done.returncode == 0, done.stderr
        exact = ma.lambdify(MILA, "numpy")["f_beta"](np.linspace(-3, 3, 50)).sum()
        assert float(done.stdout) == pytest.approx(exact, rel=1e-5)
