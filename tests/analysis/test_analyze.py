"""Features: known facts, independent witnesses, traps, and the whole catalog."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy

from mila_analysis import analyze, catalog, lambdify
from mila_analysis.analysis.features import Features
from mila_analysis.balls import Enclosure, enclose
from mila_analysis.catalog import define, get
from mila_analysis.errors import ParameterError, UnsupportedError
from mila_analysis.formula import parse

OSCILLATING = {"snake", "snake_beta", "gcu"}
SMOOTH = ["mila", "beta_mish", "swish", "gelu", "gelu_tanh", "phish", "serf", "isru"]


def number(value: Any) -> float:
    return float(value.mid) if isinstance(value, Enclosure) else value


def line() -> np.ndarray:
    rng = np.random.default_rng(7)
    return np.concatenate([rng.normal(0, 4, 400), rng.uniform(-60, 60, 200)])


FACTS = {  # of independent computations, to the digits that are given
    "mila": ("-1.192431214515495", "-0.308843413017250", "1.088498161251728",
             "0.644204637236972", ("-2.256376396360793", "1.490571179485428")),
    "mila:beta=-0.25": ("-1.150592209382104", "-0.249453286168807",
                        "1.116928145666764", "0.644323582486835",
                        ("-2.203234127296236", "1.597759840718660")),
}  # fmt: skip


def is_close(value: Any, digits: str) -> bool:
    """Whether an enclosure lies within a unit of the last digit that is given."""
    known, unit = Fraction(digits), Fraction(1, 10**15)
    ends = (value.low, value.high) if isinstance(value, Enclosure) else ()
    return bool(ends) and all(abs(end - known) < unit for end in ends)


@pytest.mark.parametrize("spec", FACTS)
def test_facts_about_mila(spec: str) -> None:
    found = analyze(catalog.resolve(spec))
    place, least, slope, bend, inflections = FACTS[spec]
    assert found.unproved == {}
    assert found.minima
    assert found.inflections
    (minimum,) = found.minima
    assert minimum.is_global
    assert minimum.is_point
    assert is_close(minimum.low, place)
    assert is_close(minimum.value, least)
    assert found.lipschitz
    assert is_close(found.lipschitz.value, slope)
    assert found.smoothness
    assert is_close(found.smoothness.value, bend)
    for point, digits in zip(found.inflections, inflections, strict=True):
        assert is_close(point.x, digits)
    assert found.maxima == ()
    assert found.right
    assert found.right.value == math.inf
    assert found.right.slope
    assert found.right.slope.low == found.right.slope.high == 1


@pytest.mark.cheap
@pytest.mark.parametrize("activation", catalog.CATALOG, ids=lambda a: a.name)
def test_the_whole_catalog_is_decided_and_no_sample_contradicts(activation) -> None:
    found = analyze(activation)
    if activation.name in OSCILLATING:
        assert found.unproved
        assert found.gaussian
        return
    assert found.unproved == {}
    assert found.lipschitz
    assert found.smoothness
    assert found.range
    kernel, x = lambdify(activation, "numpy"), line()
    f, f_x, f_xx = (kernel[name](x) for name in ("f", "f_x", "f_xx"))
    slack = 1 + 1e-12
    assert np.abs(f_x).max() <= number(found.lipschitz.value) * slack
    assert np.abs(f_xx).max() <= number(found.smoothness.value) * slack
    assert f.min() >= number(found.range.low) - 1e-12
    assert f.max() <= number(found.range.high) + 1e-12
    _follows(found, x, f_x, f_xx)


def _follows(found: Features, x: np.ndarray, f_x: np.ndarray, f_xx: np.ndarray) -> None:
    """Signs of samples inside of each interval are those that are said."""
    signs = {"increasing": 1, "decreasing": -1, "constant": 0}
    signs |= {"convex": 1, "concave": -1, "linear": 0}
    for intervals, samples in ((found.monotone, f_x), (found.curvature, f_xx)):
        assert intervals is not None
        covered = np.zeros(x.size, bool)
        for each in intervals:
            inside = (x > number(each.low)) & (x < number(each.high))
            covered |= inside
            sign = signs[each.kind]
            inner = samples[inside]
            assert (np.sign(inner[np.abs(inner) > 1e-14]) == sign).all(), each
        assert covered.all()


@pytest.mark.parametrize("name", SMOOTH)
def test_the_definition_is_a_second_witness_of_every_extremum(name: str) -> None:
    """Balls of the definition, which share no line with the derivation, agree."""
    activation = get(name)
    found = analyze(activation)
    for each in (*(found.minima or ()), *(found.maxima or ())):
        assert isinstance(each.low, Enclosure)
        middle, step = each.low.mid, Fraction(1, 10**9)
        value = enclose(activation, "f", middle)
        assert abs(value.mid - each.value.mid) < Fraction(1, 10**25)
        sides = [enclose(activation, "f_x", middle + s) for s in (-step, step)]
        rising = sides[0].high < 0 < sides[1].low
        falling = sides[1].high < 0 < sides[0].low
        assert rising if each.kind == "minimum" else falling


@pytest.mark.parametrize("name", ["mila", "gelu", "relu", "tanhexp", "hard_swish"])
def test_moments_agree_with_another_quadrature(name: str) -> None:
    found = analyze(get(name)).gaussian
    assert found is not None
    parsed = parse(get(name).formula, get(name).variables)
    x, *rest = parsed.variables
    values = {v: sympy.Rational(str(get(name).values[str(v)])) for v in rest}
    pairs = [
        (c.expression.subs(values), sympy.And(*(_relation(r) for r in c.conditions)))
        for c in parsed.cases
    ]
    f = sympy.lambdify(x, sympy.Piecewise(*pairs), "mpmath")
    with mpmath.workdps(30):
        cuts = [-16, -6, -3, 0, 3, 6, 16]

        def mean(g: Any) -> Any:
            return mpmath.quad(lambda t: g(f(t)) * mpmath.npdf(t), cuts)

        first, second = mean(lambda v: v), mean(lambda v: v * v)
        assert abs(first - mpmath.mpf(str(float(found.mean.mid)))) < 1e-15
        assert abs(second - number(found.square)) < 1e-15
    assert number(found.variance) == pytest.approx(float(second - first**2), rel=1e-14)
    assert number(found.gain) == pytest.approx(float(second) ** -0.5, rel=1e-14)


def _relation(relation: Any) -> Any:
    kinds = {">": sympy.Gt, ">=": sympy.Ge, "<": sympy.Lt, "<=": sympy.Le}
    return kinds[relation.comparison](relation.difference, 0)


def test_two_minima_that_are_nearly_as_deep_are_told_apart() -> None:
    found = analyze(define("own", "(x**2 - 1)**2 + x/10**12"))
    assert found.minima is not None
    assert [m.is_global for m in found.minima] == [True, False]
    deep, shallow = (m.value for m in found.minima)
    assert deep.high < 0 < shallow.low


def test_two_minima_of_the_same_depth_are_both_global() -> None:
    found = analyze(define("own", "(x**2 - 1)**2"))
    assert found.minima is not None
    assert found.maxima is not None
    assert [number(m.low) for m in found.minima] == [-1, 1]
    assert all(m.is_global for m in found.minima)
    assert [m.is_global for m in found.maxima] == [False]
    assert found.range
    assert found.range.has_low
    assert found.range.high == math.inf


def test_a_flat_minimum_has_no_curvature_to_speak_of() -> None:
    found = analyze(define("own", "x**4"))
    assert found.minima is not None
    (minimum,) = found.minima
    assert minimum.curvature == Enclosure(Fraction(0), Fraction(0), 0) or (
        minimum.curvature and minimum.curvature.mid == 0
    )
    assert found.inflections == ()
    assert analyze(define("own", "x**3")).minima == ()


def test_flat_floors_and_ceilings_are_intervals() -> None:
    found = analyze(define("own", "max(-1, min(1, x))"))
    assert found.minima
    assert found.maxima
    (low,), (high,) = found.minima, found.maxima
    assert (low.low, number(low.high), number(low.value)) == (-math.inf, -1, -1)
    assert (number(high.low), high.high, number(high.value)) == (1, math.inf, 1)
    assert found.smoothness
    assert "kink" in found.smoothness.why


def test_kinks_can_be_extrema() -> None:
    found = analyze(define("own", "abs(abs(x) - 1)"))
    assert found.minima
    assert found.maxima
    assert [number(m.low) for m in found.minima] == [-1, 1]
    assert [(number(m.low), number(m.value)) for m in found.maxima] == [(0, 1)]
    assert found.maxima[0].curvature is None


def test_a_jump_makes_every_bound_infinite_and_may_hold_an_extremum() -> None:
    found = analyze(define("own", "where(x > 0, x + 1, -x)"))
    assert found.lipschitz
    assert found.lipschitz.value == math.inf
    assert "jump at x = 0" in found.lipschitz.why
    assert found.minima
    assert [number(m.value) for m in found.minima] == [0]
    assert found.range
    assert found.range.has_low
    other = analyze(define("own", "where(x >= 0, x + 1, -x)"))
    assert other.minima == ()
    assert other.range
    assert not other.range.has_low
    assert number(other.range.low) == 0


def test_constants_and_lines() -> None:
    flat = analyze(define("own", "2 + 0*x"))
    assert flat.minima == ()
    assert flat.maxima == ()
    assert flat.range
    assert number(flat.range.low) == number(flat.range.high) == 2
    plain = analyze(define("own", "x"))
    assert plain.minima == ()
    assert plain.lipschitz
    assert number(plain.lipschitz.value) == 1
    assert plain.gaussian
    assert number(plain.gaussian.variance) == pytest.approx(1)


def test_what_oscillates_is_said_to_be_not_proved() -> None:
    found = analyze(get("gcu"))
    assert "oscillates" in found.unproved["zeros"]
    assert found.zeros is None
    assert found.minima is None
    assert found.well is None


def test_what_is_undefined_somewhere_is_refused_with_the_place() -> None:
    with pytest.raises(UnsupportedError, match="undefined for x ≤ 0"):
        analyze(define("own", "log(x)"))
    with pytest.raises(UnsupportedError, match="undefined at x = 0"):
        analyze(define("own", "1/x"))


@pytest.mark.parametrize("threshold", [0, -1, "0"])
def test_a_threshold_is_positive(threshold: Any) -> None:
    with pytest.raises(ParameterError, match="positive"):
        analyze(get("mila"), threshold=threshold)


def test_dead_intervals_end_where_the_slope_has_the_threshold() -> None:
    found = analyze(get("silu"), threshold=Fraction(1, 100))
    assert found.dead is not None
    assert found.dead[0].low == -math.inf
    slope = lambdify(get("silu"), "numpy")["f_x"]
    ends = [e for each in found.dead for e in (each.low, each.high)][1:]
    assert np.abs(slope(np.array([number(e) for e in ends]))) == pytest.approx(0.01)


def test_only_what_is_wanted_is_found() -> None:
    found = analyze(get("mila"), fields=["lipschitz"])
    assert found.lipschitz is not None
    assert found.minima is None
    assert found.gaussian is None
    assert found.unproved == {}


def test_the_well_of_a_function_with_two_zeros_ends_there() -> None:
    found = analyze(get("xielu"))
    assert found.well is not None
    assert -2.44 < number(found.well.low) < -2.43
    assert number(found.well.high) == 0
    half = enclose(get("xielu"), "f", found.well.half_low.mid)  # type: ignore[union-attr]
    assert abs(half.mid + found.well.depth.mid / 2) < Fraction(1, 10**20)
