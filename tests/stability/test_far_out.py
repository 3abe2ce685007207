"""Formulas in which exponentials nearly cancel: their limits, and the way there."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mila_analysis.balls import enclose
from mila_analysis.catalog import define
from mila_analysis.derivation import derive
from mila_analysis.functions import lambdify
from mila_analysis.stability import stabilize
from mila_analysis.verification.identity import prove

LIMITS = {  # f and f_x at -∞ and at ∞
    "log(2 + exp(x))": ((math.log(2), math.inf), (0, 1)),
    "softplus(softplus(x))": ((math.log(2), math.inf), (0, 1)),
    "log(1 + x**2 + exp(x))": ((math.inf, math.inf), (0, 1)),
    "x * (2 + exp(x))**-0.7": ((-math.inf, 0), (2**-0.7, 0)),
    "sigmoid(x)**1.7": ((0, 1), (0, 0)),
    "x * sqrt(1 + exp(-x))": ((-math.inf, math.inf), (math.inf, 1)),
    "sqrt(sigmoid(x))": ((0, 1), (0, 0)),
}
X = np.array([-1e300, -1e13, -800, -65, -3, 0.5, 7.9, 8.1, 30, 65, 800, 1e13, 1e300])


@pytest.mark.parametrize("text", LIMITS)
def test_limits(text: str) -> None:
    kernel = lambdify(define("mine", text), "numpy")
    for name, wanted in zip(("f", "f_x"), LIMITS[text], strict=True):
        found = kernel[name](np.array([-np.inf, np.inf]))
        assert found.tolist() == pytest.approx(list(wanted), rel=1e-14), name


@pytest.mark.parametrize("text", LIMITS)
def test_values_on_the_way(text: str) -> None:
    activation = define("mine", text)
    for name, values in lambdify(activation, "numpy", order=1).partials(X).items():
        for x, value in zip(X.tolist(), values.tolist(), strict=True):
            if math.isinf(value):  # balls have no digits there
                assert "exp(-x)" in text
                assert x <= -1e13
                continue
            exact = enclose(activation, name, x).mid
            assert value == pytest.approx(float(exact), rel=2e-14, abs=0), (name, x)


@pytest.mark.parametrize("text", LIMITS)
def test_it_is_proved(text: str) -> None:
    derivation = derive(define("mine", text))
    assert prove(derivation, stabilize(derivation)) > 0
