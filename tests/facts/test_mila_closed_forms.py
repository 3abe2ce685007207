"""Mila's closed forms, as published and as worked out on paper: exact identities."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sympy

from mila_analysis.balls import enclose
from mila_analysis.catalog import get
from mila_analysis.derivation import derive

MILA = get("mila")
TOWER = derive(MILA).tower
X, E = sympy.symbols("x E")
U = 1 + E
D = E**2 + 2 * E + 2
R = 2 + 2 * E - 3 * E**2 - 2 * E**3

# Where E is large, in e = 1/E.
e = 1 / E
D_HIGH = 1 + 2 * e * (1 + e)
S = 2 * e**3 + 2 * e**2 - 3 * e - 2

CLOSED = {
    "f": X * E * (E + 2) / D,
    "f_beta": 4 * X * E * (E + 1) / D**2,
    "f_x": E * (E**3 + 4 * E**2 + (4 * X + 6) * E + 4 * (X + 1)) / D**2,
    "f_xx": 4 * E * (2 * U * D + X * R) / D**3,
    "f_xbeta": 4 * E * (U * D + X * R) / D**3,
    "f_betabeta": 4 * X * E * R / D**3,
}
SPLIT = {"f_x": E * ((E + 2) * D + 4 * X * U) / D**2}
LIMIT_AND_CORRECTION = {
    "f": X - 2 * X * e**2 / D_HIGH,
    "f_x": 1 + 2 * e**2 * (2 * X * (1 + e) - D_HIGH) / D_HIGH**2,
    "f_beta": 4 * X * e**2 * (1 + e) / D_HIGH**2,
    "f_xx": 4 * e**2 * (2 * (1 + e) * D_HIGH + X * S) / D_HIGH**3,
    "f_xbeta": 4 * e**2 * ((1 + e) * D_HIGH + X * S) / D_HIGH**3,
    "f_betabeta": 4 * X * e**2 * S / D_HIGH**3,
}
PRINTED = {  # of the original, its parenthesis repaired; y stands for beta
    "f_x": E
    * (4 * E**2 + E**3 + (4 * X + 6) * E + 4 * (X + 1))
    / (2 * E + E**2 + 2) ** 2,
    "f_beta": 4 * X * E * (E + 1) / (2 * E + E**2 + 2) ** 2,
}
FORMS = [
    (origin, name, form)
    for origin, forms in {
        "closed": CLOSED,
        "split": SPLIT,
        "limit and correction": LIMIT_AND_CORRECTION,
        "printed": PRINTED,
    }.items()
    for name, form in forms.items()
]


@pytest.mark.parametrize(("origin", "name", "form"), FORMS)
def test_the_derived_partial_is_the_form(origin, name, form):
    assert sympy.cancel(sympy.together(TOWER(name) - form)) == 0


def test_the_exponential_is_that_of_x_plus_beta():
    (generator,) = derive(MILA).generators
    assert (generator.function, str(generator.symbol)) == ("exp", "E")
    assert generator.argument == X + sympy.Symbol("beta")


def test_f_x_prints_as_the_readable_form():
    assert str(TOWER("f_x")) == (
        "E*(E**3 + 4*E**2 + 4*E*x + 6*E + 4*x + 4)/(E**2 + 2*E + 2)**2"
    )


class TestNormalisedForBetaOfMinusAQuarter:
    """The original divides so that e^(3x) and e^(2x) have coefficient 1."""

    T = sympy.Symbol("T")  # e^x
    SCALE = sympy.exp(sympy.Rational(-1, 4))

    def coefficients(self, polynomial):
        """Of a polynomial in E, by power of e^x and x, the leading one made 1."""
        poly = sympy.Poly(polynomial.subs(E, self.SCALE * self.T), self.T, X)
        terms = dict(poly.terms())
        leading = terms[max(terms)]
        return {
            powers: sympy.N(sympy.expand(c / leading), 30)
            for powers, c in terms.items()
        }

    def test_the_numerator(self):
        found = self.coefficients(E**3 + 4 * E**2 + (4 * X + 6) * E + 4 * (X + 1))
        shown = {powers: f"{Decimal(str(c)):.5f}" for powers, c in found.items()}
        assert shown == {
            (3, 0): "1.00000",
            (2, 0): "5.13610",
            (1, 1): "6.59489",
            (1, 0): "9.89233",
            (0, 1): "8.46800",  # the original prints it without its x
            (0, 0): "8.46800",
        }

    def test_the_denominator(self):
        found = self.coefficients(D)
        assert {p: f"{Decimal(str(c)):.5f}" for p, c in found.items()} == {
            (2, 0): "1.00000",
            (1, 0): "2.56805",
            (0, 0): "3.29744",
        }


class TestTheFormulaThatLostAnX:
    @staticmethod
    def printed(x: float) -> float:
        t = sympy.exp(sympy.Float(x, 30))
        top = 8.468 + 5.1361 * t**2 + t**3 + t * (6.59489 * x + 9.89233) + 8.468
        return float(t * top / (3.29744 + 2.56805 * t + t**2) ** 2)

    def test_it_is_wrong_at_minus_two(self):
        true = float(enclose(MILA, "f_x", -2, beta="-0.25").mid)
        assert round(self.printed(-2.0), 4) == 0.1673
        assert round(true, 4) == -0.0889

    def test_it_agrees_at_one(self):
        true = float(enclose(MILA, "f_x", 1, beta="-0.25").mid)
        assert self.printed(1.0) == pytest.approx(true, abs=1e-5)
