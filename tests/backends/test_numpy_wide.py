"""Wide numbers of generated NumPy code against python-flint; their modules."""

from __future__ import annotations

import ast
import math
import operator
from fractions import Fraction

import flint
import numpy as np
import pytest
from flint import arb

from mila_analysis.backends._python_reading import ReadingError
from mila_analysis.backends.backend import Source
from mila_analysis.backends.numpy import NUMPY, wide
from mila_analysis.catalog import define
from mila_analysis.derivation import derive
from mila_analysis.errors import UnsupportedError
from mila_analysis.program import Expression, Name, Number, Operation, number, op
from mila_analysis.stability import Program, stabilize

INF, NAN = math.inf, math.nan
TINY, LEAST, HUGE = 5e-324, 2.0**-1022, 1.7976931348623157e308
LIST = (0.0, -0.0, TINY, -LEAST, 1e-30, -0.5, 1.0, -3.0, 40.0, -1e5, HUGE, -HUGE)


def _runtime() -> dict:
    text = "\n".join([*wide.imports("fast"), wide.runtime("fast")])
    namespace: dict = {}
    exec(compile(text, "<runtime>", "exec"), namespace)
    return namespace


RUNTIME = _runtime()
KIT, Wide = RUNTIME["_KIT"], RUNTIME["_Wide"]


@pytest.fixture(autouse=True)
def surroundings():
    with flint.ctx.workprec(500), np.errstate(all="ignore"):
        yield


def wides(low, high, seed=0, *, positive=False, count=400):
    """Random numbers with exponents from low to high."""
    rng = np.random.default_rng([seed, abs(low), abs(high)])
    m = rng.uniform(1, 2, count)
    if not positive:
        m *= rng.choice([-1.0, 1.0], count)
    return Wide(m, rng.integers(low, high + 1, count), 1)


def parts(a) -> list[tuple[float, int]]:
    pairs = zip(*np.broadcast_arrays(a.m, a.e), strict=True)
    return [(float(m), int(e)) for m, e in pairs]


def fractions(a) -> list[Fraction]:
    return [Fraction(m) * Fraction(2) ** e if m else Fraction(0) for m, e in parts(a)]


def balls(a) -> list[arb]:
    return [arb(m) * arb(2) ** e for m, e in parts(a)]


def exponent(value: Fraction) -> int:
    """k with 2^k ≤ |value| < 2^(k+1)."""
    k = abs(value.numerator).bit_length() - value.denominator.bit_length()
    return k if abs(value) >= Fraction(2) ** k else k - 1


def worst_ulp(found, wanted) -> float:
    """Largest error, in units of the last of 53 bits."""
    worst = 0.0
    for value, other in zip(balls(found), wanted, strict=True):
        k = int(float((abs(other).log() / arb.const_log2()).floor()))
        error = float(abs(value - other) * arb(2) ** (52 - k))
        assert math.isfinite(error)
        worst = max(worst, error)
    return worst


class TestArithmetic:
    SIZES = pytest.mark.parametrize("bits", [2, 60, 900, 40_000])

    @SIZES
    @pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv"])
    def test_it_rounds_as_ieee_does(self, name, bits):
        function = getattr(operator, name)
        a, b = wides(-bits, bits), wides(-bits, bits, seed=1)
        found = function(a, b)
        triples = zip(fractions(a), fractions(b), fractions(found), strict=True)
        for one, other, value in triples:
            wanted = function(one, other)
            unit = Fraction(2) ** (exponent(wanted) - 52)
            assert 2 * abs(value - wanted) <= unit

    def test_what_cancels_is_exact(self):
        a = wides(-300, 300)
        b = Wide(np.nextafter(-a.m, 0), a.e, 1)
        b = Wide(b.m, b.e + np.arange(400) % 3 - 1, 1)
        for one, other, value in zip(*map(fractions, (a, b, a + b)), strict=True):
            assert value == one + other

    def test_a_difference_of_equal_numbers_is_below_all_others(self):
        a = wides(900, 1000)
        total = (a - a) + Wide(np.ones(400), np.full(400, -5000), 1)
        assert {parts(total)[i] for i in range(400)} == {(1.0, -5000)}

    @pytest.mark.parametrize("apart", [0, 30, 52, 53, 54, 107, 699, 701, 70_000])
    def test_two_sum_gives_the_exact_error(self, apart):
        first, second = wides(0, 20), wides(-apart, 20 - apart, seed=1)
        for a, b in ((first, second), (second, first)):
            s = a + b
            part = s - a
            error = (a - (s - part)) + (b - part)
            rows = zip(*map(fractions, (a, b, s, error)), strict=True)
            assert all(one + other == s + e for one, other, s, e in rows)

    @SIZES
    def test_product_error_is_exact(self, bits):
        a, b = wides(-bits, bits), wides(-bits, bits, seed=1)
        p = a * b
        rows = zip(*map(fractions, (a, b, p, KIT.product_error(a, b, p))), strict=True)
        assert all(one * other == p + e for one, other, p, e in rows)

    def test_it_is_exact_after_long_chains(self):
        a = wides(-30, 30)
        power, quotient = a, a
        for _ in range(300):
            power, quotient = power * 2.0, quotient / 4.0
        for one, p, q in zip(*map(fractions, (a, power, quotient)), strict=True):
            assert p == one * 2**300
            assert q == one / 4**300
        total = a
        for _ in range(20):
            total = (total - a) + a
        assert fractions(total) == fractions(a)

    def test_order(self):
        a, b = wides(-40, 40), wides(-40, 40, seed=1)
        b = KIT.select(a.m > 1.5, a, b)
        for compare in (
            operator.gt,
            operator.ge,
            operator.lt,
            operator.le,
            operator.eq,
        ):
            wanted = [compare(*p) for p in zip(fractions(a), fractions(b), strict=True)]
            assert compare(a, b).tolist() == wanted
        assert (a > 0.0).tolist() == [v > 0 for v in fractions(a)]
        assert (a <= 0.0).tolist() == [v <= 0 for v in fractions(a)]
        assert fractions(KIT.maximum(a, b)) == list(
            map(max, fractions(a), fractions(b))
        )
        assert fractions(KIT.step(a)) == [int(v > 0) for v in fractions(a)]

    def test_a_division_by_zero_is_that_of_ieee(self):
        one, zero = np.ones(1), np.zeros(1)
        quotients = [
            RUNTIME["_narrowed"](
                Wide(a, np.zeros(1, int), 1) / Wide(b, np.zeros(1, int), 1)
            )
            for a, b in ((one, zero), (-one, zero), (one, -zero), (zero, zero))
        ]
        assert np.array(quotients).ravel().tolist()[:3] == [INF, -INF, -INF]
        assert np.isnan(quotients[3])


FUNCTIONS = {
    "sqrt": arb.sqrt, "exp": arb.exp, "expm1": arb.expm1, "log": arb.log,
    "log1p": arb.log1p, "erf": arb.erf, "sin": arb.sin, "cos": arb.cos,
    "atan": arb.atan, "erfcx": lambda x: (x * x).exp() * x.erfc(),
}  # fmt: skip
POSITIVE = {"sqrt", "log", "erfcx"}
EVERYWHERE = ((-5000, -900), (-900, -61), (-62, -30), (-30, -1), (-2, 1))


@pytest.mark.parametrize(
    ("name", "bound", "ranges"),
    [
        ("sqrt", 0.5, (*EVERYWHERE, (2, 5000), (-(2**40), 2**40))),
        ("exp", 1.0, (*EVERYWHERE, (2, 10))),
        ("exp", 1.1, ((10, 39),)),
        ("expm1", 1.0, (*EVERYWHERE, (2, 10))),
        ("log", 1.0, (*EVERYWHERE, (2, 5000), (-(2**40), 2**40))),
        ("log1p", 1.0, (*EVERYWHERE, (2, 5000))),
        ("erf", 1.6, (*EVERYWHERE, (0, 2), (3, 4000))),
        ("erfcx", 1.6, (*EVERYWHERE, (0, 2), (3, 12))),
        ("erfcx", 1.9, ((12, 32),)),
        ("sin", 1.0, (*EVERYWHERE, (2, 30), (30, 1023), (1020, 1030), (1024, 4095))),
        ("cos", 1.0, (*EVERYWHERE, (2, 30), (30, 1023), (1020, 1030), (1024, 4095))),
        ("atan", 1.0, (*EVERYWHERE, (2, 80), (80, 5000))),
    ],
)
def test_functions_against_balls(name, bound, ranges):
    for low, high in ranges:
        x = wides(low, high, positive=name in POSITIVE)
        if name == "log1p":
            x = KIT.select(x > -1.0, x, abs(x))
        more = 0 if name in ("log", "sqrt") else 2 * min(max(-low, high), 5000)
        with flint.ctx.workprec(500 + more):
            wanted = list(map(FUNCTIONS[name], balls(x)))
        assert worst_ulp(getattr(KIT, name)(x), wanted) <= bound, (low, high)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_value_depends_on_no_neighbour(name):
    ranges = [(-5000, -900), (-62, 4), (0, 10), (10, 39), (39, 1020), (1024, 5000)]
    x = [wides(*r, positive=name in POSITIVE, count=40) for r in ranges]
    joined = [np.concatenate([getattr(v, k) for v in x]) for k in ("m", "e")]
    whole = parts(RUNTIME["_normal"](getattr(KIT, name)(Wide(*joined, 1))))
    for i, (m, e) in enumerate(zip(*joined, strict=True)):
        alone = getattr(KIT, name)(Wide(np.array([m]), np.array([e]), 1))
        [found] = parts(RUNTIME["_normal"](alone))
        assert repr(found) == repr(whole[i]), (m, e)


@pytest.mark.parametrize("low", [5, 80, 4000])
def test_erfcx_of_what_is_large(low):
    x = wides(max(low, 40), low + 40, positive=True)
    wanted = [
        (1 - 1 / (2 * v * v) + 3 / (4 * v**4)) / (v * arb.pi().sqrt()) for v in balls(x)
    ]
    assert worst_ulp(KIT.erfcx(x), wanted) <= 2.0


@pytest.mark.parametrize("high", [-40, -3, 0, 4, 9, 18])
def test_exp_error_is_what_the_exponential_lost(high):
    z = wides(high - 3, high)
    e = KIT.exp(z)
    lost = balls(KIT.exp_error(z, e))
    for value, rounded, error in zip(balls(z), balls(e), lost, strict=True):
        left = abs(value.exp() - rounded - error) / rounded
        assert left < arb(2) ** -70


@pytest.mark.parametrize("k", [1, 2, 3, 5])
@pytest.mark.parametrize("high", [-900, -3, 0])
def test_exp_rest_is_the_exponential_without_its_first_terms(high, k):
    z = wides(high - 40, high)
    found = KIT.exp_rest(z, float(k))
    assert found.s >= math.log2(np.abs(found.m).max())
    with flint.ctx.workprec(20_000):
        first = [sum(v**n / math.factorial(n) for n in range(k)) for v in balls(z)]
        wanted = [v.exp() - part for v, part in zip(balls(z), first, strict=True)]
    assert worst_ulp(found, wanted) <= 2 + k / 2


def test_exponentials_that_dominate_have_exponents_to_match():
    big = Wide(
        np.array([1.0, 1.0, -1.0, 1.0]), np.array([41, 1 << 20, 1 << 31, 1 << 31]), 1
    )
    e = KIT.exp(big).e
    assert e[0] == e[1] == round(2**40 / math.log(2))
    assert -e[2] == e[3] > 2**48


def test_small_is_nothing_where_it_no_longer_matters():
    m, e = np.array([1.0, -1.0, 1.5, NAN, 1.0]), np.array([-30, -1, -1, 0, 900])
    found = parts(KIT.small(Wide(m, e, 1, True)))
    assert found[:2] == [(1.0, -30), (-1.0, -1)]
    assert [m for m, _ in found[2:]] == [0.0] * 3


@pytest.mark.parametrize(
    "formula",
    [
        "x * erf(x) + sin(x) * log(1 + x^2) / (1 + exp(x / 3)) + atan(x)",
        "x * exp(-x^2 / 2) + exp(exp(x)) * x",
        "sqrt(1 + x^2) * log(2 + exp(x) + x^2)",
    ],
)
def test_no_value_depends_on_its_neighbours(formula):
    x = np.array([*LIST, *np.linspace(-9, 9, 60), INF, NAN, -INF])
    functions = loaded(formula)
    for name, values in functions["partials"](x).items():
        alone = np.array([functions[name](v) for v in x])
        np.testing.assert_array_equal(values, alone)
        assert (np.signbit(values) == np.signbit(alone))[~np.isnan(alone)].all()


# Whole modules


def generated(formula: str, order: int = 1, **parameters: float) -> str:
    activation = define("mine", formula, **parameters)
    derivation = derive(activation, order)
    form = stabilize(derivation)
    assert form.strategy == "wide"
    return NUMPY.emit(Source(activation, derivation, form))


def loaded(formula: str, order: int = 1, **parameters: float):
    return NUMPY.load(generated(formula, order, **parameters))


SOFTSIGN, ISRU = "x / (1 + abs(x))", "x / sqrt(1 + a * x^2)"
GELU, NESTED = "x * (1 + erf(x / sqrt(2))) / 2", "x / (1 + exp(-exp(x)))"


def ulp(value, wanted, dtype) -> float:
    nearest = np.array(float(wanted)).astype(dtype)
    unit = float(np.spacing(abs(nearest))) if np.isfinite(nearest) else INF
    return float(abs(arb(float(value)) - wanted) / arb(unit))


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
@pytest.mark.parametrize(
    ("formula", "definition", "bound"),
    [
        (SOFTSIGN, lambda x: x / (1 + abs(x)), 1.5),
        ("x / sqrt(1 + x^2)", lambda x: x / (1 + x * x).sqrt(), 3),
        (GELU, lambda x: -x * (-x / arb(2).sqrt()).erfc() / -2, 6),
        (NESTED, lambda x: x / (1 + (-(x.exp())).exp()), 3),
        ("atan(x)", lambda x: x.atan(), 1),
        ("log(1 + x^2)", lambda x: (x * x).log1p(), 2),
    ],
)
def test_f_is_right_from_the_least_float_to_the_largest(
    formula, definition, bound, dtype
):
    rng = np.random.default_rng(2)
    info = np.finfo(dtype)
    exponents = rng.uniform(info.minexp - info.nmant, info.maxexp, 300)
    x = np.concatenate([2.0**exponents, rng.uniform(0, 30, 300)])
    x = np.concatenate([x, -x]).astype(dtype)
    x = x[np.isfinite(x) & (x != 0)]
    found = loaded(formula)["f"](x)
    assert found.dtype == dtype
    allowed = bound if dtype == np.float64 else 0.5001
    with flint.ctx.workprec(6000):
        for argument, value in zip(x, found, strict=True):
            wanted = definition(arb(float(argument)))
            if float(abs(wanted)) < float(info.smallest_subnormal) / 4:
                assert abs(value) <= info.smallest_subnormal
            elif float(abs(wanted)) < info.max:
                assert ulp(value, wanted, dtype) <= allowed, argument


class TestModules:
    def test_zero_keeps_its_sign(self):
        found = loaded(SOFTSIGN)["f"](np.array([0.0, -0.0]))
        assert found.tolist() == [0.0, 0.0]
        assert np.signbit(found).tolist() == [False, True]

    @pytest.mark.parametrize(
        ("formula", "name", "limits"),
        [
            (SOFTSIGN, "f", (-1.0, 1.0)), (SOFTSIGN, "f_x", (0.0, 0.0)),
            (GELU, "f", (0.0, INF)), (GELU, "f_x", (0.0, 1.0)),
            (NESTED, "f", (-INF, INF)), (NESTED, "f_x", (0.5, 1.0)),
            ("log(1 + x^2)", "f", (INF, INF)), ("log(1 + x^2)", "f_x", (0.0, 0.0)),
            ("sin(x) / x", "f", (0.0, 0.0)), ("x + sin(x)", "f", (-INF, INF)),
            ("sin(x) * x", "f", (NAN, NAN)),
            ("atan(x)", "f", (-math.pi / 2, math.pi / 2)),
            ("x / log(2 + x^2)", "f", (-INF, INF)),
            ("1 / log(2 + x^2)", "f", (0.0, 0.0)),
        ],
    )  # fmt: skip
    def test_limits(self, formula, name, limits):
        for dtype in (np.float64, np.float32, np.float16):
            found = loaded(formula)[name](np.array([-INF, INF], dtype))
            np.testing.assert_array_equal(found, np.array(limits, dtype))

    def test_a_nan_anywhere_is_a_nan(self):
        functions = loaded(ISRU, a=1)
        x, a = np.array([1.0, NAN, INF]), np.array([NAN, 1.0, NAN])
        for found in functions["partials"](x, a).values():
            assert np.isnan(found).all()
        assert np.isnan(functions["f"](1.0, NAN))
        slope = loaded("x + sin(3) / 7")["f_x"](np.array([NAN, 1.0]))
        assert np.isnan(slope).tolist() == [True, False]

    def test_results_below_and_beyond_the_floats(self):
        f = loaded("exp(exp(x)) - 1 + x - x", order=0)["f"]
        found = f(np.array([-HUGE, 7.0, -740.0])).tolist()
        assert found == [0.0, INF, math.exp(-740.0)]
        narrow = loaded("x^3 / (1 + x^2)")["f"]
        assert narrow(np.float16(2.0**-6)) == np.float16(2.0**-18)
        assert narrow(np.float64(HUGE)) == HUGE
        assert loaded("x^3 + x / (1 + x^2)")["f"](np.float64(-1e200)) == -INF

    def test_subnormal_results_are_rounded_once(self):
        f = loaded("abs(x) * sqrt(x^2)", order=0)["f"]
        rng = np.random.default_rng(3)
        m = rng.uniform(1, 2, 500).astype(np.float32)  # so that squares are exact
        x = m.astype(np.float64) * 2.0 ** rng.integers(-538, -511, 500)
        wanted = [float(Fraction(v) ** 2) for v in x]
        assert f(x).tolist() == wanted

    def test_shapes_and_dtypes_are_those_of_a_ufunc(self):
        functions = loaded(ISRU, a=1)
        f = functions["f"]
        base = np.random.default_rng(1).normal(size=(50, 60))
        wanted = f(base.ravel(), 2.0).reshape(50, 60)
        np.testing.assert_array_equal(f(base, 2.0), wanted)
        np.testing.assert_array_equal(f(base.T, 2.0), wanted.T)
        np.testing.assert_array_equal(f(base[::2, ::-3], 2.0), wanted[::2, ::-3])
        assert f(np.empty((0, 3))).shape == (0, 3)
        assert f(np.empty((0, 3), np.float32)).dtype == np.float32
        grid = f(np.arange(4.0)[:, None], np.arange(1.0, 4.0))
        assert grid.shape == (4, 3)
        assert grid[3, 1] == f(3.0, 2.0)
        assert np.isscalar(f(3)) or f(3).ndim == 0
        assert f(np.arange(3)).dtype == np.float64
        assert f(np.float32(2)).dtype == np.float32
        with pytest.raises(TypeError, match="real numbers"):
            f(1j)

    def test_arguments_are_left_as_they_are(self):
        x = np.array(LIST)
        kept = x.copy()
        loaded(GELU)["partials"](x)
        assert x.tobytes() == kept.tobytes()

    def test_blocks_are_joined(self):
        f = loaded(SOFTSIGN)["f"]
        x = np.random.default_rng(1).normal(size=3 * RUNTIME["_BLOCK"] + 5)
        np.testing.assert_array_equal(f(x), np.concatenate([f(x[:77]), f(x[77:])]))

    @pytest.mark.parametrize(
        "formula",
        [
            "x + (sqrt(x^2 + 1) - 1) / 2",
            "x + sin(x)^2",
            "x - x^2 * atan(x)",
            "3 * (exp(x / 7) - 1) + x^2 / sqrt(2 + x^2)",
        ],
    )
    def test_a_sum_of_zeros_has_the_sign_of_the_lowest_order(self, formula):
        for dtype in (np.float64, np.float32, np.float16):
            found = loaded(formula, order=0)["f"](np.array([0.0, -0.0], dtype))
            assert found.tolist() == [0.0, 0.0]
            assert np.signbit(found).tolist() == [False, True]

    @pytest.mark.parametrize("name", ["np", "abs"])
    def test_a_parameter_hides_nothing(self, name):
        with pytest.raises(UnsupportedError, match="no room"):
            generated(f"atan({name} * x)", **{name: 1})

    def test_every_name_it_uses_is_defined(self):
        for formula in (SOFTSIGN, NESTED):
            tree = ast.parse(generated(formula))
            nodes = list(ast.walk(tree))
            defined = {
                n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef)
            }
            defined |= {n.arg for n in nodes if isinstance(n, ast.arg)}
            defined |= {
                a.asname or a.name
                for n in nodes
                if isinstance(n, ast.Import | ast.ImportFrom)
                for a in n.names
            }
            names = [n for n in nodes if isinstance(n, ast.Name)]
            defined |= {n.id for n in names if isinstance(n.ctx, ast.Store)}
            used = {n.id for n in names if isinstance(n.ctx, ast.Load)}
            assert used <= defined | set(dir(__builtins__)) | set(
                dir(__import__("builtins"))
            )

    def test_nothing_is_defined_twice(self):
        tree = ast.parse(generated(NESTED))
        names = [
            n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)
        ]
        assert len(names) == len(set(names))


# Reading


def shown(program: Program, name: str) -> str:
    known = {b.name: b.value for b in program.bindings}

    def walk(e: Expression) -> str:
        match e:
            case Name(text):
                return walk(known[text]) if text in known else text
            case Number(value):
                return repr(float(value))
            case Operation("residue", (Number(value),)):
                return f"residue({float(value)!r})"
            case Operation(kind, args):
                return f"{kind}({', '.join(map(walk, args))})"
        return "nan"

    return walk(program.outputs[name])


@pytest.mark.parametrize(
    "formula",
    [
        SOFTSIGN,
        GELU,
        NESTED,
        "sin(x / 3) * log(1 + x^2) + atan(x)",
        "x * sqrt(1 + x^2)",
    ],
)
def test_text_is_read_back_as_the_program(formula):
    activation = define("mine", formula)
    derivation = derive(activation, 1)
    form = stabilize(derivation)
    readings = NUMPY.read(NUMPY.emit(Source(activation, derivation, form)))
    titles = [f"_whole_{n}" for n in (*derivation.names, "partials")]
    assert [r.title for r in readings] == titles
    for reading in readings:
        for name in reading.program.outputs:
            assert shown(reading.program, name) == shown(form.whole, name)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("import numpy as np", "import numpy as np, os"),
        ("import numpy as np", "import os\nimport numpy as np"),
        ("_k.sqrt(", "_k.exp("),
        ("_k.sqrt(", "np.sqrt("),
        ("_k.sqrt(", "_sum("),
        ("return (f, f_x,)", "return (f_x, f,)"),
        ("return (f, f_x,)", "return (f,)"),
        ('"f": _whole_f,', '"f": _whole_f_x,'),
        ("left + right", "left - right"),
        ("_LOG_2 = (", "_LOG_2 = (1.0,"),
        ("class _Kit:", "print('here')\nclass _Kit:"),
        ("def _whole_f(x, _k):", "def _whole_f(x, _k, y=1):"),
        ("    return (f,)", "    import os\n    return (f,)"),
        ("    return (f,)", "    _k.nan = 1.0\n    return (f,)"),
        ('_elementwise("f", ("f",), x)', '_elementwise("f_x", ("f_x",), x)'),
    ],
)
def test_anything_else_is_refused_or_another_program(old, new):
    formula = "x * sqrt(1 + x^2)"
    text = generated(formula)
    assert old in text
    wanted = {r.title: r.program for r in NUMPY.read(text)}
    try:
        found = NUMPY.read(text.replace(old, new))
    except ReadingError:
        return
    pairs = [(r.program, wanted[r.title]) for r in found]
    assert any(shown(a, name) != shown(b, name) for a, b in pairs for name in a.outputs)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (op("exp", op("neg", Name("x"))), "_k.exp(-x)"),
        (op("sub", Name("a"), op("sub", Name("b"), Name("c"))), "a - (b - c)"),
        (op("mul", number(-2), Name("a")), "(-2.0) * a"),
        (op("select", op(">", Name("a"), number(0)), Name("a"), number(1)),
         "_k.select(a > 0.0, a, 1.0)"),
        (op("residue", number(Fraction(1, 10))),
         "_k.residue(0.1, -5.551115123125783e-18)"),
        (op("abs", Name("a")), "abs(a)"),
    ],
)  # fmt: skip
def test_spelling(expression, text):
    assert wide.spell(expression) == text


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        (op("cosh", Name("a")), "no wide spelling for cosh"),
        (number(10**400), "beyond the range"),
        (number(Fraction(1, 10**400)), "below the range"),
    ],
)
def test_what_it_cannot_spell_is_refused(expression, words):
    with pytest.raises(UnsupportedError, match=words):
        wide.spell(expression)
