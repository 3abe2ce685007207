"""Correctly rounded C code and its wide numbers, against balls in exact arithmetic."""

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
from mila_analysis.backends.c import C, accurate
from mila_analysis.backends.c.frame import resource
from mila_analysis.backends.c.quotients import with_quotients
from mila_analysis.backends.c.reading import frame_in
from mila_analysis.balls import enclose_all
from mila_analysis.catalog import CATALOG, define, get
from mila_analysis.derivation import derive
from mila_analysis.errors import FormulaError, UnsupportedError
from mila_analysis.program import Binding, Name, Number, Operation, mul, number, op
from mila_analysis.stability import Program, stabilize
from mila_analysis.stability.rounding import DOUBLE
from mila_analysis.verification.condition import size_of_terms
from mila_analysis.verification.identity import prove_readings

pytestmark = pytest.mark.skipif(not native.available(), reason="no C compiler here")

MILA = get("mila")
BETAS = ("-0.25", "0", "0.5", "1", "1.5", "-20", "50")
POINTER = ctypes.c_void_p


@lru_cache
def text_of(activation, order=2):
    derivation = derive(activation, order)
    return C.emit(Source(activation, derivation, stabilize(derivation), "accurate"))


@lru_cache
def functions(activation, order=2):
    return C.load(text_of(activation, order))


def bfloat16():
    return pytest.importorskip("ml_dtypes").bfloat16


FORMATS = {"float64": (53, -1074, 1024), "float32": (24, -149, 128),
           "float16": (11, -24, 16), "bfloat16": (8, -133, 128)}  # fmt: skip
"""Digits, exponent of the least subnormal, exponent above the largest number."""


def dtype_of(name):
    return np.dtype(bfloat16() if name == "bfloat16" else name)


# The judge: a rational number to the nearest float, in exact arithmetic


def exponent_of(value):
    size = abs(value)
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    return exponent - (Fraction(2) ** exponent > size)


def ulp(value, name):
    digits, lowest, _ = FORMATS[name]
    exponent = exponent_of(value) if value else lowest
    return Fraction(2) ** max(exponent - digits + 1, lowest)


def nearest(value, name):
    rounded = round(value / ulp(value, name)) * ulp(value, name)
    size = math.inf if abs(rounded) >= 2 ** FORMATS[name][2] else float(abs(rounded))
    return math.copysign(size, value)


def right(activation, name, x, exact, kind):
    """The nearest float and whether its sign is known, by as many bits as it takes."""
    for bits in (80, 400, 4000):
        if bits > 80:
            exact = enclose_all(activation, Fraction(x), bits=bits)[name]
        low, high = nearest(exact.low, kind), nearest(exact.high, kind)
        if low == high:
            return low, exact.low > 0 or exact.high < 0
    middle = (Fraction(low) + Fraction(high)) / 2  # an exact tie
    assert exact.low <= middle <= exact.high
    return nearest(middle, kind), True


def misrounded(activation, points, computed, kind):
    found = []
    for i, x in enumerate(points):
        for name, exact in enclose_all(activation, Fraction(float(x))).items():
            value = float(computed[name][i])
            wanted, signed = right(activation, name, float(x), exact, kind)
            same = math.copysign(1, value) == math.copysign(1, wanted)
            if value != wanted or (signed and not same):
                found.append((name, float(x), value, wanted))
    return found


def points_of(kind, beta, count, seed=1):
    """Every binade, the bulk, roots, z = 0, where results underflow; and the ends."""
    rng = np.random.default_rng(seed)
    digits, lowest, highest = FORMATS[kind]
    sizes = np.ldexp(rng.uniform(1, 2, highest - lowest), range(lowest, highest))
    deepest = lowest * math.log(2)
    centres = (0, -1.2, -2.3, 1.5, -beta, -beta - 0.1174, deepest, deepest / 2, 18, -18)
    near = [c + rng.normal(0, 1, 12) * 10 ** rng.uniform(-6, 1, 12) for c in centres]
    bulk = np.concatenate([sizes, -sizes, rng.uniform(-50, 50, 60), *near])
    chosen = rng.permutation(bulk)[:count]
    largest = (2 - 2.0 ** (1 - digits)) * 2.0 ** (highest - 1)
    ends = [0.0, -0.0, -beta, 2.0**lowest, -(2.0**lowest), largest, -largest]
    with np.errstate(over="ignore"):
        found = np.concatenate([chosen, ends]).astype(dtype_of(kind))
    return found[np.isfinite(found.astype(np.float64))]


# Wide numbers


DRIVER = """
{runtime}

#define ONE(kind) void run_##kind( \\
    size_t n, const ma_wide *a, const ma_wide *b, ma_wide *out) \\
{{ \\
    size_t i; \\
    (void)b; \\
    for (i = 0; i < n; i++) \\
        out[i] = ma_wide_##kind(a[i]); \\
}}
#define TWO(kind) void run_##kind( \\
    size_t n, const ma_wide *a, const ma_wide *b, ma_wide *out) \\
{{ \\
    size_t i; \\
    for (i = 0; i < n; i++) \\
        out[i] = ma_wide_##kind(a[i], b[i]); \\
}}
ONE(exp) ONE(expm1) ONE(log1p) ONE(log) ONE(abs) ONE(step)
TWO(add) TWO(sub) TWO(mul) TWO(div) TWO(maximum) TWO(copysign) TWO(exact_div)

void run_nearest(size_t n, const ma_wide *a, int digits, int lowest, double *out)
{{
    size_t i;
    for (i = 0; i < n; i++)
        out[i] = ma_wide_nearest(a[i], digits, lowest);
}}

#define FORMAT(form) void form##_through(size_t n, const ma_item_##form *in, \\
    double *middle, const double *given, ma_item_##form *out) \\
{{ \\
    size_t i; \\
    for (i = 0; i < n; i++) \\
        middle[i] = ma_from_##form(in[i]); \\
    for (i = 0; i < n; i++) \\
        out[i] = ma_rounded_##form(given[i]); \\
}}
FORMAT(f16) FORMAT(bf16)

#ifdef __cplusplus
}}
#endif
"""
NUMBER = np.dtype([("hi", "f8"), ("lo", "f8"), ("e", "i8")])


@lru_cache
def driver():
    return resource("_prelude.h") + DRIVER.format(runtime=accurate.runtime())


def wide_function(name, text=None):
    types = [ctypes.c_size_t, POINTER, POINTER, POINTER]
    return native.load(text or driver()).function(f"run_{name}", types)


def wide(values):
    """Rational numbers as wide numbers, and what those are exactly."""
    rows, exact = [], []
    for value in values:
        e = exponent_of(value) if value else -(1 << 50)
        scaled = value / Fraction(2) ** e if value else value
        high = float(scaled)
        low = float(scaled - Fraction(high))
        rows.append((high, low, e))
        exact.append(
            (Fraction(high) + Fraction(low)) * (Fraction(2) ** e if value else 1)
        )
    return np.array(rows, NUMBER), exact


def rational(row):
    if row["hi"] == 0:
        return Fraction(0)
    total = Fraction(float(row["hi"])) + Fraction(float(row["lo"]))
    return total * Fraction(2) ** int(row["e"])


def run(name, a, b=None, text=None):
    a = np.ascontiguousarray(a)
    b = a if b is None else np.ascontiguousarray(b)
    out = np.empty(a.size, NUMBER)
    wide_function(name, text)(a.size, a.ctypes.data, b.ctypes.data, out.ctypes.data)
    return [rational(row) for row in out]


def arb(value):
    return flint.arb(flint.fmpq(value.numerator, value.denominator))


def drawn(count, low, high, seed=0, *, positive=False):
    """Random rationals of 106 bits with exponents from a range."""
    rng = np.random.default_rng(seed)
    found = []
    for e in rng.integers(low, high, count):
        top = int(rng.integers(1 << 52, 1 << 53)) << 53 | int(rng.integers(1 << 53))
        sign = 1 if positive or rng.random() < 0.5 else -1
        found.append(sign * Fraction(top) * Fraction(2) ** (int(e) - 105))
    return found


def worst_error(name, values, text=None):
    """Largest relative error of a function, in units of 2^-106."""
    a, exact = wide(values)
    worst = 0.0
    with flint.ctx.workprec(300):
        for x, found in zip(exact, run(name, a, text=text), strict=True):
            wanted = getattr(arb(x), name)()
            worst = max(worst, abs(float((arb(found) - wanted) / wanted)) * 2.0**106)
    return worst


RANGES = {
    "exp": drawn(400, -300, 11),
    "expm1": drawn(400, -300, 11),
    "log1p": [*drawn(200, -300, -2), *drawn(200, -2, 300, positive=True)],
    "log": [*drawn(200, -300, 300, positive=True),
            *(1 + v for v in drawn(200, -60, -2))],
}  # fmt: skip


@pytest.mark.parametrize("name", RANGES)
def test_wide_functions_are_good_to_103_bits(name):
    assert worst_error(name, RANGES[name]) < 8


@pytest.mark.parametrize(
    "fault",
    ["MA_LOG_2_THIRD", "MA_INVERSE_FACTORIAL_5", "MA_INVERSE_FACTORIAL_9"],
)
def test_a_wrong_constant_is_found(fault):
    changed = re.sub(rf"(?<!#define ){fault}", f"1.000001 * {fault}", driver())
    assert worst_error("exp", RANGES["exp"], changed) > 8


@pytest.mark.parametrize(
    ("name", "limit"), [("add", 3), ("sub", 3), ("mul", 4), ("div", 10)]
)
def test_wide_arithmetic_keeps_its_published_bounds(name, limit):
    first = drawn(600, -80, 80, 1)
    second = [*drawn(300, -80, 80, 2), *(v * (1 + d) for v, d in zip(
        first[300:], drawn(300, -100, -1, 3), strict=True))]  # fmt: skip
    (a, x), (b, y) = wide(first), wide(second)
    operation = {
        "add": "__add__",
        "sub": "__sub__",
        "mul": "__mul__",
        "div": "__truediv__",
    }
    for p, q, found in zip(x, y, run(name, a, b), strict=True):
        exact = getattr(p, operation[name])(q)
        assert abs(found - exact) <= limit * abs(exact) / 2**106


def test_sums_and_products_of_two_floats_are_exact():
    rng = np.random.default_rng(0)
    a, x = wide([Fraction(float(v)) for v in rng.normal(size=200)])
    b, y = wide([Fraction(float(v)) for v in rng.normal(size=200) * 1e9])
    assert run("add", a, b) == [p + q for p, q in zip(x, y, strict=True)]
    assert run("mul", a, b) == [p * q for p, q in zip(x, y, strict=True)]


def test_zeros_have_the_signs_of_ieee_arithmetic():
    zeros = np.array([(0.0, 0.0, -(1 << 50)), (-0.0, 0.0, -(1 << 50))], NUMBER)
    one, minus = wide([Fraction(1)])[0], wide([Fraction(-3)])[0]
    for a in (*zeros, one[0], minus[0]):
        for b in (*zeros, one[0], minus[0]):
            pair = np.array([a], NUMBER), np.array([b], NUMBER)
            out = np.empty(1, NUMBER)
            for name, exact in (("add", a["hi"] + b["hi"]), ("mul", a["hi"] * b["hi"])):
                wide_function(name)(1, *(p.ctypes.data for p in (*pair, out)))
                if exact == 0:
                    assert out["hi"][0] == 0
                    assert np.signbit(out["hi"][0]) == np.signbit(exact)


def test_choices_of_wide_numbers():
    values = [*drawn(100, -400, 400), Fraction(0)]
    other = [*values[1:], values[0]]
    (a, x), (b, y) = wide(values), wide(other)
    assert run("abs", a) == [abs(v) for v in x]
    assert run("step", a) == [int(v > 0) for v in x]
    assert run("maximum", a, b) == [max(p) for p in zip(x, y, strict=True)]
    signed = [abs(p) * (-1 if q < 0 else 1) for p, q in zip(x, y, strict=True)]
    assert run("copysign", a, b) == signed


def test_an_exact_quotient_is_exact():
    rng = np.random.default_rng(0)
    floats = [Fraction(float(v)) for v in rng.normal(size=200)]
    top, x = wide([25 * v for v in floats])
    bottom, _ = wide([Fraction(25)] * 200)
    assert run("exact_div", top, bottom) == floats
    assert run("exact_div", wide([v + 1 for v in x])[0], bottom) != floats


@pytest.mark.parametrize("kind", FORMATS)
def test_one_rounding_to_every_format_ties_to_even(kind):
    digits, lowest, highest = FORMATS[kind]
    rng = np.random.default_rng(0)
    units = [Fraction(2) ** int(e) for e in rng.integers(lowest - 3, highest - 1, 500)]
    values = [Fraction(int(k), 2) * u for k, u in
              zip(rng.integers(-(2**9), 2**9, 500), units, strict=True)]  # fmt: skip
    values += [v + v * d for v, d in zip(values, drawn(500, -100, -54, 3), strict=True)]
    values += drawn(500, lowest - 4, lowest + digits + 4)
    a, exact = wide([v for v in values if v])
    out = np.empty(a.size)
    types = [ctypes.c_size_t, POINTER, ctypes.c_int, ctypes.c_int, POINTER]
    function = native.load(driver()).function("run_nearest", types)
    function(a.size, a.ctypes.data, digits, lowest, out.ctypes.data)
    for value, found in zip(exact, out.tolist(), strict=True):
        if abs(value) < 2 ** (highest - 1):
            assert found == nearest(value, kind), value
            assert math.copysign(1, found) == math.copysign(1, value)


@pytest.mark.parametrize(("form", "kind"), [("f16", "float16"), ("bf16", "bfloat16")])
def test_16_bit_numbers_there_and_back(form, kind):
    patterns = np.arange(1 << 16, dtype=np.uint16)
    with np.errstate(invalid="ignore"):  # a signalling NaN
        numbers = patterns.view(dtype_of(kind)).astype(np.float64)
    rng = np.random.default_rng(0)
    given = np.ldexp(rng.uniform(-2, 2, 1 << 16), rng.integers(-150, 129, 1 << 16))
    given[: 1 << 12] = np.ldexp(rng.integers(-4096, 4096, 1 << 12) + 0.5, -28)
    given[-6:] = (np.inf, -np.inf, np.nan, 0.0, -0.0, 65520.0)
    middle, out = np.empty(1 << 16), np.empty(1 << 16, np.uint16)
    types = [ctypes.c_size_t, *[POINTER] * 4]
    function = native.load(driver()).function(f"{form}_through", types)
    function(1 << 16, *(v.ctypes.data for v in (patterns, middle, given, out)))
    np.testing.assert_array_equal(middle, numbers)
    assert np.array_equal(np.signbit(middle), np.signbit(numbers))
    found = out.view(dtype_of(kind)).astype(np.float64)
    for value, got in zip(given.tolist(), found.tolist(), strict=True):
        if math.isfinite(value) and value:
            assert got == nearest(Fraction(value), kind), value
    np.testing.assert_array_equal(found[-6:-1], given[-6:-1])
    assert np.signbit(found[-3:-1]).tolist() == [False, True]


# Generated code


@pytest.mark.parametrize("kind", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("beta", BETAS)
def test_mila_is_correctly_rounded(beta, kind):
    activation = MILA.bind(beta=beta)
    points = points_of(kind, float(beta), 220)
    computed = functions(MILA)["partials"](points, float(beta))
    assert misrounded(activation, points, computed, kind) == []


@pytest.mark.parametrize("kind", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize(
    "activation", [a for a in CATALOG if a.name != "mila"], ids=lambda a: a.name
)
def test_others_are_correctly_rounded(activation, kind):
    points, short = points_of(kind, 0.0, 100), short_of(activation)
    computed = functions(activation)["partials"](points, *short.values())
    assert misrounded(activation.bind(**short), points, computed, kind) == []


def short_of(activation):
    """Values of parameters, each exact in all formats."""
    return {p.name: float(bfloat16()(float(p.value))) for p in activation.parameters}


def tiny(kind, count=4):
    """Units of the format from one on, and some tens of thousands of them."""
    rng = np.random.default_rng(0)
    units = [*range(1, 8), 15, 35, 2 ** (FORMATS[kind][0] - 1) - 1]
    units += rng.integers(8, 2 ** (FORMATS[kind][0] - 1), count).tolist()
    x = np.ldexp(np.array(units, float), FORMATS[kind][1])
    return np.concatenate([x, -x]).astype(dtype_of(kind))


@pytest.mark.parametrize("activation", CATALOG, ids=lambda a: a.name)
def test_ties_of_subnormal_results_are_decided_by_the_next_term(activation):
    """xIELU is x/2 + 2x²/5 there: below all digits, x² says where x/2 is rounded."""
    points, short = tiny("float32"), short_of(activation)
    computed = functions(activation)["partials"](points, *short.values())
    assert misrounded(activation.bind(**short), points, computed, "float32") == []


TIED = (
    "where(x > 0, 0.3 * x, x / 10)",
    "where(x > 0, x, (exp(x) - 1) / 2)",
    "where(x > 0, x * (x + 3) / 6 * (x + 1), 0.7 * x)",
    "x * (1 + x) * (1 - x) * (3 + x) / 30",
    "x / 3 * sqrt(1 + x^2) * 0.9",
    "log(1 + x) / 2",
    "atan(x) / 2",
    "sin(x) / 2",
    "x * cos(x) / 2",
    "sqrt(1 + x) / 2 - 1 / 2",
    "exp(exp(x) - 1) / 2 - 1 / 2",
    "x / (10 + x)",
    "max(0, min(6, x + 3)) * x / 6",
)


@pytest.mark.parametrize("kind", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("formula", TIED)
def test_ties_of_formulas_of_ones_own(formula, kind):
    own, points = define("own", formula), tiny(kind)
    computed = functions(own)["partials"](points)
    assert misrounded(own, points, computed, kind) == []


@pytest.mark.parametrize(
    ("formula", "word"),
    [
        ("where(x > 0, x, (exp(x) - 1) / 2)", "ma_wide_expm1"),
        ("exp(exp(x) - 1) / 2 - 1 / 2", "ma_ext_expm1"),
        ("log(1 + x) / 2", "ma_ext_log1p"),
        ("atan(x) / 2", "ma_ext_atan"),
        ("sin(x) / 2", "ma_ext_sin"),
    ],
)
def test_without_the_next_term_ties_are_rounded_wrong(formula, word):
    own, points = define("own", formula), tiny("float32")
    place = text_of(own).index("own_wide_f_" if "wide" in word else "own_whole_f_ext(")
    head, text = text_of(own)[:place], text_of(own)[place:]
    assert f"{word}_tied(" in text
    worse = C.load(head + text.replace(f"{word}_tied(", f"{word}("))
    assert misrounded(own, points, worse["partials"](points), "float32") != []


@pytest.mark.xfail(strict=True, reason="E - 1 over E + 1: its x² cancels, x³ is lost")
def test_ties_that_two_quotients_decide():
    own, points = define("own", "tanh(x) * sqrt(1 + x^2) / 2"), tiny("float32")
    computed = functions(own)["partials"](points)
    assert misrounded(own, points, computed, "float32") == []


X, Y = Name("x"), Name("y")


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (mul(number(Fraction(3, 10)), X), "3*x//10"),
        (mul(mul(number(Fraction(-1, 6)), X), mul(number(Fraction(2, 3)), Y)),
         "-1*x*2*y//18"),
        (op("div", X, number(-6)), "-x//6"),
        (op("neg", mul(X, number(Fraction(1, 7)))), "-x//7"),
        (mul(number(Fraction(1, 8)), X), "1/8*x"),
        (mul(Number(Fraction(1, 3), "third"), X), "1/3*x"),
        (mul(number(Fraction(1, 3**40)), X), f"1/{3**40}*x"),
        (mul(mul(number(Fraction(1, 3**30)), X), mul(number(Fraction(1, 3**31)), Y)),
         f"x//{3**30}*y//{3**31}"),
        (op("add", mul(number(Fraction(1, 3)), X), Y), "x//3+y"),
    ],
)  # fmt: skip
def test_products_with_ratios_become_quotients(value, wanted):
    def spelled(e):
        match e:
            case Name(text):
                return text
            case Number(exact):
                return str(exact)
            case Operation("neg", (a,)):
                return f"-{spelled(a)}"
            case Operation(kind, (a, b)):
                sign = {"mul": "*", "over": "//", "add": "+"}[kind]
                return f"{spelled(a)}{sign}{spelled(b)}"
        raise AssertionError(e)

    whole = with_quotients(Program((), {"f": value}), "over").outputs["f"]
    assert spelled(whole) == wanted
    named = Program((Binding("part", value),), {"f": mul(Y, Name("part"))})
    found = with_quotients(named, "over")
    last = found.outputs["f"]
    assert (last.kind == "over") == (whole != value and whole.kind == "over")


@pytest.mark.parametrize("name", ["sigmoid", "silu", "tanh", "swish"])
def test_near_ties_that_no_number_of_digits_decides(name):
    """f''(x) of the sigmoid is -x/8 + x^3/48: a tie of subnormals, but for x^3."""
    rng = np.random.default_rng(0)
    units = rng.integers(1, 1 << 22, 60) * 2.0 ** rng.integers(0, 4, 60)
    x = np.concatenate([np.ldexp(units, -149), np.ldexp([1, 3, 5, 7, 9], -24)])
    points = np.concatenate([x, -x]).astype(np.float32)
    activation = get(name)
    computed = functions(activation)["partials"](points)
    assert misrounded(activation, points, computed, "float32") == []
    text = text_of(activation).replace("z.hi == 0.0 || z.e < -30", "z.hi == 0.0")
    assert text != text_of(activation)
    if name == "sigmoid":  # without the series it is wrong
        computed = C.load(text)["partials"](points)
        assert misrounded(activation, points, computed, "float32")


def test_higher_orders_and_formulas_of_a_users_own_are_correctly_rounded():
    quick = define("quick", "x * sigmoid(1.702 * x)")
    points = points_of("float32", 0.0, 60)
    computed = functions(quick)["partials"](points)
    assert misrounded(quick, points, computed, "float32") == []
    fourth = functions(MILA, 4)["partials"](points, 0.5)
    second = functions(MILA)["partials"](points, 0.5)
    for name, values in second.items():
        np.testing.assert_array_equal(fourth[name], values)


@pytest.mark.parametrize(
    "formula",
    [
        "x * log(1 + exp(x - b))",
        "x * log(1 + exp(b * x))",
        "x * sigmoid(x + 1) + 0 * b",
    ],
)
def test_other_exponents_are_correctly_rounded(formula):
    own = define("own", formula, b=2)
    assert "own_near_partials_f64(" in text_of(own)
    points = points_of("float32", -2.0, 80)
    points = points[np.abs(points) < 60]  # beyond, ties that no digits decide
    for b in (2.0, -0.3125, 1e-20, 3e4):
        computed = functions(own)["partials"](points, b)
        activation = own.bind(b=Fraction(float(np.float32(b))))
        assert misrounded(activation, points, computed, "float32") == []
    readings = C.read(text_of(own))
    assert prove_readings(derive(own), stabilize(derive(own)), readings) > 0


@pytest.mark.parametrize("beta", BETAS)
def test_float64_keeps_its_promise(beta):
    activation = MILA.bind(beta=beta)
    derivation = derive(activation)
    points = points_of("float64", float(beta), 200)
    computed = functions(MILA)["partials"](points, float(beta))
    for i, x in enumerate(points.tolist()):
        at = {"x": Fraction(x), **activation.values}
        for name, ball in enclose_all(activation, Fraction(x), bits=160).items():
            exact, value = ball.mid, float(computed[name][i])
            if abs(exact) >= 2**1024:
                assert math.isinf(value)
                continue
            lost = abs(Fraction(value) - exact)
            if lost <= ulp(exact, "float64") * Fraction(501, 1000):
                continue
            size = size_of_terms(derivation, name, at)
            assert lost <= ulp(exact, "float64") / 2 + size / 2**96, (name, x)
            assert size > 2**40 * abs(exact), (name, x)


def test_subnormal_results_of_float64_are_rounded_once():
    x = np.linspace(-745.5, -700, 400)
    computed = functions(MILA)["f"](x, 0.0)
    assert (np.abs(computed) < np.finfo(float).tiny).any()
    for point, value in zip(x.tolist(), computed.tolist(), strict=True):
        exact = enclose_all(MILA, Fraction(point), order=1)["f"].mid
        assert abs(Fraction(value) - exact) <= ulp(exact, "float64") * Fraction(
            501, 1000
        )


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("activation", CATALOG, ids=lambda a: a.name)
def test_each_partial_alone_gives_the_same_bits(activation, kind):
    points = points_of(kind, 0.0, 300)
    points = np.concatenate([points, np.array([np.inf, -np.inf, np.nan], points.dtype)])
    together = functions(activation)["partials"](points)
    for name, values in together.items():
        found = functions(activation)[name](points)
        assert found.dtype == values.dtype == points.dtype
        with np.errstate(invalid="ignore"):
            alone, among = found.astype(float), values.astype(float)
        np.testing.assert_array_equal(alone, among)
        is_number = ~np.isnan(among)
        signs = np.signbit(alone) == np.signbit(among)
        assert signs[is_number].all(), name


@pytest.mark.parametrize("kind", FORMATS)
def test_limits_and_nan(kind):
    ends = np.array([np.inf, -np.inf, np.nan], dtype_of(kind))
    found = functions(MILA)["partials"](ends, 0.5)
    wanted = {"f": (np.inf, 0.0), "f_x": (1.0, 0.0)}
    for name, given in found.items():
        values = given.astype(np.float64)
        assert tuple(values[:2]) == wanted.get(name, (0.0, 0.0))
        assert np.isnan(values[2])
    assert np.isnan(functions(MILA)["f"](ends[:1], np.nan)).all()


@pytest.mark.parametrize("kind", FORMATS)
def test_exact_zeros_and_signed_zeros(kind):
    dtype = dtype_of(kind)
    values = functions(MILA)

    def at(name, x, beta):
        return float(values[name](np.array([x], dtype), np.array(beta, dtype))[0])

    assert (
        at("f_xx", 20, -20) == at("f_x", -1.875, 1.875) == at("f_xbeta", 10, -10) == 0
    )
    for name in ("f", "f_beta"):
        assert math.copysign(1, at(name, 0.0, 0.5)) == 1
        assert math.copysign(1, at(name, -0.0, 0.5)) == -1
    assert math.copysign(1, at("f", -1e4, 0.5)) == -1
    assert math.copysign(1, at("f_betabeta", -1e4, 0.5)) == -1


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("name", ["sigmoid", "tanh"])
def test_zeros_of_odd_partials_have_the_sign_of_what_is_beside(name, kind):
    zeros = np.array([0.0, -0.0], dtype_of(kind))
    odd = {"sigmoid": {"f_xx": -1}, "tanh": {"f": 1, "f_xx": -1}}[name]
    for partial, sign in odd.items():
        found = functions(get(name))[partial](zeros).astype(float)
        assert (found == 0).all()
        assert np.copysign(1, found).tolist() == [sign, -sign]


def test_shapes_strides_and_broadcasting():
    f, x = functions(MILA)["f"], np.linspace(-5, 5, 24, dtype=np.float32)
    flat = f(x, 0.5)
    np.testing.assert_array_equal(f(x.reshape(4, 6), 0.5), flat.reshape(4, 6))
    np.testing.assert_array_equal(f(x[::-2], 0.5), flat[::-2])
    betas = np.array([[0.0], [0.5]], np.float32)
    table = f(x, betas)
    assert table.shape == (2, 24)
    np.testing.assert_array_equal(table[1], flat)
    assert f(np.float32(1)).shape == ()
    assert f(np.zeros((0, 3), np.float16)).shape == (0, 3)
    assert f(1).dtype == np.float64
    assert f(np.float16(1), np.float32(0)).dtype == np.float32
    with pytest.raises(TypeError):
        f(np.array([1j]))


@pytest.mark.parametrize("count", [1, 31, 33, 255, 257, 600])
def test_a_value_does_not_depend_on_its_neighbours(count):
    rng = np.random.default_rng(count)
    x = np.ldexp(rng.uniform(-2, 2, count), rng.integers(-120, 127, count))
    x = x.astype(np.float32)
    x[rng.random(count) < 0.2] = np.nan
    betas = rng.normal(0, 3, count).astype(np.float32)
    whole = functions(MILA)["partials"](x, betas)
    for i in range(0, count, 7):
        for name, value in functions(MILA)["partials"](x[i], betas[i]).items():
            np.testing.assert_array_equal(value, whole[name][i])


def test_outputs_may_be_inputs():
    text = text_of(MILA)
    types = [ctypes.c_size_t, POINTER, POINTER, ctypes.c_size_t, POINTER]
    x = np.linspace(-30, 30, 500, dtype=np.float32)
    wanted = functions(MILA)["f_x"](x, 0.5)
    beta = np.array([0.5], np.float32)
    function = native.load(text).function("mila_f_x_f32", types)
    function(x.size, x.ctypes.data, beta.ctypes.data, 0, x.ctypes.data)
    np.testing.assert_array_equal(x, wanted)


# Doubles


WITH_FMA = "#define MA_HAS_FMA 1"
FUNCTIONS = """
{runtime}

#define ONE(kind, name) void run_##kind( \\
    size_t n, const double *a, const double *b, double *out) \\
{{ \\
    size_t i; \\
    (void)b; \\
    for (i = 0; i < n; i++) \\
        out[i] = name(a[i]); \\
}}
ONE(exp_near, ma_exp_near_f64) ONE(exp, ma_exp_f64)
ONE(expm1, ma_expm1_f64) ONE(log1p, ma_log1p_f64)
void run_exp_sum(size_t n, const double *a, const double *b, double *out)
{{
    size_t i;
    for (i = 0; i < n; i++)
        out[i] = ma_exp_sum_f64(a[i], b[i]);
}}

#ifdef __cplusplus
}}
#endif
"""
SAMPLE = 20000


def functions_of_doubles(*, fused=True):
    text = resource("_prelude.h") + FUNCTIONS.format(runtime=accurate.runtime())
    assert WITH_FMA in text
    return text if fused else text.replace(WITH_FMA, "")


def worst_units(name, a, b=None, *, fused=True):
    """Largest relative error of a function of doubles, in units of 2^-53."""
    b = np.zeros_like(a) if b is None else b
    out = np.empty_like(a)
    text = functions_of_doubles(fused=fused)
    types = [ctypes.c_size_t, POINTER, POINTER, POINTER]
    function = native.load(text).function(f"run_{name}", types)
    function(a.size, a.ctypes.data, b.ctypes.data, out.ctypes.data)
    kind, worst = name.split("_")[0], 0.0
    with flint.ctx.workprec(200):
        for x, y, value in zip(a.tolist(), b.tolist(), out.tolist(), strict=True):
            exact = getattr(flint.arb(x) + flint.arb(y), kind)()
            worst = max(worst, abs(float((flint.arb(value) - exact) / exact)))
    return worst * 2.0**53


def exponents(count=SAMPLE, reach=350.0):
    """Floats: all of the reach, near 0, near the ends of a reduction."""
    rng = np.random.default_rng(5)
    ends = (rng.integers(-500, 500, count // 4) + 0.5) * math.log(2)
    found = np.concatenate(
        [
            rng.uniform(-reach, reach, count // 4),
            rng.normal(0, 1, count // 4),
            10.0 ** rng.uniform(-30, 0, count // 4) * rng.choice([-1, 1], count // 4),
            ends * (1 + rng.normal(0, 1e-7, count // 4)),
        ]
    )
    found = found.astype(np.float32).astype(np.float64)
    return found[(found != 0) & (np.abs(found) <= reach)]


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("name", ["exp", "exp_near", "expm1"])
def test_exponentials_of_doubles_are_as_good_as_their_bounds_say(name, fused):
    assert worst_units(name, exponents(), fused=fused) < 4 < DOUBLE.exp


@pytest.mark.parametrize("fused", [True, False])
def test_the_exponential_of_a_sum_is_as_good_as_that_of_a_number(fused):
    a = exponents()
    rng = np.random.default_rng(6)
    b = rng.uniform(-100, 100, a.size).astype(np.float32).astype(np.float64)
    cancel = rng.random(a.size) < 0.5
    b[cancel] = (-a[cancel] + rng.normal(0, 1, cancel.sum())).astype(np.float32)
    b[:50] = 0.0
    kept = (a + b != 0) & (np.abs(b) <= 350)
    assert worst_units("exp_sum", a[kept], b[kept], fused=fused) < 4 < DOUBLE.exp


def test_log1p_of_doubles_is_as_good_as_its_bound_says():
    a = np.exp(exponents())
    assert worst_units("log1p", a) < 4 < DOUBLE.log1p


def test_a_worse_exponential_is_measured_as_such(monkeypatch):
    text = functions_of_doubles()
    worse = text.replace("0.0013888888917213834", "0.0013888888927213834")
    assert worse != text
    monkeypatch.setitem(globals(), "functions_of_doubles", lambda **_: worse)
    assert worst_units("exp_near", exponents()) > 8


def broken(text, name):
    """The text with a function that returns 2, whatever it is asked."""
    found = re.sub(rf"(double {name}\([^)]*\)\n\{{)", r"\1\n    return 2.0;", text)
    assert found != text
    return found


def bits(found):
    return {name: values.tobytes() for name, values in found.items()}


def test_the_short_program_computes_what_is_in_its_reach_and_nothing_else():
    rng = np.random.default_rng(2)
    inside = rng.uniform(-116, 116, 1000).astype(np.float32)
    outside = -rng.uniform(118, 2000, 1000).astype(np.float32)
    text = text_of(MILA)
    whole, short = broken(text, "ma_exp_normal_f64"), broken(text, "ma_exp_sum_f64")
    assert "return exp(a) * exp(b);" in text
    for x, fault, other in ((inside, short, whole), (outside, whole, short)):
        right = bits(functions(MILA)["partials"](x, 0.5))
        assert bits(C.load(other)["partials"](x, 0.5)) == right
        assert bits(C.load(fault)["partials"](x, 0.5)) != right


def test_an_element_out_of_reach_does_not_change_its_neighbours():
    x = np.linspace(-20, 20, 512, dtype=np.float32)
    right = bits(functions(MILA)["partials"](x, 0.5))
    for far in (1e30, -1e30, 117.5, np.inf, np.nan):
        for place in (0, 255, 300):
            mixed = np.insert(x, place, far)
            found = functions(MILA)["partials"](mixed, 0.5)
            found = {n: np.delete(v, place) for n, v in found.items()}
            assert bits(found) == right


def test_parameters_out_of_reach_are_computed_by_the_whole_program():
    x = np.linspace(-300, 300, 700, dtype=np.float32)
    for beta in (-117.0, 116.5, 400.0):
        activation = MILA.bind(beta=repr(beta))
        computed = functions(MILA)["partials"](x, beta)
        among = functions(MILA)["partials"](x, np.full(x.size, beta, np.float32))
        assert bits(computed) == bits(among)
        some = {name: values[::23] for name, values in computed.items()}
        assert misrounded(activation, x[::23], some, "float32") == []


@pytest.mark.parametrize("activation", CATALOG, ids=lambda a: a.name)
def test_every_activation_with_an_exponential_has_a_short_program(activation):
    form = stabilize(derive(activation))
    has = "_near_partials_f64(" in text_of(activation)
    if activation.name == "hard_elish":  # no bounds are known for its short program
        assert form.near is not None
        assert not has
        return
    assert has == (form.near is not None)
    if form.strategy == "homogeneous":
        assert has == bool(derive(activation).generators)


def test_what_has_no_bounds_for_its_short_program_takes_the_whole_one():
    own = define("own", "x*tanh(log(1+exp(x+a+b)))", a=1, b=0)
    assert "own_near_" not in text_of(own)
    points = points_of("float32", 0.0, 40)
    computed = functions(own)["partials"](points)
    assert misrounded(own, points, computed, "float32") == []


def test_what_vanishes_keeps_its_sign_without_wide_numbers():
    """Zeros of f and its partials where results are far below the floats."""
    x = np.concatenate(
        [-np.geomspace(110, 3e38, 500), np.geomspace(110, 3e38, 500), [0.0, -0.0]]
    ).astype(np.float32)
    right = functions(MILA)["partials"](x, 0.5)
    text = text_of(MILA)
    fault = text.replace("return copysign(r, n.hi);", "return 7.0;")
    assert fault != text
    assert bits(C.load(fault)["partials"](x, 0.5)) == bits(right)
    some = {name: values[::50] for name, values in right.items()}
    assert misrounded(MILA.bind(beta="0.5"), x[::50], some, "float32") == []


# Text


@pytest.mark.parametrize("activation", CATALOG, ids=lambda a: a.name)
def test_the_text_reads_back_to_the_derivative(activation):
    derivation = derive(activation)
    form = stabilize(derivation)
    readings = C.read(text_of(activation))
    kinds = 2 if "_near_partials_f64(" in text_of(activation) else 1
    assert len(readings) == kinds * (len(derivation.names) + 1)
    assert prove_readings(derivation, form, readings) > 0


def test_every_change_of_the_text_is_caught():
    text = text_of(get("tanh"))
    for old, new in (
        ("(-8.0) * minus", "8.0 * minus"),  # the double arithmetic
        ("ma_wide_exp(part)", "ma_wide_expm1(part)"),  # the wide one
        (" * size", " * 0.5 * size"),  # a bound
        ("MA_DIGITS_f32 24", "MA_DIGITS_f32 25"),  # the runtime
        ("at_origin[] = {1", "at_origin[] = {0"),
        ("tanh_near_f_f64_of(in, out, 1)", "tanh_near_f_f64_of(in, out, 0)"),
        ("= -bound", "= bound"),  # the sign is sure
        (", 700.0);", ", 701.0);"),  # the reach
        ("1.0 / nested", "1.0 / (2.0 - nested)"),  # the short arithmetic
    ):
        assert old in text, old
        with pytest.raises((FormulaError, UnsupportedError)):
            C.read(text.replace(old, new))


def test_what_has_no_accurate_mode_says_so():
    own = define("own", "sigmoid(x) * 1.0507009873554804934193349852946 / 3")
    with pytest.raises(UnsupportedError, match="accurate C has no number"):
        text_of(own)


LONG = f"0.{'123456789' * 4} * 1.{'987654321' * 4} * 1.{'3' * 37}"


@pytest.mark.parametrize(
    "formula",
    [
        f"where(x > -1, {LONG} * x * sigmoid(x), x)",
        f"where(x > 0, x, {LONG} * 1e-30 * (exp(x) - 1))",
        f"where(x < 1, {LONG} + tanh(x), x / 3)",
    ],
)
def test_a_decimal_of_any_length_is_rounded_once(formula):
    own = define("own", formula)
    text = text_of(own)
    assert prove_readings(derive(own), stabilize(derive(own)), C.read(text)) > 0
    for kind in ("float32", "float16", "bfloat16"):
        points = points_of(kind, 0.0, 60)
        computed = functions(own)["partials"](points)
        assert misrounded(own, points, computed, kind) == []


def test_the_constants_of_selu_are_those_of_its_authors():
    """Their product has 62 digits; a double and its rest hold it to 2^-106."""
    selu = get("selu")
    text = "".join(text_of(selu).split())
    (found,) = set(re.findall(r"ma_wide_of\((1\.7[^,]+),([^,]+),0\)", text))
    held = Fraction(float(found[0])) + Fraction(float(found[1]))
    exact = enclose_all(selu, Fraction(0), bits=300)["f_x"].mid
    assert 0 < abs(held - exact) < exact / 2**106


@pytest.mark.parametrize("formula", ["x / (1 + x**2)", "x * tanh(exp(x))"])
def test_what_needs_wide_numbers_has_an_accurate_mode(formula):
    own = define("other", formula)
    points = points_of("float32", 0.0, 20)
    points = points[points != 0]
    computed = functions(own)["partials"](points)
    assert misrounded(own, points, computed, "float32") == []


@pytest.mark.parametrize("name", ["gcc", "clang"])
def test_it_compiles_anywhere_without_a_warning(name, tmp_path):
    if shutil.which(name) is None:
        pytest.skip(f"no {name} here")
    tanh = get("tanh")
    derivation = derive(tanh)
    fast = C.emit(Source(tanh, derivation, stabilize(derivation)))
    for text in (
        text_of(MILA),
        text_of(get("relu")),
        fast + text_of(MILA),  # in one file, in either order
        text_of(MILA) + fast,
    ):
        source = tmp_path / "accurate.c"
        source.write_text(text)
        flags = ["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-O1", "-c"]
        command = [name, *flags, "-o", str(tmp_path / "accurate.o"), str(source)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_the_names_in_a_file_are_those_of_a_fast_one():
    frame = frame_in(text_of(MILA))
    for form in accurate.FORMATS:
        assert f"void {frame.prefix}_f_xbeta_{form}(" in text_of(MILA)


@pytest.mark.exhaustive
@pytest.mark.parametrize("kind", ["float16", "bfloat16"])
@pytest.mark.parametrize("beta", BETAS[:5])
def test_every_16_bit_number_is_correctly_rounded(beta, kind):
    numbers = np.arange(1 << 16, dtype=np.uint16).view(dtype_of(kind))
    with np.errstate(invalid="ignore"):  # a signalling NaN
        finite = numbers[np.isfinite(numbers.astype(np.float64))]
    computed = functions(MILA)["partials"](finite, float(beta))
    assert misrounded(MILA.bind(beta=beta), finite, computed, kind) == []
