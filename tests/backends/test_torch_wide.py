"""Wide numbers in generated torch code: their functions, one rounding, and partials."""

from __future__ import annotations

import math
import random
from fractions import Fraction
from functools import lru_cache

import flint
import numpy as np
import pytest
import torch
from flint import arb

from mila_analysis.backends._python_reading import ReadingError
from mila_analysis.backends.torch import TORCH, layer, namespace
from mila_analysis.backends.torch.wide import body
from mila_analysis.catalog import define, get
from mila_analysis.derivation import derive
from mila_analysis.errors import UnsupportedError
from mila_analysis.functions import lambdify
from mila_analysis.kernels import generate_code
from mila_analysis.program import Name, number, op
from mila_analysis.stability import Program, stabilize
from mila_analysis.verification.formats import FORMATS
from mila_analysis.verification.identity import IdentityError, prove_readings
from mila_analysis.verification.reference import reference

pytestmark = pytest.mark.filterwarnings(
    "ignore:`torch.jit.*` is deprecated:DeprecationWarning"
)

DTYPES = {
    "float64": torch.float64,
    "float32": torch.float32,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
}
EVERY_DTYPE = pytest.mark.parametrize("dtype", DTYPES)
GELU = define("erf_gelu", "x * (1 + erf(x / sqrt(2))) / 2")
GUMBEL = define("gumbel", "exp(-exp(-x))")
ISRU = define("isru", "x / sqrt(1 + a * x^2)", a=1)
TANH_EXP = define("tanh_exp", "x * tanh(exp(x))")
SOFTSIGN = define("own_softsign", "x / (1 + abs(x))")
POWER = define("power", "(1 + exp(x))^(-a)", a=2)
WAVE = define("wave", "a * sin(x) + cos(x) * atan(x)", a=1)
NUMBER = define("number", "exp(1) * x")
ALL = (GELU, GUMBEL, ISRU, TANH_EXP, SOFTSIGN, POWER, WAVE, NUMBER)
EVERY = pytest.mark.parametrize("activation", ALL, ids=lambda a: a.name)
INF = math.inf
EDGES = [0.0, -0.0, INF, -INF, math.nan, 5e-324, -1e-310, 1e300, -1e300, 2.5, -745.0]


@lru_cache(maxsize=32)
def text_of(activation, order=2):
    code = generate_code(activation, "torch", order=order)
    assert code.strategy == "wide"
    return code.text


def names_of(activation):
    return namespace(text_of(activation))


@pytest.fixture(scope="module")
def wide():
    """The names of a file: every one holds all functions of wide numbers."""
    return names_of(GELU)


def doubles(values):
    return torch.tensor(values, dtype=torch.float64)


def numbers(wide, pairs):
    """Wide numbers of mantissas and exponents."""
    m, e = zip(*pairs, strict=True)
    return wide["_Wide"](doubles(m), torch.tensor(e, dtype=torch.int64))


def exact(m, e):
    return arb(m) * arb(2) ** e


def some(low, high, count=300, signs=(-1, 1), seed=0):
    chosen = random.Random(seed)
    return [
        (chosen.choice(signs) * chosen.uniform(1, 2), chosen.randint(low, high))
        for _ in range(count)
    ]


def worst(found, wanted):
    """The largest error in units of the last of 53 digits."""
    errors = []
    for m, e, value in zip(found.m.tolist(), found.e.tolist(), wanted, strict=True):
        relative = abs(exact(m, e) / value - 1)
        errors.append(float(relative.mid()) * 2.0**53 * abs(math.frexp(m)[0]))
    return max(errors)


def erfcx(u):
    return (u * u).exp() * u.erfc()


def rest(k):
    def of(z):
        total, term = arb(0), arb(1)
        for j in range(k):
            total, term = total + term, term * z / (j + 1)
        return z.exp() - total

    return of


FUNCTIONS = [  # name, exact, exponents, signs, ulp, bits
    ("_exp", arb.exp, (-2000, 9), (-1, 1), 1, 4400),
    ("_expm1", arb.expm1, (-2000, 9), (-1, 1), 1, 4400),
    ("_log", arb.log, (-3, 3), (1,), 1.5, 300),
    ("_log", arb.log, (-(1 << 17), 1 << 17), (1,), 1, 300),
    ("_log1p", arb.log1p, (-2000, 2000), (1,), 1, 4400),
    ("_log1p", arb.log1p, (-2000, -2), (-1,), 1, 4400),
    ("_sqrt", arb.sqrt, (-(1 << 17), 1 << 17), (1,), 1, 300),
    ("_erf", arb.erf, (-2000, 9), (-1, 1), 1.5, 300),
    ("_erfcx", erfcx, (-2000, 3), (1,), 3, 400),
    ("_erfcx", erfcx, (3, 12), (1,), 3, 400),
    ("_sin", arb.sin, (-2000, 1023), (-1, 1), 1, 4400),
    ("_cos", arb.cos, (-2000, 1023), (-1, 1), 1, 4400),
    ("_sin", arb.sin, (1020, 4095), (-1, 1), 1.5, 9000),
    ("_cos", arb.cos, (1020, 4095), (-1, 1), 1.5, 9000),
    ("_atan", arb.atan, (-2000, 2000), (-1, 1), 1.5, 4400),
]


@pytest.mark.parametrize(
    ("name", "function", "exponents", "signs", "limit", "bits"), FUNCTIONS
)
def test_functions_are_right_in_the_last_digit(
    wide, name, function, exponents, signs, limit, bits
):
    points = some(*exponents, signs=signs)
    with flint.ctx.workprec(bits):
        wanted = [function(exact(*point)) for point in points]
        assert worst(wide[name](numbers(wide, points)), wanted) < limit


@pytest.mark.parametrize("k", [1, 2, 5, 9])
def test_what_is_left_of_an_exponential(wide, k):
    points = some(-40, 2)
    with flint.ctx.workprec(2000):
        wanted = [rest(k)(exact(*point)) for point in points]
        found = wide["_exp_rest"](numbers(wide, points), float(k))
        assert worst(found, wanted) < 4


def test_the_error_of_an_exponential(wide):
    points = some(-70, 9)
    z = numbers(wide, points)
    value = wide["_exp"](z)
    error = wide["_exp_error"](z, value)
    with flint.ctx.workprec(400):
        for i, point in enumerate(points):
            whole = exact(*point).exp()
            parts = [exact(a.m[i].item(), a.e[i].item()) for a in (value, error)]
            assert abs((whole - parts[0] - parts[1]) / whole) < arb(2) ** -70


class TestArithmetic:
    """Sums, products and quotients are those of floats without bounds."""

    @staticmethod
    def value(a, i):
        m, e = Fraction(a.m[i].item()), a.e[i].item()
        return m * Fraction(2) ** e

    @pytest.mark.parametrize("spread", [3, 60, 3000])
    def test_each_rounds_as_a_float_of_any_exponent(self, wide, spread):
        some_a, some_b = (some(-spread, spread, seed=s) for s in (1, 2))
        a, b = numbers(wide, some_a), numbers(wide, some_b)
        found = {"+": a + b, "-": a - b, "*": a * b, "/": a / b}
        for i in range(len(some_a)):
            x, y = self.value(a, i), self.value(b, i)
            wanted = {"+": x + y, "-": x - y, "*": x * y, "/": x / y}
            for sign, value in wanted.items():
                assert self.value(found[sign], i) == rounded(value, 53)

    def test_the_error_of_a_product_is_exact(self, wide):
        points = some(-3000, 3000, seed=3), some(-3000, 3000, seed=4)
        a, b = (numbers(wide, p) for p in points)
        product = a * b
        lost = wide["_product_error"](a, b, product)
        for i in range(len(points[0])):
            total = self.value(product, i) + self.value(lost, i)
            assert total == self.value(a, i) * self.value(b, i)

    def test_zero_is_smaller_than_all(self, wide):
        tiny = numbers(wide, [(1.5, -90000)])
        nothing = tiny - tiny
        for total in (nothing + tiny, tiny + nothing * 2.0**500, 0.0 + tiny):
            assert (total.m.item(), total.e.item()) == (1.5, -90000)
        assert (nothing <= 0.0).item()
        assert (nothing < tiny).item()
        assert (tiny > 0.0).item()

    def test_what_is_far_smaller_is_dropped_even_if_nan(self, wide):
        large = numbers(wide, [(1.0, 1 << 17)])
        unknown = wide["_sin"](large)
        assert math.isnan(unknown.m.item())
        assert (large + unknown).m.item() == 1.0

    def test_products_in_a_row_keep_their_mantissa(self, wide):
        a = numbers(wide, [(1.9999, 5)])
        total = a
        for _ in range(3000):
            total = total * a
        assert 2.0**-70 < total.m.item() < 2.0**70
        assert (total.e.item() + math.log2(total.m.item())) == pytest.approx(
            3001 * (5 + math.log2(1.9999)), abs=1e-6
        )

    def test_exponentials_of_exponentials_keep_their_order(self, wide):
        one = wide["_exp"](numbers(wide, [(1.0, 12)]))
        two = wide["_exp"](one)
        three = wide["_exp"](two)
        assert one.e.item() < two.e.item() < three.e.item()
        assert (two * wide["_exp"](-three)).e.item() < -(1 << 40)

    def test_beyond_its_domain_a_function_is_nan(self, wide):
        less = numbers(wide, [(-1.0, 3)])
        for name in ("_log", "_sqrt", "_log1p"):
            assert math.isnan(wide[name](less).m.item())
        assert math.isnan(wide["_exp"](wide["_log"](less)).m.item())


def rounded(value, digits, lowest=-(10**9)):
    """The nearest number of so many digits, ties to even; exact."""
    if value == 0:
        return value
    guess = abs(value.numerator).bit_length() - value.denominator.bit_length()
    e = guess + (abs(value) >= Fraction(2) ** guess)
    unit = Fraction(2) ** max(e - digits, lowest)
    return round(value / unit) * unit


class TestRounding:
    """The last step rounds once, to any format, below the normal numbers too."""

    FORMS = {"float64": (53, -1074, 1024), "float32": (24, -149, 128)} | {
        "float16": (11, -24, 16), "bfloat16": (8, -133, 128)
    }  # fmt: skip

    @EVERY_DTYPE
    def test_it_is_the_nearest(self, wide, dtype):
        digits, lowest, highest = self.FORMS[dtype]
        chosen = random.Random(7)
        points = some(lowest - 3, lowest + digits + 3) + some(-3, 3)
        points += some(highest - 4, highest - 2)
        ties = chosen.sample(range(1 << digits, 2 << digits), 200)
        points += [
            (math.ldexp(t, -digits) * (1 + near * 2.0**-51), e)
            for t in ties
            for near in (-1, 0, 1)
            for e in (0, lowest + 2, lowest + digits - 2)
            if digits < 50
        ]
        found = wide["_rounded"](numbers(wide, points), DTYPES[dtype]).double()
        for (m, e), value in zip(points, found.tolist(), strict=True):
            wanted = rounded(Fraction(m) * Fraction(2) ** e, digits, lowest)
            assert Fraction(value) == wanted, (m, e)

    @EVERY_DTYPE
    def test_beyond_are_infinities_and_zeros_with_their_signs(self, wide, dtype):
        pairs = [(1.5, 9999), (-1.5, 9999), (1.5, -9999), (-1.5, -9999)]
        pairs += [(1.5, 1 << 48), (-1.5, -(1 << 48)), (-0.0, -(1 << 50)), (0.0, 0)]
        found = wide["_rounded"](numbers(wide, pairs), DTYPES[dtype]).tolist()
        wanted = [INF, -INF, 0.0, -0.0, INF, -0.0, -0.0, 0.0]
        assert [repr(v) for v in found] == [repr(v) for v in wanted]

    def test_floats_are_themselves(self, wide):
        values = doubles([v for v in EDGES if not math.isnan(v)])
        again = wide["_rounded"](wide["_widened"](values), torch.float64)
        assert torch.equal(again, values)
        assert torch.equal(torch.signbit(again), torch.signbit(values))


class TestPartials:
    POINTS = (
        *(0.0, 5e-324, -1e-310, 1e-300, -1e-30, 1e-8, -3e-5, 700.5, -700.5, 2.5e5),
        *(random.Random(5).uniform(-6, 6) for _ in range(40)),
    )

    @EVERY
    @EVERY_DTYPE
    def test_they_are_near_the_exact_values(self, activation, dtype):
        """A narrow format is right; float64 as long as little cancels."""
        kind = FORMATS[dtype]
        x = torch.tensor(self.POINTS, dtype=DTYPES[dtype])
        x = x[torch.isfinite(x)]
        found = names_of(activation)["partials"](x)
        for name, values in reference(activation)(x.double().tolist()).items():
            errors = values.errors(found[name].double().numpy(), kind)
            limit = 500 if dtype == "float64" else 0.5001
            assert np.max(errors) <= limit, (name, x[int(np.argmax(errors))])

    def test_limits_are_those_of_the_function(self):
        x = doubles([INF, -INF])
        wanted = {
            GELU: [INF, -0.0], GUMBEL: [1.0, 0.0], ISRU: [1.0, -1.0],
            TANH_EXP: [INF, -0.0], SOFTSIGN: [1.0, -1.0], POWER: [0.0, 1.0],
        }  # fmt: skip
        for activation, values in wanted.items():
            assert names_of(activation)["f"](x).tolist() == values
        for activation in (GUMBEL, ISRU, SOFTSIGN):
            found = names_of(activation)["partials"](x)
            for name in ("f_x", "f_xx"):
                assert found[name].tolist() == [0.0, 0.0]
        assert names_of(GELU)["f_x"](x).tolist() == [1.0, 0.0]

    @pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16])
    @pytest.mark.parametrize(
        ("formula", "limit"), [("log(1 + x^2)", math.inf), ("1 / log(2 + x^2)", 0.0)]
    )
    def test_logarithms_go_to_infinity(self, formula, limit, dtype):
        function = lambdify(define("slow", formula), "torch", compiled=False)
        x = torch.tensor([math.inf, 2.0, -math.inf], dtype=dtype)
        first, _, last = function(x)
        assert first == last == limit
        assert (torch.func.vmap(function)(x) == function(x)).all()
        traced = torch.jit.trace(function.functions["f"], torch.ones(3, dtype=dtype))
        assert (traced(x) == function(x)).all()
        assert function(x.to("meta")).is_meta

    def test_irrational_constants_cancel_in_limits(self):
        slope = names_of(get("gelu_tanh"))["f_x"]
        assert slope(doubles([INF, -INF])).tolist() == [1.0, 0.0]

    @EVERY
    @EVERY_DTYPE
    def test_nan_is_nan_and_all_else_is_not(self, activation, dtype):
        x = torch.tensor(EDGES, dtype=DTYPES[dtype])
        for name, values in names_of(activation)["partials"](x).items():
            assert values.dtype == DTYPES[dtype]
            assert torch.isnan(values[torch.isnan(x)]).all()
            if activation is not WAVE:
                assert not torch.isnan(values[~torch.isnan(x)]).any(), name

    def test_a_parameter_that_is_nan_is_seen(self):
        found = names_of(ISRU)["partials"](doubles([0.0, 1.0]), a=math.nan)
        assert all(torch.isnan(v).all() for v in found.values())


class TestArrays:
    def test_of_any_shape_and_layout(self):
        names = names_of(ISRU)
        f = names["f"]
        x = torch.randn(6, 8, 3, dtype=torch.float64)
        wanted = f(x.clone())
        assert torch.equal(f(x.permute(2, 0, 1)), wanted.permute(2, 0, 1))
        assert torch.equal(f(x[::2, 1::3]), wanted[::2, 1::3])
        assert torch.equal(f(x[:1].expand(4, 8, 3)), wanted[:1].expand(4, 8, 3))
        assert torch.equal(f(x[0, 0, 0]), wanted[0, 0, 0])
        assert f(x[:0]).shape == (0, 8, 3)
        assert f(torch.arange(4)).dtype == torch.get_default_dtype()

    def test_parameters_are_broadcast(self):
        names = names_of(ISRU)
        x, a = torch.randn(5, 1).double(), torch.rand(7).double()
        found = names["partials"](x, a)
        for name, values in found.items():
            assert values.shape == (5, 7)
            for j in range(7):
                one = names[name](x[:, 0], a[j].item())
                assert torch.equal(values[:, j], one)

    def test_a_value_depends_on_no_neighbour(self, monkeypatch):
        names = names_of(TANH_EXP)
        x = torch.randn(5000, dtype=torch.float64) * 30
        whole = names["f_x"](x)
        monkeypatch.setitem(names, "_BLOCK", 64)
        assert torch.equal(names["f_x"](x), whole)
        apart = [names["f_x"](v) for v in x[:50]]
        assert torch.equal(torch.stack(apart), whole[:50])

    def test_angles_beyond_the_floats(self):
        function = names_of(define("fast_wave", "sin(a * x)", a=1))["f"]
        x, a = doubles([1e308, -1.7e308, 2.5, INF]), doubles([1e9, 1.3, 3.0, 1.0])
        with flint.ctx.workprec(3000):
            pairs = zip(x.tolist(), a.tolist(), strict=True)
            wanted = [float((arb(v) * arb(w)).sin()) for v, w in pairs]
        wanted[3] = math.nan
        for found in (function(x, a), torch.func.vmap(function)(x, a)):
            torch.testing.assert_close(
                found, doubles(wanted), rtol=1e-15, atol=0, equal_nan=True
            )

    @pytest.mark.parametrize(
        "formula", ["x + (sqrt(x^2 + 1) - 1) / 2", "x + sin(x)^2", "x - x^2 * atan(x)"]
    )
    def test_a_sum_of_zeros_has_the_sign_of_the_lowest_order(self, formula):
        names = names_of(define("summed", formula))
        for dtype in DTYPES.values():
            found = names["f"](torch.tensor([0.0, -0.0], dtype=dtype))
            assert found.tolist() == [0.0, 0.0]
            assert torch.signbit(found).tolist() == [False, True]

    def test_a_constant_partial_is_an_array_of_its_own(self):
        found = names_of(NUMBER)["partials"](torch.zeros(3))
        assert found["f_x"].tolist() == [float(np.float32(math.e))] * 3
        assert found["f_xx"].tolist() == [0.0] * 3


class TestDerivatives:
    @pytest.mark.parametrize("activation", [ISRU, POWER, WAVE], ids=lambda a: a.name)
    def test_of_first_and_second_order(self, activation):
        f = names_of(activation)["f"]
        x = torch.randn(6, dtype=torch.float64, requires_grad=True)
        a = torch.tensor(1.3, dtype=torch.float64, requires_grad=True)
        check = torch.autograd.gradcheck
        assert check(f, (x, a), check_forward_ad=True, check_batched_grad=True)
        assert torch.autograd.gradgradcheck(f, (x, a))

    def test_by_transforms_of_torch(self):
        names = names_of(GELU)
        f, x = names["f"], torch.randn(5, 3, dtype=torch.float64)
        assert torch.equal(torch.func.vmap(f)(x), f(x))
        slope = torch.func.vmap(torch.func.grad(f))(x.flatten())
        assert torch.equal(slope, names["f_x"](x.flatten()))
        _, moved = torch.func.jvp(f, (x,), (torch.ones_like(x),))
        assert torch.equal(moved, names["f_x"](x))
        assert torch.equal(torch.func.hessian(f)(x[0, 0]), names["f_xx"](x[0, 0]))

    def test_a_third_one_is_refused_and_made_by_a_higher_order(self):
        x = torch.tensor(0.5, dtype=torch.float64)
        grad = torch.func.grad
        with pytest.raises(RuntimeError, match="--order 3"):
            grad(grad(grad(names_of(GUMBEL)["f"])))(x)
        third = namespace(text_of(GUMBEL, 3))
        assert torch.equal(grad(grad(grad(third["f"])))(x), third["f_xxx"](x))


class TestTracing:
    @pytest.mark.parametrize(
        "activation",
        [GELU, *(pytest.param(a, marks=pytest.mark.catalog) for a in (TANH_EXP, WAVE))],
        ids=lambda a: a.name,
    )
    def test_compiled_without_a_break(self, activation):
        torch._dynamo.reset()
        f = names_of(activation)["f"]
        compiled = torch.compile(f, fullgraph=True, backend="aot_eager")
        for dtype in DTYPES.values():
            x = torch.tensor([*EDGES, 1.0, -3.0], dtype=dtype)
            torch.testing.assert_close(
                compiled(x), f(x), rtol=0, atol=0, equal_nan=True
            )
        x = torch.randn(9, dtype=torch.float64, requires_grad=True)
        (slope,) = torch.autograd.grad(compiled(x).sum(), x)
        assert torch.equal(slope, names_of(activation)["f_x"](x.detach()))

    @pytest.mark.slow
    @pytest.mark.catalog  # minutes of inductor
    def test_compiled_to_machine_code(self):
        torch._dynamo.reset()
        f = names_of(TANH_EXP)["f"]
        compiled = torch.compile(f, fullgraph=True)
        x = torch.cat([doubles(EDGES), torch.randn(50, dtype=torch.float64) * 4])
        torch.testing.assert_close(
            compiled(x), f(x), rtol=1e-14, atol=1e-300, equal_nan=True
        )

    @pytest.mark.parametrize("activation", [GUMBEL, WAVE], ids=lambda a: a.name)
    def test_exported_and_traced(self, activation):
        made = layer(text_of(activation))()
        x = torch.cat([doubles(EDGES), torch.randn(5, dtype=torch.float64)])
        exported = torch.export.export(made, (torch.randn(16).double(),)).module()
        traced = torch.jit.trace(made, torch.randn(16).double(), check_trace=False)
        for run in (exported, traced):
            torch.testing.assert_close(run(x), made(x), rtol=0, atol=0, equal_nan=True)

    def test_onnx_is_refused_in_words(self, monkeypatch):
        monkeypatch.setattr(torch.onnx, "is_in_onnx_export", lambda: True)
        with pytest.raises(RuntimeError, match="ONNX"):
            names_of(GUMBEL)["f"](torch.zeros(2))


class TestReading:
    @EVERY
    def test_what_is_read_is_the_derivative(self, activation):
        derivation = derive(activation, 2)
        readings = TORCH.read(text_of(activation))
        assert prove_readings(derivation, stabilize(derivation), readings) > 0

    @pytest.mark.parametrize(
        ("found", "instead"),
        [
            ("_NOWHERE = -(1 << 52)", "_NOWHERE = -(1 << 51)"),
            ("def _whole_f(x):", "def _whole_f(x, y=1):"),
            ("_exp(z)", "torch.exp(z)"),
            ("    return f\n", "    return print(f)\n"),
            ("    return f\n", "    return x\n    return f\n"),
            ("class _Wide:", "class _Wide(int):"),
        ],
    )
    def test_all_else_is_refused(self, found, instead):
        text = text_of(TANH_EXP)
        assert found in text
        with pytest.raises(ReadingError):
            TORCH.read(text.replace(found, instead, 1))

    def test_other_arithmetic_is_no_derivative(self):
        text = text_of(ISRU)
        derivation = derive(ISRU, 2)
        for found, instead in [("+ 1.0", "+ 1.5"), ("ratio = x", "ratio = a")]:
            head, first, rest = text.partition("def _whole_f(")
            assert found in rest
            other = "".join([head, first, rest.replace(found, instead, 1)])
            readings = TORCH.read(other)
            with pytest.raises(IdentityError):
                prove_readings(derivation, stabilize(derivation), readings)

    def test_what_has_no_spelling_is_refused(self):
        program = Program((), {"f": op("capped", Name("x"))})
        with pytest.raises(UnsupportedError, match="capped"):
            body(program, ["f"], ["x"])
        program = Program((), {"f": op("mul", Name("x"), number(10**400))})
        with pytest.raises(UnsupportedError, match="range of float64"):
            body(program, ["f"], ["x"])

    def test_numbers_alone_are_spelled(self, wide):
        program = Program((), {"f": op("add", number(1), op("exp", number(2)))})
        text = body(program, ["f"], ["x"])
        made = {}
        exec(f"def f(x):\n{text}", wide | {"torch": torch}, made)
        assert wide["_float"](made["f"](None)).item() == pytest.approx(1 + math.exp(2))


class TestOthers:
    def test_files_of_floats_have_none_of_this(self):
        text = generate_code(get("mila"), "torch").text
        assert "_Wide" not in text
