"""Functions of which something false would be easy to say: nothing false is said."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import flint
import pytest

from mila_analysis import analyze, catalog
from mila_analysis.activation import Activation, Parameter
from mila_analysis.analysis.constants import RATIONAL, Constant
from mila_analysis.analysis.digits import in_latex, in_text
from mila_analysis.analysis.elementary import FUNCTIONS
from mila_analysis.analysis.expansions import Expansion, Tail
from mila_analysis.analysis.families import shifted
from mila_analysis.analysis.features import Features
from mila_analysis.analysis.reports import FORMATS
from mila_analysis.analysis.scales import Key, Scale
from mila_analysis.analysis.undecided import TooNearError
from mila_analysis.balls import Enclosure
from mila_analysis.catalog import define
from mila_analysis.errors import UnsupportedError


def own(formula: str, **options: Any) -> Features:
    return analyze(define("own", formula), **options)


def shown(value: Any) -> str:
    return in_text(value)


@pytest.mark.parametrize(
    ("formula", "left", "right"),
    [
        ("x - log(1+x**2)", -math.inf, math.inf),
        ("-x + log(1+x**2)**2", math.inf, -math.inf),
        ("x - 5*sqrt(sqrt(1+x**2))", -math.inf, math.inf),
    ],
)
def test_the_term_that_grows_fastest_has_the_sign_of_the_limit(
    formula: str, left: float, right: float
) -> None:
    found = own(formula)
    assert found.left
    assert found.right
    assert found.range
    assert (found.left.value, found.right.value) == (left, right)
    assert (found.range.low, found.range.high) == (-math.inf, math.inf)
    assert not any(e.is_global for e in (*(found.minima or ()), *(found.maxima or ())))


@pytest.mark.parametrize("formula", ["(x-100)**2*exp(-x)", "(x-100)**4*exp(x)*(x-1)"])
def test_zeros_of_even_order_are_found_however_far_out(formula: str) -> None:
    zeros = own(formula, fields=["zeros"]).zeros
    assert zeros
    assert zeros[-1].x.mid == 100
    assert zeros[-1].order % 2 == 0


def test_a_double_zero_at_an_end_of_two_pieces_is_found_once() -> None:
    (zero,) = own("exp(x-1)-x").zeros or ()
    assert zero.x.mid == 1
    assert zero.order == 2


def test_zeros_that_are_very_close_have_their_signs_between_them() -> None:
    found = own("(x-1/3)*(x-1/3-1/10**28)*(x**2+1)*(1/2)")
    assert found.range
    assert isinstance(found.range.low, Enclosure)
    assert found.range.low.high < 0


@pytest.mark.parametrize(("value", "zeros"), [(0, 1), (5, 0), (-5, 0)])
def test_a_point_of_a_case_of_its_own_has_its_own_value(value: int, zeros: int) -> None:
    found = own(f"where(x > 0, 1, where(x < 0, -1, {value}))")
    assert found.range
    assert found.zeros is not None
    assert len(found.zeros) == zeros
    assert shown(found.range.low) == str(min(-1, value))
    assert shown(found.range.high) == str(max(1, value))
    assert found.monotone
    assert [(i.has_low, i.has_high) for i in found.monotone] == [(False, False)] * 2


def test_ends_where_a_value_is_not_taken_are_open() -> None:
    found = own("where(x > 20, 0, exp(x))")
    (flat,) = found.minima or ()
    assert (shown(flat.low), flat.has_low, flat.has_high) == ("20", False, False)
    assert "(20, ∞)" in FORMATS["text"](found)
    assert "increasing on (-∞, 20]" in FORMATS["text"](found)


@pytest.mark.parametrize("condition", ["log(1+x**2) > 100", "x > 10**15"])
def test_a_cut_further_out_than_they_are_looked_for_is_not_passed_over(
    condition: str,
) -> None:
    with pytest.raises(UnsupportedError, match="which case holds for x"):
        own(f"where({condition}, 1, 0)")


def test_moments_have_what_lies_beyond_twelve_up_to_a_cut() -> None:
    """E exp(10·X) for X ≤ 20 is e^50·Φ(10), to 23 digits e^50."""
    found = own("where(x > 20, 0, exp(10*x))", fields=["gaussian"]).gaussian
    assert found
    assert found.mean.low < math.exp(50) < found.mean.high
    assert found.slope_gain is None


def test_a_gain_is_not_said_to_be_infinite_where_a_mean_may_be_small() -> None:
    found = own("where(x > 20, x, 0)")
    assert found.gaussian
    assert found.gaussian.gain is None
    assert "gain 1/√E f(X)²    not proved" in FORMATS["text"](found)
    for write in FORMATS.values():
        write(found)
    assert own("0*x", fields=["gaussian"]).gaussian.gain == math.inf  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("formula", "ends", "half"),
    [
        ("where(x >= 0, x-1, 5)", ("0", "1"), "0.5"),
        ("where(x > 0, 1, where(x < 0, -1, 0))", ("-∞", "0"), "∞"),
        ("where(x < -1, x**2, where(x < 2, x**2 - 4, 7))", ("-1", "2"), "2"),
    ],
)
def test_a_well_ends_where_f_jumps(
    formula: str, ends: tuple[str, str], half: str
) -> None:
    found = own(formula, fields=["minima", "well"]).well
    assert found
    assert (shown(found.low), shown(found.high)) == ends
    if half != "2":
        assert shown(found.half_width) == half
    else:
        assert shown(found.half_low) == "-1"


def test_two_wells_of_the_same_depth_are_not_none() -> None:
    found = own("(x**2-1)**2 - 1/2")
    assert found.well is None
    assert "2 of them" in found.unproved["well"]


def test_a_slope_that_cancels_over_a_root_of_zero_is_not_proved() -> None:
    found = own("sqrt(x**2)")
    assert {"curvature", "smoothness", "lipschitz", "monotone"} <= set(found.unproved)


def test_the_generators_of_another_case_do_not_matter() -> None:
    """√(1 - x) of the case on the left is undefined on the right."""
    found = own("x - 5*sqrt(1+abs(x))")
    assert found.unproved == {}
    assert [shown(m.value) for m in found.minima or ()] == ["-7.25"]


def test_a_bound_beside_a_kink_is_not_taken_at_it() -> None:
    found = analyze(catalog.get("relu_squared"), fields=["smoothness"]).smoothness
    assert found
    assert found.at is None
    other = analyze(catalog.get("hard_swish"), fields=["lipschitz"]).lipschitz
    assert other
    assert (other.at, other.why) == (None, "beside x = 3")


def test_a_slope_is_not_dead_at_a_jump() -> None:
    found = own("where(x > 0, 1, 0)", fields=["dead"]).dead
    assert found
    assert len(found) == 2


def test_numbers_of_millions_of_digits_are_bounded_in_time() -> None:
    found = own("exp(-(x**2+1)*10**8)")
    (top,) = found.maxima or ()
    assert top.value.low == 0 < top.value.high
    assert "0 ± " in FORMATS["text"](found)


def test_a_double_zero_of_a_slope_is_no_extremum_of_a_family() -> None:
    """f_x = 3·(x + E)²·(1 + E) vanishes at x = -E, and f rises there."""
    beta = Parameter("beta", Fraction(0))
    family = Activation("own", "(x + exp(x + beta))**3", parameters=(beta,))
    assert [s.partial for s in shifted(family)] == []
    assert analyze(family).minima == ()


@pytest.mark.parametrize("log", [-40, -3, 0, 3])
def test_what_falls_as_an_exponential_of_an_exponential_is_below_its_bound(
    log: int,
) -> None:
    rate: dict[Key, Fraction] = {(Fraction(1, 2), RATIONAL): Fraction(3)}
    scale = Scale.of(Fraction(0), Fraction(log), rate)
    argument = Expansion(((scale, Constant.of(-1)),))
    bounds = 0
    for start in (flint.arb(n) / 4 for n in range(9, 4000, 7)):
        try:
            found = FUNCTIONS["exp"](Tail(start), argument)
        except TooNearError:
            continue
        assert isinstance(found, Expansion)
        assert found.rest
        fall, bound = found.rest
        bounds += 1
        for n in range(20):
            x = start + flint.arb(n * n) / 16
            assert not (-scale.at(x)).exp() > bound * fall.at(x)
    assert bounds > 5


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (Fraction(12345678901234567), Fraction(123456789012345678, 10),
         "1.234567890123457e16"),
        (Fraction(10) ** 400, 2 * Fraction(10) ** 400, "1.5e400 ± 5e+399"),
        (Fraction(-1, 3), Fraction(1), "0 ± 1e+0"),
        (Fraction(10**7 + 1, 10**7), Fraction(2), "1.5 ± 5e-1"),
    ],
)  # fmt: skip
def test_no_digit_is_printed_that_is_not_proved(
    low: Fraction, high: Fraction, text: str
) -> None:
    value = Enclosure(low, high, 0)
    assert in_text(value) == text
    in_latex(value)
    middle, _, half = text.partition(" ± ")
    if half:
        size = Fraction(half)
        assert Fraction(middle) - size <= low <= high <= Fraction(middle) + size


def test_a_parameter_of_zero_leaves_a_line() -> None:
    found = analyze(catalog.resolve("swish:beta=0"))
    assert found.unproved == {}
    assert found.lipschitz
    assert shown(found.lipschitz.value) == "0.5"


@pytest.mark.parametrize("name", ["gcu", "squareplus", "relu6"])
def test_latex_has_no_letters_that_latex_does_not_know(name: str) -> None:
    text = FORMATS["latex"](analyze(catalog.get(name)))
    assert text.isascii()
    assert "|f_x|}" not in text


@pytest.mark.parametrize(
    ("formula", "zeros"),
    [
        ("x*exp(-(x-300)**2) + x/10**6", 1),
        ("x + 10**9*exp(-1000*(x-5)**2)", 1),
        ("tanh(1000000*x)", 1),
        ("(x - 3)*sigmoid(1000*x)", 1),
    ],
)
def test_what_changes_fast_or_is_far_away_is_proved(formula: str, zeros: int) -> None:
    found = own(formula)
    assert set(found.unproved) <= {"gaussian"}
    assert found.zeros is not None
    assert len(found.zeros) == zeros


def test_a_tiny_well_far_away_is_found() -> None:
    """The slope vanishes on both sides of 300, where the bump is steep."""
    found = own("x*exp(-(x-300)**2) + x/10**6")
    extrema = (*(found.maxima or ()), *(found.minima or ()))
    places = [float(e.low.mid) for e in extrema if isinstance(e.low, Enclosure)]
    assert places == pytest.approx([300.0016666, 304.72], abs=0.5)


@pytest.mark.parametrize("formula", ["x**2*exp(-x)", "(x-1/3)**2*exp(x)"])
def test_moments_of_what_grows_have_their_digits(formula: str) -> None:
    found = own(formula, fields=["gaussian"]).gaussian
    assert found
    assert found.square.high - found.square.low < found.square.low / 10**15


@pytest.mark.parametrize(
    ("formula", "count"),
    [
        ("abs(x^2 - 2)", 2),
        ("abs(exp(x) - 2)", 1),
        ("x*abs(x^2 - 2)", 3),
        ("abs(x^3 - x - 1)", 1),
        ("max((x^2 - 2)*(x^2 - 3), 0)", 0),
    ],
)
def test_zeros_at_irrational_cuts_are_exact(formula: str, count: int) -> None:
    found = own(formula)
    assert found.zeros is not None
    assert len(found.zeros) == count
    assert found.minima is not None
    for minimum in found.minima:
        value = minimum.value
        assert value.low == value.high or not value.low <= 0 <= value.high


@pytest.mark.parametrize("away", ["1/10^30", "1/10^28*(x - 1)"])
def test_what_is_nearly_zero_at_a_cut_is_not_zero_there(away: str) -> None:
    found = own(f"where(x^2 > 2, x^2 - 2, 2 - x^2 + {away})")
    assert found.zeros is not None
    inner = found.zeros
    assert all(not z.x.low < 2 ** Fraction(1, 2) < z.x.high for z in inner)
    assert len(inner) == ("x" in away)


@pytest.mark.parametrize(
    ("formula", "low"), [("max(x, tanh(x))", -1), ("min(x, exp(x) - 1)", -math.inf)]
)
def test_cases_may_touch_at_zero(formula: str, low: float) -> None:
    found = own(formula)
    assert [float(z.x.mid) for z in found.zeros or ()] == [0]
    assert found.range is not None
    assert float(getattr(found.range.low, "mid", found.range.low)) == low
    assert found.unproved == {}


@pytest.mark.parametrize(
    ("formula", "zeros", "orders"),
    [
        ("(x + sqrt(x^2 + 1/10^6))/2", [], []),
        ("x + sqrt(x^2 + 1/10^30)", [], []),
        ("x/sqrt(1 + x^2) - 1/2", [3**-0.5], [1]),
        ("sqrt(x^2 + 1) - 1", [0], [2]),
        ("(sqrt(x^2 + 4) - 2)*x", [0], [3]),
        ("x - sqrt(x^2 + 1) + 1/2", [0.75], [1]),
        ("x - 2*sqrt(x^2 + 1)", [], []),
        ("(x^2 - 1)*sqrt(1 + x^2) - 3*(x - 1)", [1, 1.0593398082887313], [1, 1]),
    ],
)
def test_zeros_of_roots_are_those_of_their_norms(
    formula: str, zeros: list[float], orders: list[int]
) -> None:
    found = own(formula, fields=["zeros"]).zeros
    assert found is not None
    assert [float(z.x.mid) for z in found] == pytest.approx(zeros)
    assert [z.order for z in found] == orders


def test_a_root_that_nearly_vanishes_has_no_minimum() -> None:
    found = analyze(catalog.resolve("squareplus:b=0.000001"))
    assert found.unproved == {}
    assert found.minima == ()
    assert found.range is not None
    assert (shown(found.range.low), found.range.has_low) == ("0", False)
