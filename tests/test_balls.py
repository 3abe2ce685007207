"""The reference: enclosures that hold the exact value, on every float."""

from __future__ import annotations

import ast
import time
from fractions import Fraction
from pathlib import Path

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mila_analysis import balls, derivation
from mila_analysis.balls import enclose, enclose_all
from mila_analysis.catalog import CATALOG, define, get
from mila_analysis.errors import (
    AccuracyError,
    MilaAnalysisError,
    ParameterError,
    PartialError,
)
from mila_analysis.partials import up_to

MILA = get("mila")
MAX = float(np.finfo(np.float64).max)
TINY = float(np.finfo(np.float64).smallest_subnormal)

# By hand, for mpmath: no line of it is derived by us.


def mila_closed(name: str, x, beta):
    """Mila's partials in closed form, in t = exp(-|z|), which cannot overflow."""
    z = x + beta
    if z > 0:
        e = mpmath.exp(-z)
        d = 1 + 2 * e * (1 + e)
        s = 2 * e**3 + 2 * e**2 - 3 * e - 2
        return {
            "f": x - 2 * x * e**2 / d,
            "f_x": 1 + 2 * e**2 * (2 * x * (1 + e) - d) / d**2,
            "f_beta": 4 * x * e**2 * (1 + e) / d**2,
            "f_xx": 4 * e**2 * (2 * (1 + e) * d + x * s) / d**3,
            "f_xbeta": 4 * e**2 * ((1 + e) * d + x * s) / d**3,
            "f_betabeta": 4 * x * e**2 * s / d**3,
        }[name]
    e = mpmath.exp(z)
    u, d = 1 + e, e**2 + 2 * e + 2
    r = 2 + 2 * e - 3 * e**2 - 2 * e**3
    return {
        "f": x * e * (e + 2) / d,
        "f_x": e * ((e + 2) * d + 4 * x * u) / d**2,
        "f_beta": 4 * x * e * u / d**2,
        "f_xx": 4 * e * (2 * u * d + x * r) / d**3,
        "f_xbeta": 4 * e * (u * d + x * r) / d**3,
        "f_betabeta": 4 * x * e * r / d**3,
    }[name]


SECOND = [p.name for p in up_to(2, MILA.variables)]
POINTS = [
    0.0,
    1.0,
    -1.1924312145154949,
    TINY,
    -TINY,
    1e-300,
    -1e-5,
    3.7,
    -20.5,
    -36.04365338911715,
    -708.3964185322641,
    -745.1332191019412,
    -760.0,
    745.2,
    40.0,
]


class TestAgainstMpmath:
    @pytest.mark.parametrize("beta", [-20, -0.25, 0, 1.5, 50])
    @pytest.mark.parametrize("name", SECOND)
    def test_mila(self, name, beta):
        with mpmath.workdps(800):  # more digits than any cancellation here takes
            for x in POINTS:
                exact = mila_closed(name, mpmath.mpf(x), mpmath.mpf(beta))
                found = enclose(MILA, name, x, beta=beta)
                assert as_mpf(found.low) <= exact <= as_mpf(found.high), x

    @pytest.mark.parametrize("name", SECOND)
    @pytest.mark.parametrize("x", [MAX, -MAX, 1e100, -1e100, 1e5, -1e5])
    def test_mila_at_the_ends_of_the_line(self, name, x):
        found = enclose(MILA, name, x, beta=-0.25)
        if name == "f" and x > 0:
            assert found.low <= Fraction(x) <= found.high
        elif name == "f_x" and x > 0:
            assert 1 in found
        else:  # decays faster than any float
            assert -Fraction(TINY) < found.low <= found.high < Fraction(TINY)

    @pytest.mark.parametrize("partial", up_to(4, MILA.variables), ids=lambda p: p.name)
    def test_mixed_partials_up_to_order_four(self, partial):
        orders = (partial.variables.count("x"), partial.variables.count("beta"))

        def f(x, beta):
            return x * mpmath.tanh(mpmath.log(1 + mpmath.exp(x + beta)))

        with mpmath.workdps(120):
            at = (mpmath.mpf("0.75"), mpmath.mpf("-0.25"))
            exact = mpmath.diff(f, at, orders) if partial.order else f(*at)
            found = enclose(MILA, partial.name, 0.75, beta=-0.25)
            size = mpmath.mpf(10) ** -20  # mpmath's differences lose digits
            assert as_mpf(found.low) - size <= exact <= as_mpf(found.high) + size


def as_mpf(value: Fraction):
    return mpmath.mpf(value.numerator) / value.denominator


@given(
    st.floats(-60, 60),
    st.sampled_from([-3.0, -0.25, 0.0, 1.5]),
    st.sampled_from(SECOND),
)
@settings(max_examples=60)
def test_the_ball_holds_what_a_hundred_digits_say(x, beta, name):
    with mpmath.workdps(400):
        exact = mila_closed(name, mpmath.mpf(x), mpmath.mpf(beta))
        found = enclose(MILA, name, x, beta=beta)
        assert as_mpf(found.low) <= exact <= as_mpf(found.high)


class TestExactValues:
    @pytest.mark.parametrize(
        ("name", "x", "beta"),
        [("f_xx", 20, -20), ("f_x", -1.875, 1.875), ("f_xbeta", 10, -10), ("f", 0, 7)],
    )
    def test_zeros(self, name, x, beta):
        found = enclose(MILA, name, x, beta=beta)
        assert found.low <= 0 <= found.high
        assert found.high - found.low <= Fraction(1, 2**1399)

    @pytest.mark.parametrize(
        ("text", "name", "x", "value"),
        [
            ("tanh(log(1 + exp(x)))", "f", 0, Fraction(3, 5)),
            ("1 / (1 + exp(-x))", "f", 0, Fraction(1, 2)),
            ("1 / (1 + exp(-x))", "f_x", 0, Fraction(1, 4)),
            ("x^3", "f_xx", "1/3", Fraction(2)),
            ("x / (1 + abs(x))", "f_x", -1, Fraction(1, 4)),
            ("where(x > 0, x, 0)", "f_x", 0, Fraction(0)),
            ("where(x >= 0, x, 0)", "f_x", 0, Fraction(1)),
            ("max(0, min(1, x / 5 + 1/2))", "f", 1, Fraction(7, 10)),
            ("exp(x^2) * exp(-x^2)", "f", 1e200, Fraction(1)),
            ("x^2 * x^2", "f_xxxx", 7, Fraction(24)),
        ],
    )
    def test_rational_values(self, text, name, x, value):
        found = enclose(define("mine", text), name, x)
        assert found.low <= value <= found.high
        assert found.high - found.low <= abs(value) / 2**60

    def test_a_partial_in_two_parameters(self):
        activation = define("mine", "a * x * exp(b * x)", a=2, b=0)
        assert 9 in enclose(activation, "f_ab", 3)
        assert 18 in enclose(activation, "f_b", 3)
        assert 6 in enclose(activation, "f_xb", 3, a=1)


class TestAllPoints:
    @pytest.mark.parametrize("activation", CATALOG, ids=lambda a: a.name)
    @pytest.mark.parametrize("x", [MAX, -MAX, TINY, -TINY, 0.0, 1e154, -1e154, 709.8])
    def test_every_entry_has_narrow_enclosures(self, activation, x):
        for name, found in enclose_all(activation, x).items():
            assert found.low <= found.high
            width = found.high - found.low
            narrow = width <= abs(found.mid) * Fraction(1, 2**78)
            assert narrow or width <= Fraction(1, 2**1398), name

    @pytest.mark.parametrize(
        ("text", "x"),
        [
            ("x * exp(-x^2)", MAX),
            ("x * exp(-x^2)", 1e160),
            ("exp(-exp(x))", 100.0),
            ("exp(-exp(exp(x)))", 10.0),
            ("tanh(exp(exp(x)))", 10.0),
            ("1 / (1 + exp(x^4))", MAX),
        ],
    )
    def test_exponents_beyond_the_floats(self, text, x):
        found = enclose(define("mine", text), "f", x)
        assert found.high - found.low <= max(abs(found.mid) / 2**60, Fraction(TINY))

    @pytest.mark.parametrize(
        ("text", "x"), [("exp(x)", MAX), ("exp(exp(x))", 50.0), ("x * exp(x)", 1e300)]
    )
    def test_a_value_too_large_to_write_down_is_refused_at_once(self, text, x):
        with pytest.raises(AccuracyError):
            enclose(define("mine", text), "f", x)


class TestOtherFunctions:
    """Roots, erf and angles, where plain balls of any precision have no digits."""

    GELU = "x * (1 + erf(x / sqrt(2))) / 2"

    @pytest.mark.parametrize("x", [-38.0, -20.5, -3.0, -1e-300, 0.7, 9.0])
    def test_one_plus_erf_far_below_one(self, x):
        mpmath.mp.dps = 60
        at = mpmath.mpf(x)
        density = mpmath.exp(-at * at / 2) / mpmath.sqrt(2 * mpmath.pi)
        tail = mpmath.erfc(-at / mpmath.sqrt(2)) / 2
        exact = {
            "f": at * tail,
            "f_x": tail + at * density,
            "f_xx": (2 - at * at) * density,
        }
        found = enclose_all(define("mine", self.GELU), x)
        for name, value in exact.items():
            assert found[name].bits <= 512
            assert abs(as_mpf(found[name].mid) - value) <= abs(value) * 2**-78, name

    @pytest.mark.parametrize(
        "text",
        [
            GELU,
            "x - x*erf(-x)",
            "x/2 + x*erf(x)/2",
            "(1 + erf(x))^2 * x",
            "x * tanh(x * (1 + erf(x / sqrt(2))) / 2)",
            "x * erf(log(1 + exp(x)))",
            "x * erf(exp(x))",
            "x * tanh(exp(x))",
            "x * exp(-exp(x))",
            "sqrt(x^2 + 1)",
            "x + sin(x)^2",
            "atan(x)",
        ],
    )
    @pytest.mark.parametrize("x", [-200.0, -1e5, -1e30, -MAX, TINY, 1e5, 1e300, MAX])
    def test_every_float_has_an_answer_soon(self, text, x):
        start = time.process_time()
        for enclosure in enclose_all(define("mine", text), x).values():
            room = max(abs(enclosure.mid) / 2**79, Fraction(1, 2**1399))
            assert enclosure.high - enclosure.low <= room
        assert time.process_time() - start < 2

    def test_what_vanishes_is_only_bounded(self):
        found = enclose(define("mine", self.GELU), "f", -1e30)
        assert found.low <= 0 <= found.high
        assert found.high < Fraction(1, 2**1300)

    def test_a_root_has_a_value_at_zero_and_no_slope(self):
        root = define("mine", "sqrt(x)")
        assert enclose(root, "f", 0).mid == 0
        with pytest.raises(AccuracyError):
            enclose(root, "f_x", 0)

    @pytest.mark.parametrize("text", ["sqrt(x)", "x^(3/2)", "sqrt(-1 - x^2) / x"])
    def test_a_root_of_a_negative_number_has_none(self, text):
        with pytest.raises(AccuracyError):
            enclose(define("mine", text), "f", -2)

    def test_constants(self):
        mpmath.mp.dps = 60
        value = enclose(define("mine", "pi * sqrt(1/3) * x"), "f", 1).mid
        assert abs(as_mpf(value) - mpmath.pi / mpmath.sqrt(3)) < mpmath.mpf(2) ** -78


class TestAccuracyAsked:
    @pytest.mark.parametrize("bits", [20, 80, 300, 2000])
    def test_it_is_given(self, bits):
        found = enclose(MILA, "f_xx", 1.5, bits=bits)
        assert found.high - found.low <= abs(found.mid) / 2 ** (bits - 1)
        assert found.bits >= bits

    def test_near_a_root_more_digits_are_taken(self):
        root = Fraction("1.490571179485428")
        found = enclose(MILA, "f_xx", root)
        assert found.low * found.high > 0, "the sign is decided"

    def test_enclosures_of_two_accuracies_meet(self):
        coarse = enclose(MILA, "f_xbeta", -7.25, bits=20)
        fine = enclose(MILA, "f_xbeta", -7.25, bits=500)
        assert coarse.low <= fine.high
        assert fine.low <= coarse.high

    def test_a_singular_point_is_an_error(self):
        with pytest.raises(AccuracyError, match="no 80-bit enclosure"):
            enclose(define("mine", "1 / x"), "f", 0)

    def test_precision_of_the_process_is_left_as_it_was(self):
        before = balls.flint.ctx.prec, balls.flint.ctx.cap
        enclose(MILA, "f_xx", 1.5, bits=700)
        with pytest.raises(AccuracyError):
            enclose(define("mine", "1 / x"), "f", 0)
        assert (balls.flint.ctx.prec, balls.flint.ctx.cap) == before


class TestEnclosure:
    def test_containment(self):
        found = enclose(define("mine", "x / 3"), "f", 1)
        assert Fraction(1, 3) in found
        assert 0.3333 not in found
        assert found.low <= found.mid <= found.high

    def test_values_bound_in_the_call_come_before_those_of_the_activation(self):
        cold = MILA.bind(beta="-0.25")
        assert enclose(cold, "f", 1).mid == enclose(MILA, "f", 1, beta="-0.25").mid
        assert enclose(cold, "f", 1, beta=0).mid == enclose(MILA, "f", 1).mid

    @pytest.mark.parametrize("x", [float("nan"), float("inf"), "nan", None, 1j])
    def test_a_point_is_a_finite_number(self, x):
        with pytest.raises(ParameterError):
            enclose(MILA, "f", x)

    def test_partials_are_named_as_everywhere(self):
        assert enclose(MILA, "f_betax", 1) == enclose(MILA, "f_xbeta", 1)
        with pytest.raises(PartialError):
            enclose(MILA, "f_y", 1)
        with pytest.raises(MilaAnalysisError):
            enclose(MILA, "f", 1, gamma=2)


class TestIndependence:
    @pytest.mark.parametrize(
        ("module", "forbidden"),
        [
            (balls, {"derivation", "tower", "stability", "backends", "kernels"}),
            (derivation, {"balls", "stability", "backends", "kernels"}),
        ],
        ids=["balls", "derivation"],
    )
    def test_the_witnesses_do_not_know_each_other(self, module, forbidden):
        tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
        named = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                named.add(node.module)
                named.update(f"{node.module}.{a.name}" for a in node.names)
            elif isinstance(node, ast.Import):
                named.update(a.name for a in node.names)
        parts = {part for name in named for part in name.split(".")}
        assert not parts & forbidden
