"""Wide numbers in generated Triton code: functions, one rounding, what is read back."""

from __future__ import annotations

import importlib.util
import math
import random
from fractions import Fraction
from functools import lru_cache

import flint
import numpy as np
import pytest
import torch
from flint import arb

from mila_analysis.backends import triton
from mila_analysis.backends._python_reading import ReadingError
from mila_analysis.backends.triton import TRITON
from mila_analysis.backends.triton.wide import returned
from mila_analysis.catalog import define, get
from mila_analysis.derivation import derive
from mila_analysis.errors import UnsupportedError
from mila_analysis.functions import lambdify
from mila_analysis.kernels import generate_code
from mila_analysis.program import NAN, Name, number, op
from mila_analysis.stability import Program, stabilize
from mila_analysis.verification import verify
from mila_analysis.verification.identity import IdentityError, prove_readings

RUNS = pytest.mark.skipif(
    importlib.util.find_spec("triton") is None,
    reason="Triton is not installed; it is for Linux",
)
INF = math.inf
TANH_EXP = get("tanhexp")
WAVE = define("wave", "a * sin(x) + cos(x) * atan(x)", a=1)

KERNEL = """


@triton.jit
def _kernel_tried(_n, _at_m, _at_e, _to_m, _to_e, _BLOCK: tl.constexpr):
    _i = _places(_BLOCK, False)
    z = (_read(_at_m, _i, _n), tl.load(_at_e + _i, mask=_i < _n, other=0))
    m, e = {}
    tl.store(_to_m + _i, m, mask=_i < _n)
    tl.store(_to_e + _i, e, mask=_i < _n)
"""


@pytest.fixture(autouse=True)
def interpreted(monkeypatch):
    monkeypatch.setenv(triton.INTERPRET, "1")


@lru_cache(maxsize=32)
def text_of(activation, order=2):
    code = generate_code(activation, "triton", order=order)
    assert code.strategy == "wide"
    return code.text


@lru_cache(maxsize=32)
def names_of(activation):
    return triton.namespace(text_of(activation))


@lru_cache(maxsize=32)
def tried(expression):
    return triton.namespace(text_of(get("softsign"), 0) + KERNEL.format(expression))


def computed(expression, pairs):
    """Mantissas and exponents of an expression in z, for those of z."""
    names = tried(expression)
    m = torch.tensor([m for m, _ in pairs], dtype=torch.float64)
    e = torch.tensor([e for _, e in pairs], dtype=torch.int64)
    found, exponents = torch.empty_like(m), torch.empty_like(e)
    block = 1 << (len(pairs) - 1).bit_length()
    with np.errstate(all="ignore"):
        names["_kernel_tried"][(1,)](len(pairs), m, e, found, exponents, block)
    return list(zip(found.tolist(), exponents.tolist(), strict=True))


def exact(m, e):
    return arb(m) * arb(2) ** e


def some(low, high, count=300, signs=(-1, 1), seed=0):
    chosen = random.Random(seed)
    return [
        (chosen.choice(signs) * chosen.uniform(1, 2), chosen.randint(low, high))
        for _ in range(count)
    ]


def worst(found, wanted):
    """The largest error in units of the last of 53 digits; all are normal numbers."""
    errors = []
    for (m, e), value in zip(found, wanted, strict=True):
        assert 1 <= abs(m) < 2
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


FUNCTIONS = [  # expression, exact, exponents, signs, ulp, bits
    ("_wide_exp(z)", arb.exp, (-2000, 9), (-1, 1), 1, 4400),
    ("_wide_expm1(z)", arb.expm1, (-2000, 9), (-1, 1), 1.5, 4400),
    ("_wide_log(z)", arb.log, (-3, 3), (1,), 1.5, 300),
    ("_wide_log(z)", arb.log, (-(1 << 17), 1 << 17), (1,), 1, 300),
    ("_wide_log1p(z)", arb.log1p, (-2000, 2000), (1,), 1.5, 4400),
    ("_wide_log1p(z)", arb.log1p, (-2000, -2), (-1,), 1.5, 4400),
    ("_wide_sqrt(z)", arb.sqrt, (-(1 << 17), 1 << 17), (1,), 1, 300),
    ("_wide_erf(z)", arb.erf, (-2000, 9), (-1, 1), 2, 300),
    ("_wide_erfcx(z)", erfcx, (-2000, 3), (1,), 2, 400),
    ("_wide_erfcx(z)", erfcx, (3, 900), (1,), 2, 4000),
    ("_wide_sin(z)", arb.sin, (-2000, 1023), (-1, 1), 1.5, 4400),
    ("_wide_cos(z)", arb.cos, (-2000, 1023), (-1, 1), 1.5, 4400),
    ("_wide_sin(z)", arb.sin, (1020, 4095), (-1, 1), 1.5, 9000),
    ("_wide_cos(z)", arb.cos, (1020, 4095), (-1, 1), 1.5, 9000),
    ("_wide_atan(z)", arb.atan, (-2000, 2000), (-1, 1), 1.5, 4400),
    *((f"_wide_exp_rest(z, {k})", rest(k), (-40, 0), (-1, 1), 4, 2000)
      for k in (1, 2, 5, 9)),
]  # fmt: skip


@RUNS
@pytest.mark.parametrize(
    ("expression", "function", "exponents", "signs", "limit", "bits"), FUNCTIONS
)
def test_functions_are_right_in_the_last_digits(
    expression, function, exponents, signs, limit, bits
):
    points = some(*exponents, signs=signs)
    with flint.ctx.workprec(bits):
        wanted = [function(exact(*point)) for point in points]
        assert worst(computed(expression, points), wanted) < limit


@RUNS
class TestNumbers:
    def test_sums_and_products_are_rounded_once(self):
        points = some(-1060, 1060)
        for expression, function in (
            ("_wide_add(z, _wide_number(z, 1.1))", lambda z: z + arb(1.1)),
            ("_wide_sub(z, _wide_number(z, 1.1))", lambda z: z - arb(1.1)),
            ("_wide_mul(z, _wide_number(z, 1.1))", lambda z: z * arb(1.1)),
            ("_wide_div(_wide_number(z, 1.1), z)", lambda z: arb(1.1) / z),
        ):
            with flint.ctx.workprec(4400):
                wanted = [function(exact(*point)) for point in points]
                assert worst(computed(expression, points), wanted) <= 0.5000001

    def test_the_error_of_a_product(self):
        points = some(-2000, 2000)
        by = "_wide_number(z, 1.1)"
        expression = f"_wide_product_error(z, {by}, _wide_mul(z, {by}))"
        found = computed(expression, points)
        for (m, e), point in zip(found, points, strict=True):
            product = Fraction(point[0]) * Fraction(1.1)
            lost = product - Fraction(float(product))
            assert Fraction(m) * Fraction(2) ** (e - point[1]) == lost

    def test_the_error_of_an_exponential(self):
        points = some(-40, 12)
        found = computed("_wide_exp_error(z, _wide_exp(z))", points)
        rounded = computed("_wide_exp(z)", points)
        with flint.ctx.workprec(12000):
            for lost, value, point in zip(found, rounded, points, strict=True):
                whole = exact(*point).exp()
                left = abs(whole - exact(*value) - exact(*lost)) / whole
                assert left < 2.0**-70

    def test_exponentials_end_in_order(self):
        """Beyond all products; exponentials of exponentials beyond those."""
        far = [(1.0, 41), (1.0, 100), (1.0, 1 << 31), (-1.0, 41), (-1.0, 1 << 31)]
        e = [e for _, e in computed("_wide_exp(z)", far)]
        assert e[0] == e[1] < e[2]
        assert e[3] > e[4]
        assert e[0] > 1 << 40 and e[3] < -(1 << 40)  # noqa: PT018

    def test_where_functions_have_no_value(self):
        for name, m, e in (
            ("log", -1.0, 0), ("sqrt", -1.0, 0), ("log1p", -1.5, 0), ("sin", 1.0, 4096),
            ("cos", 1.0, 1 << 17), ("exp", math.nan, 0), ("atan", math.nan, 0),
        ):  # fmt: skip
            [(found, _)] = computed(f"_wide_{name}(z)", [(m, e)])
            assert math.isnan(found), name

    def test_zeros(self):
        none = (0.0, -(1 << 52))
        for name in ("expm1", "log1p", "sqrt", "erf", "sin", "atan"):
            assert computed(f"_wide_{name}(z)", [none]) == [none]
            signed = computed(f"_wide_{name}(z)", [(-0.0, none[1])])
            assert math.copysign(1, signed[0][0]) == -1 or name == "sqrt"
        assert computed("_wide_exp(z)", [none]) == [(1.0, 0)]
        assert computed("_wide_cos(z)", [none]) == [(1.0, 0)]
        assert computed("_wide_div(z, z)", [none])[0][0] != 0
        assert computed("_wide_mul(z, z)", [none]) == [none]

    def test_what_is_no_rounding_error_is_none(self):
        points = [(1.0, -1), (-1.5, -1), (1.5, -9), (1.0, 60), (math.nan, 0)]
        found = [m for m, _ in computed("_wide_small(z)", points)]
        assert found == [1.0, 0, 1.5, 0, 0]

    def test_from_floats_and_back(self):
        values = [0.0, -0.0, 5e-324, -1e-310, 1e-300, 0.1, 1.0, -3e300, 1.7e308]
        names = tried("_widened(_wide_value(z), 131072)")
        m = torch.tensor(values, dtype=torch.float64)
        to, e = torch.empty_like(m), torch.empty(9, dtype=torch.int64)
        with np.errstate(all="ignore"):
            names["_kernel_tried"][(1,)](9, m, torch.zeros_like(e), to, e, 16)
        for value, mantissa, exponent in zip(
            values, to.tolist(), e.tolist(), strict=True
        ):
            assert math.copysign(1, value) == math.copysign(1, mantissa)
            assert Fraction(value) == Fraction(mantissa) * Fraction(2) ** max(
                exponent, -1100
            )


@RUNS
class TestResults:
    @pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
    @pytest.mark.parametrize("name", ["gelu", "squareplus"])
    def test_every_16_bit_number_is_rounded_once(self, name, dtype):
        x = torch.arange(1 << 16, dtype=torch.int32).to(torch.int16).view(dtype)
        partials = names_of(get(name))["partials"]
        found, exact = partials(x), partials(x.double())
        for key, values in found.items():
            assert torch.equal(values.isnan(), x.isnan())
            wanted = nearest(exact[key].numpy(), dtype)
            assert torch.equal(values[~x.isnan()], wanted[~x.isnan()]), key

    def test_limits_of_what_moves_at_infinity(self):
        slow = define("slow", "log(1 + x^2) / (1 + exp(-x))")
        found = names_of(slow)["partials"](torch.tensor([INF, -INF, math.nan]))
        assert found["f"].tolist()[:2] == [INF, 0]
        assert found["f_x"].tolist()[:2] == [0, 0]
        assert all(values[2].isnan() for values in found.values())

    def test_gradients_are_those_of_the_numpy_code(self):
        mine = define("mine", "x * erf(b * x) / sqrt(1 + x^2)", b=1)
        x = torch.linspace(-3, 3, 2001, dtype=torch.float64, requires_grad=True)
        b = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
        names_of(mine)["f"](x, b).sum().backward()
        wanted = lambdify(mine, "numpy").partials(x.detach().numpy(), b=0.5)
        assert np.allclose(x.grad, wanted["f_x"], rtol=1e-13)
        assert float(b.grad) == pytest.approx(wanted["f_b"].sum(), rel=1e-12)
        short = x.detach().bfloat16().requires_grad_()
        names_of(mine)["f"](short, 0.5).sum().backward()
        assert short.grad.dtype == torch.bfloat16
        known = names_of(mine)["f_x"](short.detach().double(), 0.5)
        assert torch.equal(short.grad, nearest(known.numpy(), torch.bfloat16))

    @pytest.mark.parametrize("name", ["gelu", "isru", "snake", "phish"])
    def test_a_value_does_not_depend_on_its_neighbours(self, name):
        """The short program and wide numbers, side by side and alone."""
        partials = names_of(get(name))["partials"]
        near = torch.linspace(-6, 6, 40, dtype=torch.float64)
        far = torch.tensor([1e300, -1e30, 5e-324, -1e-90, INF, -INF], dtype=near.dtype)
        whole = partials(torch.cat([near, far]))
        for part, x in ((slice(0, 40), near), (slice(40, None), far)):
            for key, values in partials(x).items():
                known = whole[key][part]
                assert torch.equal(values.view(torch.int64), known.view(torch.int64))

    @pytest.mark.parametrize("a", [0.0, -0.0, -2.0, 1e-9, 3e4, INF, math.nan])
    @pytest.mark.parametrize("name", ["isru", "snake", "celu", "squareplus"])
    def test_parameters_beyond_the_box(self, name, a):
        activation = get(name)
        x = torch.tensor([-30.0, -0.7, 0.0, 1.3, 50.0], dtype=torch.float64)
        given = {activation.parameters[0].name: a}
        found = names_of(activation)["partials"](x, **given)
        wanted = lambdify(activation, "torch").partials(x, **given)
        for key, values in wanted.items():
            torch.testing.assert_close(
                found[key], values, rtol=1e-11, atol=1e-300, equal_nan=True
            )

    @pytest.mark.parametrize(
        "name",
        [
            "softsign",
            pytest.param("gelu", marks=pytest.mark.catalog),
            pytest.param("tanhexp", marks=pytest.mark.catalog),
        ],
    )
    def test_a_certificate(self, name):
        code = generate_code(get(name), "triton", order=1)
        legs = ["text", "identity", "accuracy", "edges"]
        found = verify(code, dtype=["float64", "float16"], legs=legs, points=5)
        assert found.passed, found


def nearest(values, dtype):
    """The nearest numbers of a 16-bit format, by exact arithmetic on their bits."""
    if dtype == torch.float16:
        with np.errstate(all="ignore"):
            return torch.from_numpy(values.astype(np.float16))
    digits, least = 8, -133
    _, e = np.frexp(values)
    last = np.maximum(e - digits, least).astype(int)
    with np.errstate(all="ignore"):
        kept = np.rint(np.ldexp(values, -last))
        found = torch.from_numpy(np.ldexp(kept, last)).to(torch.float32)
    return found.to(dtype)


class TestText:
    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("_wide_erfcx(", "_wide_erf("),
            ("_wide_number(x, 2.0)", "_wide_number(x, 3.0)"),
            (") > 0.0, ", ") < 0.0, "),
        ],
    )
    def test_changed_arithmetic_is_not_the_derivative(self, old, new):
        head, first, arithmetic = text_of(get("gelu")).partition("\ndef _whole_f(")
        assert old in arithmetic
        changed = arithmetic.replace(old, new, 1)
        derivation = derive(get("gelu"), 2)
        readings = TRITON.read(head + first + changed)
        with pytest.raises(IdentityError):
            prove_readings(derivation, stabilize(derivation), readings)

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("_widened(x, 131072)", "_widened(x, 1024)"),
            ("_rounded(_to_f, f)", "f"),
            (".to(tl.float64)\n", "\n"),
            ("_plus(total, s, ", "_plus(total, total, "),
            ("1.01 * close", "1.02 * close"),
            ("gap < -65536", "gap < -6"),
            ("_outside_any(x, ", "_outside_any(x, 0.0 * "),
            ("340.0)", "3400.0)"),
        ],
    )
    def test_whatever_else_is_changed_is_refused(self, old, new):
        text = text_of(get("gelu"))
        assert old in text
        with pytest.raises((ReadingError, ValueError)):
            TRITON.read(text.replace(old, new, 1))

    def test_the_tables_are_those_of_the_constants(self):
        text = text_of(WAVE)
        start = text.index("def _turn_part(i):")
        body = text[start : text.index("return found", start)]
        parts = [
            int(line.split(", ")[1]) for line in body.splitlines() if "where" in line
        ]
        total = sum(Fraction(p, 1 << 48 * (i + 1)) for i, p in enumerate(parts))
        with flint.ctx.workprec(5000):
            gap = arb(total.numerator) / total.denominator - 1 / (2 * arb.pi())
            assert abs(gap) < arb(2) ** (-48 * len(parts))
        assert len(parts) * 48 > 4096 + 120

    def test_files_of_floats_have_none_of_this(self):
        assert "_wide" not in generate_code(get("mila"), "triton").text

    def test_what_has_no_spelling_is_refused(self):
        program = Program((), {"f": op("capped", Name("x"))})
        with pytest.raises(UnsupportedError, match="capped"):
            returned(program, ["f"])
        for value in (Fraction(10) ** 400, Fraction(1, 10**400)):
            program = Program((), {"f": op("mul", Name("x"), number(value))})
            with pytest.raises(UnsupportedError, match="range of float64"):
                returned(program, ["f"])

    def test_not_a_number(self):
        value = op("select", op("==", Name("x"), Name("x")), number(1), NAN)
        call = "_wide_where(_wide_order(x, x) == 0.0, {}, _wide_undefined(x))"
        line = f"f = {call.format('_wide_number(x, 1.0)')}"
        assert returned(Program((), {"f": value}), ["f"]) == [line, "return f"]
