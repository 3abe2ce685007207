"""The minimum, the inflection points and the limits of Mila: exact, or enclosed."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy

from mila_analysis.balls import enclose
from mila_analysis.catalog import get
from mila_analysis.derivation import derive

MILA = get("mila")
TOWER = derive(MILA).tower
X, E = sympy.symbols("x E")
U = 1 + E
G = (U**2 + U + 1 + 1 / U) / 4


def test_f_x_vanishes_at_minus_g():
    assert sympy.cancel(TOWER("f_x").subs(X, -G)) == 0


def test_it_vanishes_nowhere_else_for_that_e():
    numerator = sympy.numer(sympy.together(TOWER("f_x")))
    assert sympy.Poly(numerator, X).degree() == 1


def test_the_value_there():
    low = -E * (E + 2) ** 2 / (4 * (1 + E))
    assert sympy.cancel(TOWER("f").subs(X, -G) - low) == 0


def test_the_minimum_is_one():
    # G + x + beta - z has slope 1 + E G'(E) > 0 in z: one solution for every beta.
    slope = sympy.together(1 + E * sympy.diff(G, E))
    numerator, denominator = sympy.fraction(sympy.cancel(slope))
    assert all(c > 0 for c in sympy.Poly(numerator, E).coeffs())
    assert all(c > 0 for c in sympy.Poly(denominator, E).coeffs())


UNIT = Fraction(1, 10**15)
LANDMARKS = [
    ("0", "f_x", "-1.192431214515495"),
    ("-0.25", "f_x", "-1.150592209382104"),
    ("0", "f_xx", "-2.256376396360793"),
    ("0", "f_xx", "1.490571179485428"),
    ("-0.25", "f_xx", "-2.203234127296236"),
    ("-0.25", "f_xx", "1.597759840718660"),
]


@pytest.mark.parametrize(("beta", "partial", "root"), LANDMARKS)
def test_the_partial_changes_sign_at_that_decimal(beta, partial, root):
    ends = (Fraction(root) - UNIT, Fraction(root) + UNIT)
    signs = {enclose(MILA, partial, x, beta=beta).mid > 0 for x in ends}
    assert signs == {True, False}


@pytest.mark.parametrize(
    ("beta", "partial", "x", "value"),
    [
        ("0", "f", "-1.192431214515495", "-0.308843413017250"),
        ("-0.25", "f", "-1.150592209382104", "-0.249453286168807"),
        ("0", "f_x", "1.490571179485428", "1.088498161251728"),
        ("-0.25", "f_x", "1.597759840718660", "1.116928145666764"),
    ],
)
def test_values_there(beta, partial, x, value):
    found = enclose(MILA, partial, Fraction(x), beta=beta)
    shown = Fraction(value)
    assert shown - UNIT <= found.low
    assert found.high <= shown + UNIT


def test_the_root_of_f_betabeta():
    r = sympy.Poly(2 + 2 * E - 3 * E**2 - 2 * E**3, E)
    (e0,) = [root for root in sympy.real_roots(r) if root > 0]
    assert sympy.N(sympy.log(e0), 4) == pytest.approx(-0.1174, abs=5e-5)
    quotient = 2 * E**2 + (3 + 2 * e0) * E + 2 * e0**2 + 3 * e0 - 2
    difference = sympy.Poly(sympy.expand(r.as_expr() - (e0 - E) * quotient), E)
    assert all(sympy.simplify(c) == 0 for c in difference.coeffs())


@pytest.mark.parametrize(
    ("partial", "x", "beta"),
    [("f_xx", 20, -20), ("f_x", "-1.875", "1.875"), ("f_xbeta", 10, -10)],
)
def test_exact_zeros_where_x_is_minus_beta(partial, x, beta):
    at = {X: sympy.Rational(str(x)), E: 1}
    assert TOWER(partial).subs(at) == 0
    found = enclose(MILA, partial, x, beta=beta)
    assert 0 in found
    assert found.high - found.low < Fraction(1, 2**1000)


@pytest.mark.parametrize("name", ["f_beta", "f_xx", "f_xbeta", "f_betabeta"])
def test_partials_that_decay_at_both_ends(name):
    # x^m E^a/(...) tends to 0 where the degree in E is below, and the order above, 0.
    numerator, denominator = sympy.fraction(sympy.cancel(TOWER(name)))
    top, bottom = (sympy.Poly(p, E) for p in (numerator, denominator))
    assert top.degree() < bottom.degree()
    assert top.eval(0) == 0
    assert bottom.eval(0) != 0


def test_the_limits_of_f_and_f_x():
    assert sympy.limit(TOWER("f").subs(X, 1), E, sympy.oo) == 1  # f ~ x
    assert sympy.limit(TOWER("f_x").subs(X, 1), E, sympy.oo) == 1
    for name in ("f", "f_x"):
        assert TOWER(name).subs(E, 0) == 0
