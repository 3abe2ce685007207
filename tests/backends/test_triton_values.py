"""Generated Triton code in Triton's interpreter, on the CPU, and compiled for a GPU."""

from __future__ import annotations

import copy
import importlib.util
import io
import json
import math
import os
import pickle
import re
import subprocess
import sys
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
import torch

from mila_analysis.backends import torch as torch_backend
from mila_analysis.backends import triton
from mila_analysis.catalog import CATALOG, define, get
from mila_analysis.derivation import derive
from mila_analysis.functions import lambdify
from mila_analysis.kernels import generate_code
from mila_analysis.partials import parse
from mila_analysis.stability import stabilize
from mila_analysis.verification import verify
from mila_analysis.verification.accuracy import measure, stratified

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec("triton") is None,
        reason="Triton is not installed; it is for Linux",
    ),
    pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning"),
]
MILA = get("mila")
BOUND = {  # parameters, each exact in all formats
    "mila": [{"beta": b} for b in (-0.25, 10)],
    "swish": [{"beta": b} for b in (-2, 0.5)],
}
LIMITS = {"f": 5, "f_beta": 8.5}  # ulp where κ ≤ 16; of the other partials, 40
NUMPY = {
    torch.float16: np.float16,
    torch.float32: np.float32,
    torch.float64: np.float64,
}
WIDE = (12, 25, 50)  # of wide forms, by order
EVERY = pytest.mark.parametrize("activation", CATALOG, ids=lambda a: a.name)
WITH_NUMPY = pytest.mark.parametrize("dtype", NUMPY, ids=str)
SHORT = pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)


@pytest.fixture(autouse=True)
def interpreted(monkeypatch):
    monkeypatch.setenv(triton.INTERPRET, "1")


def names_of(activation, order=2):
    """Names of the module that is generated."""
    return _names(activation, order)


@lru_cache(maxsize=64)
def _names(activation, order):
    return triton.namespace(generate_code(activation, "triton", order=order).text)


def limit_of(activation, name):
    if stabilize(derive(activation, 2)).strategy != "wide":
        return LIMITS.get(name, 40)
    return WIDE[parse(name, activation.variables).order]


def bindings(activation):
    return BOUND.get(activation.name, [{}])


def edges(dtype) -> torch.Tensor:
    info = torch.finfo(dtype)
    known = [math.inf, info.max, 89.0, 1.0, info.tiny, info.smallest_normal / 4, 0.0]
    found = torch.tensor(known, dtype=torch.float64).to(dtype)
    return torch.cat([found, -found, torch.tensor([math.nan], dtype=dtype)])


def bits(values: torch.Tensor) -> torch.Tensor:
    """Bit patterns, so that -0 is not 0; every NaN is one."""
    kinds = {2: torch.int16, 4: torch.int32, 8: torch.int64}
    patterns = values.contiguous().view(kinds[values.element_size()])
    return torch.where(values.isnan(), 0, patterns) + values.isnan()


def assert_same_bits(found, wanted) -> None:
    assert (found.shape, found.dtype) == (wanted.shape, wanted.dtype)
    assert torch.equal(bits(found), bits(wanted))


class TestNumbers:
    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    @EVERY
    def test_errors_against_balls(self, activation, dtype):
        x = np.concatenate(
            [
                stratified(dtype, seed=3)[::12],
                np.random.default_rng(4).normal(0, 4, 40).astype(dtype),
            ]
        )
        for binding in bindings(activation):

            def computed(points, binding=binding):
                known = names_of(activation)["partials"](
                    torch.from_numpy(points.copy()), **binding
                )
                return {name: v.numpy() for name, v in known.items()}

            for name, found in measure(computed, activation.bind(**binding), x).items():
                limit = limit_of(activation, name)
                assert found.max_ulp <= limit, (binding, found)
                assert found.max_subnormal <= 4, (binding, found)

    @WITH_NUMPY
    @EVERY
    def test_infinities_nan_and_signs_are_those_of_the_numpy_code(
        self, activation, dtype
    ):
        line = torch.from_numpy(stratified(NUMPY[dtype], per_binade=1, seed=7))
        x = torch.cat([line, edges(dtype)])
        for binding in bindings(activation):
            wanted = lambdify(activation, "numpy").partials(x.numpy(), **binding)
            found = names_of(activation)["partials"](x, **binding)
            assert list(found) == list(wanted)
            for name, values in wanted.items():
                other = torch.from_numpy(values)
                assert torch.equal(found[name].isnan(), other.isnan())
                assert torch.equal(found[name].isinf(), other.isinf())
                nonzero = (other != 0) & (found[name] != 0)
                known = nonzero | (x.abs() > 1)  # zeros at the ends have a sign
                same = found[name].signbit() == other.signbit()
                assert (same | other.isnan() | ~known).all(), (name, binding)

    @SHORT
    @pytest.mark.parametrize("name", ["mila", "relu"])
    def test_every_16_bit_number(self, name, dtype):
        """Rounded once from float32: hardly ever another than the nearest."""
        x = torch.arange(1 << 16, dtype=torch.int32).to(torch.int16).view(dtype)
        partials = names_of(get(name))["partials"]
        found, exact = partials(x), partials(x.double())
        for key, values in found.items():
            rounded = exact[key].to(dtype)
            assert values.dtype == dtype
            assert torch.equal(values.isnan(), x.isnan())
            assert torch.equal(values.isinf(), rounded.isinf())
            finite = rounded.isfinite()
            info = torch.finfo(dtype)
            size = exact[key][finite].abs().clamp(min=info.smallest_normal)
            unit = torch.exp2(torch.floor(torch.log2(size))) * info.eps
            error = (values[finite].double() - exact[key][finite]).abs()
            assert (error <= unit.clamp(min=2.0**-20)).all(), key
            assert (error > 0.502 * unit).double().mean() < 0.001, key

    @EVERY
    def test_nan_in_a_parameter_is_nan(self, activation):
        for p in activation.parameters:
            found = names_of(activation)["partials"](1.0, **{p.name: math.nan})
            assert all(values.isnan() for values in found.values())

    @pytest.mark.parametrize(
        ("formula", "values"),
        [
            ("where(x > 0, x, a * (exp(x) - 1))", {"a": 1.5}),
            ("x / (1 + exp(-x / 3 - 1 / 7))", {}),
            ("x * exp(-x^2 / 2) + abs(x)", {}),
            ("x * log(1 + exp(b * x))", {"b": 2}),
            ("tanh(b * x) * sigmoid(b * x)", {"b": 0.5}),
            ("3", {}),
            ("sqrt(1 + exp(b * x)) / b", {"b": 2}),
            ("tanh(x) * sigmoid(b * x)", {"b": 2}),
            ("a * sin(x) + cos(x) * atan(x)", {"a": 3}),
            ("x * exp(-exp(-b * x))", {"b": 2}),
        ],
    )
    def test_formulas_of_users(self, formula, values):
        mine = define("mine", formula, **values)
        x = torch.linspace(-30, 30, 101, dtype=torch.float64)
        wanted = lambdify(mine, "numpy").partials(x.numpy())
        for name, found in names_of(mine)["partials"](x).items():
            other = torch.from_numpy(wanted[name])
            torch.testing.assert_close(found, other, rtol=4e-14, atol=1e-30)


class TestElementwise:
    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
    @pytest.mark.parametrize("name", ["mila", "swish"])
    def test_a_value_does_not_depend_on_its_neighbours(self, name, dtype):
        """The short program and the whole one, side by side and alone."""
        partials = names_of(get(name))["partials"]
        near = torch.linspace(-6, 6, 40, dtype=dtype)
        far = torch.cat([edges(dtype), torch.tensor([-90.0, 300.0], dtype=dtype)])
        whole = partials(torch.cat([near, far]), 0.5)
        for part, x in ((slice(0, 40), near), (slice(40, None), far)):
            for key, values in partials(x, 0.5).items():
                assert_same_bits(values, whole[key][part])

    def test_a_partial_alone_is_the_one_among_all(self):
        names = names_of(MILA)
        x = torch.cat([torch.linspace(-9, 9, 50), edges(torch.float32)])
        for name, values in names["partials"](x, -0.25).items():
            assert_same_bits(names[name](x, -0.25), values)

    def test_any_layout(self):
        f = names_of(MILA)["f"]
        x = torch.linspace(-3, 3, 120).reshape(4, 5, 6)
        wanted = f(x.contiguous())
        for view in (
            lambda t: t.permute(2, 0, 1),
            lambda t: t[::2, :, 1:],
            lambda t: t.flip(0)[1],
            lambda t: t[:1].expand(7, 5, 6),
            lambda t: t[0, 0, 0],
            lambda t: t[:0],
        ):
            assert_same_bits(f(view(x)), view(wanted))
        images = torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)
        assert f(images).is_contiguous(memory_format=torch.channels_last)
        assert_same_bits(f(images), f(images.contiguous()))

    def test_parameters_broadcast(self):
        names = names_of(MILA)
        x, betas = torch.linspace(-3, 3, 5)[:, None], torch.tensor([-1.0, 0.0, 2.0])
        grid = names["partials"](x, betas)
        for j, beta in enumerate(betas.tolist()):
            for key, values in names["partials"](x[:, 0], beta).items():
                assert_same_bits(grid[key][:, j], values)
        assert names["f"](1.5, betas).shape == (3,)
        assert names["f"](torch.tensor([1, 2])).dtype == torch.float32
        with pytest.raises(TypeError, match="real numbers"):
            names["f"](torch.tensor(1j))

    def test_more_elements_than_32_bits_count(self):
        """The places of many elements have 64 bits."""
        names = names_of(MILA)
        x, beta = torch.linspace(-3, 3, 300), torch.tensor(0.5)
        found = torch.empty(300)
        names["_kernel_f"][(2,)](300, x, beta, found, 0, 256, True)
        assert_same_bits(found, names["f"](x, 0.5))


class TestGradients:
    @pytest.mark.parametrize(
        "dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16], ids=str
    )
    def test_one_kernel_gives_those_of_x_and_beta(self, dtype):
        names = names_of(MILA)
        generator = torch.Generator().manual_seed(1)
        x = torch.randn(70_001, generator=generator).to(dtype).requires_grad_()
        grad = torch.randn(70_001, generator=generator).to(dtype)
        beta = torch.tensor(0.25, requires_grad=True)
        names["f"](x, beta).backward(grad)
        wide = torch.float64 if dtype == torch.float64 else torch.float32
        with torch.no_grad():
            slopes = names["partials"](x.to(wide), 0.25)
        assert_same_bits(x.grad, (grad.to(wide) * slopes["f_x"]).to(dtype))
        exact = (grad.double() * slopes["f_beta"].double()).sum()
        size = (grad.double() * slopes["f_beta"].double()).abs().sum()
        assert beta.grad.dtype == torch.float32
        assert abs(beta.grad.double() - exact) <= 1e-6 * size
        again = torch.autograd.grad(names["f"](x, beta), beta, grad)[0]
        assert torch.equal(again, beta.grad)

    def test_what_is_not_needed_is_not_computed(self):
        names = names_of(MILA)
        x = torch.linspace(-2, 2, 9)
        called = []
        kept = dict(names["_BACKWARD"])
        try:
            for key, kernel in kept.items():
                names["_BACKWARD"][key] = _Watched(kernel, key, called)
            names["f"](x.clone().requires_grad_(), 0.5).sum().backward()
            beta = torch.tensor(0.5, requires_grad=True)
            names["f"](x, beta).sum().backward()
        finally:
            names["_BACKWARD"].update(kept)
        assert called == [False, True]
        assert torch.allclose(beta.grad, names["f_beta"](x, 0.5).sum())

    def test_of_nothing(self):
        x = torch.empty(0, 3, requires_grad=True)
        beta = torch.tensor(0.5, requires_grad=True)
        names_of(MILA)["f"](x, beta).sum().backward()
        assert x.grad.shape == (0, 3)
        assert beta.grad == 0

    def test_of_strides_and_expanded_gradients(self):
        names = names_of(MILA)
        x = torch.randn(4, 6, dtype=torch.float64).T[::2].requires_grad_()
        names["f"](x, 0.5).sum().backward()
        assert_same_bits(x.grad, names["f_x"](x.detach(), 0.5))

    @pytest.mark.parametrize("name", ["mila", "relu"])
    def test_by_differences(self, name):
        f = names_of(get(name))["f"]
        x = torch.tensor([-1.7, 0.6], dtype=torch.float64, requires_grad=True)
        given = (x,)
        if name == "mila":
            given += (torch.tensor(0.3, dtype=torch.float64, requires_grad=True),)
        assert torch.autograd.gradcheck(f, given, check_forward_ad=True)
        assert torch.autograd.gradgradcheck(f, given)

    def test_by_the_transforms_of_torch(self):
        names = names_of(MILA)
        f, x = names["f"], torch.linspace(-2, 2, 4, dtype=torch.float64)
        betas = torch.tensor([-1.0, 0.0, 0.5, 2.0], dtype=torch.float64)
        zero = torch.tensor(0.0, dtype=torch.float64)
        func = torch.func
        assert_same_bits(func.vmap(f)(x, betas), f(x, betas))
        assert_same_bits(
            func.vmap(f, in_dims=(None, 0))(x, betas), f(x, betas[:, None])
        )
        assert_same_bits(func.vmap(func.grad(f))(x, betas), names["f_x"](x, betas))
        hessian = func.hessian(lambda t: f(t, zero).sum())(x)
        assert_same_bits(torch.diagonal(hessian), names["f_xx"](x, 0.0))
        slope = func.jacfwd(lambda b: f(x, b))(zero)
        assert_same_bits(slope, names["f_beta"](x, 0.0))

    def test_an_order_too_high_is_refused(self):
        x = torch.tensor([0.5], requires_grad=True)
        value = names_of(MILA, 1)["f"](x)
        (slope,) = torch.autograd.grad(value, x, create_graph=True)
        with pytest.raises(RuntimeError, match="generate it with --order 2"):
            torch.autograd.grad(slope, x)

    def test_torch_compile_sees_operators(self):
        names = names_of(MILA)
        x = torch.linspace(-2, 2, 9, requires_grad=True)
        beta = torch.tensor(0.25, requires_grad=True)
        run = torch.compile(
            lambda t, b: names["f"](t, b).sum(), fullgraph=True, backend="aot_eager"
        )
        run(x, beta).backward()
        assert_same_bits(x.grad, names["f_x"](x.detach(), 0.25))
        wanted = names["f_beta"](x.detach(), 0.25).sum()
        assert torch.allclose(beta.grad, wanted, rtol=1e-6)


class _Watched:
    """A kernel that notes that it was launched."""

    def __init__(self, kernel, key, called):
        self.kernel, self.key, self.called = kernel, key, called

    def __getitem__(self, grid):
        self.called.append(self.key)
        return self.kernel[grid]


class TestLayer:
    TEXT = generate_code(MILA, "triton").text

    def test_it_learns(self):
        made = triton.layer(self.TEXT)(beta=0.5, learnable=True)
        x = torch.randn(3, 4, requires_grad=True)
        made(x).sum().backward()
        names = names_of(MILA)
        assert_same_bits(x.grad, names["f_x"](x.detach(), 0.5))
        wanted = names["f_beta"](x.detach(), 0.5).sum()
        assert torch.allclose(made.beta.grad, wanted.reshape(1), rtol=1e-6)

    def test_of_a_parameter_a_channel(self):
        made = triton.layer(self.TEXT)(0.5, learnable=True, num_parameters=3)
        with torch.no_grad():
            made.beta.copy_(torch.tensor([-1.0, 0.0, 2.0]))
        x = torch.randn(2, 3, 4)
        found = made(x)
        f = names_of(MILA)["f"]
        for i, beta in enumerate((-1.0, 0.0, 2.0)):
            assert_same_bits(found[:, i], f(x[:, i], beta))
        found.sum().backward()
        assert made.beta.grad.shape == (3,)

    def test_it_can_be_copied_and_pickled(self):
        made = triton.layer(self.TEXT)(beta=0.5)
        x = torch.linspace(-2, 2, 5)
        file = io.BytesIO(pickle.dumps(made))
        for other in (copy.deepcopy(made), pickle.load(file)):
            assert type(other) is type(made)
            assert_same_bits(other(x), made(x))

    def test_it_takes_the_place_of_torch_arithmetic(self, monkeypatch):
        """Of a torch file, where x is on a GPU, as an interpreted one is said to be."""
        text = generate_code(MILA, "torch").text
        names = torch_backend.namespace(text, "beside Triton")
        triton.install(names, self.TEXT)
        made = names["Mila"](beta=0.5, learnable=True)
        x = torch.linspace(-2, 2, 5, requires_grad=True)
        assert type(made(x).grad_fn).__name__ != "_SharedBackward"
        monkeypatch.setattr(triton, "_on_gpu", lambda _: True)
        found = made(x)
        assert type(found.grad_fn).__name__ == "_SharedBackward"
        assert_same_bits(found, names_of(MILA)["f"](x, 0.5))
        found.sum().backward()
        assert_same_bits(x.grad, names_of(MILA)["f_x"](x.detach(), 0.5))


class TestVerification:
    def test_a_certificate_of_relu(self):
        code = generate_code(get("relu"), "triton")
        assert verify(code, dtype=["float64", "float32", "float16"], points=20).passed

    @pytest.mark.slow
    def test_edges_of_mila(self):
        code = generate_code(MILA, "triton", order=0)
        legs = ["text", "identity", "edges"]
        assert verify(code, dtype="float32", legs=legs).passed

    @pytest.mark.parametrize(
        ("old", "new", "leg"),
        [
            ("above > 0.0, 1.0, tail", "above > 0.0, tail, 1.0", "edges"),
            ("total, r, 0.16666666666666669", "total, r, 0.16666", "autograd"),
            ("size > 700.0, 700.0, size", "size > 760.0, 760.0, size", "accuracy"),
        ],
    )
    def test_planted_faults_are_found(self, old, new, leg):
        code = generate_code(MILA, "triton", order=0)
        assert old in code.text
        wrong = replace(code, text=code.text.replace(old, new))
        assert not verify(wrong, dtype="float64", legs=[leg], points=10).passed


ALONE = """
import importlib.util, json, sys
import torch
spec = importlib.util.spec_from_file_location("copied", sys.argv[1])
copied = importlib.util.module_from_spec(spec)
spec.loader.exec_module(copied)
x = torch.tensor(json.loads(sys.argv[2]), dtype=torch.float64)
found = {n: v.tolist() for n, v in copied.partials(x).items()}
foreign = [m for m in sys.modules if m.split(".")[0] == "mila_analysis"]
print(json.dumps([found, foreign]))
"""

COMPILED = """
import contextlib, importlib.util, json, sys
import torch, triton
from triton.backends.compiler import GPUTarget

class Device:  # one that only compiles
    def get_current_device(self):
        return 0
    def get_current_stream(self, _):
        return 0
    def get_current_target(self):
        return GPUTarget("cuda", 90, 32)

class Compiled:
    def __init__(self, kernel):
        self.kernel = kernel
    def __getitem__(self, grid):
        return lambda *given, **options: self.keep(
            self.kernel.run(*given, grid=grid, warmup=True, **options)
        )
    def keep(self, made):
        assert len(made.asm["cubin"]) > 0
        found.append((self.kernel.__name__, made.asm["ptx"]))

triton.runtime.driver.set_active(Device())
found = []
for path in sys.argv[1:]:
    spec = importlib.util.spec_from_file_location("copied", path)
    copied = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(copied)
    copied._on_device_of = lambda _: contextlib.nullcontext()
    for kernels in (copied._KERNELS, copied._BACKWARD):
        kernels.update({key: Compiled(kernel) for key, kernel in kernels.items()})
    x = torch.ones(600, dtype=torch.bfloat16, requires_grad=True)
    first = torch.tensor(1.0, requires_grad=True)
    copied.f(x, first).sum().backward()
    copied.f(x, first.detach()).sum().backward()
    copied.f_x(x.double(), 1.0)
print(json.dumps(found))
"""


def run(program, *arguments, folder, **environment):
    done = subprocess.run(
        [sys.executable, "-I", "-c", program, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_triton_finds_the_text_of_what_is_no_file(monkeypatch):
    """It compiles the text of functions; that of its interpreter is run as it is."""
    monkeypatch.setenv(triton.INTERPRET, "0")
    monkeypatch.setattr(triton, "_has_gpu", lambda: True)
    names = triton.namespace(generate_code(MILA, "triton").text)
    assert not names["_INTERPRETED"]
    assert names["_near_f"].src.startswith("def _near_f(x, beta):")
    with pytest.raises(RuntimeError, match="x is on the CPU"):
        names["f"](torch.ones(3))


class TestFiles:
    @pytest.mark.slow
    def test_a_copied_file_runs_alone(self, tmp_path):
        path = generate_code(MILA, "triton").save(tmp_path / "mila.py")
        x = [-1e300, -800.0, -1.25, -0.0, 0.5, 30.0, 1e300]
        found, foreign = run(ALONE, path, json.dumps(x), folder=tmp_path)
        assert foreign == []
        wanted = names_of(MILA)["partials"](torch.tensor(x, dtype=torch.float64))
        assert found == {n: v.tolist() for n, v in wanted.items()}

    @pytest.mark.slow
    @pytest.mark.skipif(sys.platform != "linux", reason="Triton compiles on Linux")
    def test_its_kernels_compile_for_a_gpu(self, tmp_path):
        """To machine code, by Triton's own assembler, and to IEEE arithmetic only."""
        elu = define("elu", "where(x > 0, x, a * (exp(x) - 1))", a=1)
        paths = [
            generate_code(each, "triton", order=1).save(tmp_path / f"{each.name}.py")
            for each in (MILA, elu)
        ]
        environment = {"TRITON_INTERPRET": "0", "TRITON_CACHE_DIR": str(tmp_path)}
        found = run(COMPILED, *paths, folder=tmp_path, **environment)
        launched = ["_kernel_f", "_backward_gradient", "_kernel_f", "_backward_f_x"]
        assert [name for name, _ in found] == 2 * [*launched, "_kernel_f_x"]
        for name, ptx in found:
            used = set(
                re.findall(r"^\s+(?:@%p\d+ )?([a-z]\w*\.[\w.]+)", ptx, re.MULTILINE)
            )
            assert any(o.startswith("mul.rn.") for o in used), name
            assert [
                o for o in used if "approx" in o or "ftz" in o or ".full" in o
            ] == []
        fused = [
            ptx.count("fma.rn.f32") for name, ptx in found[:5] if name != "_kernel_f_x"
        ]
        assert min(fused) > 0
        assert all("div.rn." in ptx for _, ptx in found[:5])

    @pytest.mark.catalog
    @pytest.mark.skipif(sys.platform != "linux", reason="Triton compiles on Linux")
    def test_kernels_of_wide_forms_compile_too(self, tmp_path):
        code = generate_code(get("snake"), "triton", order=1)
        environment = {"TRITON_INTERPRET": "0", "TRITON_CACHE_DIR": str(tmp_path)}
        path = code.save(tmp_path / "snake.py")
        found = run(COMPILED, path, folder=tmp_path, **environment)
        assert len(found) == 5
        for _, ptx in found:
            assert "fma.rn.f64" in ptx
            assert not re.search(r"approx|\.ftz|div\.full|call\.uni", ptx)
