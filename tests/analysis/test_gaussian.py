"""Moments for normal inputs: exact zeros, steep functions, how much work they are."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from mila_analysis import analyze
from mila_analysis.analysis import gaussian
from mila_analysis.analysis.features import Gaussian
from mila_analysis.analysis.line import Line
from mila_analysis.analysis.parity import is_odd
from mila_analysis.catalog import define, get, resolve


def moments(formula: str) -> Gaussian:
    found = analyze(define("own", formula), fields=["gaussian"])
    assert found.gaussian is not None, found.unproved
    return found.gaussian


@pytest.mark.parametrize(
    "formula",
    [
        "tanh(x)",
        "x*cos(x)",
        "x/(1 + abs(x))",
        "where(x > 1/2, x - 1/2, where(x < -1/2, x + 1/2, 0))",
        "where(x >= 0, 1, -1)",
        "atan(x)^3 - x*exp(-x^2)",
        "1/(1 + exp(-x)) - 1/2",
        "log(1 + exp(x)) - x/2 - log(2*cosh(x/2)) + erf(x)",
    ],
)
def test_the_mean_of_an_odd_function_is_exactly_zero(formula: str) -> None:
    found = moments(formula)
    assert found.mean.low == found.mean.high == 0
    assert (found.variance.low, found.variance.high) == (
        found.square.low,
        found.square.high,
    )


@pytest.mark.parametrize(
    "formula",
    [
        "tanh(x) + 1/10^30",
        "where(x > 0, tanh(x), x)",
        "where(x > 1, x, where(x < -1 - 1/10^30, x, 0))",
        "x*tanh(x)",
        "where(x > 0, x, -x)",
    ],
)
def test_what_is_nearly_odd_is_not_odd(formula: str) -> None:
    assert not is_odd(Line.of(define("own", formula)))
    mean = moments(formula).mean
    assert mean.low < mean.high


def test_steep_functions_have_moments() -> None:
    steep = moments("tanh(1000000*x)")
    expected = 1 - math.sqrt(2 / math.pi) / 10**6
    assert float(steep.square.mid) == pytest.approx(expected, rel=1e-12)
    assert steep.square.bits > 55
    found = analyze(resolve("squareplus:b=0.000001"), fields=["gaussian"]).gaussian
    assert found is not None
    exact = Fraction(1, 2) + Fraction(1, 4 * 10**6)
    assert found.square.low <= exact <= found.square.high
    assert found.square.bits > 55


def test_a_slope_that_is_not_bounded_is_not_integrated_forever() -> None:
    found = analyze(define("own", "sqrt(abs(x))"), fields=["gaussian"])
    assert found.gaussian is None
    assert "was not enclosed" in found.unproved["gaussian"]


@pytest.mark.parametrize("beta", ["-3", "-0.25", "0", "1", "3"])
def test_mila_takes_few_series(monkeypatch: pytest.MonkeyPatch, beta: str) -> None:
    plain, calls = gaussian._integrands, []

    def counted(*arguments: object) -> object:
        calls.append(arguments)
        return plain(*arguments)

    monkeypatch.setattr(gaussian, "_integrands", counted)
    found = analyze(get("mila").bind(beta=beta), fields=["gaussian"]).gaussian
    assert found is not None
    assert min(n.bits for n in (found.mean, found.variance, found.slope_square)) > 60
    assert 20 < len(calls) < 160
