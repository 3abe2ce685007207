"""Derived polynomials of erf and erfcx against python-flint's own functions."""

from __future__ import annotations

from fractions import Fraction

import flint
import pytest

from mila_analysis.backends._error_functions import (
    erf_coefficients,
    erfcx_coefficients,
)

BITS = pytest.mark.parametrize("bits", [24, 57, 112])


@pytest.fixture(autouse=True)
def precision():
    with flint.ctx.workprec(600):
        yield


def ball(value: Fraction) -> flint.arb:
    return flint.arb(value.numerator) / value.denominator


def polynomial(coefficients, x: flint.arb) -> flint.arb:
    return flint.arb_poly([ball(c) for c in coefficients])(x)


@BITS
def test_erf_up_to_one(bits):
    for k in range(1, 201):
        x = ball(Fraction(k, 200))
        error = x * polynomial(erf_coefficients(bits), x * x) / x.erf() - 1
        assert abs(error) < flint.arb(2) ** -bits


@BITS
def test_erfcx_from_zero_to_beyond_all_floats(bits):
    coefficients = erfcx_coefficients(bits)
    assert len(coefficients) < bits / 2 + 2
    for exact in [
        *(Fraction(k, 16) for k in range(200)),
        *(2**k for k in range(4, 40)),
    ]:
        x = ball(Fraction(exact))
        u = x / (x + 4)
        found = (1 + u * polynomial(coefficients, u - 0.5)) / (1 + 2 * x)
        error = found / ((x * x).exp() * x.erfc()) - 1
        assert abs(error) < flint.arb(2) ** -bits


def test_they_leave_the_precision_as_it_was():
    erfcx_coefficients(31)
    assert flint.ctx.prec == 600
