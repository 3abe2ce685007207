"""Values of generated torch code: against balls, the NumPy code, and every 16-bit x."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import pytest
import torch

from mila_analysis import partials
from mila_analysis.backends.torch import load
from mila_analysis.catalog import CATALOG, define, get
from mila_analysis.derivation import derive
from mila_analysis.functions import lambdify
from mila_analysis.stability import stabilize
from mila_analysis.verification.accuracy import measure, stratified

MILA = get("mila")
FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
NUMPY = {
    torch.float16: np.float16,
    torch.float32: np.float32,
    torch.float64: np.float64,
}
BOUND = {  # parameters, each exact in all formats
    "mila": [{"beta": b} for b in (-20, -3, -0.25, 0, 1.5, 10)],
    "swish": [{"beta": b} for b in (-2, 0.5, 1, 8)],
}
LIMITS = {"f": 5, "f_beta": 8.5}  # ulp where κ ≤ 16; of the other partials, 40
EVERY = pytest.mark.parametrize("activation", CATALOG, ids=lambda a: a.name)
FLOAT_FORMS = pytest.mark.parametrize(
    "activation",
    [a for a in CATALOG if stabilize(derive(a, 2)).strategy != "wide"],
    ids=lambda a: a.name,
)
LAID_OUT = pytest.mark.xfail(
    strict=True, reason="its text, which is certified, chooses by the parameter"
)
CHOOSING = {
    "prelu", "leaky_relu", "thresholded_relu", "star_relu", "softshrink", "hardshrink",
}  # fmt: skip
SAVED = [pytest.param(a, marks=LAID_OUT) if a.name in CHOOSING else a for a in CATALOG]
DTYPE = pytest.mark.parametrize("dtype", FLOATS, ids=str)
WITH_NUMPY = pytest.mark.parametrize("dtype", NUMPY, ids=str)


def bindings(activation):
    """Values of parameters, each exact in all formats."""
    values = {p.name: float(p.value) for p in activation.parameters}
    short = {n: torch.tensor(v).to(torch.bfloat16).item() for n, v in values.items()}
    return BOUND.get(activation.name, [short])


def edges(dtype) -> torch.Tensor:
    info = torch.finfo(dtype)
    known = [math.inf, info.max, 89.0, 1.0, info.tiny, info.smallest_normal / 4, 0.0]
    found = torch.tensor(known, dtype=torch.float64).to(dtype)
    return torch.cat([found, -found, torch.tensor([math.nan], dtype=dtype)])


def line(dtype) -> torch.Tensor:
    """Every binade, the edges, and the bulk."""
    whole = torch.from_numpy(stratified(NUMPY[dtype], per_binade=2, seed=7))
    bulk = torch.from_numpy(np.random.default_rng(3).normal(0, 20, 500)).to(dtype)
    return torch.cat([whole, edges(dtype), bulk])


def bits(values: torch.Tensor) -> torch.Tensor:
    """Bit patterns, so that -0 is not 0; every NaN is one."""
    kinds = {2: torch.int16, 4: torch.int32, 8: torch.int64}
    patterns = values.contiguous().view(kinds[values.element_size()])
    return torch.where(values.isnan(), 0, patterns) + values.isnan()


def assert_same_bits(found, wanted) -> None:
    assert (found.shape, found.dtype) == (wanted.shape, wanted.dtype)
    assert torch.equal(bits(found), bits(wanted))


class TestAgainstTheNumpyCode:
    """Both spell one program; where libraries round exp otherwise, a few ulp differ."""

    @FLOAT_FORMS
    def test_in_float64_over_the_line(self, activation, imported, monkeypatch):
        monkeypatch.setattr(imported(activation), "_NEAR", {})  # NumPy takes the whole
        x = line(torch.float64)
        for binding in bindings(activation):
            wanted = lambdify(activation, "numpy").partials(x.numpy(), **binding)
            found = imported(activation).partials(x, **binding)
            assert list(found) == list(wanted)
            for name, values in wanted.items():
                torch.testing.assert_close(
                    found[name],
                    torch.from_numpy(values),
                    rtol=2e-15,
                    atol=2e-323,
                    equal_nan=True,
                )

    @WITH_NUMPY
    @EVERY
    def test_of_infinities_nan_and_the_sign_of_zero(self, activation, dtype, imported):
        x = line(dtype)
        for binding in bindings(activation):
            wanted = lambdify(activation, "numpy").partials(x.numpy(), **binding)
            found = imported(activation).partials(x, **binding)
            for name, values in wanted.items():
                other = torch.from_numpy(values)
                assert torch.equal(found[name].isnan(), other.isnan())
                assert torch.equal(found[name].isinf(), other.isinf())
                nonzero = (other != 0) & (found[name] != 0)
                known = nonzero | (x.abs() > 1)  # zeros at the ends have a sign
                same = found[name].signbit() == other.signbit()
                assert (same | other.isnan() | ~known).all(), (name, binding)

    @WITH_NUMPY
    def test_ends_of_mila_as_stated(self, dtype, imported):
        found = imported(MILA).partials(
            torch.tensor([-math.inf, math.inf], dtype=dtype)
        )
        stated = {
            "f": [-0.0, math.inf],
            "f_x": [-0.0, 1.0],
            "f_beta": [-0.0, 0.0],
            "f_xx": [-0.0, -0.0],
            "f_xbeta": [-0.0, -0.0],
            "f_betabeta": [-0.0, -0.0],
        }
        for name, values in stated.items():
            assert_same_bits(found[name], torch.tensor(values, dtype=dtype))


class TestTheWholeLine:
    @DTYPE
    @EVERY
    def test_finite_inputs_give_finite_values(self, activation, dtype, imported):
        """Infinite is only what the largest numbers give, such as their squares."""
        x = edges(dtype)
        x = x[x.isfinite()]
        for binding in bindings(activation):
            for name, values in imported(activation).partials(x, **binding).items():
                assert values.dtype == dtype
                assert not values.isnan().any(), (name, binding)
                assert values[x.abs() <= 89].isfinite().all(), (name, binding)

    @DTYPE
    @EVERY
    def test_nan_stays_nan(self, activation, dtype, imported):
        x = torch.tensor([math.nan, 1.0], dtype=dtype)
        for values in imported(activation).partials(x).values():
            assert values.isnan().tolist() == [True, False]

    @EVERY
    def test_nan_in_a_parameter_is_nan(self, activation, imported):
        """But where a case of the formula does not have the parameter."""
        for p in activation.parameters:
            found, *others = (
                imported(activation).partials(torch.tensor(1.0), **{p.name: value})
                for value in (math.nan, 0.25, 0.75)
            )
            for name, values in found.items():
                constant = others[0][name] == others[1][name] == values
                assert values.isnan() or constant, name

    @pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
    @EVERY
    def test_every_16_bit_number(self, activation, dtype, imported):
        """Rounded once from float32: hardly ever another than the nearest."""
        x = torch.arange(1 << 16, dtype=torch.int32).to(torch.int16).view(dtype)
        for binding in bindings(activation):
            found = imported(activation).partials(x, **binding)
            exact = imported(activation).partials(x.double(), **binding)
            for name, values in found.items():
                rounded = exact[name].to(dtype)
                assert values.dtype == dtype
                assert torch.equal(values.isnan(), rounded.isnan())
                assert values[x.isnan()].isnan().all()
                assert not values[x.isfinite()].isnan().any()  # sin(inf) is NaN
                assert torch.equal(values.isinf(), rounded.isinf())
                finite = rounded.isfinite()
                info = torch.finfo(dtype)
                size = exact[name][finite].abs().clamp(min=info.smallest_normal)
                unit = torch.exp2(torch.floor(torch.log2(size))) * info.eps
                error = (values[finite].double() - exact[name][finite]).abs()
                assert (error <= unit.clamp(min=2.0**-20)).all(), (name, binding)
                assert (error > 0.502 * unit).double().mean() < 0.001, (name, binding)


def crowded(dtype, beta, count, seed):
    rng = np.random.default_rng(seed)
    centres = [0, -1.2, -2.3, 1.5, -beta, -beta - 18, -beta + 18]
    parts = [rng.normal(c, 1, count) for c in centres]
    deepest = float(np.log(np.finfo(dtype).smallest_subnormal))
    parts += [rng.uniform(-40, 40, 2 * count) - beta]
    parts += [rng.uniform(deepest - 10, deepest + 45, 2 * count) - beta]
    return np.concatenate(parts).astype(dtype)


def worst(module, activation, dtype, *, step=1, count=12):
    """Largest errors in ulp where κ ≤ 16, and in units of the least subnormal."""
    values = {p.name: float(p.value) for p in activation.parameters}

    def computed(x):
        found = module.partials(torch.from_numpy(x.copy()), **values)
        return {name: v.numpy() for name, v in found.items()}

    beta = values.get("beta", 0.0)
    x = np.concatenate(
        [stratified(dtype, seed=3)[::step], crowded(dtype, beta, count, seed=4)]
    )
    return measure(computed, activation, x)


class TestPromises:
    @pytest.mark.parametrize("beta", ["-20", "-3", "-0.25", "0", "1", "10"])
    def test_mila_in_float32(self, beta, imported):
        self.check(worst(imported(MILA), MILA.bind(beta=beta), np.float32))

    @pytest.mark.parametrize("beta", ["-0.25", "0"])
    def test_mila_in_float64(self, beta, imported):
        self.check(worst(imported(MILA), MILA.bind(beta=beta), np.float64, step=8))

    @pytest.mark.parametrize("name", [a.name for a in CATALOG if a.name != "mila"])
    def test_the_rest_in_float32(self, name, imported):
        self.check(worst(imported(get(name)), get(name), np.float32, step=2))

    def test_the_rounding_of_x_plus_beta_costs_nothing(self, imported):
        third = MILA.bind(beta=float(np.float32(1 / 3)))
        self.check(worst(imported(MILA), third, np.float32, step=4, count=30))

    def test_a_worse_one_is_found_out(self, generated):
        text = generated(MILA).replace("error = _tame(", "error = 0.0 * _tame(")
        namespace: dict = {"__name__": "worse"}
        exec(compile(text, "worse", "exec"), namespace)
        third = MILA.bind(beta=float(np.float32(1 / 3)))
        module = type("worse", (), {"partials": staticmethod(namespace["partials"])})
        findings = worst(module, third, np.float32, step=4, count=30)
        assert findings["f_beta"].max_ulp > 8.5

    @staticmethod
    def check(findings):
        for name, finding in findings.items():
            assert finding.max_ulp <= LIMITS.get(name, 40), finding
            assert finding.max_subnormal <= 4, finding


class TestElementwise:
    """A value depends on its own input, not on its neighbours or its place."""

    @staticmethod
    def mixed(dtype, count=3001):
        rng = np.random.default_rng(5)
        x = torch.from_numpy(rng.normal(0, 4, count)).to(dtype)
        some = torch.from_numpy(rng.choice(count, 15 * 20, replace=False))
        x[some] = edges(dtype).repeat(20)
        return x

    @DTYPE
    @EVERY
    def test_of_any_place_and_layout(self, activation, dtype, imported):
        x = self.mixed(dtype)
        module = imported(activation)
        whole = module.partials(x)
        for i in [*range(40), x.numel() - 1]:
            for name, value in module.partials(x[i]).items():
                assert value.shape == ()
                assert_same_bits(value, whole[name][i])
        pieces = [slice(1, 20), slice(7, None), slice(None, None, 3)]
        for piece in pieces:
            for name, values in module.partials(x[piece]).items():
                assert_same_bits(values, whole[name][piece])
        grid = x[:3000].reshape(30, 100).T
        for name, values in module.partials(grid).items():
            assert_same_bits(values, whole[name][:3000].reshape(30, 100).T)

    @EVERY
    def test_a_partial_alone_is_the_one_among_all(self, activation, imported):
        for dtype in FLOATS:
            x = self.mixed(dtype)
            module = imported(activation)
            for name, values in module.partials(x).items():
                assert_same_bits(getattr(module, name)(x), values)

    def test_parameters_broadcast(self, imported):
        module = imported(MILA)
        x = torch.linspace(-3, 3, 7)[:, None]
        beta = torch.tensor([-2.0, 0.5, 700.0])
        for name, grid in module.partials(x, beta).items():
            assert grid.shape == (7, 3)
            for j in range(3):
                single = getattr(module, name)(x[:, 0], float(beta[j]))
                assert_same_bits(grid[:, j].clone(), single)
        assert module.f(torch.tensor(1.0), beta).shape == (3,)
        with pytest.raises(RuntimeError, match="size"):
            module.f(torch.ones(4), beta)


class TestShapesAndDtypes:
    @DTYPE
    @EVERY
    def test_empty_and_scalar(self, activation, dtype, imported):
        for shape in ((0,), (3, 0), ()):
            found = imported(activation).partials(torch.zeros(shape, dtype=dtype))
            for values in found.values():
                assert (values.shape, values.dtype) == (shape, dtype)

    @EVERY
    def test_channels_last_is_kept(self, activation, generated):
        x = torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)
        for values in load(generated(activation))["partials"](x).values():
            assert values.stride() == x.stride()

    @pytest.mark.parametrize("activation", SAVED, ids=lambda a: a.name)
    def test_channels_last_is_kept_by_a_saved_file(self, activation, imported):
        x = torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)
        for values in imported(activation).partials(x).values():
            assert values.stride() == x.stride()

    def test_channels_last_is_kept_beside_a_parameter_a_channel(self, imported):
        x = torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)
        beta = torch.randn(3, 1, 1)
        for values in imported(MILA).partials(x.requires_grad_(), beta).values():
            assert values.stride() == x.stride()
        grad = torch.autograd.grad(imported(MILA).f(x, beta).sum(), x)[0]
        assert grad.stride() == x.stride()

    @DTYPE
    @pytest.mark.parametrize("other", FLOATS, ids=str)
    def test_the_result_has_the_dtype_of_x(self, dtype, other, imported):
        x = torch.linspace(-3, 3, 7, dtype=dtype)
        for beta in (
            torch.tensor(0.5, dtype=other),
            torch.full((7,), 0.5, dtype=other),
        ):
            assert_same_bits(imported(MILA).f(x, beta), imported(MILA).f(x, 0.5))

    def test_a_float32_parameter_keeps_its_digits_beside_a_16_bit_x(self, imported):
        x = torch.tensor([0.5], dtype=torch.bfloat16)
        beta = torch.tensor(1.00390625)  # no bfloat16
        wanted = imported(MILA).f(x.float(), beta).bfloat16()
        assert_same_bits(imported(MILA).f(x, beta), wanted)

    def test_a_number_is_one_of_the_dtype_of_x(self, imported):
        x = torch.tensor([0.5], dtype=torch.float16)
        wanted = imported(MILA).f(x, torch.tensor(0.1, dtype=torch.float16))
        assert_same_bits(imported(MILA).f(x, 0.1), wanted)

    @pytest.mark.parametrize("dtype", [torch.bool, torch.int8, torch.int64], ids=str)
    @EVERY
    def test_integers_become_the_default_dtype(self, activation, dtype, imported):
        for values in (
            imported(activation).partials(torch.ones(3, dtype=dtype)).values()
        ):
            assert values.dtype == torch.get_default_dtype()

    def test_an_integer_parameter_is_a_number(self, imported):
        x = torch.tensor([0.5])
        found = imported(MILA).f(x, torch.tensor(2))
        assert_same_bits(found, imported(MILA).f(x, 2))
        assert_same_bits(found, imported(MILA).f(x, 2.0))

    @EVERY
    def test_complex_numbers_are_refused(self, activation, imported):
        with pytest.raises(TypeError, match="real numbers of 16, 32 or 64 bits"):
            imported(activation).f(torch.ones(2, dtype=torch.complex64))
        for p in activation.parameters:
            with pytest.raises(TypeError, match="real numbers"):
                imported(activation).f(torch.ones(2), **{p.name: torch.tensor(1j)})

    def test_8_bit_floats_are_refused(self, imported):
        with pytest.raises(TypeError, match="float8"):
            imported(MILA).f(torch.ones(2).to(torch.float8_e4m3fn))

    def test_numbers_and_lists_are_taken(self, imported):
        assert imported(MILA).f(0.5) == imported(MILA).f(torch.tensor(0.5))
        assert imported(MILA).f([0.5, 1.0]).shape == (2,)

    def test_inputs_are_not_changed_and_not_shared(self, imported):
        for formula in ("x", "a * x + b"):
            wanted = {n: 1 for n in ("a", "b") if n in formula}
            module = imported(define("own", formula, **wanted))
            x = torch.linspace(-1, 1, 5)
            kept = x.clone()
            found = module.partials(x)
            for values in found.values():
                values.add_(7)
            assert torch.equal(x, kept)
            assert torch.equal(module.f(x), module.partials(x)["f"])


@lru_cache(maxsize=1)
def own_formulas():
    return (
        define("constant", "3"),
        define("identity", "x"),
        define("linear", "a * x + b", a=2, b=1),
        define("pole", "1 / x"),
        define("number", "exp(1) * x"),
        define("third", "x / 3 + 0.1 * x^2"),
        define("bell", "x * exp(-x^2 / 2) + abs(x)"),
        define("elu", "where(x > 0, x, a * (exp(x) - 1))", a=1),
        define("clipped", "x * max(0, min(1, x / 6 + 1 / 2))"),
        define("chosen", "where(beta > 0, x, 2)", beta=1),
        define("product", "tanh(x) * sigmoid(b * x)", b=0.5),
        define("offset", "x / (1 + exp(-x / 3 - 1 / 7))"),
    )


@pytest.mark.parametrize("activation", own_formulas(), ids=lambda a: a.name)
def test_formulas_of_ones_own(activation, imported):
    for dtype in NUMPY:
        x = torch.cat([edges(dtype), torch.linspace(-6, 6, 50).to(dtype)])
        # float32 itself may overflow where NumPy, which takes float64 for it, does not
        x = x[~(x.abs() > torch.finfo(dtype).max / 64) | x.isinf()]
        wanted = lambdify(activation, "numpy").partials(x.numpy())
        found = imported(activation).partials(x)
        assert list(found) == [p.name for p in partials.up_to(2, activation.variables)]
        for name, values in wanted.items():
            torch.testing.assert_close(
                found[name],
                torch.from_numpy(values),
                rtol=64 * torch.finfo(dtype).eps,
                atol=64 * torch.finfo(dtype).eps,
                equal_nan=True,
            )
