from __future__ import annotations

import mpmath
import pytest

from mila_analysis import catalog
from mila_analysis.partials import Partial
from mila_analysis.plotting._curves import curve
from mila_analysis.plotting._minima import minima


def mish(x):
    return x * mpmath.tanh(mpmath.log1p(mpmath.exp(x)))


AT = mpmath.findroot(lambda x: mpmath.diff(mish, x), -1.2)


def found(activation, ends=(-5, 5), points=None):
    return minima(curve(activation, Partial(), ends, points))


def test_the_minimum_of_mish():
    [m] = found(catalog.get("mish"))
    assert m.x == pytest.approx(float(AT), abs=1e-12)
    assert m.y == pytest.approx(float(mish(AT)), abs=1e-15)


@pytest.mark.parametrize("ends", [(-1000, 1000), (-1e300, 1e300), (-1.3, 0)])
def test_it_is_the_same_over_any_range(mila, ends):
    [m] = found(mila, ends)
    assert m.x == pytest.approx(float(AT), abs=1e-12)


@pytest.mark.parametrize("name", ["relu", "softplus", "sigmoid", "tanh"])
def test_activations_without_a_strict_minimum_have_none(name):
    assert found(catalog.get(name)) == ()


def test_an_end_of_the_range_is_no_minimum(mila):
    assert found(mila, (0, 5)) == ()


def test_a_kink_can_be_a_minimum():
    [m] = found(catalog.define("vee", "max(x - 1, 1 - x)"), points=100)
    assert m.x == pytest.approx(1)


@pytest.mark.parametrize("formula", ["x**2", "x*tanh(x)", "x**2/(1 + x**2)"])
@pytest.mark.parametrize("ends", [(-5, 5), (-3, 4.1), (-0.1, 7)])
def test_a_minimum_at_zero_is_at_zero(formula, ends):
    [minimum] = found(catalog.resolve(formula), ends)
    assert (minimum.x, minimum.y) == (0, 0)
