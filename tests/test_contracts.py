"""Every activation × partial × dtype on every kind of input; found by listing.

An entry of the catalog is in all of these tests by being there; in the default run all
are in those of float64 that are cheap. The expected limits and signs are not written
down: balls say them.
"""

from __future__ import annotations

import inspect
import math
import warnings
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from functools import lru_cache

import numpy as np
import pytest

from mila_analysis import partials
from mila_analysis.balls import enclose
from mila_analysis.catalog import CATALOG
from mila_analysis.functions import lambdify
from mila_analysis.verification.accuracy import stratified

DTYPES = (np.float16, np.float32, np.float64)
BY_NAME = {a.name: a for a in CATALOG}
NAMES = {a.name: [p.name for p in partials.up_to(2, a.variables)] for a in CATALOG}
BOUND = {  # parameters, each exact in float16
    "mila": [{"beta": b} for b in (-20, -3, -0.25, 0, 1.5, 10)],
    "swish": [{"beta": b} for b in (-2, 0.5, 1, 8)],
    "prelu": [{"a": a} for a in (0, 0.25)],
    "celu": [{"alpha": a} for a in (0.25, 1, 4)],
}

EVERY = pytest.mark.parametrize("activation", CATALOG, ids=lambda a: a.name)
DTYPE = pytest.mark.parametrize(
    "dtype",
    [np.float16, np.float32, pytest.param(np.float64, marks=pytest.mark.cheap)],
    ids=lambda d: d.__name__,
)
ONE_ZERO = pytest.mark.xfail(
    raises=AssertionError, strict=True, reason="its terms at -0 are 0 and -0: sum 0"
)
SIGNED = pytest.mark.parametrize(
    ("activation", "dtype"),
    [
        pytest.param(
            activation,
            dtype,
            id=f"{activation.name}-{dtype.__name__}",
            marks=[pytest.mark.cheap] * (dtype is np.float64)
            + [ONE_ZERO] * (dtype is np.float64 and activation.name == "hard_elish"),
        )
        for activation in CATALOG
        for dtype in DTYPES
    ],
)


def of_each_partial(test):
    """A test of one partial as a test of all of an entry's; a failure names it."""

    def of_all(self, activation, **given):
        for name in NAMES[activation.name]:
            try:
                test(self, activation, name, **given)
            except Exception as error:
                error.add_note(f"the partial is {name}")
                raise

    signature = inspect.signature(test)
    kept = [p for p in signature.parameters.values() if p.name != "name"]
    of_all.__signature__ = signature.replace(parameters=kept)
    of_all.__name__, of_all.__doc__ = test.__name__, test.__doc__
    return of_all


def bindings(activation):
    """Parameter values that a test walks; of the defaults what float16 holds."""
    halves = {p.name: float(np.float16(p.value)) for p in activation.parameters}
    return BOUND.get(activation.name, [halves])


def nearest(exact: Fraction) -> float:
    """The double nearest to a rational, infinite beyond them all."""
    try:
        return float(exact)
    except OverflowError:
        return math.inf if exact > 0 else -math.inf


@lru_cache(maxsize=4096)
def grows(name: str, partial: str, dtype: type, binding: tuple) -> bool:
    """Whether the exact values leave the format while x is in it, as squares do."""
    top = float(np.finfo(dtype).max)
    ends = (enclose(BY_NAME[name], partial, x, **dict(binding)) for x in (-top, top))
    return any(abs(end.mid) > Fraction(top) for end in ends)


def line(dtype: type) -> np.ndarray:
    return stratified(dtype, per_binade=2, seed=7)


@lru_cache(maxsize=256)
def over_the_line(name: str, dtype: type, binding: tuple) -> dict[str, np.ndarray]:
    """All partials over every binade, with every floating-point flag an error.

    An overflow may be one where the exact values leave the format.
    """
    x = line(dtype)
    kernel = lambdify(BY_NAME[name], "numpy")
    grow = any(grows(name, partial, dtype, binding) for partial in NAMES[name])
    over = "ignore" if grow else "raise"
    with np.errstate(all="raise", over=over), warnings.catch_warnings():
        warnings.simplefilter("error")
        return kernel.partials(x, **dict(binding))


def bits(values) -> np.ndarray:
    """The bit patterns, so that -0 is not 0 and NaN is NaN."""
    values = np.asarray(values)
    patterns = values.view(f"u{values.dtype.itemsize}").copy()
    patterns[np.isnan(values)] = 0
    return patterns + np.isnan(values)


def assert_same_bits(found, wanted) -> None:
    assert np.asarray(found).dtype == np.asarray(wanted).dtype
    assert np.array_equal(bits(np.atleast_1d(found)), bits(np.atleast_1d(wanted)))


class TestTheWholeLine:
    @DTYPE
    @EVERY
    @of_each_partial
    def test_finite_inputs_give_finite_values_without_a_warning(
        self, activation, name, dtype
    ):
        top = Fraction(float(np.finfo(dtype).max))
        for binding in bindings(activation):
            found = over_the_line(activation.name, dtype, tuple(binding.items()))[name]
            assert found.dtype == dtype
            assert not np.isnan(found).any(), binding
            for x in map(float, line(dtype)[np.isinf(found)]):
                exact = enclose(activation, name, x, **binding).mid
                assert abs(exact) > top, (x, binding)

    @EVERY
    @of_each_partial
    def test_the_ends_of_the_line(self, activation, name):
        top = float(np.finfo(np.float64).max)
        for x in (-top, top):
            for binding in bindings(activation):
                exact = enclose(activation, name, x, **binding)
                wanted = nearest(exact.mid)
                with np.errstate(over="ignore" if math.isinf(wanted) else "warn"):
                    found = float(lambdify(activation, "numpy")[name](x, **binding))
                assert found == pytest.approx(wanted, rel=2**-51, abs=0), (x, binding)


class TestLimits:
    FAR = tuple((1 + i * i / 7) * 1e300 for i in range(16))

    @classmethod
    def limit(cls, activation, name: str, side: int, binding) -> float | None:
        """Value at ±∞ with the sign of its zero, by balls far out; None if waves."""
        far = [enclose(activation, name, side * x, **binding).mid for x in cls.FAR]
        found = {cls.told(value) for value in far}
        if len(found) > 1:
            return None
        (value,) = found
        if value == 0:
            near = enclose(activation, name, side * 50, **binding).mid
            return math.copysign(0.0, near) if near else math.nan
        return value

    @staticmethod
    def told(far: Fraction) -> float:
        if abs(far) > 10**200:
            return math.inf if far > 0 else -math.inf
        return 0.0 if abs(far) * 10**200 < 1 else float(far)

    @DTYPE
    @EVERY
    @of_each_partial
    def test_at_infinity(self, activation, name, dtype):
        for side in (-1, 1):
            for binding in bindings(activation):
                wanted = self.limit(activation, name, side, binding)
                found = lambdify(activation, "numpy")[name](
                    dtype(side * np.inf), **binding
                )
                if wanted is None:
                    assert np.isnan(found)
                    continue
                if math.isnan(wanted):  # zero on the whole side: its sign is free
                    assert found == 0
                    continue
                assert found == wanted, (side, binding)
                negative = math.copysign(1, wanted) < 0
                assert np.signbit(found) == negative, (side, binding)

    @DTYPE
    def test_of_mila_as_stated(self, dtype):
        found = lambdify(BY_NAME["mila"], "numpy").partials(
            np.array([-np.inf, np.inf], dtype)
        )
        assert_same_bits(found["f"], np.array([-0.0, np.inf], dtype))
        assert_same_bits(found["f_x"], np.array([-0.0, 1.0], dtype))
        assert_same_bits(found["f_beta"], np.array([-0.0, 0.0], dtype))
        assert_same_bits(found["f_xx"], np.array([-0.0, -0.0], dtype))
        assert_same_bits(found["f_xbeta"], np.array([-0.0, -0.0], dtype))
        assert_same_bits(found["f_betabeta"], np.array([-0.0, -0.0], dtype))

    @DTYPE
    @EVERY
    @of_each_partial
    def test_nan_stays_nan(self, activation, name, dtype):
        found = lambdify(activation, "numpy")[name](
            np.array([np.nan, 1, -np.nan], dtype)
        )
        assert np.isnan(found).tolist() == [True, False, True]

    @EVERY
    @of_each_partial
    def test_nan_in_a_parameter_is_nan(self, activation, name):
        kernel = lambdify(activation, "numpy")
        for p in activation.parameters:
            assert np.isnan(kernel[name](1.0, **{p.name: math.nan}))

    @SIGNED
    @of_each_partial
    def test_the_sign_of_zero_at_zero(self, activation, name, dtype):
        for side in (-1.0, 1.0):
            for binding in bindings(activation):
                if enclose(activation, name, 0, **binding).mid:
                    continue
                beside = enclose(activation, name, side * 5e-324, **binding)
                found = lambdify(activation, "numpy")[name](
                    dtype(side * 0.0), **binding
                )
                assert found == 0
                if beside.low > 0 or beside.high < 0:
                    assert np.signbit(found) == (beside.mid < 0), (side, binding)


class TestElementwise:
    """A value depends on its own input, not on its neighbours or its place."""

    @staticmethod
    def mixed(dtype: type, count: int = 30_011) -> np.ndarray:
        """Longer than a block; near and far inputs, zeros and NaN side by side."""
        rng = np.random.default_rng(3)
        x = rng.normal(0, 4, count).astype(dtype)
        edges = [np.inf, -np.inf, np.nan, 0.0, -0.0, np.finfo(dtype).max]
        edges += [-np.finfo(dtype).max, np.finfo(dtype).smallest_subnormal, -89, -746]
        places = rng.choice(count, 400, replace=False)
        x[places] = np.resize(np.array(edges, dtype), 400)
        return x

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    @EVERY
    def test_it_equals_the_value_of_the_point_alone(self, activation, dtype):
        x = self.mixed(dtype)
        whole = lambdify(activation, "numpy").partials(x)
        blocks = [12_499, 12_500, 12_501, 24_999, 25_000, 25_001, x.size - 1]
        for i in [*range(120), *blocks, *np.flatnonzero(~(abs(x) < 80))[:40]]:
            alone = lambdify(activation, "numpy").partials(x[i])
            for name, values in whole.items():
                assert_same_bits(values[i], alone[name])

    @pytest.mark.parametrize("dtype", DTYPES)
    @EVERY
    def test_it_equals_the_value_in_a_part_of_the_array(self, activation, dtype):
        x = self.mixed(dtype)
        kernel = lambdify(activation, "numpy")
        whole = kernel.partials(x)
        for part in (slice(1, 12_502), slice(7, 24), slice(12_000, None)):
            for name, values in kernel.partials(x[part]).items():
                assert_same_bits(values, whole[name][part])

    @pytest.mark.parametrize("dtype", DTYPES)
    @EVERY
    @of_each_partial
    def test_a_partial_alone_is_the_one_among_all(self, activation, name, dtype):
        x = self.mixed(dtype)
        kernel = lambdify(activation, "numpy")
        assert_same_bits(kernel[name](x), kernel.partials(x)[name])

    @EVERY
    def test_four_threads_get_what_one_gets(self, activation):
        kernel, x = lambdify(activation, "numpy"), self.mixed(np.float64)
        wanted = kernel.partials(x)
        with ThreadPoolExecutor(4) as pool:
            for found in pool.map(kernel.partials, [x] * 12):
                for name, values in found.items():
                    assert_same_bits(values, wanted[name])


class TestLikeAUfunc:
    X = np.linspace(-3, 3, 24)

    @EVERY
    @of_each_partial
    def test_python_numbers_give_a_scalar_of_float64(self, activation, name):
        function = lambdify(activation, "numpy")[name]
        for x in (1, 1.0, True, np.int8(1), np.float64(1)):
            found = function(x)
            assert isinstance(found, np.float64)
            assert found == function(np.array([1.0]))[0]

    @DTYPE
    @EVERY
    @of_each_partial
    def test_the_dtype_is_kept(self, activation, name, dtype):
        function = lambdify(activation, "numpy")[name]
        assert function(self.X.astype(dtype)).dtype == dtype
        assert function(dtype(0.5)).dtype == dtype
        for p in activation.parameters:
            assert function(self.X.astype(dtype), **{p.name: 0.5}).dtype == dtype
            wide = function(self.X.astype(dtype), **{p.name: np.ones(24)})
            assert wide.dtype == np.float64

    @EVERY
    def test_integers_become_float64(self, activation):
        for kind in (bool, np.int8, np.uint64, np.int64):
            found = lambdify(activation, "numpy").partials(np.ones(3, kind))
            for values in found.values():
                assert values.dtype == np.float64, kind

    @EVERY
    @of_each_partial
    def test_any_shape_and_layout(self, activation, name):
        function = lambdify(activation, "numpy")[name]
        wanted = function(self.X)
        grid = self.X.reshape(2, 3, 4)
        swapped = self.X.astype(self.X.dtype.newbyteorder())
        frozen = self.X.copy()
        frozen.setflags(write=False)
        assert_same_bits(function(self.X.tolist()), wanted)
        assert_same_bits(function(grid), wanted.reshape(grid.shape))
        assert_same_bits(function(np.asfortranarray(grid)), wanted.reshape(grid.shape))
        assert_same_bits(function(grid.T), wanted.reshape(grid.shape).T)
        assert_same_bits(function(self.X[::-3]), wanted[::-3])
        assert_same_bits(function(np.repeat(self.X, 2)[::2]), wanted)
        assert_same_bits(function(frozen), wanted)
        assert np.array_equal(function(swapped), wanted)
        assert_same_bits(function(np.array(0.5)), function(0.5))

    @DTYPE
    @EVERY
    @of_each_partial
    def test_empty_arrays(self, activation, name, dtype):
        for shape in ((0,), (3, 0), (0, 2)):
            found = lambdify(activation, "numpy")[name](np.empty(shape, dtype))
            assert (found.shape, found.dtype) == (shape, dtype)

    @EVERY
    @of_each_partial
    def test_inputs_are_not_changed_and_not_shared(self, activation, name):
        x = self.X.copy()
        found = lambdify(activation, "numpy")[name](x)
        assert np.array_equal(x, self.X)
        assert not np.shares_memory(found, x)
        found[...] = 7
        assert not (lambdify(activation, "numpy")[name](x) == 7).all()

    @EVERY
    def test_parameters_broadcast(self, activation):
        kernel = lambdify(activation, "numpy")
        column = self.X[:, None]
        for p in activation.parameters:
            row = np.array([-2.0, 0.5, 1.0, 8.0, 700.0])
            grids = kernel.partials(column, **{p.name: row})
            for name, grid in grids.items():
                assert grid.shape == (24, 5)
                for j, value in enumerate(row):
                    single = kernel[name](self.X, **{p.name: value})
                    assert_same_bits(grid[:, j], single)
                one = kernel[name](1.5, **{p.name: row})
                assert one.shape == row.shape

    @EVERY
    def test_shapes_that_do_not_match_are_an_error(self, activation):
        for p in activation.parameters:
            with pytest.raises(ValueError, match="broadcast"):
                lambdify(activation, "numpy")(np.ones(3), **{p.name: np.ones(4)})

    @EVERY
    def test_parameters_go_by_position_too(self, activation):
        kernel = lambdify(activation, "numpy")
        given = {p.name: 2.5 + i for i, p in enumerate(activation.parameters)}
        assert_same_bits(kernel(self.X, *given.values()), kernel(self.X, **given))

    @EVERY
    def test_what_is_no_real_number_is_refused(self, activation):
        objects = np.array([1.0], object)
        for x in (1j, np.ones(2, complex), objects, "1", None, [None]):
            with pytest.raises(TypeError):
                lambdify(activation, "numpy")(x)

    @pytest.mark.skipif(
        np.finfo(np.longdouble).bits == 64, reason="long double is double here"
    )
    @EVERY
    def test_a_long_double_is_refused_and_not_rounded(self, activation):
        with pytest.raises(TypeError, match="at most 64 bits"):
            lambdify(activation, "numpy")(np.longdouble(1))


ROOT_ERROR = 2.0**-20


def spacing(values: np.ndarray) -> np.ndarray:
    """Unit in the last place of float16 at its values."""
    _, exponent = np.frexp(values.astype(np.float64))
    return np.ldexp(1.0, np.maximum(exponent, -13) - 11)


class TestFloat16:
    """All 65,536 values: within one unit in the last place of the exact one."""

    ALL = np.arange(1 << 16, dtype=np.uint16).view(np.float16)

    @EVERY
    @of_each_partial
    def test_every_value(self, activation, name):
        for binding in bindings(activation):
            found = lambdify(activation, "numpy")[name](self.ALL, **binding)
            exact = lambdify(activation, "numpy")[name](
                self.ALL.astype(np.float64), **binding
            )
            assert found.dtype == np.float16
            assert np.array_equal(np.isnan(found), np.isnan(exact))
            with np.errstate(over="ignore"):
                rounded = exact.astype(np.float16)
            assert np.array_equal(np.isinf(found), np.isinf(rounded))
            finite = np.isfinite(rounded)
            unit = spacing(rounded[finite])
            difference = np.abs(found[finite].astype(np.float64) - exact[finite])
            # float32 beneath, whose terms may cancel: at a root its error is absolute
            near = difference <= np.maximum(unit, ROOT_ERROR)
            assert near.all(), (binding, self.ALL[finite][~near])
            error = difference / unit
            assert (error > 0.502).mean() < 0.001, binding
