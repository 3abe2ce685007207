"""The parts of the stable form: terms, Horner's rule, exact errors, the strategy."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from mila_analysis.backends.numpy import _runtime as runtime
from mila_analysis.catalog import CATALOG, define, get
from mila_analysis.derivation import derive
from mila_analysis.program import Builder, Name, Number, Operation
from mila_analysis.stability import stabilize
from mila_analysis.stability.horner import Horner
from mila_analysis.stability.terms import (
    NotHomogeneousError,
    Splitter,
    coefficients,
    common,
    is_minus_one,
)

E = Name("E")
ONE = ("mila", "mish", "swish", "silu", "softplus", "sigmoid", "tanh")
FIRST = [get(name) for name in ONE]


def exact_value(expression, names: dict[str, Fraction]) -> Fraction:
    """Value of plain arithmetic in exact rational numbers."""
    match expression:
        case Name(text):
            return names[text]
        case Number(value):
            return value
        case Operation("add", (a, b)):
            return exact_value(a, names) + exact_value(b, names)
        case Operation("sub", (a, b)):
            return exact_value(a, names) - exact_value(b, names)
        case Operation("mul", (a, b)):
            return exact_value(a, names) * exact_value(b, names)
    raise AssertionError(expression)


class TestTerms:
    @pytest.mark.parametrize("activation", FIRST, ids=lambda a: a.name)
    def test_their_sum_is_the_partial(self, activation):
        derived = derive(activation)
        splitter = Splitter(derived)
        for name in derived.names:
            total = sympy.Integer(0)
            for term in splitter.terms(derived.element(name)):
                total += rebuilt(term, splitter)
            assert sympy.cancel(total - derived.tower(name)) == 0, name

    @pytest.mark.parametrize("activation", FIRST, ids=lambda a: a.name)
    def test_low_and_high_are_the_decay_at_both_ends(self, activation):
        derived = derive(activation)
        splitter = Splitter(derived)
        for term in splitter.terms(derived.element("f_x")):
            if not splitter.exponentials:
                continue
            quotient = rebuilt(term, splitter, monomial=False)
            (e,) = (g.symbol for g in splitter.exponentials)
            top, bottom = (
                sympy.Poly(p, e) for p in sympy.fraction(sympy.cancel(quotient))
            )
            lowest = [min(m[0] for m in p.monoms()) for p in (top, bottom)]
            assert term.low[0] == lowest[0] - lowest[1]
            assert term.high[0] == bottom.degree() - top.degree()

    @pytest.mark.parametrize(
        "text", ["1 / (exp(x) - 2)", "1 / x", "1 / (1 + x * exp(x))"]
    )
    def test_a_denominator_that_may_vanish_is_refused(self, text):
        derived = derive(define("mine", text))
        with pytest.raises(NotHomogeneousError):
            list(Splitter(derived).terms(derived.element("f")))

    def test_common_content(self):
        assert common([Fraction(4), Fraction(6)]) == 2
        assert common([Fraction(-4), Fraction(-6)]) == -2
        assert common([Fraction(-4), Fraction(6)]) == 2
        assert common([Fraction(1, 6), Fraction(1, 4)]) == Fraction(1, 12)

    def test_minus_one_is_recognised(self):
        ring = Splitter(derive(get("tanh"))).ring
        (e,) = ring.gens
        assert is_minus_one(e - 1)
        assert not is_minus_one(e + 1)
        assert coefficients(3 * e**2 - 1) == [-1, 0, 3]


def rebuilt(term, splitter, *, monomial: bool = True):
    """A term as a SymPy expression; k and n are read as its definition says."""
    result = sympy.Rational(term.content.numerator, term.content.denominator)
    for symbol in term.monomial if monomial else ():
        result *= symbol
    for generator, k in zip(splitter.exponentials, term.low, strict=True):
        result *= generator.symbol**k
    for form, n in term.forms:
        result *= form.as_expr() ** n
    return result


integers = st.lists(st.integers(-9, 9), min_size=2, max_size=6).filter(lambda c: c[-1])


@given(
    st.lists(integers, min_size=1, max_size=4), st.fractions(-3, 3, max_denominator=9)
)
def test_horner_is_the_polynomial_however_much_it_shares(polynomials, e):
    builder = Builder()
    horner = Horner(builder)
    wanted = [[Fraction(c) for c in p] for p in polynomials]
    forms = [horner.form(p, E) for p in wanted]
    names = {"E": e}
    for binding in builder.bindings:
        names[binding.name] = exact_value(binding.value, names)
    for form, polynomial in zip(forms, wanted, strict=True):
        assert exact_value(form, names) == sum(
            c * e**k for k, c in enumerate(polynomial)
        )


moderate = st.floats(-1e120, 1e120).filter(lambda v: v == 0 or abs(v) > 1e-120)


@given(moderate, moderate)
def test_the_error_of_a_product_is_exact(a, b):
    x, y = np.array([a]), np.array([b])
    product = x * y
    error = runtime._product_error(x, y, product)[0]
    assert Fraction(a) * Fraction(b) == Fraction(product[0]) + Fraction(error)


class TestStrategy:
    @pytest.mark.parametrize("activation", FIRST, ids=lambda a: a.name)
    def test_what_is_made_of_one_exponential_is_homogeneous(self, activation):
        assert stabilize(derive(activation)).strategy == "homogeneous"

    def test_direct_on_request(self):
        form = stabilize(derive(get("mila")), "direct")
        assert (form.strategy, form.near) == ("direct", None)

    def test_homogeneous_on_request_is_not_silently_direct(self):
        derived = derive(define("mine", "1 / x"))
        assert stabilize(derived).strategy == "wide"
        with pytest.raises(NotHomogeneousError):
            stabilize(derived, "homogeneous")

    def test_the_variables_are_those_of_the_activation(self):
        assert stabilize(derive(get("mila"))).variables == ("x", "beta")

    @pytest.mark.parametrize("activation", CATALOG, ids=lambda a: a.name)
    def test_every_partial_has_an_output(self, activation):
        derived = derive(activation)
        assert tuple(stabilize(derived).whole.outputs) == derived.names
