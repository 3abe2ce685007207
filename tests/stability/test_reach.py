"""Boxes in which plain floats do what wide numbers do."""

from __future__ import annotations

from fractions import Fraction

import pytest

from mila_analysis.catalog import define, get
from mila_analysis.derivation import derive
from mila_analysis.program import Binding, Expression, Name, number, op
from mila_analysis.stability import Program, stabilize
from mila_analysis.stability.ranges import DOUBLE, FLOAT, Floats
from mila_analysis.stability.reach import Box, box

X = Name("x")


def boxed(value: Expression, floats: Floats = FLOAT, *more: str) -> Box | None:
    """Box of a program of one output."""
    program = Program((Binding("y", value),), {"f": Name("y")})
    return box(program, ("x", *more), floats)


def test_square_neither_overflows_nor_underflows():
    found = boxed(op("mul", X, X))
    assert found is not None
    assert 2 * found.high <= 126
    assert 2 * found.low >= -126


def test_more_room_in_doubles():
    single, double = boxed(op("mul", X, X)), boxed(op("mul", X, X), DOUBLE)
    assert single is not None
    assert double is not None
    assert double.low < single.low


def test_reach_of_exponentials_is_looked_at():
    found = boxed(op("exp", X))
    assert found is not None
    assert found.exponents == (X,)
    assert (X, found.exponent) in found.sizes
    assert found.exponent <= 80


def test_powers_of_exponentials_take_room():
    e = op("exp", X)
    found = boxed(op("mul", e, op("mul", e, e)))
    assert found is not None
    assert found.exponent * 3 <= 88


@pytest.mark.parametrize(
    "value",
    [
        op("div", number(1), op("sub", X, number(1))),
        op("div", number(1), X),
        op("mul", X, number(Fraction(2) ** 126)),
    ],
)
def test_no_box_where_denominators_may_vanish(value):
    found = boxed(value)
    assert found is None or found.sign == "positive"


def test_roots_and_logarithms_take_positive_numbers():
    for kind in ("sqrt", "log"):
        found = boxed(op(kind, X))
        assert found is not None
        assert found.sign == "positive"


def test_choice_counts_the_side_that_is_taken():
    below = op("div", X, op("sub", number(1), X))
    above = op("div", X, op("add", number(1), X))
    found = boxed(op("select", op(">", X, number(0)), above, below))
    assert found is not None
    assert found.sign == "any"


def test_rounding_errors_may_underflow():
    square = op("mul", X, X)
    lost = op("product_error", X, X, Name("z"))
    bindings = (Binding("z", square), Binding("y", op("add", Name("z"), lost)))
    found = box(Program(bindings, {"f": Name("y")}), ("x",), FLOAT)
    assert found is not None
    assert 2 * found.low + 2 >= -102


def test_parameters_that_must_be_positive():
    found = boxed(op("div", X, Name("a")), FLOAT, "a")
    assert found is not None
    assert found.parameters == "positive"
    assert found.sign == "any"


def test_unknown_operations_have_no_box():
    assert boxed(op("capped", X)) is None


@pytest.mark.parametrize("name", ["gelu", "softsign", "bent_identity", "squareplus"])
def test_boxes_of_the_catalog_hold_what_layers_see(name):
    form = stabilize(derive(get(name), 2))
    found = box(form.whole, form.variables, FLOAT)
    assert found is not None
    assert found.low <= -20
    assert found.high >= 6
    assert not found.exponents or found.exponent >= 20


def test_an_exponential_of_an_exponential():
    form = stabilize(derive(define("own", "1 - exp(-exp(x))"), 1))
    found = box(form.whole, form.variables, DOUBLE)
    assert found is not None
    assert len(found.exponents) == 2
