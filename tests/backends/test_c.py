"""Generated C: it compiles anywhere without a warning, holds everywhere, reads back."""

from __future__ import annotations

import ctypes
import math
import re
import shutil
import subprocess
from fractions import Fraction
from functools import lru_cache, partial
from typing import ClassVar

import flint
import numpy as np
import pytest

from mila_analysis import native
from mila_analysis.activation import Activation
from mila_analysis.backends.backend import Reading, Source
from mila_analysis.backends.c import C
from mila_analysis.backends.c.arithmetic import (
    F32,
    F64,
    RESERVED,
    decimal,
    identifier,
    original,
    spell,
)
from mila_analysis.backends.c.arrays import argument_types
from mila_analysis.backends.c.bodies import Body
from mila_analysis.backends.c.fast import fast_runtime
from mila_analysis.backends.c.frame import runtime
from mila_analysis.backends.c.near import NEAR
from mila_analysis.backends.c.reading import lines_of
from mila_analysis.backends.c.reading import program as read_program
from mila_analysis.catalog import CATALOG, define, get
from mila_analysis.derivation import derive
from mila_analysis.errors import FormulaError, UnsupportedError
from mila_analysis.functions import lambdify
from mila_analysis.program import NAN, Name, number, op
from mila_analysis.stability import stabilize
from mila_analysis.verification.accuracy import measure, sample
from mila_analysis.verification.identity import IdentityError, prove_readings

USERS = (
    define("quick", "x * sigmoid(1.702 * x)"),
    define("bump", "x * exp(-x^2)"),
    define("gated", "x * tanh(exp(k * x))", k=1),
    define("elu", "where(x > 0, x, exp(x) - 1)"),
    define("direct", "1 / x + log(x + 2) + exp(x) / 3"),
    define("thirds", "x * sigmoid(x / 3)"),
    define("long", "x * sigmoid(x / 1.23456789) + 3.14159265358979323846 * x^2"),
    define("sums", "log(1 + exp(x) + exp(2 * x))"),
    define("words", "x * sigmoid(int * x + log1p - E_)", int=1, log1p=2, E_=1),
)
ALL = (*CATALOG, *USERS)
BOUND = {
    "mila": [{"beta": b} for b in (-20, -3, -0.25, 0, 1.5, 10)],
    "swish": [{"beta": b} for b in (-2, 0.5, 1, 8)],
}
LIMITS = {"f": 5.0, "f_beta": 8.5}  # ulp; of the others, 40 where κ <= 16

EVERY = pytest.mark.parametrize("activation", ALL, ids=lambda a: a.name)
LISTED = pytest.mark.parametrize("activation", CATALOG, ids=lambda a: a.name)
DTYPE = pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["f32", "f64"])
COMPILED = pytest.mark.skipif(not native.available(), reason="no C compiler here")
A, B, C_ = Name("a"), Name("b"), Name("c")


@lru_cache(maxsize=64)
def text_of(activation: Activation, order: int = 2) -> str:
    derivation = derive(activation, order)
    return C.emit(Source(activation, derivation, stabilize(derivation)))


@lru_cache(maxsize=64)
def functions(activation: Activation):
    return C.load(text_of(activation))


def bindings(activation: Activation):
    return BOUND.get(activation.name, [{}])


def bits(values) -> np.ndarray:
    """The bit patterns, so that -0 is not 0 and NaN is NaN."""
    values = np.asarray(values)
    patterns = np.atleast_1d(values).view(f"u{values.dtype.itemsize}").copy()
    patterns[np.isnan(np.atleast_1d(values))] = 0
    return patterns


def assert_same_bits(found, wanted) -> None:
    assert np.asarray(found).dtype == np.asarray(wanted).dtype
    assert np.array_equal(np.isnan(found), np.isnan(wanted))
    assert np.array_equal(bits(found), bits(wanted))


def least(activation, name, x) -> np.ndarray:
    """Of what size terms are beside a root, where their errors are those of a sum."""
    if activation.name in {"snake", "snake_beta"}:  # x sin x is a slope in α
        return np.maximum(np.abs(x.astype(np.float64)) ** name.count("alpha"), 1)
    rooted = {"hard_elish", "star_relu", "xielu"}  # where x is not 0
    plain = name == "f" and activation.name not in rooted
    return np.full(x.shape, 0.0 if plain else 1.0)  # all terms are below 40


# Sums at x = 0, whose zeros have a sign by the order of the terms.
UNSIGNED = {
    "phish", "celu", "xielu", "bent_identity", "hard_elish", "snake", "snake_beta",
}  # fmt: skip


def assert_same(activation, found, wanted) -> None:
    """Bit for bit, but for the sign of a zero where it means nothing."""
    if activation.name in UNSIGNED:
        found, wanted = found + 0.0, wanted + 0.0  # -0 + 0 is 0
    assert_same_bits(found, wanted)


def line(dtype) -> np.ndarray:
    """Every binade of both signs, and what lies around the caps and the bends."""
    info = np.finfo(dtype)
    rng = np.random.default_rng(5)
    lowest = int(info.minexp) - int(info.nmant)
    exponents = np.repeat(np.arange(lowest, int(info.maxexp)), 2)
    with np.errstate(under="ignore"):
        sizes = np.ldexp(rng.uniform(1, 2, exponents.size), exponents).astype(dtype)
    extremes = np.array([0, info.smallest_subnormal, info.tiny, info.max], dtype)
    near = rng.uniform(0, 760, 1500).astype(dtype)
    small = np.abs(rng.normal(0, 4, 1500)).astype(dtype)
    sizes = np.concatenate([sizes, extremes, near, small])
    return np.concatenate([sizes, -sizes])


class TestAnyCompiler:
    """No warning from gcc or clang, as C99, as C11 and as C++."""

    STRICT = ("-Wall", "-Wextra", "-pedantic", "-Wshadow", "-Werror")

    @pytest.mark.parametrize(
        "command",
        [
            ("gcc", "-std=c99", "-O1"),
            ("gcc", "-std=c11", "-fsyntax-only"),
            ("gcc", "-std=c99", "-O1", "-DMA_LIBM"),
            ("clang", "-std=c99", "-fsyntax-only"),
            ("clang", "-std=c11", "-fsyntax-only"),
            ("g++", "-x", "c++", "-fsyntax-only"),
            ("clang++", "-x", "c++", "-fsyntax-only"),
        ],
        ids=" ".join,
    )
    @EVERY
    def test_without_a_warning(self, activation, command, tmp_path):
        if shutil.which(command[0]) is None:
            pytest.skip(f"no {command[0]} here")
        path = tmp_path / "code.c"
        path.write_text(text_of(activation))
        done = subprocess.run(
            [*command, *self.STRICT, "-c", "-o", str(tmp_path / "code.o"), str(path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[:2000]
        assert done.stderr == ""

    @COMPILED
    def test_two_files_may_be_put_together(self, tmp_path):
        path = tmp_path / "both.c"
        path.write_text(text_of(get("mila")) + text_of(get("relu")))
        command = [*native.compiler().command, "-std=c99", *self.STRICT, "-c", path]
        done = subprocess.run(
            [*command, "-o", tmp_path / "both.o"], capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr

    @COMPILED
    def test_fast_math_is_refused(self):
        with pytest.raises(native.CompileError, match="-ffast-math"):
            native.load(text_of(get("relu")), flags=("-ffast-math",))

    @COMPILED
    def test_the_example_in_the_header_runs_alone(self, tmp_path):
        text = text_of(get("mila"))
        example = re.findall(r"^ \*     (double .*;|mila_.*;)$", text, re.MULTILINE)
        assert len(example) == 3
        shown = 'printf("%.17g %.17g", y[0], y[2]);'
        steps = "\n".join([*example, shown, "return 0;"])
        main = f"#include <stdio.h>\nint main(void)\n{{\n{steps}\n}}\n"
        (tmp_path / "mila.c").write_text(text)
        prototype = re.search(r"^void mila_f_x_f64\([^;]*;", text, re.MULTILINE)[0]
        (tmp_path / "main.c").write_text(f"#include <stddef.h>\n{prototype}\n{main}")
        compiler = native.compiler().command
        subprocess.run(
            [*compiler, "-std=c99", "main.c", "mila.c", "-o", "main", "-lm"],
            cwd=tmp_path,
            check=True,
        )
        done = subprocess.run(["./main"], cwd=tmp_path, capture_output=True, check=True)
        found = [float(word) for word in done.stdout.split()]
        wanted = functions(get("mila"))["f_x"](np.array([-1.0, 1.0]))
        assert found == wanted.tolist()  # to the bit, without optimization

    @pytest.mark.skipif(not shutil.which("gcc"), reason="no gcc here")
    @pytest.mark.parametrize("name", ["mila", "swish", "softplus"])
    def test_no_undefined_behaviour(self, name, tmp_path):
        """On every kind of input, in blocks that are full, short and empty."""
        activation = get(name)
        count = len(activation.parameters)
        given = ", &b, 0" * count
        calls = "\n".join(
            f"    for (n = 0; n < 600; n += 37) {name}_{title}_{suffix}"
            f"(n, x{suffix}{given.replace('&b', '&b' + suffix)}, y{suffix});"
            for title in ("f", "f_x", "f_xx")
            for suffix in ("f64", "f32")
        )
        main = f"""
int main(void)
{{
    static const double edges[] = {{0.0, -0.0, 1e-320, 1e308, -1e308, 800.0, -800.0,
        INFINITY, -INFINITY, NAN, -1e-320, 88.0, -88.0, 0.3, -0.3, 1e-40, 5e18}};
    double xf64[600], yf64[600], bf64 = 1.5;
    float xf32[600], yf32[600], bf32 = 1.5f;
    size_t n;
    for (n = 0; n < 600; n++) {{
        xf64[n] = edges[n * n % 17];
        xf32[n] = (float)(xf64[n] > 1e38 ? 3e38 : xf64[n] < -1e38 ? -3e38 : xf64[n]);
    }}
    (void)bf64;
    (void)bf32;
{calls}
    return 0;
}}
"""
        (tmp_path / "main.c").write_text(text_of(activation) + main)
        checks = "-fsanitize=undefined,address"
        flags = ["-std=c99", "-O1", "-g", checks, "-fno-sanitize-recover=all"]
        built = subprocess.run(
            ["gcc", *flags, "main.c", "-o", "main", "-lm"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        if "cannot find" in built.stderr:
            pytest.skip("no sanitizers here")
        assert built.returncode == 0, built.stderr
        done = subprocess.run(
            ["./main"], cwd=tmp_path, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr


@COMPILED
class TestValues:
    @DTYPE
    @LISTED
    def test_it_agrees_with_numpy_on_every_float(self, activation, dtype):
        """As close as two sums of the same terms can be, with equal infinities."""
        x = line(dtype)
        wide = x.astype(np.float64)
        for binding in bindings(activation):
            found = functions(activation)["partials"](x, **binding)
            exact = lambdify(activation, "numpy").partials(wide, **binding)
            for name, values in found.items():
                assert values.dtype == dtype
                with np.errstate(over="ignore"):
                    rounded = exact[name].astype(dtype)
                large = np.isinf(rounded)
                assert (values[large] == rounded[large]).all()
                wanted = exact[name][~large]
                error = np.abs(values[~large].astype(np.float64) - wanted)
                size = np.maximum(np.abs(wanted), least(activation, name, x[~large]))
                bound = 40 * np.finfo(dtype).eps * size + np.finfo(dtype).tiny
                wrong = x[~large][~(error <= bound)]
                assert not wrong.size, (name, binding, wrong)

    @DTYPE
    @pytest.mark.parametrize("name", ["mila", "swish", "softplus", "tanh"])
    def test_the_accuracy_that_is_promised(self, name, dtype):
        activation = get(name)
        for binding in bindings(activation)[::2]:
            shift = -float(binding.get("beta", 0))
            centres = [
                shift + d for d in (0, -1, 1, -2.25, -cut(dtype), -cut(dtype) / 2)
            ]
            points = sample(dtype, centres=centres, each=30)
            kernel = partial(functions(activation)["partials"], **binding)
            measured = measure(kernel, activation.bind(**binding), points)
            for title, errors in measured.items():
                assert errors.max_ulp <= LIMITS.get(title, 40.0), (binding, errors)
                assert errors.max_ulp_of_terms <= 12, (binding, errors)
                assert errors.max_subnormal <= 4, (binding, errors)

    @LISTED
    def test_special_values_are_those_of_numpy(self, activation):
        x = np.array([np.inf, -np.inf, 0.0, -0.0, np.nan, 1e308, -1e308])
        for binding in bindings(activation):
            wanted = lambdify(activation, "numpy").partials(x, **binding)
            for name, values in functions(activation)["partials"](x, **binding).items():
                special = (wanted[name] == 0) | ~np.isfinite(wanted[name])
                assert_same(activation, values[special], wanted[name][special])

    @LISTED
    def test_special_values_in_float_are_those_in_double(self, activation):
        x = np.array([np.inf, -np.inf, 0.0, -0.0, np.nan])
        for binding in bindings(activation):
            double = functions(activation)["partials"](x, **binding)
            single = functions(activation)["partials"](x.astype(np.float32), **binding)
            for name, values in single.items():
                special = (double[name] == 0) | ~np.isfinite(double[name])
                wanted = double[name][special].astype(np.float32)
                assert_same(activation, values[special], wanted)

    @DTYPE
    @LISTED
    def test_nan_in_a_parameter_is_nan(self, activation, dtype):
        for p in activation.parameters:
            for function in functions(activation).values():
                found = function(dtype(1), **{p.name: dtype(np.nan)})
                values = found.values() if isinstance(found, dict) else [found]
                assert np.isnan(list(values)).all()

    @DTYPE
    @EVERY
    def test_a_value_does_not_depend_on_its_place_or_neighbours(
        self, activation, dtype
    ):
        x = np.random.default_rng(0).permutation(line(dtype))[:1500]
        x[::97] = np.resize(np.array([np.inf, -np.inf, np.nan, 0, -0.0], dtype), 16)
        whole = functions(activation)["partials"](x)
        for part in (slice(1, 300), slice(255, 258), slice(700, 701), slice(3, None)):
            for name, values in functions(activation)["partials"](x[part]).items():
                assert_same_bits(values, whole[name][part])
        for i in range(0, 1500, 13):
            alone = functions(activation)["partials"](x[i])
            for name, values in whole.items():
                assert_same_bits(alone[name], values[i])

    @DTYPE
    @EVERY
    def test_a_partial_alone_is_the_one_among_all(self, activation, dtype):
        x = line(dtype)
        whole = functions(activation)["partials"](x)
        for name, values in whole.items():
            assert_same_bits(functions(activation)[name](x), values)

    @pytest.mark.skipif(not shutil.which("clang"), reason="no clang here")
    @pytest.mark.parametrize("name", ["mila", "swish", "softplus", "tanh"])
    def test_every_compiler_gives_the_same_bits(self, name, monkeypatch):
        found = []
        for compiler in ("gcc", "clang"):
            if shutil.which(compiler):
                monkeypatch.setenv("CC", compiler)
                partials = C.load(text_of(get(name)))["partials"]
                found.append([partials(line(d)) for d in (np.float32, np.float64)])
        for results in zip(*found, strict=True):
            for values in zip(*(r.values() for r in results), strict=True):
                assert_same_bits(values[-1], values[0])

    def test_optimization_and_libm_change_nothing_and_little(self):
        """No contraction by the compiler: -O0 gives the bits of -O3."""
        text = text_of(get("mila"))
        x = line(np.float64)
        out = {flags: np.empty_like(x) for flags in ((), ("-O0",), ("-DMA_LIBM",))}
        beta = np.array([1.5])
        for flags, y in out.items():
            function = native.load(text, flags=flags).function(
                "mila_f_xx_f64", argument_types(2)
            )
            function(x.size, x.ctypes.data, beta.ctypes.data, 0, y.ctypes.data)
        assert_same_bits(out[("-O0",)], out[()])
        assert np.allclose(out[("-DMA_LIBM",)], out[()], rtol=1e-13, atol=1e-16)


def cut(dtype) -> float:
    return 700.0 if dtype == np.float64 else 80.0


@COMPILED
class TestLikeAUfunc:
    X = np.linspace(-3, 3, 24)

    @LISTED
    def test_shapes_and_dtypes_are_those_of_numpy(self, activation):
        grid = self.X.reshape(2, 3, 4)
        cases = [
            1, 1.5, True, np.int8(1), np.float16(0.5), np.float32(0.5), self.X.tolist(),
            grid, grid.T, np.asfortranarray(grid), self.X[::-3], np.empty((3, 0)),
            np.empty(0, np.float32), np.array(0.5), np.ones(3, np.uint64),
            grid.astype(np.float16), self.X.astype(">f8"), self.X.astype(">f4"),
        ]  # fmt: skip
        for x in cases:
            for name, function in lambdify(activation, "numpy").functions.items():
                found, wanted = functions(activation)[name](x), function(x)
                if name == "partials":
                    assert list(found) == list(wanted)
                    found, wanted = found["f"], wanted["f"]
                assert type(found) is type(wanted)
                assert found.dtype == wanted.dtype
                assert found.shape == wanted.shape
                assert np.allclose(found, wanted, rtol=3e-3)

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_plain_arrays_and_numbers(self, dtype):
        kernel = functions(get("mila"))
        x = np.linspace(-30, 30, 3 * 7 * 11, dtype=dtype).reshape(3, 7, 11)
        x.flags.writeable = False
        found = kernel["partials"](x, dtype(0.5))
        again = kernel["partials"](x, np.full_like(x, 0.5))
        for name, values in found.items():
            assert values.shape == x.shape
            assert values.flags.writeable
            assert values.ctypes.data % 64 == 0
            assert_same_bits(values, again[name])
            assert_same_bits(kernel[name](x, dtype(0.5)), values)

    def test_parameters_broadcast(self):
        kernel = functions(get("mila"))
        row = np.array([-2.0, 0.5, 1.0, 8.0, 700.0])
        grids = kernel["partials"](self.X[:, None], row)
        for name, grid in grids.items():
            assert grid.shape == (24, 5)
            for j, value in enumerate(row):
                assert_same_bits(grid[:, j], kernel[name](self.X, beta=value))
        assert kernel["f"](1.5, row).shape == (5,)
        assert kernel["f"](np.float32(1.5), row).dtype == np.float64
        assert kernel["f"](self.X.astype(np.float32), 0.5).dtype == np.float32

    def test_a_default_is_the_value_of_the_activation(self):
        bound = get("mila").bind(beta="-0.25")
        found = functions(bound)["f_x"](self.X)
        assert_same_bits(found, functions(get("mila"))["f_x"](self.X, -0.25))

    def test_what_does_not_fit_is_an_error(self):
        mila = functions(get("mila"))["f"]
        with pytest.raises(ValueError, match="broadcast"):
            mila(np.ones(3), beta=np.ones(4))
        for wrong in (1j, "1", None, np.array([1.0], object), np.longdouble(1)):
            with pytest.raises(TypeError):
                mila(wrong)
        with pytest.raises(TypeError, match="gamma"):
            mila(1.0, gamma=2)
        with pytest.raises(TypeError):
            mila(1.0, 2.0, 3.0)

    def test_inputs_are_not_changed(self):
        x = self.X.copy()
        x.setflags(write=False)
        found = functions(get("mila"))["f"](x)
        assert np.array_equal(x, self.X)
        assert not np.shares_memory(found, x)


@COMPILED
class TestRawPointers:
    """What other code, such as a torch operator, calls."""

    @DTYPE
    def test_the_output_may_be_the_input(self, dtype):
        suffix = "f64" if dtype == np.float64 else "f32"
        library = native.load(text_of(get("mila")))
        x, beta = line(dtype), np.full(line(dtype).size, 0.5, dtype)
        wanted = functions(get("mila"))["f_x"](x, dtype(0.5))
        function = library.function(f"mila_f_x_{suffix}", argument_types(2))
        for out in (x, beta):
            given, steps = [x.copy(), beta.copy()], 1
            target = given[0] if out is x else given[1]
            function(
                x.size,
                given[0].ctypes.data,
                given[1].ctypes.data,
                steps,
                target.ctypes.data,
            )
            assert_same_bits(target, wanted)

    def test_all_partials_may_overwrite_the_input_with_one_of_them(self):
        library = native.load(text_of(get("mila")))
        x, beta = line(np.float64), np.array([0.5])
        wanted = functions(get("mila"))["partials"](x, 0.5)
        outputs = [x.copy(), *(np.empty_like(x) for _ in range(5))]
        rows = (ctypes.c_void_p * 6)(*(row.ctypes.data for row in outputs))
        function = library.function("mila_partials_f64", argument_types(2))
        function(
            x.size, outputs[0].ctypes.data, beta.ctypes.data, 0, ctypes.addressof(rows)
        )
        for found, values in zip(outputs, wanted.values(), strict=True):
            assert_same_bits(found, values)

    def test_nothing_is_written_beyond_the_end(self):
        function = native.load(text_of(get("relu"))).function(
            "relu_f_f32", argument_types(1)
        )
        for n in (0, 1, 255, 256, 257):
            x, y = np.ones(n, np.float32), np.full(n + 8, 7, np.float32)
            function(n, x.ctypes.data, y.ctypes.data)
            assert (y[:n] == 1).all()
            assert (y[n:] == 7).all()


@COMPILED
class TestElementaryFunctions:
    """exp and its kin of the runtime, against balls."""

    RANGES: ClassVar[dict[str, tuple]] = {
        "exp": ((-745, 709), (-1, 1)),
        "exp_normal": ((-80, 0), (-1, 0)),
        "expm1": ((-40, 709), (-1, 1)),
        "log": ((1e-44, 1e-36), (0.4, 2.5), (1, 1e30)),
        "log1p": ((0, 1), (-0.99, 0), (1, 1e10)),
    }

    @staticmethod
    @lru_cache(maxsize=1)
    def library() -> native.Library:
        head = re.search(
            r"#include.*?#pragma.*?#endif", text_of(get("relu")), re.DOTALL
        )
        parts = [head[0], runtime(), fast_runtime()]
        for each in (F64, F32):
            parts += [
                f"void run_{name}_{each.name}(size_t n, {each.type} *x)\n"
                "{ size_t i; for (i = 0; i < n; i++) "
                f"x[i] = {each.calls[name]}(x[i]); }}"
                for name in TestElementaryFunctions.RANGES
            ]
        return native.load("\n".join(parts))

    def values(self, name: str, x: np.ndarray) -> np.ndarray:
        suffix = "f64" if x.dtype == np.float64 else "f32"
        found = x.copy()
        self.library().function(
            f"run_{name}_{suffix}", [ctypes.c_size_t, ctypes.c_void_p]
        )(x.size, found.ctypes.data)
        return found

    @DTYPE
    @pytest.mark.parametrize("name", RANGES)
    def test_error(self, name, dtype):
        rng = np.random.default_rng(0)
        info = np.finfo(dtype)
        limit = 1.5 if name == "expm1" else 1.0
        most = 709 if dtype == np.float64 else 80
        for low, high in self.RANGES[name]:
            x = rng.uniform(max(low, -most - 36), min(high, most), 1500).astype(dtype)
            for point, value in zip(x, self.values(name, x), strict=True):
                with flint.ctx.workprec(200):
                    exact = getattr(flint.arb(float(point)), name.partition("_")[0])()
                    _, exponent = math.frexp(float(exact))
                    unit = 2.0 ** (
                        max(exponent - 1, int(info.minexp)) - int(info.nmant)
                    )
                    error = abs(flint.arb(float(value)) - exact) / flint.arb(unit)
                    assert float(error) <= limit, (name, point)

    @DTYPE
    @pytest.mark.parametrize("name", ["exp", "expm1", "log", "log1p"])
    def test_edges(self, name, dtype):
        info = np.finfo(dtype)
        edges = [0.0, -0.0, np.inf, -np.inf, np.nan, info.max, -info.max, -1.0]
        edges += [info.smallest_subnormal, -info.smallest_subnormal, -2.0, -1e4, 1e4]
        x = np.array(edges, dtype)
        with np.errstate(all="ignore"):
            wanted = getattr(np, name)(x)
        found = self.values(name, x)
        exact = (wanted == 0) | ~np.isfinite(wanted) | (x == -1) | (abs(x) < 1e-30)
        exact &= ~((x == -1) & np.isfinite(wanted))
        assert_same_bits(found[exact], wanted[exact])


class TestSpelling:
    @pytest.mark.parametrize(
        ("expression", "text"),
        [
            (op("sub", A, op("sub", B, C_)), "a - (b - c)"),
            (op("sub", op("sub", A, B), C_), "a - b - c"),
            (op("add", A, op("add", B, C_)), "a + (b + c)"),
            (op("mul", op("add", A, B), C_), "(a + b) * c"),
            (op("div", A, op("mul", B, C_)), "a / (b * c)"),
            (op("neg", op("add", A, B)), "-(a + b)"),
            (op("neg", op("neg", A)), "-(-a)"),
            (op("sub", A, op("neg", B)), "a - -b"),
            (op("mul", number(-2), A), "(-2.0) * a"),
            (op("mul", number(Fraction(1, 10)), A), "0.1 * a"),
            (op("mul", number(Fraction(1, 3)), A), "(1.0 / 3.0) * a"),
            (op("select", op(">", A, B), A, NAN), "(a > b ? a : (double)NAN)"),
            (op("exp", op("neg", A)), "ma_exp_f64(-a)"),
            (op("add", Name("log"), Name("int")), "log_ + int_"),
        ],
    )
    def test_parentheses_keep_the_order_of_rounding(self, expression, text):
        assert spell(expression, F64) == text

    def test_constants_are_rounded_once(self):
        assert F32.literal(Fraction(1, 10)) == "0.1f"
        assert F32.literal(Fraction(1, 3)) == "1.0f / 3.0f"
        assert F64.literal(Fraction(10) ** 30) == "1e+30"
        long = Fraction("0.3333333333333333333333333")
        assert F64.literal(long) == "0.3333333333333333333333333"
        assert F32.residue(Fraction(1, 2)) == "0.0f"
        billion = Fraction(10**9 + 7, 3)
        assert F64.literal(billion) == "1000000007.0 / 3.0"
        assert F32.literal(billion) == "(float)(1000000007.0 / 3.0)"
        lost = float(F64.residue(Fraction("1.702")))
        assert lost == float(Fraction("1.702") - Fraction(1.702))

    @COMPILED
    @pytest.mark.parametrize("arithmetic", [F32, F64], ids=lambda a: a.name)
    @pytest.mark.parametrize(
        "value",
        ["1.702", "1/3", "-50/617", "1000000007/3", "100000000/123456789",
         "123456789012345678901234567/1000000000000000003", "0.1", "3/8"],
    )  # fmt: skip
    def test_a_residue_is_what_the_constant_lacks(self, arithmetic, value):
        exact = Fraction(value)
        kind = arithmetic.type
        text = f"{kind} constant(void) {{ return {arithmetic.literal(exact)}; }}"
        result = ctypes.c_float if kind == "float" else ctypes.c_double
        found = Fraction(native.load(text).function("constant", [], result)())
        digits = 24 if kind == "float" else 53
        assert abs(found - exact) <= abs(exact) / 2 ** (digits - 1)
        lost = float(arithmetic.residue(exact).removesuffix("f"))
        assert lost == float(exact - found)

    @pytest.mark.parametrize("value", ["-1.25", "1e-7", "123456789012345678901234.5"])
    def test_a_decimal_is_exact(self, value):
        assert Fraction(decimal(Fraction(value))) == Fraction(value)

    def test_what_has_no_decimal_or_no_place_is_refused(self):
        assert decimal(Fraction(1, 3)) is None
        with pytest.raises(UnsupportedError, match="range of float"):
            F32.literal(Fraction(10) ** 40)
        with pytest.raises(UnsupportedError, match="range of double"):
            F64.literal(Fraction(1, 10**400))
        with pytest.raises(UnsupportedError, match="range of double"):
            F64.literal(Fraction(10**310 + 1, 3 * 10**310))

    def test_what_it_has_no_spelling_for_is_refused(self):
        with pytest.raises(UnsupportedError, match="C has no spelling for cosh"):
            spell(op("cosh", A), F64)

    def test_names_are_never_those_of_c(self):
        words = [
            *RESERVED,
            "ma_exp_f64",
            "NAN",
            "E",
            "sinf",
            "expl",
            "size_t",
            "x",
            "n",
        ]
        words += [f"{w}{'_' * k}" for w in ("int", "x", "E") for k in (1, 2)]
        spelled = [identifier(w) for w in words]
        assert len(set(spelled)) == len(set(words))
        assert not set(spelled) & RESERVED
        assert [original(w) for w in spelled] == words

    def test_names_that_leave_no_room_are_refused(self):
        awkward = define("awkward", "x * sigmoid(a * x + a_step)", a=1, a_step=1)
        with pytest.raises(UnsupportedError, match="a_step"):
            text_of(awkward)


class TestReadBack:
    @EVERY
    def test_what_is_written_is_proved_to_be_the_derivative(self, activation):
        derivation = derive(activation)
        form = stabilize(derivation)
        readings = C.read(text_of(activation))
        slopes = sum(derivation.partial(n).order == 1 for n in derivation.names)
        functions = len(derivation.names) + 1 + (slopes > 1)
        copies = 2 if form.near is None else 4  # in floats and in doubles
        if form.strategy == "wide":
            copies = 3  # in a box, in floats and in doubles, and in wide numbers
        assert len(readings) == copies * functions
        cases = len(derivation.cases)
        proved = prove_readings(derivation, form, readings)
        assert proved >= copies * cases * len(derivation.names)

    def test_to_the_third_order(self):
        derivation = derive(get("mila"), 3)
        readings = C.read(text_of(get("mila"), 3))
        assert prove_readings(derivation, stabilize(derivation), readings)

    def test_one_changed_character_is_caught(self):
        """Anywhere in the code of a file: by the proof, or by what is around it."""
        text, derivation = text_of(get("softplus")), derive(get("softplus"))
        form = stabilize(derivation)
        rng = np.random.default_rng(1)
        start = text.index("*/")
        statements = [
            m.start() + int(rng.integers(len(m[0])))
            for m in re.finditer(r"^        (const|out).*$", text, re.MULTILINE)
        ]
        anywhere = rng.integers(start, len(text), 60).tolist()
        for position in [*statements, *anywhere]:
            old = text[position]
            new = {"+": "-", "-": "+", "*": "/", "<": ">", ">": "<", " ": "x"}.get(old)
            new = new or ("1" if old != "1" else "2")
            changed = text[:position] + new + text[position + 1 :]
            with pytest.raises((FormulaError, IdentityError)):
                prove_readings(derivation, form, C.read(changed))

    def test_what_follows_the_end_is_caught(self):
        with pytest.raises(FormulaError, match="outside"):
            C.read(text_of(get("relu")) + "int more;\n")

    @pytest.mark.parametrize(
        "tested",
        [
            "cut |= ma_beyond_f64(x + beta, 700.0 / 3.0);",
            "if (each) cut |= ma_beyond_f64(beta, 700.0 / 3.0);",
        ],
    )
    def test_the_reach_of_the_short_arithmetic_cannot_be_left_out(self, tested):
        text = text_of(get("mila"))
        assert text.count(f"        {tested}\n") > 1
        with pytest.raises(FormulaError, match=r"near arithmetic|outside"):
            C.read(text.replace(f"        {tested}\n", "", 1))

    @pytest.mark.parametrize(
        ("old", "new"), [("700.0 / 3.0", "701.0 / 3.0"), ("!each", "each")]
    )
    def test_nor_can_its_limit_be_moved(self, old, new):
        text = text_of(get("mila"))
        assert old in text
        with pytest.raises(FormulaError, match="outside"):
            C.read(text.replace(old, new, 1))

    def test_a_wrong_residue_is_caught(self):
        text = text_of(get_user("quick"))
        (call, *_) = re.findall(r"ma_residue_f64\(1.702, (\S+?)\)", text)
        with pytest.raises(FormulaError, match="not what its program is spelled as"):
            C.read(text.replace(f"1.702, {call}", "1.702, 0.0"))

    MILA = derive(get("mila"))
    FORM = stabilize(MILA)

    def caught(self, lines: list[str]) -> bool:
        names = self.MILA.names
        near = any("each" in line for line in lines)
        try:
            arithmetic = NEAR["f64"] if near else F64
            program = read_program(lines, ("x", "beta"), list(names), arithmetic)
            prove_readings(self.MILA, self.FORM, [Reading("planted", program)])
        except (IdentityError, FormulaError):
            return True
        return False

    def lines(self, kind: str = "whole") -> list[str]:
        text = text_of(get("mila"))
        return lines_of(text, Body("mila", kind, "partials", "f64"))

    EXACT = re.compile(
        r"error|lost|tail|cap|size|finite|depth|part|const double z|in\[|cut"
    )
    """What is nothing, or known, in exact arithmetic; accuracy tests are for these."""

    def planted(self, pattern: str, new) -> list[list[str]]:
        found = []
        for kind in ("near", "whole"):
            more = self.planted_in(self.lines(kind), pattern, new)
            assert len(more) > 1
            found += more
        return found

    def planted_in(self, lines: list[str], pattern: str, new) -> list[list[str]]:
        found = []
        for k, text in enumerate(lines):
            if self.EXACT.search(text) and not text.startswith("out"):
                continue
            for match in re.finditer(pattern, text):
                changed = text[: match.start()] + new(match) + text[match.end() :]
                found.append([*lines[:k], changed, *lines[k + 1 :]])
        return found

    def test_the_lines_themselves_pass(self):
        assert not self.caught(self.lines())
        assert not self.caught(self.lines("near"))

    def test_every_flipped_sign_is_caught(self):
        swap = {" + ": " - ", " - ": " + "}
        planted = self.planted(r" [+-] ", lambda m: swap[m[0]])
        assert all(self.caught(lines) for lines in planted)

    def test_every_dropped_term_is_caught(self):
        planted = self.planted(r"\S+ [+-] ", lambda m: "(" * m[0].count("("))
        assert all(self.caught(lines) for lines in planted)

    def test_every_product_taken_for_a_quotient_is_caught(self):
        swap = {" * ": " / ", " / ": " * "}
        planted = self.planted(r" [*/] ", lambda m: swap[m[0]])
        assert all(self.caught(lines) for lines in planted)

    def test_every_flipped_argument_is_caught(self):
        planted = self.planted_in(self.lines("near"), r"[(,] ?(?=[\w]+[,)])", _negated)
        assert len(planted) > 10
        assert all(self.caught(lines) for lines in planted)

    def test_every_changed_constant_is_caught(self):
        planted = self.planted(r"\b\d+\.0", lambda m: f"{float(m[0]) + 1}")
        assert all(self.caught(lines) for lines in planted)

    @pytest.mark.parametrize(
        "line",
        [
            "return;", "if (x > 0) {}", "out[0][i] += x;", "out[9][i] = x;",
            "const double x = in[1][i];", "const double q = y;", "out[0][k] = x;",
            "const double q = system(x);", "const double q = x++;", "out[0][i] = x; }",
            "const double q = 1;", "x = 2.0;", "const double x = 2.0;",
        ],
    )  # fmt: skip
    def test_what_is_no_arithmetic_is_refused(self, line):
        read = ["const double x = in[0][i];", line, "out[0][i] = x;"]
        if line == "const double x = in[1][i];":
            read = read[1:]
        with pytest.raises(FormulaError):
            read_program(read, ("x", "beta"), ["f"], F64)


def _negated(match: re.Match[str]) -> str:
    return f"{match[0]}-"


def get_user(name: str) -> Activation:
    return next(a for a in USERS if a.name == name)


@pytest.mark.parametrize("name", ["mila", "softplus", "relu"])
def test_golden(name, golden):
    golden(f"c/{name}.c.txt", text_of(get(name)))


def test_golden_of_a_users_formula(golden):
    golden("c/quick.c.txt", text_of(get_user("quick")))


@EVERY
def test_lines_are_not_absurdly_long(activation):
    for text in text_of(activation).splitlines():
        assert len(text) <= 100 or activation.formula in text, text


def test_a_comment_cannot_be_left():
    awkward = Activation("a", "x", title="end */ int oops; /*", source="/* */")
    text = text_of(awkward)
    head = text[: text.index("#include")]
    assert head.count("*/") == 1
    assert head.count("/*") == 1


def test_every_program_of_a_file_is_vectorized(tmp_path):
    """gcc says so, with no more than -O3."""
    if shutil.which("gcc") is None:
        pytest.skip("no gcc here")
    path = tmp_path / "mila.c"
    path.write_text(text_of(get("mila")))
    done = subprocess.run(
        ["gcc", "-std=c99", "-O3", "-fopt-info-vec", "-c", path, "-o", "/dev/null"],
        capture_output=True,
        text=True,
        check=True,
    )
    vectorized = {int(n) for n in re.findall(r"mila.c:(\d+):.*vectorized", done.stderr)}
    loops, title = {}, ""
    for row, line in enumerate(text_of(get("mila")).splitlines(), 1):
        head = re.match(r"(?:static|MA_INLINE) \w+ mila_(\w+)\($", line)
        title = head[1] if head else title
        if title and line.startswith("    for (i = 0; i < MA_BLOCK"):
            loops[title] = row
    assert len(loops) == 2 + 2 * 2 * 8
    missed = {title for title, number in loops.items() if number not in vectorized}
    assert {title for title in missed if not title.startswith("whole")} == set()
