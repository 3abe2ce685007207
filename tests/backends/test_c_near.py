"""The short arithmetic of C files, gradients, and 16-bit numbers."""

from __future__ import annotations

import ctypes
import math
import re
from functools import lru_cache

import flint
import ml_dtypes
import numpy as np
import pytest

from mila_analysis import native
from mila_analysis.backends.c import C
from mila_analysis.backends.c.fast import fast_runtime
from mila_analysis.backends.c.frame import runtime
from mila_analysis.backends.c.near import NEAR
from mila_analysis.balls import enclose
from mila_analysis.catalog import CATALOG, get
from mila_analysis.functions import lambdify
from mila_analysis.kernels import generate_code
from mila_analysis.verification.accuracy import measure, sample

pytestmark = pytest.mark.skipif(not native.available(), reason="no C compiler here")
MILA, BETA = get("mila"), -0.25
COLD = MILA.bind(beta=BETA)
WIDTHS = {"f64": np.float64, "f32": np.float32, "f16": np.float16}
WIDTHS |= {"bf16": ml_dtypes.bfloat16}
DTYPES = pytest.mark.parametrize("form", WIDTHS)
SLOPED = [a for a in CATALOG if a.name != "relu"]
V, N = ctypes.c_void_p, ctypes.c_size_t


def text_of(activation) -> str:
    return generate_code(activation, "c").text


def bits(values: np.ndarray) -> np.ndarray:
    return values.view(f"u{values.dtype.itemsize}")


def gradient(activation, form, x, g, parameters, *, gx=True, sums=True, steps=0):
    """What the compiled gradient gives, each argument by its address."""
    real = np.float64 if form == "f64" else np.float32
    held = [np.asarray(p, real) for p in parameters]
    out, total = np.full_like(x, 7), np.full(max(len(held), 1), 7.0)
    beside = [each for p in held for each in (p.ctypes.data, steps)]
    function = native.load(text_of(activation)).function(
        f"{activation.name}_gradient_{form}", [N, V, *[V, N] * len(held), V, V, V]
    )
    places = (out.ctypes.data if gx else None, total.ctypes.data if sums else None)
    function(x.size, x.ctypes.data, *beside, g.ctypes.data, *places)
    return out, total[: len(held)]


def most(form, terms):
    """How far the sum of the terms may be off: each is rounded five times."""
    return 5 * (2**-53 if form == "f64" else 2**-24) * math.fsum(abs(terms))


def points(form, count, seed=0):
    """Around 0, and far out: beyond the reach of the short arithmetic."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 3, count)
    x[::37] *= 100
    return x.astype(WIDTHS[form]), rng.normal(0, 1, count).astype(WIDTHS[form])


class TestGradient:
    @DTYPES
    @pytest.mark.parametrize("activation", CATALOG, ids=lambda a: a.name)
    def test_it_is_the_slope_times_what_comes_back(self, activation, form):
        x, g = points(form, 1000)
        real = np.float64 if form == "f64" else np.float32
        parameters = [real(p.value) for p in activation.parameters]
        slopes = lambdify(activation, "c").partials(x.astype(real))
        with np.errstate(all="ignore"):
            wanted = (g.astype(real) * slopes["f_x"]).astype(x.dtype)
        found, sums = gradient(activation, form, x, g, parameters)
        assert (bits(found) == bits(wanted)).all()
        for p, total in zip(activation.parameters, sums, strict=True):
            terms = g.astype(float) * slopes[f"f_{p.name}"].astype(float)
            assert abs(total - math.fsum(terms)) <= most(form, terms)

    @pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 1000])
    def test_any_number_of_elements(self, count):
        x, g = points("f32", count)
        found, (total,) = gradient(MILA, "f32", x, g, [BETA])
        slopes = lambdify(MILA, "c").partials(x, BETA)
        assert (bits(found) == bits(g * slopes["f_x"])).all()
        terms = g.astype(float) * slopes["f_beta"].astype(float)
        assert abs(total - math.fsum(terms)) <= most("f32", terms)

    def test_either_result_may_be_left_out(self):
        x, g = points("f32", 700)
        both, sums = gradient(MILA, "f32", x, g, [BETA])
        alone, untouched = gradient(MILA, "f32", x, g, [BETA], sums=False)
        assert (bits(alone) == bits(both)).all()
        assert untouched == 7
        unwritten, again = gradient(MILA, "f32", x, g, [BETA], gx=False)
        assert (unwritten == 7).all()
        assert again == sums

    def test_parameters_may_be_arrays(self):
        x, g = points("f32", 700)
        beta = np.linspace(-30, 30, 700).astype(np.float32)
        found, _ = gradient(MILA, "f32", x, g, [beta], steps=1)
        wanted = g * lambdify(MILA, "c")["f_x"](x, beta)
        assert (bits(found) == bits(wanted)).all()

    @pytest.mark.parametrize("place", [0, 1])
    def test_it_may_overwrite_what_it_is_given(self, place):
        arrays = list(points("f32", 700))
        wanted, sums = gradient(MILA, "f32", *arrays, [BETA])
        beta, total = np.array([BETA], np.float32), np.zeros(1)
        function = native.load(text_of(MILA)).function(
            "mila_gradient_f32", [N, V, V, N, V, V, V]
        )
        x, g = arrays
        function(
            x.size, x.ctypes.data, beta.ctypes.data, 0, g.ctypes.data,
            arrays[place].ctypes.data, total.ctypes.data,
        )  # fmt: skip
        assert (bits(arrays[place]) == bits(wanted)).all()
        assert total == sums

    def test_a_gradient_that_is_not_a_number_stays_where_it_is(self):
        x, g = points("f32", 300)
        g[100] = np.nan
        found, (total,) = gradient(MILA, "f32", x, g, [BETA])
        assert np.isnan(found).nonzero()[0].tolist() == [100]
        assert np.isnan(total)


class TestShortNumbers:
    @pytest.mark.parametrize("activation", CATALOG, ids=lambda a: a.name)
    @pytest.mark.parametrize("form", ["f16", "bf16"])
    def test_every_number_is_that_of_float32_rounded_once(self, activation, form):
        """Parameters are of the format of x: 0.3 is 0.30005 in half precision."""
        x = np.arange(1 << 16, dtype=np.uint16).view(WIDTHS[form])
        kernel = lambdify(activation, "c")
        given = [float(x.dtype.type(float(p.value))) for p in activation.parameters]
        with np.errstate(all="ignore"):
            wanted = kernel(x.astype(np.float32), *given).astype(x.dtype)
        found = kernel(x)
        nan = np.isnan(wanted)
        assert found.dtype == x.dtype
        assert (np.isnan(found) == nan).all()
        assert (bits(found)[~nan] == bits(wanted)[~nan]).all()

    @pytest.mark.parametrize("name", ["leaky_relu", "star_relu", "xielu"])
    @pytest.mark.parametrize("form", ["f16", "bf16"])
    def test_defaults_are_of_the_format_of_x(self, name, form):
        activation = get(name)
        parameters = [(p.name, float(p.value)) for p in activation.parameters]
        kind, near = WIDTHS[form], np.finfo(np.float32).eps
        given = {p: float(kind(value)) for p, value in parameters}
        assert any(given[p] != value for p, value in parameters)
        x = np.array([-3.0, -0.3, -(2.0**-10), 2.0**-7, 0.3, 3.0], kind)
        for point, value in zip(x, lambdify(activation, "c")(x), strict=True):
            exact = float(enclose(activation, "f", float(point), **given).mid)
            ends = {kind(exact * (1 - 4 * near)), kind(exact * (1 + 4 * near))}
            assert value in ends


class TestReach:
    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    @pytest.mark.parametrize("activation", SLOPED, ids=lambda a: a.name)
    def test_a_value_does_not_depend_on_its_neighbours(self, activation, dtype):
        x = np.concatenate([points("f64", 400)[0], [np.nan, np.inf, -np.inf]])
        x = x.astype(dtype)
        kernel = lambdify(activation, "c")
        together = kernel.partials(x)
        for i in range(0, len(x), 7):
            alone = kernel.partials(x[i : i + 1])
            for name, value in alone.items():
                assert (bits(value) == bits(together[name][i : i + 1])).all()

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_nor_on_whether_parameters_are_one_number(self, dtype):
        x = points("f64", 400)[0].astype(dtype)
        kernel = lambdify(MILA, "c")
        for beta in (-0.25, 30.0, 300.0, np.inf, np.nan):
            one = kernel.partials(x, beta)
            each = kernel.partials(x, np.full_like(x, beta))
            for name in one:
                assert (bits(one[name]) == bits(each[name])).all()

    def test_it_is_as_good_without_fused_operations(self, monkeypatch):
        """As on a machine that has none; another last bit here and there."""
        fused = lambdify(MILA, "c")
        load = native.load
        monkeypatch.setattr(native, "load", lambda t: load(t, flags=["-DMA_NO_FMA"]))
        functions = C.load(text_of(MILA))
        for dtype in (np.float32, np.float64):
            x = sample(dtype, centres=(-1.2, 0, 0.25, -2.3, 1.5))
            found = measure(lambda p: functions["partials"](p, BETA), COLD, x)
            limits = {"f": 5.0, "f_beta": 8.5}
            for name, errors in found.items():
                assert errors.max_ulp <= limits.get(name, 40.0)
            if native.load(runtime_of_fma()).function("has_fma", [], ctypes.c_int)():
                assert (functions["f"](x, BETA) != fused(x, BETA)).any()


def runtime_of_fma() -> str:
    """Whether the machine has fused operations, in C."""
    known = fast_runtime().partition("/* What comes before")[0]
    return f"""{known}
#ifndef MA_HAS_FMA
#define MA_HAS_FMA 0
#endif
int has_fma(void) {{ return MA_HAS_FMA; }}
#endif
"""


class TestExponentials:
    """exp of a number, and of a sum that is not rounded, against balls."""

    @staticmethod
    @lru_cache(maxsize=4)
    def library(flags: tuple[str, ...]) -> native.Library:
        head = re.search(r"#include.*?#pragma.*?#endif", text_of(MILA), re.DOTALL)
        parts = [head[0], runtime(), fast_runtime()]
        parts += [
            f"void run_{end}(size_t n, {t.type} *x, const {t.type} *b)\n"
            "{ size_t i; for (i = 0; i < n; i++) "
            f"x[i] = b ? ma_exp_sum_{end}(x[i], b[i]) : ma_exp_near_{end}(x[i]); }}"
            for end, t in NEAR.items()
        ]
        return native.load("\n".join(parts), flags=flags)

    @pytest.mark.parametrize(
        "flags", [(), ("-DMA_NO_FMA",)], ids=["fused", "not fused"]
    )
    @pytest.mark.parametrize("summed", [False, True])
    @pytest.mark.parametrize("form", ["f32", "f64"])
    def test_error(self, form, summed, flags):
        dtype = WIDTHS[form]
        limit = 40 if form == "f32" else 350
        rng = np.random.default_rng(3)
        x = rng.uniform(-limit, limit, 3000).astype(dtype)
        x[::2] = rng.uniform(-1, 1, 1500)
        b = rng.uniform(-limit, limit, 3000).astype(dtype) * summed
        found = x.copy()
        self.library(flags).function(f"run_{form}", [N, V, V])(
            x.size, found.ctypes.data, b.ctypes.data if summed else None
        )
        for point, shift, value in zip(x, b, found, strict=True):
            with flint.ctx.workprec(200):
                exact = (flint.arb(float(point)) + flint.arb(float(shift))).exp()
                unit = math.ulp(float(exact)) * 2.0 ** (52 - np.finfo(dtype).nmant)
                error = float(abs(flint.arb(float(value)) - exact) / flint.arb(unit))
            assert error <= (1.0 if not flags else 1.5), (point, shift)


def test_loading_leaves_subnormals_as_they_are():
    """Flags such as -ffast-math would flush them to 0 in all of the process."""
    tiny = np.float32(1e-40)
    lambdify(MILA, "c")(np.ones(1000, np.float32))
    assert tiny * np.float32(0.5) != 0
    assert np.float64(5e-324) * 1.0 != 0
    assert lambdify(MILA, "c")(np.float32(1e-44), 20.0) == np.float32(1e-44)
