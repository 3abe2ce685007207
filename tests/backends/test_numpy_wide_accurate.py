"""Wide programs of the accurate mode: intervals of decimals, and correct rounding."""

from __future__ import annotations

import ast
import math
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, localcontext
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
from mila_analysis.program import Number, Operation, number
from mila_analysis.stability import stabilize

INF, NAN = math.inf, math.nan
TINY, HUGE = 5e-324, 1.7976931348623157e308
GELU, NESTED = "x * (1 + erf(x / sqrt(2))) / 2", "x / (1 + exp(-exp(x)))"


def _runtime() -> dict:
    imports = wide.imports("accurate")
    text = "\n".join([*imports, wide.runtime("accurate")])
    namespace: dict = {}
    exec(compile(text, "<runtime>", "exec"), namespace)
    return namespace


RUNTIME = _runtime()
Span, Spans = RUNTIME["_Span"], RUNTIME["_Spans"]


@pytest.fixture(autouse=True)
def surroundings():
    everything = Context(2500, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])
    with flint.ctx.workprec(9000), localcontext(everything):
        yield


def ball(value: Decimal) -> arb:
    top, bottom = value.as_integer_ratio()
    return arb(top) / bottom


def points(seed: int, low: int, high: int, *, positive: bool) -> list[Decimal]:
    rng = np.random.default_rng(seed)
    sizes = 10.0 ** rng.uniform(low, high, 12)
    signs = 1 if positive else rng.choice([-1, 1], 12)
    return [Decimal(float(v)) for v in sizes * signs]


FUNCTIONS = {
    "sqrt": arb.sqrt, "exp": arb.exp, "expm1": arb.expm1, "log": arb.log,
    "log1p": arb.log1p, "erf": arb.erf, "sin": arb.sin, "cos": arb.cos,
    "atan": arb.atan, "erfcx": lambda x: (x * x).exp() * x.erfc(),
}  # fmt: skip
POSITIVE = {"sqrt", "log", "erfcx", "log1p"}


@pytest.mark.parametrize("digits", [30, 240])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_lie_between_their_ends(name, digits):
    kit = Spans(digits)
    high = 300 if name in ("sin", "cos", "sqrt", "log", "atan") else 2
    for low, top in ((-300, -20), (-20, 0), (-1, 1), (0, high)):
        for value in points(1, low, top, positive=name in POSITIVE):
            found = getattr(kit, name)(Span(value, value, digits))
            wanted = FUNCTIONS[name](ball(value))
            assert ball(found.low) <= wanted <= ball(found.high), value
            width = (found.high - found.low) / abs(found.low)
            assert width < Decimal(10) ** (4 - digits), value


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_interval_gives_all_that_its_numbers_give(name):
    kit = Spans(40)
    for value in points(2, -3, 1, positive=True):
        wide_one = Span(value, value * Decimal("1.01"), 40)
        found = getattr(kit, name)(wide_one)
        for k in range(5):
            inner = ball(value) * (1 + arb(k) / 400)
            assert ball(found.low) <= FUNCTIONS[name](inner) <= ball(found.high)


@pytest.mark.parametrize("k", [1, 3])
def test_exp_rest(k):
    for value in points(3, -320, 0, positive=False):
        found = Spans(60).exp_rest(Span(value, value, 60), k)
        v = ball(value)
        wanted = v.exp() - sum(v**n / math.factorial(n) for n in range(k))
        assert ball(found.low) <= wanted <= ball(found.high)
        assert found.high - found.low < abs(found.low) * Decimal(10) ** -50


def test_arithmetic_rounds_outwards():
    rng = np.random.default_rng(4)
    kit = Spans(20)
    for _ in range(200):
        a, b = (sorted(map(float, rng.normal(size=2))) for _ in range(2))
        one = Span(*map(Decimal, a), 20)
        other = Span(*map(Decimal, b), 20)
        for kind in ("__add__", "__sub__", "__mul__", "__truediv__"):
            found = getattr(one, kind)(other)
            if kind == "__truediv__" and b[0] <= 0 <= b[1]:
                assert found.low.is_nan()
                continue
            for v in a:
                for w in b:
                    exact = getattr(Fraction(v), kind)(Fraction(w))
                    assert Fraction(found.low) <= exact <= Fraction(found.high)
        assert abs(one).low >= 0
    third = kit.number(-1, 3)
    assert Fraction(third.low) < Fraction(-1, 3) < Fraction(third.high)


def test_what_is_undecided_takes_both():
    kit = Spans(20)
    around = Span(Decimal(-1), Decimal(1), 20)
    assert (around > 0) is (around == 0) is None
    chosen = kit.select(around > 0, 3, kit.number(1, 4))
    assert (chosen.low, chosen.high) == (Decimal("0.25"), Decimal(3))
    assert kit.log(around).low.is_nan()
    assert (kit.nan > 0) is None


# Whole modules


def generated(formula: str, order: int = 1, **parameters: float) -> str:
    activation = define("mine", formula, **parameters)
    derivation = derive(activation, order)
    form = stabilize(derivation)
    assert form.strategy == "wide"
    return NUMPY.emit(Source(activation, derivation, form, "accurate"))


def nearest(value: arb, dtype) -> float:
    """The float nearest to a ball, both ends of which agree."""
    ends = []
    for end in (value.lower(), value.upper()):
        mantissa, exponent = map(int, end.mid().man_exp())
        exponent = max(min(exponent, 30_000), -30_000)
        exact = mantissa * Fraction(2) ** exponent
        ends.append(RUNTIME["_nearest"](exact, np.dtype(dtype)))
    assert ends[0] == ends[1]
    return ends[0]


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
@pytest.mark.parametrize(
    ("formula", "definition"),
    [
        ("x / (1 + abs(x))", lambda x: x / (1 + abs(x))),
        ("x / sqrt(1 + x^2)", lambda x: x / (1 + x * x).sqrt()),
        (GELU, lambda x: x * (-x / arb(2).sqrt()).erfc() / 2),
        (NESTED, lambda x: x / (1 + (-(x.exp())).exp())),
        ("log(1 + x^2)", lambda x: (x * x).log1p()),
        ("x + sin(x)", lambda x: x + x.sin()),
    ],
)
def test_results_are_rounded_correctly(formula, definition, dtype):
    rng = np.random.default_rng(5)
    info = np.finfo(dtype)
    exponents = rng.uniform(info.minexp - info.nmant, info.maxexp, 12)
    x = np.concatenate([2.0**exponents, rng.uniform(0, 20, 20), [info.max]])
    x = np.concatenate([x, -x, [float(info.smallest_subnormal)]]).astype(dtype)
    found = NUMPY.load(generated(formula, 0))["f"](x)
    assert found.dtype == dtype
    for argument, value in zip(x, found, strict=True):
        if argument:
            assert value == nearest(definition(arb(float(argument))), dtype), argument


def test_a_tie_is_broken_by_what_is_smaller_than_any_float():
    f = NUMPY.load(generated(GELU))["f"]
    assert f(np.array([TINY, -TINY, 3 * TINY])).tolist() == [TINY, 0.0, 2 * TINY]


def test_limits_zeros_and_nan():
    functions = NUMPY.load(generated(NESTED))
    found = functions["partials"](np.array([0.0, -0.0, INF, -INF, NAN, HUGE, -HUGE]))
    np.testing.assert_array_equal(
        found["f"], [0.0, 0.0, INF, -INF, NAN, HUGE, -HUGE / 2]
    )
    assert np.signbit(found["f"][:2]).tolist() == [False, True]
    np.testing.assert_array_equal(found["f_x"][2:], [1.0, 0.5, NAN, 1.0, 0.5])


def test_where_there_is_no_value_there_is_nan():
    f = NUMPY.load(generated("sqrt(x) + log(x)"))["f"]
    np.testing.assert_array_equal(f(np.array([-1.0, 0.0, 1.0])), [NAN, -INF, 1.0])


def test_shapes_are_those_of_a_ufunc():
    f = NUMPY.load(generated("x / sqrt(1 + a * x^2)", a=1))["f"]
    grid = f(np.arange(3.0)[:, None], np.arange(1.0, 3.0))
    assert grid.shape == (3, 2)
    assert grid[2, 1] == f(2.0, 2.0) == 2 / 3
    assert f(np.empty(0)).shape == (0,)


# Reading


def test_its_programs_are_read_back():
    for formula in (GELU, "x / (3 + sqrt(x^2 + 1 / 3))"):
        for reading in NUMPY.read(generated(formula)):
            assert set(reading.program.outputs) <= {"f", "f_x"}


def test_numbers_are_exact():
    activation = define("mine", "atan(x / 3)")
    derivation = derive(activation, 0)
    text = generated("atan(x / 3)", 0)
    wanted = stabilize(derivation).whole
    found = NUMPY.read(text)[0].program
    assert _numbers(found) == _numbers(wanted)
    assert Fraction(1, 3) in _numbers(found)


def _numbers(program) -> set[Fraction]:
    def walk(e):
        match e:
            case Number(value):
                yield value
            case Operation(_, args):
                for a in args:
                    yield from walk(a)

    expressions = [b.value for b in program.bindings] + [*program.outputs.values()]
    return {value for e in expressions for value in walk(e)}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("ROUND_FLOOR, ROUND_CEILING", "ROUND_CEILING, ROUND_FLOOR"),
        ("_LADDER = (30, ", "_LADDER = ("),
        ("_k.near(", "_k.far("),
        ('_k.near("', '_k.near("x'),
        ('_k.near("', '_k.near(1, "'),
        ("import numpy as np", "import numpy as np, os"),
        ("class _Doubles(_Kit):", "class _Doubles(_Spans):"),
    ],
)
def test_anything_else_is_refused(old, new):
    text = generated(GELU)
    assert old in text
    NUMPY.read(text)
    with pytest.raises(ReadingError):
        NUMPY.read(text.replace(old, new))


def test_nothing_is_defined_twice():
    tree = ast.parse(generated(GELU))
    names = [n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)]
    assert len(names) == len(set(names))


def test_spelling():
    assert wide.quotient(number(-3), 1) == "(-3)"
    assert wide.quotient(number(Fraction(-1, 3)), 1) == "_k.number(-1, 3)"
    assert wide.quotient(Number(Fraction(3, 2), "c1"), 0) == "_c1"


@pytest.mark.parametrize("formula", [GELU, NESTED])
def test_its_lines_are_not_absurdly_long(formula):
    assert max(map(len, generated(formula).splitlines())) <= 200


def test_an_irrational_number_is_an_interval_around_its_decimals():
    for digits in (30, 300):
        found = Spans(digits).near("3." + str(arb.pi().str(100, radius=False))[2:])
        assert ball(found.low) < arb.pi() < ball(found.high)
