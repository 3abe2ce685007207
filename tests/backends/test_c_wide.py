"""C for forms of the strategy `wide`: functions, rounding and files, against balls."""

from __future__ import annotations

import ctypes
import math
import re
import shutil
import subprocess
from fractions import Fraction
from functools import lru_cache

import flint
import numpy as np
import pytest

from mila_analysis import native
from mila_analysis.backends.backend import Source
from mila_analysis.backends.c import C, boxed, unlimited
from mila_analysis.backends.c.arithmetic import spell
from mila_analysis.backends.c.broad import BROAD
from mila_analysis.backends.c.extended import EXTENDED, without_errors
from mila_analysis.backends.c.frame import resource
from mila_analysis.backends.c.series import PI, atan
from mila_analysis.balls import enclose_all
from mila_analysis.catalog import define, get
from mila_analysis.derivation import derive
from mila_analysis.errors import FormulaError, UnsupportedError
from mila_analysis.program import Binding, Name, Number, number, op
from mila_analysis.stability import Program, stabilize
from mila_analysis.verification.identity import IdentityError, prove_readings

COMPILED = pytest.mark.skipif(not native.available(), reason="no C compiler here")
POINTER = ctypes.c_void_p
FORMULAS = {
    "gelu_like": "x / 2 * (1 + erf(x / sqrt(2)))",
    "soft": "x / (1 + abs(x))",
    "bent": "(sqrt(x ** 2 + 1) - 1) / 2 + x",
    "wave": "x + sin(x) ** 2",
    "arc": "x * atan(x)",
    "entropy": "x * log(x)",
    "nested": "1 - exp(-exp(x))",
    "third": "x / 3 + sqrt(x ** 2 + 1) / 7",
}
MODES = ("fast", "accurate")


@lru_cache
def activation_of(name):
    return define(name, FORMULAS[name])


@lru_cache
def source_of(name, mode, order=2):
    activation = activation_of(name)
    derivation = derive(activation, order)
    form = stabilize(derivation)
    assert form.strategy == "wide"
    return Source(activation, derivation, form, mode)


@lru_cache
def text_of(name, mode):
    return C.emit(source_of(name, mode))


@lru_cache
def functions(name, mode):
    return C.load(text_of(name, mode))


# Functions of both arithmetics

KINDS = {
    "ext": np.dtype([("hi", "f8"), ("lo", "f8"), ("e", "i8")]),
    "broad": np.dtype([("m", "f8"), ("e", "f8")]),
}
ONE = ("exp", "expm1", "log", "log1p", "sqrt", "erf", "erfcx", "sin", "cos", "atan")
TWO = ("add", "sub", "mul", "div", "exp_rest")
TYPES = {"ext": "ma_wide", "broad": "ma_broad"}


@lru_cache
def driver():
    """The runtime of a fast file, which has both arithmetics, and loops over it."""
    text = text_of("soft", "fast")
    runtime = text[: text.index("static void soft_whole_f_broad(")].partition(" */\n")[
        2
    ]
    parts = [re.sub(r"^void soft_.*?;\n", "", runtime, flags=re.MULTILINE | re.DOTALL)]
    for kind, type_ in TYPES.items():
        for name in (*ONE, *TWO):
            given = "a[i]" if name in ONE else "a[i], b[i]"
            parts.append(
                f"void run_{kind}_{name}(size_t n, const {type_} *a, const {type_} *b, "
                f"{type_} *out)\n{{ size_t i; (void)b; for (i = 0; i < n; i++) "
                f"out[i] = ma_{kind}_{name}({given}); }}"
            )
    parts.append(
        "void run_broad_exp_error(size_t n, const ma_broad *a, const ma_broad *b, "
        "ma_broad *out)\n{ size_t i; for (i = 0; i < n; i++) "
        "out[i] = ma_broad_exp_error(a[i], b[i]); }"
    )
    parts.append(
        "void run_nearest(size_t n, const ma_wide *a, double *out, double *odd)\n"
        "{ size_t i; for (i = 0; i < n; i++) { double rest; "
        "out[i] = ma_ext_nearest(a[i], &rest); odd[i] = ma_odd(out[i], rest); } }"
    )
    return "\n".join(parts)


def exponent_of(value):
    size = abs(value)
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    return exponent - (Fraction(2) ** exponent > size)


def rows_of(kind, values):
    """Rational numbers in an arithmetic, and what those are exactly."""
    rows = []
    for value in values:
        if not value:
            rows.append((0.0, 0.0, -(1 << 52))[:: 1 if kind == "ext" else 2])
            continue
        e = exponent_of(value)
        high = float(value / Fraction(2) ** e)
        if abs(high) == 2:
            e, high = e + 1, high / 2
        low = float(value / Fraction(2) ** e - Fraction(high))
        rows.append((high, low, e) if kind == "ext" else (high, e))
    found = np.array(rows, KINDS[kind])
    return found, [rational(row) for row in found]


def rational(row):
    *parts, e = row.tolist()
    total = sum(map(Fraction, parts))
    return total * Fraction(2) ** int(e) if total else total


def run(kind, name, a, b=None, flags=()):
    b = a if b is None else b
    out = np.empty(a.size, a.dtype)
    types = [ctypes.c_size_t, POINTER, POINTER, POINTER]
    library = native.load(driver(), flags=flags)
    function = library.function(f"run_{kind}_{name}", types)
    function(a.size, a.ctypes.data, b.ctypes.data, out.ctypes.data)
    return out


def drawn(count, low, high, seed=0, sign=0):
    """Random rationals of 106 bits with exponents from a range."""
    rng = np.random.default_rng(seed)
    found = []
    for e in rng.integers(low, high, count):
        top = int(rng.integers(1 << 52, 1 << 53)) << 53 | int(rng.integers(1 << 53))
        drawn_sign = sign or (1 if rng.random() < 0.5 else -1)
        found.append(drawn_sign * Fraction(top) * Fraction(2) ** (int(e) - 105))
    return found


def arb(value):
    return flint.arb(flint.fmpq(value.numerator, value.denominator))


def exact(name, x):
    return (x * x).exp() * x.erfc() if name == "erfcx" else getattr(x, name)()


ANGLES = [
    *drawn(150, -300, 1023), *drawn(250, -3, 5),
    *(Fraction(float(k * PI / 2)) for k in range(1, 40)),
    Fraction(6381956970095103) * 2**797,  # nearest of all doubles to such a multiple
]  # fmt: skip
RANGES = {
    "exp": [*drawn(200, -300, 9), *drawn(160, 9, 30)],
    "expm1": drawn(400, -300, 11),
    "log": [*drawn(200, -3000, 3000, sign=1), *(1 + v for v in drawn(200, -60, -2))],
    "log1p": [*drawn(200, -300, -2), *drawn(200, -2, 3000, sign=1)],
    "sqrt": drawn(400, -100000, 100000, sign=1),
    "erf": [*drawn(200, -3000, 4), *drawn(300, -4, 3)],
    "erfcx": [*drawn(200, -300, 4, sign=1), *drawn(300, -4, 4, sign=1),
              *drawn(60, 4, 3000, sign=1)],
    "sin": ANGLES,
    "cos": ANGLES,
    "atan": [*drawn(200, -3000, 3000), *drawn(300, -5, 5)],
}  # fmt: skip
LIMITS = {"ext": 16, "broad": 2.5}
"""Largest relative errors: 2^-102, and 2.5 units of 2^-53."""


def ball(row):
    """The number of a row, which may be too large for a rational."""
    *parts, e = row.tolist()
    total = sum(map(Fraction, parts))
    return flint.arb((total.numerator, int(e) - total.denominator.bit_length() + 1))


def worst_error(kind, name, values, flags=()):
    a, given = rows_of(kind, values)
    unit = 2.0 ** (106 if kind == "ext" else 53)
    worst = 0.0
    with flint.ctx.workprec(1700):
        for x, row in zip(given, run(kind, name, a, flags=flags), strict=True):
            wanted = exact(name, arb(x))
            error = abs((ball(row) - wanted) / wanted) * unit
            worst = max(worst, float(error))
    return worst


@COMPILED
@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize("kind", KINDS)
def test_functions_have_small_errors(kind, name):
    values = RANGES[name]
    if (kind, name) == ("broad", "exp"):  # of larger ones a program has the rest
        values = values[:200]
    assert worst_error(kind, name, values) < LIMITS[kind]


@COMPILED
@pytest.mark.parametrize("name", ["erfcx", "sin", "log"])
def test_they_do_without_fused_operations(name):
    for kind in KINDS:
        found = worst_error(kind, name, RANGES[name][:150], ("-DMA_NO_FMA",))
        assert found < LIMITS[kind]


@COMPILED
def test_a_wrong_coefficient_is_found():
    changed = driver().replace("0x0000000000000000u, 0xa2f9", "0x0u, 0xa2f8")
    assert changed != driver()
    out = np.empty(1, KINDS["ext"])
    a, (x,) = rows_of("ext", [Fraction(10)])
    types = [ctypes.c_size_t, POINTER, POINTER, POINTER]
    function = native.load(changed).function("run_ext_sin", types)
    function(1, a.ctypes.data, a.ctypes.data, out.ctypes.data)
    assert abs(float(rational(out[0])) - math.sin(x)) > 1e-6


@COMPILED
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["add", "sub", "mul", "div"])
def test_arithmetic_of_numbers_of_every_size(kind, name):
    first = drawn(600, -3000, 3000, 1)
    near = drawn(300, -100, -1, 3)
    second = [*(x * y for x, y in zip(drawn(300, -9, 9, 2), first, strict=False)),
              *(x + x * d for x, d in zip(first[300:], near, strict=True))]  # fmt: skip
    (a, x), (b, y) = rows_of(kind, first), rows_of(kind, second)
    operation = {"add": "__add__", "sub": "__sub__", "mul": "__mul__"}
    for p, q, row in zip(x, y, run(kind, name, a, b), strict=True):
        wanted = getattr(p, operation.get(name, "__truediv__"))(q)
        found = rational(row)
        if kind == "ext":
            assert abs(found - wanted) <= 6 * abs(wanted) / 2**106
        else:  # rounded once
            assert found == nearest(wanted)
        assert found == 0 or 1 <= abs(row[0]) < 2


def nearest(value, digits=53):
    if not value:
        return value
    unit = Fraction(2) ** (exponent_of(value) - digits + 1)
    return round(value / unit) * unit


@COMPILED
@pytest.mark.parametrize("kind", KINDS)
def test_quotients_that_are_doubles_are_exact(kind):
    rng = np.random.default_rng(0)
    quotients = [Fraction(int(v)) for v in rng.integers(1, 1 << 20, 300)]
    divisors = [Fraction(int(v)) for v in rng.integers(1, 1 << 30, 300)]
    products = [p * q for p, q in zip(quotients, divisors, strict=True)]
    found = run(kind, "div", rows_of(kind, products)[0], rows_of(kind, divisors)[0])
    assert [rational(row) for row in found] == quotients


def special(kind, m, e=0):
    return np.array([(m, 0.0, e) if kind == "ext" else (m, e)], KINDS[kind])


@COMPILED
@pytest.mark.parametrize("kind", KINDS)
def test_limits(kind):
    zero, one = special(kind, 0.0, -(1 << 52)), special(kind, 1.0)
    minus, far = special(kind, -1.0), special(kind, 1.0, 1 << 17)
    nan = special(kind, math.nan, 1)

    def value(name, *args):
        return run(kind, name, *args)[0]

    infinite = np.array([value("div", one, zero)])
    assert value("div", one, zero)[0] == math.inf
    assert value("div", minus, zero)[0] == -math.inf
    assert math.isnan(value("div", zero, zero)[0])
    assert value("div", one, infinite)[0] == 0
    assert value("add", infinite, one)[0] == math.inf
    assert math.isnan(value("sub", infinite, infinite)[0])
    assert math.isnan(value("mul", infinite, zero)[0])
    assert value("mul", infinite, minus)[0] == -math.inf
    assert value("exp", infinite)[-1] > 1 << 47
    assert value("atan", infinite)[0] == math.pi / 2
    assert value("log", zero)[0] == -math.inf
    assert math.isnan(value("log", minus)[0])
    assert math.isnan(value("sqrt", minus)[0])
    assert math.copysign(1, value("sqrt", special(kind, -0.0, -(1 << 52)))[0]) == -1
    assert math.isnan(value("sin", far)[0])
    assert value("add", far, nan)[0] == 1.0  # the smaller is dropped, even if it is NaN
    assert math.isnan(value("add", one, nan)[0])
    assert value("erf", far)[0] == 1.0
    assert value("mul", far, zero)[0] == 0.0
    decayed = np.array([value("exp", np.array([value("sub", zero, far)]))])
    assert decayed[0][-1] < -(1 << 40)
    assert value("mul", decayed, far)[-1] < -(1 << 40)
    growing = np.array([value("exp", far)])
    assert value("exp", growing)[-1] > growing[0][-1]


@COMPILED
def test_what_an_exponential_loses_and_what_its_series_leaves():
    a, given = rows_of("broad", drawn(300, -60, 10))
    rounded = run("broad", "exp", a)
    errors = run("broad", "exp_error", a, rounded)
    with flint.ctx.workprec(400):
        for x, e, lost in zip(given, rounded, errors, strict=True):
            wanted = arb(x).exp() - arb(rational(e))
            assert abs(wanted - arb(rational(lost))) < abs(arb(rational(e))) * 2.0**-96
    for kind, limit in (("broad", 12 * 2.0**-53), ("ext", 2.0**-98)):
        for k in (1, 2, 3, 5):
            a, given = rows_of(kind, drawn(150, -80, 1, seed=k))
            count, _ = rows_of(kind, [Fraction(k)] * 150)
            with flint.ctx.workprec(1200):
                rests = run(kind, "exp_rest", a, count)
                for x, row in zip(given, rests, strict=True):
                    z, wanted = arb(x), arb(x).exp()
                    for j in range(k):
                        wanted -= z**j / math.factorial(j)
                    assert abs(arb(rational(row)) / wanted - 1) < limit


@COMPILED
def test_the_one_rounding():
    values = [*drawn(300, -1090, -1015), *drawn(100, -1015, 1023)]
    values += [Fraction(2 * k + 1) * Fraction(2) ** -1075 for k in range(-9, 9)]
    values += [
        v * (1 + d) for v, d in zip(values[-18:], drawn(18, -100, -60), strict=True)
    ]
    a, given = rows_of("ext", values)
    out, odd = np.empty(a.size), np.empty(a.size)
    function = native.load(driver()).function(
        "run_nearest", [ctypes.c_size_t, POINTER, POINTER, POINTER]
    )
    function(a.size, *(v.ctypes.data for v in (a, out, odd)))
    for value, found, kept in zip(given, out, odd, strict=True):
        unit = Fraction(2) ** max(exponent_of(value) - 52, -1074)
        wanted = round(value / unit) * unit
        assert Fraction(found) == wanted
        assert math.copysign(1, found) == math.copysign(1, value)
        if -150 < exponent_of(value) < 127:
            once = round(value / (unit * 2**29)) * (unit * 2**29)
            assert Fraction(float(np.float32(kept))) == once


def test_arcs_and_pi():
    with flint.ctx.workprec(1400):
        assert abs(arb(PI) - flint.arb.pi()) < 2.0**-1000
        assert abs(arb(atan(Fraction(3, 4))) - arb(Fraction(3, 4)).atan()) < 2.0**-1000


# Numbers


def test_numbers_have_all_digits_that_they_need():
    long = Number(Fraction("1.0507009873554804934193349852946"))
    assert spell(long, EXTENDED) == (
        f"ma_ext_constant({float(long.value)!r}, "
        f"{float(long.value - Fraction(float(long.value)))!r})"
    )
    assert spell(long, BROAD) == "ma_broad_constant(1.0507009873554804934193349852946)"
    assert spell(Number(Fraction(1, 3)), BROAD) == "ma_broad_constant(1.0 / 3.0)"
    assert spell(Number(PI / 2, "pi"), BROAD) == f"ma_broad_constant({math.pi / 2!r})"
    assert spell(number(-2), EXTENDED) == "ma_ext_constant(-2.0, 0.0)"
    for arithmetic in (BROAD, EXTENDED):
        with pytest.raises(UnsupportedError, match="beyond the range"):
            spell(Number(Fraction(10) ** 320), arithmetic)


def test_double_doubles_carry_no_errors_along():
    x, lost = Name("x"), Name("lost")
    square = Binding("square", op("mul", x, x))
    bindings = (
        square,
        Binding("lost", op("product_error", x, x, Name("square"))),
        Binding("e", op("exp", Name("square"))),
    )
    value = op("add", Name("e"), op("mul", Name("e"), op("small", lost)))
    shorter = without_errors(Program(bindings, {"f": value}))
    assert shorter.bindings == (square, bindings[2])
    assert shorter.outputs == {"f": Name("e")}


# Files

POINTS = [0.0, -0.0, 1e-3, -1e-3, 1.0, -1.0, 0.3, -0.7, 5.25, -5.5, 30.0, -30.0, 800.0,
          -800.0, 1e10, -1e10, 1e-30, -1e-30, 1e300, -1e300, 1e-310, 12.25]  # fmt: skip
DIGITS = {"float64": (53, -1074), "float32": (24, -149), "float16": (11, -24),
          "bfloat16": (8, -133)}  # fmt: skip

LARGEST = {"float64": 1024, "float32": 128, "float16": 16, "bfloat16": 128}


def dtype_of(kind):
    if kind == "bfloat16":
        return np.dtype(pytest.importorskip("ml_dtypes").bfloat16)
    return np.dtype(kind)


def points_of(kind, name):
    rng = np.random.default_rng(1)
    with np.errstate(over="ignore"):
        found = np.array([*POINTS, *rng.normal(0, 3, 60)]).astype(dtype_of(kind))
    found = found[np.isfinite(found.astype(float))]
    return found[found > 0] if name == "entropy" else found


def size_of_ulp(value, kind):
    digits, lowest = DIGITS[kind]
    exponent = exponent_of(value) if value else lowest
    return Fraction(2) ** max(exponent - digits + 1, lowest)


@COMPILED
@pytest.mark.parametrize("kind", DIGITS)
@pytest.mark.parametrize("name", FORMULAS)
def test_accurate_results_are_correctly_rounded(name, kind):
    points = points_of(kind, name)
    found = functions(name, "accurate")["partials"](points)
    for i, x in enumerate(points.tolist()):
        for partial, ball in enclose_all(
            activation_of(name), Fraction(float(x)), bits=1400
        ).items():
            unit = size_of_ulp(ball.low, kind)
            low, high = (round(v / unit) * unit for v in (ball.low, ball.high))
            if low != high or unit * 2 >= abs(ball.low):
                continue  # a tie that no digits decide, or nearly 0
            value = float(found[partial][i])
            if abs(low) >= 2 ** LARGEST[kind]:
                assert math.isinf(value)
                continue
            assert Fraction(value) == low, (partial, x)


@COMPILED
@pytest.mark.parametrize("kind", DIGITS)
@pytest.mark.parametrize("name", FORMULAS)
def test_fast_values_of_f_are_near(name, kind):
    """As near as a sum of two terms lets them be that are larger than it is."""
    points = points_of(kind, name)
    found = functions(name, "fast")["f"](points)
    for x, value in zip(points.tolist(), found.tolist(), strict=True):
        wanted = enclose_all(activation_of(name), Fraction(float(x)))["f"].low
        if abs(wanted) >= 2 ** LARGEST[kind]:
            assert math.isinf(value)
            continue
        limit = 8 if kind in ("float32", "float64") else Fraction(51, 100)
        cancelled = abs(Fraction(float(x))) / 4 if name == "third" else 0
        largest = max(abs(wanted), cancelled)
        error = abs(Fraction(float(value)) - wanted)
        assert error <= limit * size_of_ulp(largest, kind), x


ENDS = {
    "gelu_like": ([math.inf, 1.0, -0.0], [-0.0, -0.0, -0.0]),
    "soft": ([1.0, 0.0, -0.0], [-1.0, 0.0, 0.0]),
    "bent": ([math.inf, 1.5, 0.0], [-math.inf, 0.5, 0.0]),
    "entropy": ([math.inf, math.inf, 0.0], [math.nan, math.nan, None]),
    "nested": ([1.0, 0.0, -0.0], [0.0, 0.0, 0.0]),
}


@COMPILED
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ENDS)
@pytest.mark.parametrize("kind", DIGITS)
def test_results_at_infinity_are_limits(name, mode, kind):
    given = np.array([math.inf, -math.inf, math.nan, 1.0]).astype(dtype_of(kind))
    alone = given[3:].copy()
    found = functions(name, mode)["partials"](given)
    for k, partial in enumerate(("f", "f_x", "f_xx")):
        values = found[partial].astype(float).tolist()
        for value, wanted in zip(
            values, (ends[k] for ends in ENDS[name]), strict=False
        ):
            if wanted is None:
                continue
            assert value == wanted or (math.isnan(value) and math.isnan(wanted))
            assert math.isnan(wanted) or np.signbit(value) == np.signbit(wanted)
        assert math.isnan(values[2])
        assert values[3] == float(functions(name, mode)[partial](alone)[0])


@COMPILED
@pytest.mark.parametrize("mode", MODES)
def test_where_a_function_is_not_defined(mode):
    found = functions("entropy", mode)["partials"](np.array([-1.0, 0.0]))
    assert np.isnan(found["f"][0])
    assert found["f_x"][1] == -math.inf
    assert found["f_xx"][1] == math.inf


@COMPILED
@pytest.mark.parametrize("mode", MODES)
def test_arrays_of_every_kind(mode):
    known = functions("gelu_like", mode)
    rng = np.random.default_rng(0)
    for dtype in (np.float64, np.float32, np.float16):
        whole = rng.normal(0, 3, (7, 200)).astype(dtype)
        every, together = known["f_x"](whole), known["partials"](whole)
        assert every.dtype == dtype
        for view in (whole[::2, ::3], whole.T, whole[:, :1], whole[3]):
            wanted = [known["f_x"](np.array([v]))[0] for v in view.ravel()]
            np.testing.assert_array_equal(known["f_x"](view).ravel(), wanted)
        for partial, values in together.items():
            np.testing.assert_array_equal(known[partial](whole), values)
        assert known["f"](np.empty((0, 3), dtype)).shape == (0, 3)
    assert known["f"](0.0) == 0.0


# With parameters

TWO_PARAMETERS = define("bowed", "x / sqrt(a ** 2 + b * x ** 2)", a=1, b=2)


@lru_cache
def bowed(mode):
    derivation = derive(TWO_PARAMETERS, 1)
    form = stabilize(derivation)
    return C.emit(Source(TWO_PARAMETERS, derivation, form, mode))


@COMPILED
@pytest.mark.parametrize("end", ["f64", "f32", "f16", "bf16"])
def test_gradients(end):
    kind = {"f64": "float64", "f32": "float32", "f16": "float16", "bf16": "bfloat16"}[
        end
    ]
    dtype = dtype_of(kind)
    beside = np.float64 if end == "f64" else np.float32
    rng = np.random.default_rng(0)
    library = native.load(bowed("fast"))
    types = [ctypes.c_size_t, POINTER, *[POINTER, ctypes.c_size_t] * 2, *[POINTER] * 3]
    function = library.function(f"bowed_gradient_{end}", types)
    known = C.load(bowed("fast"))
    for count in (1, 256, 700):
        x, g = (rng.normal(0, 2, count).astype(dtype) for _ in range(2))
        a, b = (rng.uniform(0.5, 3, count).astype(beside) for _ in range(2))
        wide = [v.astype(float) for v in (x, a, b)]
        slopes = [known[f"f_{v}"](*wide) for v in ("x", "a", "b")]
        gx, sums = np.empty(count, dtype), np.empty(2)

        def call(gx, sums, x=x, g=g, a=a, b=b, count=count):
            given = [x.ctypes.data, a.ctypes.data, 1, b.ctypes.data, 1, g.ctypes.data]
            ends = [None if v is None else v.ctypes.data for v in (gx, sums)]
            function(count, *given, *ends)

        call(gx, sums)
        exact = slopes[0] * g.astype(float)  # in doubles; narrow ones are in floats
        near = 0 if end == "f64" else {"f32": 1e-6, "f16": 1e-3, "bf16": 8e-3}[end]
        np.testing.assert_allclose(gx.astype(float), exact.astype(dtype), rtol=near)
        wanted = [np.dot(s, g.astype(float)) for s in slopes[1:]]
        sizes = [np.dot(abs(s), abs(g.astype(float))) for s in slopes[1:]]
        close = 1e-12 if end == "f64" else 1e-6
        assert (abs(sums - wanted) <= close * np.array(sizes)).all()
        again, more = np.empty(count, dtype), np.empty(2)
        call(again, None)
        call(None, more)
        np.testing.assert_array_equal(again, gx)
        np.testing.assert_array_equal(more, sums)
        call(g, sums)  # over what is given
        np.testing.assert_array_equal(g, gx)


@COMPILED
@pytest.mark.parametrize("mode", MODES)
def test_parameters_that_are_arrays(mode):
    known = C.load(bowed(mode))
    x = np.linspace(-5, 5, 600)
    a, b = np.linspace(0.5, 2, 600), np.linspace(0, 3, 600)
    found = known["partials"](x, a, b)
    for i in (0, 255, 256, 599):
        for name, values in known["partials"](x[i : i + 1], a[i], b[i]).items():
            assert values[0] == found[name][i]
    assert np.isnan(known["f"](x, np.nan, 1.0)).all()
    exact_values = x / np.sqrt(a**2 + b * x**2)
    np.testing.assert_allclose(found["f"], exact_values, rtol=1e-14)


# Text


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", FORMULAS)
def test_text_is_read_back_and_proved(name, mode):
    source = source_of(name, mode)
    readings = C.read(text_of(name, mode))
    assert prove_readings(source.derivation, source.form, readings)
    titles = {reading.title for reading in readings}
    end = "broad" if mode == "fast" else "ext"
    assert f"{name}_whole_f_xx_{end}" in titles


def refused(text):
    """Whether a text is refused, when it is read or when it is proved."""
    source = source_of("third", "fast")
    try:
        prove_readings(source.derivation, source.form, C.read(text))
    except (FormulaError, IdentityError, UnsupportedError):
        return True
    return False


CHANGES = {
    "fast": [
        ("ma_broad_constant(1.0 / 7.0)", "ma_broad_constant(1.0 / 8.0)"),
        ("ma_broad_constant(1.0 / 7.0)", "ma_broad_constant(1.0 / 0.0)"),
        ("ma_broad_constant(1.0 / 7.0)", "ma_broad_constant(1e400)"),
        ("ma_broad_constant(1.0 / 7.0)", "ma_broad_constant(x)"),
        ("ma_broad_sqrt(", "ma_broad_exp("),
        ("in[0][i]", "in[0][i + 1]"),
        ("far > 1.01 * near", "far > 1.02 * near"),
    ],
    "accurate": [
        ("ma_ext_sqrt(", "ma_ext_exp("),
        ("0x00a2f9836e4e4415", "0x00a2f9836e4e4416"),
        ("&out[1][i]", "&out[0][i]"),
    ],
}


@pytest.mark.parametrize("mode", MODES)
def test_a_changed_file_is_refused(mode):
    text = text_of("third", mode)
    assert not refused(text)
    changes = list(CHANGES[mode])
    if mode == "accurate":
        high, low = re.search(
            r"ma_ext_constant\((0\.\d+),\s+(-?\d\.\d+e-\d+)\)", text
        ).groups()
        changes += [(low, "0.0"), (low, "1e-17"), (high, f"{high}1")]
    tried = 0
    for old, new in changes:
        head, mark, rest = text.partition("third_whole_f_")
        if old not in rest:
            head, mark, rest = "", "", text
        if old in rest:
            tried += 1
            assert refused(head + mark + rest.replace(old, new, 1)), (old, new)
    assert tried >= len(changes) - 1


STRICT = ("-Wall", "-Wextra", "-pedantic", "-Wshadow", "-Werror")


@pytest.mark.parametrize(
    "command",
    [("gcc", "-std=c99", "-O1"), ("clang", "-std=c99"), ("g++", "-x", "c++"),
     ("gcc", "-std=c99", "-DMA_LIBM", "-DMA_NO_FMA")],
    ids=" ".join,
)  # fmt: skip
def test_no_compiler_warns(command, tmp_path):
    if shutil.which(command[0]) is None:
        pytest.skip(f"no {command[0]} here")
    others = []
    for name, mode in (("tanh", "fast"), ("relu", "accurate")):
        derivation = derive(get(name))
        source = Source(get(name), derivation, stabilize(derivation), mode)
        others.append(C.emit(source))
    own = [text_of("gelu_like", "fast"), text_of("soft", "accurate")]
    for k, text in enumerate(
        (*own, "".join([*others, *own]), "".join([*own, *others]))
    ):
        path = tmp_path / f"code{k}.c"
        path.write_text(text)
        done = subprocess.run(
            [*command, *STRICT, "-c", "-o", tmp_path / "code.o", path],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[:2000]
        assert done.stderr == ""


@pytest.mark.skipif(not shutil.which("gcc"), reason="no gcc here")
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ["gelu_like", "soft", "arc", "nested"])
def test_loops_are_vectorized(name, mode, tmp_path):
    text = text_of(name, mode)
    path = tmp_path / "code.c"
    path.write_text(text)
    flags = ["-std=c99", "-O3", "-march=x86-64-v4", "-ffp-contract=off"]
    flags += ["-fno-math-errno", "-fno-trapping-math", "-fopt-info-vec"]
    done = subprocess.run(
        ["gcc", *flags, "-c", path, "-o", "/dev/null"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.skip("no such machine")
    rows = {int(n) for n in re.findall(r"code.c:(\d+):.*loop vectorized", done.stderr)}
    head = f"{name}_whole_f_{'broad' if mode == 'fast' else 'ext'}("
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if head in line and "void" in line)
    loop = next(i for i in range(start, len(lines)) if "for (i = 0" in lines[i])
    assert loop + 1 in rows


def test_lines_are_not_absurdly_long():
    for mode in MODES:
        assert max(map(len, text_of("gelu_like", mode).splitlines())) <= 100


def test_other_files_do_not_have_these_numbers():
    mila = get("mila")
    derivation = derive(mila)
    for mode in MODES:
        text = C.emit(Source(mila, derivation, stabilize(derivation), mode))
        assert "ma_ext_" not in text
        assert "ma_broad" not in text


def test_the_runtime_names_no_function_of_a_machine():
    """Of libm there are only those that compilers open up."""
    for kind in (boxed, unlimited):
        text = kind._runtime().partition("#ifndef MA_UNLIMITED\n")[2]
        bare = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
        called = set(re.findall(r"(?<![\w.])(\w+)\(", bare))
        assert called & {"sin", "cos", "exp", "log", "erf", "erfc", "pow"} == set()
        assert {"sqrt", "fabs"} <= called
    assert "ma_broad_sin" in resource("_broad.h")
