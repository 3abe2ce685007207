"""The operators in C++: partials in every layout, dtype, transform and thread."""

from __future__ import annotations

import itertools
import multiprocessing
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

import mila_analysis as ma
from mila_analysis import native, operators
from mila_analysis.errors import UnsupportedError
from mila_analysis.kernels import generate_code
from mila_analysis.native import loading
from mila_analysis.operators import building, registering

pytestmark = [
    pytest.mark.skipif(
        not (native.available() and native.available(native.CPP)),
        reason="no C compiler, or no C++ compiler",
    ),
    pytest.mark.filterwarnings(
        "ignore:`torch.jit.script.*` is deprecated:DeprecationWarning"
    ),
]

MILA = ma.get("mila")
EXACT = ma.lambdify(MILA, "numpy")
OURS = torch.ops.mila_analysis
CHUNK = 1 << 12  # elements that one thread takes at a time
MANY = 1 << 15  # elements that several threads share


@pytest.fixture(scope="module")
def key() -> str:
    return operators.load(generate_code(MILA, "c").text)


@pytest.fixture(scope="module")
def accurate() -> str:
    return operators.load(generate_code(MILA, "c", accuracy="accurate").text)


@pytest.fixture
def threads():
    """Function that sets the number of threads, until the test ends."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


def exact(x: torch.Tensor, beta: torch.Tensor) -> dict[str, torch.Tensor]:
    """All partials in doubles, in the shape of x."""
    beta = beta if beta.ndim <= x.ndim else beta.reshape(())
    beta = beta.double().broadcast_to(x.shape).contiguous()
    found = EXACT.partials(x.double().contiguous().numpy(), beta=beta.numpy())
    return {name: torch.as_tensor(v).reshape(x.shape) for name, v in found.items()}


def summed(values: torch.Tensor, shape: torch.Size) -> torch.Tensor:
    if len(shape) > values.ndim:
        return values.sum().reshape(shape)
    return values.sum_to_size(shape)


LAYOUTS = {
    "number": torch.randn(()),
    "one element": torch.randn(1, 1),
    "several chunks": torch.randn(MANY + 17),
    "rows": torch.randn(300, 5),
    "long rows": torch.randn(19, 2100),
    "transposed": torch.randn(5, 300).t(),
    "images": torch.randn(2, 3, 23, 27),
    "channels last": torch.randn(2, 3, 23, 27).to(memory_format=torch.channels_last),
    "small images": torch.randn(4, 6, 7, 7),
    "large images": torch.randn(1, 2, CHUNK + 9),
    "every second": torch.randn(2, 3, 46, 27)[:, :, ::2],
    "inner slice": torch.randn(30, 10, 8)[:, ::2, 1:],
    "expanded": torch.randn(3, 1, 40).expand(3, 5, 40),
    "one number": torch.randn(1).expand(50),
    "permuted": torch.randn(40, 5, 6).permute(2, 1, 0),
    "empty": torch.randn(0, 3),
}
DTYPES = {
    torch.float64: (1e-13, 1e-15),
    torch.float32: (2e-6, 3e-6),
    torch.bfloat16: (1e-2, 3e-6),
    torch.float16: (2e-3, 3e-6),
}


def shapes(x: torch.Tensor) -> list[tuple[int, ...]]:
    """Of parameters that x takes: one number, or any of its dimensions."""
    masks = itertools.product((False, True), repeat=x.ndim)
    each = {
        tuple(n if kept else 1 for n, kept in zip(x.shape, m, strict=True))
        for m in masks
    }
    return sorted({(), (1,), x.shape[1:], *each})


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [
        *(("key", d) for d in DTYPES),
        ("accurate", torch.float32),
        ("accurate", torch.half),
    ],
    ids=str,
)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout(request, layout, kind, dtype):
    kernel = request.getfixturevalue(kind)
    relative, absolute = DTYPES[dtype]
    close = {"rtol": relative, "atol": absolute, "check_dtype": False}
    x = LAYOUTS[layout]
    if dtype is not torch.float32:
        held = x.to(dtype)
        x = held if 0 not in x.stride() else held.as_strided(x.shape, x.stride())
    g = torch.randn(x.shape).to(dtype)
    g = g.transpose(0, -1).contiguous().transpose(0, -1) if g.ndim > 1 else g
    for shape in shapes(x):
        beta = torch.randn(shape, dtype=torch.promote_types(dtype, torch.float32))
        wanted = exact(x, beta)
        y = OURS.activation(x, [beta], kernel)
        assert y.stride() == torch.empty_like(x).stride()
        assert y.dtype == dtype
        torch.testing.assert_close(y.double(), wanted["f"], **close)
        names = "f_x,f_betabeta"
        for name, found in zip(
            names.split(","),
            OURS.evaluate(x, [beta], kernel, names, dtype),
            strict=True,
        ):
            torch.testing.assert_close(found.double(), wanted[name], **close)
        of_beta, of_x = OURS.gradient(x, [beta], g, kernel, [1, 0])
        assert of_x.stride() == torch.empty_like(x).stride()
        slope = g.double() * wanted["f_x"]
        torch.testing.assert_close(of_x.double(), slope, **close)
        products = g.double() * wanted["f_beta"]
        size = summed(products.abs(), beta.shape)
        error = (of_beta.double() - summed(products, beta.shape)).abs()
        assert of_beta.shape == beta.shape
        assert (error <= 1e-6 * size + 1e-6).all()


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_edges_pass_through(key, dtype):
    x = torch.tensor([0.0, -0.0, torch.inf, -torch.inf, torch.nan], dtype=dtype)
    (found,) = OURS.evaluate(x, [torch.zeros(1)], key, "f", dtype)
    wanted = torch.tensor([0.0, -0.0, torch.inf, -0.0, torch.nan], dtype=dtype)
    torch.testing.assert_close(found, wanted, equal_nan=True, rtol=0, atol=0)
    assert torch.equal(torch.signbit(found)[:4], torch.signbit(wanted)[:4])


class TestDerivatives:
    @pytest.mark.parametrize("shape", [(), (1,), (3, 1), (2, 3, 4)])
    @pytest.mark.parametrize("names", ["f", "f,f_x"])
    def test_of_every_kind(self, key, shape, names):
        x = torch.randn(2, 3, 4, dtype=torch.float64, requires_grad=True)
        beta = torch.randn(shape, dtype=torch.float64, requires_grad=True)

        def f(x, beta):
            return tuple(OURS.evaluate(x, [beta], key, names, torch.float64))

        modes = {"check_batched_grad": True, "check_forward_ad": True}
        assert torch.autograd.gradcheck(f, (x, beta), **modes)
        if names == "f":
            assert torch.autograd.gradgradcheck(f, (x, beta))

    def test_of_the_third_order(self):
        layer = ma.as_module(MILA, native=True, order=3).double()
        x = torch.linspace(-3, 3, 7, dtype=torch.float64, requires_grad=True)

        def slope(x):
            return torch.autograd.grad(layer(x).sum(), x, create_graph=True)[0]

        assert torch.autograd.gradgradcheck(slope, x)
        third = slope(x)
        for _ in range(2):
            third = torch.autograd.grad(third.sum(), x, create_graph=True)[0]
        with pytest.raises(RuntimeError, match="of f_xxx is a partial of order 4"):
            torch.autograd.grad(third.sum(), x)

    def test_only_what_is_asked_for(self, key):
        for needs in itertools.product((False, True), repeat=2):
            x = torch.randn(50, requires_grad=needs[0])
            beta = torch.zeros(1, requires_grad=needs[1])
            y = OURS.activation(x, [beta], key)
            assert y.requires_grad == any(needs)
            if any(needs):
                y.sum().backward()
            assert [x.grad is not None, beta.grad is not None] == list(needs)

    def test_backward_is_one_operator(self, key):
        class Calls(TorchDispatchMode):
            def __torch_dispatch__(self, function, types, args=(), kwargs=None):
                called.append(str(function))
                return function(*args, **(kwargs or {}))

        called: list[str] = []
        x, g = torch.randn(50, requires_grad=True), torch.randn(50)
        beta = torch.zeros(1, requires_grad=True)
        y = OURS.activation(x, [beta], key)
        with Calls():
            torch.autograd.grad(y, [x, beta], g)
        assert called == ["mila_analysis.gradient.default"]

    def test_x_alone_is_held_for_backward(self):
        layer = ma.as_module(MILA, learnable=True, native=True)
        x = torch.randn(1000, requires_grad=True)
        held = []
        with torch.autograd.graph.saved_tensors_hooks(
            lambda t: held.append(t.data_ptr()) or t, lambda t: t
        ):
            y = layer(x)
        assert held == [x.data_ptr(), layer.beta.data_ptr()]
        assert y.data_ptr() not in held

    def test_a_graph_is_walked_once_unless_it_is_kept(self, key):
        x = torch.randn(5, requires_grad=True)
        y = OURS.activation(x, [torch.zeros(1)], key).sum()
        y.backward(retain_graph=True)
        first = x.grad.clone()
        y.backward()
        torch.testing.assert_close(x.grad, 2 * first)
        with pytest.raises(RuntimeError, match="second time"):
            y.backward()

    def test_x_that_was_changed_is_found_out(self, key):
        x = torch.randn(5, requires_grad=True)
        y = OURS.activation(x, [torch.zeros(1)], key).sum()
        with torch.no_grad():
            x.add_(1)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            y.backward()

    def test_checkpoints_and_hooks(self):
        from torch.utils.checkpoint import checkpoint

        layer = ma.as_module(MILA, native=True)
        x = torch.randn(50, requires_grad=True)
        (wanted,) = torch.autograd.grad(layer(x).sum(), x)
        y = checkpoint(layer, x, use_reentrant=False)
        (found,) = torch.autograd.grad(y.sum(), x)
        assert torch.equal(found, wanted)
        y = layer(x)
        y.register_hook(lambda g: 2 * g)
        (found,) = torch.autograd.grad(y.sum(), x)
        torch.testing.assert_close(found, 2 * wanted)


class TestTransforms:
    def test_gradients_of_samples(self, key):
        x, beta = torch.randn(6, 4), torch.tensor([0.3])

        def loss(beta, x):
            return OURS.activation(x, [beta], key).sum()

        each = torch.vmap(torch.func.grad(loss, argnums=(0, 1)), in_dims=(None, 0))
        of_beta, of_x = each(beta, x)
        wanted = exact(x, beta)
        torch.testing.assert_close(of_x.double(), wanted["f_x"], rtol=1e-5, atol=1e-6)
        sums = wanted["f_beta"].sum(1, keepdim=True)
        torch.testing.assert_close(of_beta.double(), sums, rtol=1e-5, atol=1e-5)

    @pytest.mark.parametrize("outer", ["jacfwd", "jacrev"])
    @pytest.mark.parametrize("inner", ["jacfwd", "jacrev"])
    def test_second_derivatives(self, key, outer, inner):
        x = torch.randn(4, dtype=torch.float64)
        beta = torch.tensor([0.3], dtype=torch.float64)

        def f(x):
            return OURS.activation(x, [beta], key)

        one, two = getattr(torch.func, inner), getattr(torch.func, outer)
        found = two(one(f))(x)
        wanted = torch.diag_embed(torch.diag_embed(exact(x, beta)["f_xx"]))
        torch.testing.assert_close(found, wanted)

    @pytest.mark.parametrize("shape", [(), (1,), (5,), (4, 1), (4, 5)])
    @pytest.mark.parametrize("dims", [(0, None), (None, 0), (0, 0), (1, 0)])
    def test_batches(self, key, shape, dims):
        x, beta = torch.randn(4, 5), torch.randn(shape)
        xs = x if dims[0] is None else torch.randn(3, 4, 5).movedim(0, dims[0])
        betas = beta if dims[1] is None else torch.randn(3, *shape)

        def f(x, beta):
            (found,) = OURS.evaluate(x, [beta], key, "f_beta", torch.float32)
            return found + OURS.activation(x, [beta], key)

        found = torch.vmap(f, in_dims=dims)(xs, betas)
        for k in range(3):
            one = xs if dims[0] is None else xs.select(dims[0], k)
            other = betas if dims[1] is None else betas[k]
            torch.testing.assert_close(found[k], f(one, other))

    def test_a_number_beside_a_longer_shape_in_a_batch(self, key):
        xs, betas = torch.randn(3), torch.randn(3, 1)

        def f(x, beta):
            return OURS.activation(x, [beta], key)

        for dims, other in (((0, 0), betas), ((0, None), betas[0])):
            found = torch.vmap(f, in_dims=dims)(xs, other)
            wanted = exact(xs, other.reshape(-1))["f"]
            torch.testing.assert_close(found.double(), wanted, rtol=1e-5, atol=1e-6)


class TestTracing:
    @pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
    @pytest.mark.parametrize("shape", [(1,), (5,), (4, 5)])
    def test_torch_finds_them_sound(self, key, dtype, shape):
        for value in (torch.randn(4, 5), torch.randn(5, 4).t(), torch.randn(8, 5)[::2]):
            x = value.to(dtype).requires_grad_()
            beta = torch.full(shape, 0.25, dtype=dtype, requires_grad=True)
            g = torch.randn(4, 5).to(dtype)
            check = torch.library.opcheck
            check(OURS.evaluate.default, (x, [beta], key, "f,f_x", dtype))
            check(OURS.activation.default, (x, [beta], key))
            check(OURS.gradient.default, (x, [beta], g, key, [0, 1]))

    def test_compiled_backward_is_one_operator(self):
        from functorch.compile import make_boxed_func
        from torch._dynamo.backends.common import aot_autograd

        graphs = []

        def kept(graph, _inputs):
            graphs.append([str(n.target) for n in graph.graph.nodes])
            return make_boxed_func(graph.forward)

        torch._dynamo.reset()
        layer = ma.as_module(MILA, learnable=True, native=True)
        backend = aot_autograd(fw_compiler=kept, bw_compiler=kept)
        x = torch.randn(5, requires_grad=True)
        torch.compile(layer, fullgraph=True, backend=backend)(x).sum().backward()
        forward, backward = graphs
        assert "mila_analysis.evaluate.default" in forward
        assert "mila_analysis.gradient.default" in backward
        assert "mila_analysis.evaluate.default" not in backward
        assert not [name for name in backward if "mul" in name]

    @pytest.mark.slow
    def test_inductor(self):
        torch._dynamo.reset()
        layer = ma.as_module(MILA, learnable=True, num_parameters=3, native=True)
        fast = torch.compile(layer, fullgraph=True, dynamic=True)
        for n in (3, 7):
            x = torch.randn(n, 3, requires_grad=True)
            found = torch.autograd.grad(fast(x).sum(), [x, layer.beta])
            wanted = torch.autograd.grad(layer(x).sum(), [x, layer.beta])
            torch.testing.assert_close(found, wanted)

    def test_compiled_backward_of_an_eager_layer(self):
        torch._dynamo.reset()
        layer = ma.as_module(MILA, learnable=True, native=True)
        x = torch.randn(5, requires_grad=True)
        wanted = torch.autograd.grad(layer(x).sum(), [x, layer.beta])
        compiler = torch.compile(backend="aot_eager")
        with torch._dynamo.compiled_autograd._enable(compiler):
            layer(x).sum().backward()
        torch.testing.assert_close((x.grad, layer.beta.grad), wanted)


class TestThreads:
    def test_their_number_changes_no_bit(self, key, threads):
        x = torch.randn(3, 5, CHUNK + 100)
        g = torch.randn(x.shape)
        last = torch.randn(2 * CHUNK, 6)
        cases = [(x, g, torch.zeros(1)), (x, g, torch.randn(5, 1))]
        cases += [(last, last, torch.randn(6)), (last.t(), last.t(), torch.zeros(()))]
        for each, other, beta in cases:
            found = []
            for n in (1, 2, 3):
                threads(n)
                y = OURS.activation(each, [beta], key)
                found.append([y, *OURS.gradient(each, [beta], other, key, [0, 1])])
            for one, two, three in zip(*found, strict=True):
                assert torch.equal(one, two)
                assert torch.equal(one, three)

    def test_many_at_once(self, key):
        x = torch.randn(5, 2 * MANY)
        wanted = OURS.activation(x, [torch.zeros(1)], key)

        def work(_):
            own = x.clone().requires_grad_()
            y = OURS.activation(own, [torch.zeros(1)], key)
            y.sum().backward()
            return torch.equal(y.detach(), wanted), own.grad

        with ThreadPoolExecutor(8) as pool:
            done = list(pool.map(work, range(32)))
        assert all(same for same, _ in done)
        assert all(torch.equal(g, done[0][1]) for _, g in done)

    @pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="no /proc")
    def test_the_pool_is_that_of_torch(self):
        program = (
            "import os, torch, mila_analysis as ma\n"
            "x = torch.randn(1 << 20)\n"
            "torch.set_num_threads(2)\n"
            "torch.nn.functional.mish(x)\n"
            "layer = ma.as_module(ma.get('mila'), native=True)\n"
            "def state():\n"
            "    maps = open('/proc/self/maps').read().split()\n"
            "    pools = {m for m in maps if 'omp' in m.rpartition('/')[2]}\n"
            "    return len(os.listdir('/proc/self/task')), pools\n"
            "before = state()\n"
            "layer(x)\n"
            "assert state() == before, (before, state())\n"
        )
        subprocess.run([sys.executable, "-c", program], check=True)

    @pytest.mark.parametrize("method", ["fork", "spawn"])
    @pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
    def test_workers_of_a_loader(self, method):
        if method not in multiprocessing.get_all_start_methods():
            pytest.skip(f"no {method} here")
        layer = ma.as_module(MILA, native=True)
        values = torch.randn(4, MANY)
        loader = torch.utils.data.DataLoader(
            Applied(layer, values), num_workers=2, multiprocessing_context=method
        )
        with torch.no_grad():
            wanted = layer(values)
        assert torch.equal(torch.cat(list(loader)), wanted)


class Applied(torch.utils.data.Dataset):
    """A layer of numbers."""

    def __init__(self, layer: torch.nn.Module, values: torch.Tensor) -> None:
        self.layer, self.values = layer, values

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, k: int) -> torch.Tensor:
        if k >= len(self):
            raise IndexError(k)
        with torch.no_grad():
            return self.layer(self.values[k])


class TestMistakes:
    def test_an_unknown_kernel(self):
        with pytest.raises(RuntimeError, match="no kernel 'nothing' is loaded"):
            OURS.activation(torch.randn(3), [], "nothing")

    def test_an_unknown_partial(self, key):
        with pytest.raises(RuntimeError, match="no partial 'f_y'"):
            OURS.evaluate(torch.randn(3), [torch.zeros(1)], key, "f_y", torch.float32)

    def test_a_parameter_too_few(self, key):
        with pytest.raises(RuntimeError, match="has 1 parameters, not 0"):
            OURS.activation(torch.randn(3), [], key)

    def test_a_parameter_of_another_shape(self, key):
        with pytest.raises(RuntimeError, match="does not expand"):
            OURS.activation(torch.randn(3), [torch.zeros(2)], key)

    def test_a_gradient_of_another_shape(self, key):
        x, g = torch.randn(2, 3), torch.randn(6)
        with pytest.raises(
            RuntimeError, match=r"shape \[6\] beside x of shape \[2, 3\]"
        ):
            OURS.gradient(x, [torch.zeros(1)], g, key, [0])

    def test_a_file_without_derivatives(self):
        layer = ma.as_module(MILA, native=True, order=0)
        x = torch.randn(5, requires_grad=True)
        with pytest.raises(RuntimeError, match="of f is a partial of order 1"):
            layer(x).sum().backward()

    @pytest.mark.parametrize("dtype", [torch.int64, torch.complex64])
    def test_numbers_that_are_not_real(self, key, dtype):
        with pytest.raises(TypeError, match="real numbers"):
            OURS.activation(torch.ones(3, dtype=dtype), [torch.zeros(1)], key)

    def test_too_many_parameters(self, monkeypatch):
        monkeypatch.setattr(registering, "MOST_PARAMETERS", 0)
        with pytest.raises(UnsupportedError, match="at most 0 parameters"):
            operators.load(generate_code(MILA.bind(beta=0.5), "c").text)


@pytest.mark.parametrize("names", ["", "ab", "abcdghi"])
def test_any_number_of_parameters(names):
    terms = [f"{n} * x**{k}" for k, n in enumerate(names, 2)]
    given = dict.fromkeys(names, 1)
    many = ma.define("many", " + ".join(["x", *terms]), **given)
    layer = ma.as_module(many, learnable=True, native=True, order=1).double()
    x = torch.linspace(-1, 1, 5, dtype=torch.float64, requires_grad=True)
    layer(x).sum().backward()
    for k, name in enumerate(names, 2):
        assert getattr(layer, name).grad.item() == pytest.approx((x**k).sum().item())
    slope = sum((k * x ** (k - 1) for k in range(2, len(names) + 2)), torch.ones(5))
    torch.testing.assert_close(x.grad, slope.double())


def test_functions_of_torch_by_compiled_code():
    torch_text = generate_code(MILA, "torch").text
    found = operators.functions(torch_text, generate_code(MILA, "c").text)
    plain = ma.lambdify(MILA, "torch")
    x = torch.randn(4, 5, requires_grad=True)
    for beta in (0.25, torch.tensor([0.1, 0.2, 0.3, 0.4, 0.5]), torch.randn(3, 4, 1)):
        for name in ("f", "f_x", "f_xbeta"):
            torch.testing.assert_close(
                found[name](x, beta), plain[name](x, beta), rtol=1e-5, atol=1e-6
            )
        every = found["partials"](x, beta)
        assert list(every) == list(plain.partials(x, beta))
        assert every["f"].grad_fn.name() == "MilaAnalysisBackward"
    (one,) = torch.autograd.grad(found["f"](x, 0.25).sum(), x)
    (two,) = torch.autograd.grad(plain["f"](x, 0.25).sum(), x)
    torch.testing.assert_close(one, two, rtol=1e-5, atol=1e-6)
    assert found["f"](3).dtype == torch.float32


# Building


def test_it_is_built_once_a_process(monkeypatch, tmp_path):
    """Torch takes the operators of a namespace only once."""
    library = building.bridge()
    monkeypatch.setattr(loading, "_loaded", {})
    monkeypatch.setenv(native.CACHE_VARIABLE, str(tmp_path))
    assert building.bridge() is library


def test_threads_build_it_once(monkeypatch):
    calls = []
    library = building.bridge()
    monkeypatch.setattr(building, "_built", [])
    monkeypatch.setattr(building, "_loaded", lambda: calls.append(1) or library)
    pool = [threading.Thread(target=building.bridge) for _ in range(8)]
    for thread in pool:
        thread.start()
    for thread in pool:
        thread.join()
    assert calls == [1]


def test_headers_that_do_not_compile_are_a_warning_once(monkeypatch, caplog):
    monkeypatch.setattr(building, "_built", [])
    monkeypatch.setattr(building, "_text", lambda: "#include <no/such/header.h>\n")
    assert not operators.available()
    assert not operators.available()
    assert len([r for r in caplog.records if r.levelname == "WARNING"]) == 1
    assert "no native code in torch" in caplog.text
    with pytest.raises(native.CompileError, match="no/such/header"):
        operators.load(generate_code(ma.get("relu"), "c", order=1).text)


def test_without_a_compiler_it_is_silent(monkeypatch, caplog):
    monkeypatch.setattr(building, "_built", [])
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert not operators.available()
    assert not caplog.records
    with pytest.raises(native.NoCompilerError, match=r"CXX is.*apt install g\+\+"):
        building.bridge()
