"""torch.compile, torch.export and ONNX of generated torch code: all as eager."""

from __future__ import annotations

import shutil

import pytest
import torch
from torch.func import grad, hessian, jacfwd, jacrev, jvp, vmap

from mila_analysis.catalog import CATALOG, get
from mila_analysis.derivation import derive
from mila_analysis.stability import stabilize

pytestmark = [
    pytest.mark.slow,
    # What torch says about itself, and about packages that are not here.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]
NAMES = ("mila", "swish", "softplus", "relu")
POINTS = [-3e38, -1e30, -200.0, -88.8, -3.0, -1e-40, 0.0, 0.7, 20.0, 88.8, 1e30, 3e38]
BACKEND = pytest.mark.parametrize(
    "backend",
    [
        "aot_eager",
        pytest.param(
            "inductor",
            marks=pytest.mark.skipif(not shutil.which("g++"), reason="no C++ compiler"),
        ),
    ],
)


@pytest.fixture(autouse=True)
def fresh():
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


def compiled(function, backend="aot_eager", *, dynamic=True):
    return torch.compile(function, fullgraph=True, dynamic=dynamic, backend=backend)


def points(*shape):
    count = 1
    for size in shape:
        count *= size
    return torch.tensor(POINTS).repeat(-(-count // 12))[:count].reshape(shape)


class TestCompile:
    @BACKEND
    @pytest.mark.parametrize("name", NAMES)
    def test_forward_and_backward_of_any_shape(self, name, backend, imported):
        module = imported(get(name))
        betas = [torch.tensor(0.3) for _ in get(name).parameters]
        fast = compiled(module.f, backend)
        for shape in ((7,), (5, 6), (40,)):
            inputs = [v.requires_grad_() for v in (points(*shape), *betas)]
            found, wanted = fast(*inputs), module.f(*inputs)
            torch.testing.assert_close(found, wanted)
            torch.testing.assert_close(
                torch.autograd.grad(found.sum(), inputs),
                torch.autograd.grad(wanted.sum(), inputs),
            )

    @BACKEND
    @pytest.mark.parametrize("name", ["tanh", "sigmoid", "elu"])
    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
    def test_digits_near_zero(self, name, dtype, backend, imported):
        """For a vector, inductor makes exp(z) - 1 of expm1(z): all digits were lost."""
        partials = imported(get(name)).partials
        tiny = torch.finfo(dtype).smallest_normal
        sizes = torch.logspace(-30, 0, 99, dtype=dtype)
        sizes = torch.cat([sizes, torch.tensor([tiny, tiny / 8, 0.0], dtype=dtype)])
        x = torch.cat([sizes, -sizes])
        found, wanted = compiled(partials, backend)(x), partials(x)
        limit = 8 * torch.finfo(dtype).eps
        torch.testing.assert_close(found, wanted, rtol=limit, atol=tiny * limit)

    def test_it_is_compiled_once_for_all_shapes(self, imported):
        from torch._dynamo.testing import CompileCounterWithBackend

        counter = CompileCounterWithBackend("aot_eager")
        fast = compiled(imported(get("mila")).f, counter)
        fast(points(7), 0.3)
        first = counter.frame_count
        for shape in ((9,), (40,), (3,)):
            fast(points(*shape), 0.3)
        assert counter.frame_count == first

    @BACKEND
    def test_the_layer(self, backend, imported):
        made = imported(get("mila")).Mila(0.2, learnable=True, num_parameters=3)
        fast = compiled(made, backend)
        for shape in ((7, 3), (2, 3, 5), (1, 3, 4, 5)):
            x = points(*shape).requires_grad_()
            found, wanted = fast(x), made(x)
            torch.testing.assert_close(found, wanted)
            torch.testing.assert_close(
                torch.autograd.grad(found.sum(), (x, made.beta)),
                torch.autograd.grad(wanted.sum(), (x, made.beta)),
            )

    @BACKEND
    def test_16_bit_numbers(self, backend, imported):
        module = imported(get("mila"))
        x = (points(24) / 4).clamp(-30, 30).bfloat16().requires_grad_()
        found = compiled(module.f, backend)(x, 0.5)
        torch.testing.assert_close(found, module.f(x, 0.5))
        (slope,) = torch.autograd.grad(found.sum(), x)
        torch.testing.assert_close(slope, module.f_x(x, 0.5).detach())

    @BACKEND
    def test_numbers_for_parameters(self, backend, imported):
        module = imported(get("swish"))
        fast = compiled(module.f, backend)
        for beta in (0.1, 0.2, 0.3):
            torch.testing.assert_close(
                fast(points(12), beta), module.f(points(12), beta)
            )

    def test_all_partials(self, imported):
        module = imported(get("mila"))
        x = points(12).requires_grad_()
        found, wanted = compiled(module.partials)(x, 0.5), module.partials(x, 0.5)
        torch.testing.assert_close(found, wanted)
        (slope,) = torch.autograd.grad(found["f"].sum() + found["f_x"].sum(), x)
        torch.testing.assert_close(slope, (wanted["f_x"] + wanted["f_xx"]).detach())

    def test_a_derivative_that_is_not_there_is_nan(self, imported):
        x = points(12).requires_grad_()
        found = compiled(imported(get("mila")).f_xx)(x, 0.5)
        assert torch.autograd.grad(found.sum(), x)[0].isnan().all()

    @pytest.mark.parametrize(
        "transform",
        [
            lambda f: grad(lambda x, b: f(x, b).sum(), (0, 1)),
            lambda f: vmap(grad(f, (0, 1))),
            lambda f: vmap(grad(grad(f), 1)),
            jacrev,
            lambda f: jacfwd(f, (0, 1)),
            lambda f: jacfwd(jacfwd(f, 1), 0),
            lambda f: jacrev(jacfwd(f, 1), 0),
            lambda f: hessian(lambda x, b: f(x, b).sum(), (0, 1)),
            lambda f: vmap(f, (0, None)),
            lambda f: lambda x, b: jvp(f, (x, b), (x, b)),
            lambda f: lambda x, b: jvp(vmap(f), (x, b), (x, b)),
        ],
        ids=range(11),
    )
    @pytest.mark.parametrize("name", ["mila", "swish"])
    def test_transforms_inside(self, name, transform, imported):
        function = transform(imported(get(name)).f)
        x = torch.tensor([-200.0, -1.0, 0.3, 100.0])
        beta = torch.tensor([0.1, -0.3, 0.5, 1.0])
        # With dynamic=True torch 2.13 has zeros for jacfwd by two, of any function.
        fast = compiled(function, dynamic=None)
        torch.testing.assert_close(fast(x, beta), function(x, beta))

    @BACKEND
    def test_it_is_as_accurate(self, backend, imported):
        module = imported(get("mila"))
        x = torch.linspace(-90, 20, 4001)
        exact = module.partials(x.double(), 1 / 3)
        number = float(torch.tensor(1 / 3, dtype=torch.float32))
        exact = module.partials(x.double(), number)
        for name, limit in (("f", 6), ("f_beta", 9)):
            found = compiled(getattr(module, name), backend)(x, number).double()
            wanted = exact[name]
            normal = wanted.abs() > torch.finfo(torch.float32).tiny
            error = ((found - wanted).abs() / wanted.abs())[normal].max()
            assert error < limit * 2.0**-23, name


class TestExport:
    @pytest.mark.parametrize("strict", [False, True])
    @pytest.mark.parametrize("activation", CATALOG, ids=lambda a: a.name)
    def test_with_shapes_that_vary(self, activation, strict, imported):
        module = imported(activation)
        made = getattr(module, module.__all__[-1])()
        n, k = torch.export.Dim("n"), torch.export.Dim("k")
        program = torch.export.export(
            made, (torch.randn(4, 3, 5),), dynamic_shapes=({0: n, 2: k},), strict=strict
        )
        for shape in ((7, 3, 2), (2, 3, 9)):
            self.check(program.module()(points(*shape)), made(points(*shape)))

    def test_a_learned_parameter_stays_one(self, imported):
        made = imported(get("mila")).Mila(0.2, learnable=True, num_parameters=3)
        program = torch.export.export(made, (torch.randn(4, 3, 5),))
        assert list(program.state_dict) == ["beta"]
        found = program.module()
        with torch.no_grad():
            found.beta.fill_(0.7)
            made.beta.fill_(0.7)
        self.check(found(points(4, 3, 5)), made(points(4, 3, 5)))

    @staticmethod
    def check(found, wanted):
        """What is exported is the arithmetic that holds everywhere: some ulp differ."""
        torch.testing.assert_close(found, wanted, rtol=1e-6, atol=1e-44)


class TestOnnx:
    @pytest.mark.parametrize("activation", CATALOG, ids=lambda a: a.name)
    def test_it_computes_the_same(self, activation, imported, tmp_path):
        pytest.importorskip("onnxscript")
        runtime = pytest.importorskip("onnxruntime")
        module = imported(activation)
        made = getattr(module, module.__all__[-1])()
        if stabilize(derive(activation)).strategy == "wide":
            with pytest.raises(Exception, match="ONNX has no arithmetic for this"):
                torch.onnx.export(made, (torch.randn(3, 4),), dynamo=True)
            return
        path = tmp_path / "made.onnx"
        program = torch.onnx.export(
            made, (torch.randn(3, 4),), dynamo=True, verbose=False
        )
        program.save(path)
        session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
        (name,) = [i.name for i in session.get_inputs()]
        for x in (points(3, 4), torch.linspace(-30, 30, 12).reshape(3, 4)):
            (found,) = session.run(None, {name: x.numpy()})
            torch.testing.assert_close(
                torch.from_numpy(found), made(x), rtol=2e-6, atol=1e-37
            )
