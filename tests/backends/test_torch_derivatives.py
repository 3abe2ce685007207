"""Derivatives of generated torch code: derived, of both modes, nested and batched."""

from __future__ import annotations

import itertools
import math
import weakref

import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck
from torch.func import grad, hessian, jacfwd, jacrev, jvp, vjp, vmap

from mila_analysis.catalog import CATALOG, define, get

# torch.autograd.forward_ad compiles its own rules with what torch itself calls old.
pytestmark = pytest.mark.filterwarnings(
    "ignore:`torch.jit.script` is deprecated:DeprecationWarning"
)
EVERY = pytest.mark.parametrize("activation", CATALOG, ids=lambda a: a.name)
WITH_BETA = pytest.mark.parametrize("name", ["mila", "swish"])
THOROUGH = {
    "check_forward_ad": True,
    "check_batched_grad": True,
    "check_batched_forward_grad": True,
    "check_undefined_grad": True,
}
X = torch.linspace(-4, 3, 8, dtype=torch.float64).reshape(2, 4) + 0.01
BETA = torch.tensor([-1.5, 0.25, 0.5, 1.0], dtype=torch.float64)
FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


def betas(activation) -> list[torch.Tensor]:
    """Values of each parameter, in its domain."""
    low = [p.low for p in activation.parameters]
    return [BETA if least is None else BETA.abs() + float(least) for least in low]


def leaf(values: torch.Tensor) -> torch.Tensor:
    return values.detach().clone().requires_grad_()


class TestNumerically:
    """gradcheck with all it has, in float64, where numerical derivatives are good."""

    @EVERY
    def test_first_derivatives_of_every_partial(self, activation, imported):
        module, parameters = (
            imported(activation),
            [leaf(b) for b in betas(activation)],
        )
        for name in ("f", "f_x", *(f"f_{p}" for p in activation.values)):
            assert gradcheck(getattr(module, name), (leaf(X), *parameters), **THOROUGH)

    @EVERY
    def test_second_derivatives(self, activation, imported):
        parameters = [leaf(b) for b in betas(activation)]
        assert gradgradcheck(
            imported(activation).f,
            (leaf(X), *parameters),
            check_fwd_over_rev=True,
            check_batched_grad=True,
        )

    @WITH_BETA
    def test_of_a_parameter_alone_and_of_x_alone(self, name, imported):
        f = imported(get(name)).f
        scalar = torch.tensor(0.3, dtype=torch.float64)
        assert gradcheck(f, (X, leaf(scalar)), **THOROUGH)
        assert gradcheck(f, (X, leaf(BETA)), **THOROUGH)
        assert gradcheck(f, (leaf(X), BETA), **THOROUGH)
        assert gradcheck(lambda x: f(x, 0.3), (leaf(X),), **THOROUGH)

    def test_of_a_wider_parameter(self, imported):
        f, row = imported(get("mila")).f, leaf(X[0])
        assert gradcheck(f, (row, leaf(X)), **THOROUGH)
        assert gradcheck(f, (leaf(X)[0, 0], leaf(BETA)), **THOROUGH)

    def test_third_derivatives_where_the_file_has_them(self, imported):
        module = imported(get("mila"), 3)
        inputs = (leaf(X), leaf(BETA))
        assert gradgradcheck(module.f_x, inputs, check_fwd_over_rev=True)
        assert gradcheck(module.f_xbeta, inputs, **THOROUGH)

    def test_of_all_partials_at_once(self, imported):
        module = imported(get("mila"), 3)
        names = ("f", "f_x", "f_beta", "f_xx", "f_xbeta", "f_betabeta")

        def chosen(x, beta):
            found = module.partials(x, beta)
            return tuple(found[n] for n in names)

        assert gradcheck(chosen, (leaf(X), leaf(BETA)))

    def test_of_a_formula_with_two_parameters(self, imported):
        mine = define("mine", "a * x / (1 + exp(-b * x))", a=2, b=1)
        inputs = (leaf(X), leaf(BETA), leaf(BETA + 2))
        assert gradcheck(imported(mine).f, inputs, **THOROUGH)
        assert gradgradcheck(imported(mine).f, inputs)

    def test_a_wrong_derivative_is_found_out(self, generated):
        text = generated(get("mila"))
        right = '"f": ("f_x", "f_beta")'
        assert right in text
        namespace: dict = {"__name__": "wrong"}
        wrong = text.replace(right, '"f": ("f_x", "f_xbeta")')
        exec(compile(wrong, "wrong", "exec"), namespace)
        assert not gradcheck(
            namespace["f"], (leaf(X), leaf(BETA)), raise_exception=False
        )


class TestTheyAreTheDerivedOnes:
    """Bit for bit what the functions of the partials give, whoever asks."""

    PAIRS = ((0, 0, "f_xx"), (0, 1, "f_xbeta"), (1, 0, "f_xbeta"), (1, 1, "f_betabeta"))

    @WITH_BETA
    @pytest.mark.parametrize("outer", [jacfwd, jacrev, grad])
    @pytest.mark.parametrize("inner", [jacfwd, jacrev, grad])
    def test_nested_transforms(self, name, inner, outer, imported):
        module = imported(get(name))
        points = [-1000.0, -88.8, -3.0, 0.0, 0.7, 88.8, 1000.0]
        x = torch.tensor(points, dtype=torch.float64)
        beta = torch.tensor(0.25, dtype=torch.float64)
        for i, j, wanted in self.PAIRS:
            found = vmap(outer(inner(module.f, i), j), (0, None))(x, beta)
            assert torch.equal(found, getattr(module, wanted)(x, beta)), wanted

    @WITH_BETA
    def test_the_hessian(self, name, imported):
        module = imported(get(name))
        found = hessian(lambda x, b: module.f(x, b).sum(), (0, 1))(X[0], BETA)
        for i, j, wanted in self.PAIRS:
            diagonal = torch.diag(getattr(module, wanted)(X[0], BETA))
            assert torch.equal(found[i][j], diagonal)

    @EVERY
    def test_forward_mode(self, activation, imported):
        module, names = imported(activation), list(activation.values)
        values = (X, *[b.repeat(2, 1) for b in betas(activation)])
        tangents = tuple(torch.full_like(v, 2.0**i) for i, v in enumerate(values))
        value, tangent = jvp(module.f, values, tangents)
        wanted = sum(
            t * getattr(module, f"f_{n}")(*values)
            for t, n in zip(tangents, ["x", *names], strict=True)
        )
        assert torch.equal(value, module.f(*values))
        assert torch.equal(tangent, wanted)

    @WITH_BETA
    def test_vmap_over_any_dimensions(self, name, imported):
        f = imported(get(name)).f
        for dims in itertools.product((0, 1, None), (0, None)):
            if dims == (None, None):
                continue
            beta = torch.stack([BETA, BETA + 1]) if dims[0] == 0 else X
            rows = 4 if dims[0] == 1 else 2
            beta = torch.linspace(0, 1, rows * 4, dtype=torch.float64).reshape(rows, 4)
            beta = beta[:, :2] if dims[0] == 1 else beta
            beta = beta if dims[1] == 0 else beta[0]
            found = vmap(f, dims)(X, beta)
            rows = [
                f(
                    X if dims[0] is None else X.select(dims[0], i),
                    beta if dims[1] is None else beta[i],
                )
                for i in range(found.shape[0])
            ]
            assert torch.equal(found, torch.stack(rows))

    @WITH_BETA
    def test_a_gradient_of_each_example(self, name, imported):
        module = imported(get(name))
        one = grad(lambda b, x: module.f(x, b).sum())
        found = vmap(one, (None, 0))(BETA, X)
        assert torch.equal(found, module.f_beta(X, BETA))

    def test_vjp_of_float_parameters_under_vmap(self, imported):
        module = imported(get("mila"))
        value, back = vjp(vmap(lambda row: module.f(row, 0.5)), X)
        assert torch.equal(value, module.f(X, 0.5))
        assert torch.equal(back(torch.ones_like(X))[0], module.f_x(X, 0.5))


class TestBackward:
    @pytest.mark.parametrize("dtype", FLOATS, ids=str)
    @EVERY
    def test_at_the_edges(self, activation, dtype, imported):
        info = torch.finfo(dtype)
        size = [math.inf, info.max, 12.0, 88.8, 1.0, info.tiny, info.tiny / 4, 0.0]
        x = torch.tensor([*size, *(-s for s in size), math.nan], dtype=torch.float64)
        x = leaf(x.to(dtype))
        module = imported(activation)
        (first,) = torch.autograd.grad(module.f(x).sum(), x, create_graph=True)
        (second,) = torch.autograd.grad(first.sum(), x)
        known = ~x.isnan()
        for found, name in ((first, "f_x"), (second, "f_xx")):
            wanted = getattr(module, name)(x)
            assert found.dtype == dtype
            torch.testing.assert_close(found, wanted, rtol=0, atol=0, equal_nan=True)
            ends = getattr(module, name)(torch.tensor([-math.inf, math.inf]))
            bounded = ends.isfinite().all()  # 2·x is not, and beyond the largest float
            assert found[known & (bounded | (x.abs() <= 89))].isfinite().all()
            assert found[~known].isnan().all()

    @pytest.mark.parametrize(
        ("dtype", "x"), [(torch.float32, 88.8), (torch.float16, 12.0)], ids=str
    )
    def test_the_second_is_finite_where_that_of_torch_is_not(self, dtype, x, imported):
        def second(function):
            value = torch.tensor(x, dtype=dtype, requires_grad=True)
            (first,) = torch.autograd.grad(function(value), value, create_graph=True)
            return torch.autograd.grad(first, value)[0]

        assert second(torch.nn.functional.mish).isnan()  # else torch has mended it
        assert second(imported(get("mish")).f) == 0
        assert second(imported(get("mila")).f) == 0

    def test_it_saves_its_inputs_and_nothing_else(self, imported):
        saved = []

        def pack(tensor):
            saved.append(tensor)
            return tensor

        x, beta = leaf(X.bfloat16()), leaf(BETA.float())
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
            imported(get("mila")).f(x, beta)
        assert len(saved) == 2
        assert saved[0].data_ptr() == x.data_ptr()
        assert saved[1].untyped_storage().nbytes() == beta.untyped_storage().nbytes()

    def test_it_computes_only_what_is_asked_for(self, generated):
        namespace: dict = {"__name__": "counted"}
        exec(compile(generated(get("mila")), "counted", "exec"), namespace)
        calls = []

        def counting(key, function):
            def counted(*args):
                calls.append(key)
                return function(*args)

            return counted

        for table in ("_WHOLE", "_JOINT"):
            for key, function in namespace[table].items():
                namespace[table][key] = counting(key, function)
        for key, (function, rooms) in namespace["_NEAR"].items():
            namespace["_NEAR"][key] = counting(key, function), rooms
        f = namespace["f"]
        f(leaf(X), BETA).sum().backward()
        assert calls == [("f",), ("f_x",)]
        calls.clear()
        f(X, leaf(BETA)).sum().backward()
        assert calls == [("f",), ("f_beta",)]
        calls.clear()
        f(leaf(X), leaf(BETA)).sum().backward()
        assert calls == [("f",), ("f_x", "f_beta")]
        calls.clear()
        f(leaf(X * 1000), leaf(BETA)).sum().backward()  # too far
        assert calls == [("f",), "f", ("f_x", "f_beta"), ("f_x", "f_beta")]

    def test_the_graph_is_freed(self, imported):
        x = leaf(X)
        value = imported(get("mila")).f(x, 0.5)
        node = weakref.ref(value.grad_fn)
        del value
        assert node() is None

    @pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
    def test_gradients_of_a_parameter_are_summed_in_float32(self, dtype, imported):
        module = imported(get("mila"))
        x = torch.linspace(-4, 4, 70_001).to(dtype)
        for kind in (dtype, torch.float32):
            beta = torch.tensor(0.5, dtype=kind, requires_grad=True)
            module.f(x, beta).sum(dtype=torch.float32).backward()
            wanted = module.f_beta(x.double(), 0.5).sum()
            assert beta.grad.dtype == kind
            torch.testing.assert_close(
                beta.grad.double(), wanted, rtol=torch.finfo(kind).eps * 4, atol=0
            )

    def test_gradients_are_rounded_once(self, imported):
        x = leaf(torch.linspace(-4, 4, 500).bfloat16())
        weights = torch.linspace(0.1, 3, 500).bfloat16()
        module = imported(get("mila"))
        module.f(x).backward(weights)
        exact = module.f_x(x.detach().float()) * weights.float()
        assert torch.equal(x.grad, exact.bfloat16())

    def test_an_order_that_the_file_has_not(self, imported):
        module = imported(get("mila"))
        third = grad(grad(grad(lambda t: module.f(t, 0.1))))
        with pytest.raises(RuntimeError, match="generate it with --order 3"):
            third(torch.tensor(0.5))
        with pytest.raises(RuntimeError, match="a derivative of f_betabeta"):
            jvp(module.f_betabeta, (BETA, BETA), (BETA, BETA))
        assert grad(grad(grad(imported(get("mila"), 3).f)))(torch.tensor(0.5)) != 0

    def test_what_needs_no_gradient_has_none(self, imported):
        module = imported(get("mila"))
        assert not module.f(X, BETA).requires_grad
        with torch.no_grad():
            assert not module.f(leaf(X)).requires_grad
        with torch.inference_mode():
            assert module.f(X).is_inference()

    def test_without_data(self, imported):
        from torch._subclasses.fake_tensor import FakeTensorMode

        module = imported(get("swish"))
        assert module.f(torch.empty(3, 2, device="meta")).shape == (3, 2)
        with FakeTensorMode():
            x = torch.empty(3, requires_grad=True)
            (found,) = torch.autograd.grad(module.f(x).sum(), x)
        assert found.shape == (3,)


class TestThePyTorchTestsOfMish:
    """The samples that PyTorch's own suite has for mish, on ours at β = 0."""

    @staticmethod
    def info():
        from torch.testing._internal import common_methods_invocations as invocations

        return next(o for o in invocations.op_db if o.name == "nn.functional.mish")

    @pytest.fixture
    def ops(self, imported):
        return [imported(get("mish")).f, imported(get("mila")).f]

    @pytest.mark.parametrize("dtype", FLOATS, ids=str)
    def test_values_and_derivatives(self, dtype, ops):
        info = self.info()
        assert dtype in info.dtypes
        count = 0
        for sample in info.sample_inputs("cpu", dtype, requires_grad=True):
            assert not sample.args
            for ours in ops:
                count += 1
                mine, theirs = leaf(sample.input), leaf(sample.input)
                found, wanted = ours(mine), info.op(theirs)
                torch.testing.assert_close(found, wanted)
                weights = torch.ones_like(found)
                found.backward(weights)
                wanted.backward(weights)
                torch.testing.assert_close(mine.grad, theirs.grad)
        assert count > 2

    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
    def test_forward_mode_and_batches(self, dtype, ops):
        info = self.info()
        for sample in info.sample_inputs("cpu", dtype):
            for ours in ops:
                x, t = sample.input, torch.ones_like(sample.input)
                wanted = info.op(x), torch.autograd.functional.vjp(info.op, x, t)[1]
                torch.testing.assert_close(jvp(ours, (x,), (t,)), wanted)
                batched = vmap(ours)(torch.stack([x, -x]))
                torch.testing.assert_close(batched[1], info.op(-x))

    def test_numerical_derivatives(self, ops):
        for sample in self.info().sample_inputs("cpu", torch.float64):
            for ours in ops:
                x = leaf(sample.input)
                assert gradcheck(ours, (x,), **THOROUGH)
                assert gradgradcheck(ours, (x,), check_fwd_over_rev=True)
