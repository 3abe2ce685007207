"""Relations to the part of the line where they hold."""

from __future__ import annotations

import pytest
import sympy

from mila_analysis.auditing.regions import Region, region_of

X, A, B = sympy.symbols("x a b")


@pytest.mark.parametrize(
    ("relations", "kind"),
    [
        ([], Region.SOME),
        ([(X, ">"), (X, "<=")], Region.EMPTY),
        ([(X - 1, ">="), (1 - X, ">=")], Region.POINT),
        ([(X - 1, ">"), (1 - X, ">=")], Region.EMPTY),
        ([(2 * X - 1, ">="), (X, ">")], Region.SOME),
        ([(X - A, ">"), (X - A, "<=")], Region.EMPTY),
        ([(X - A, ">"), (2 * A - 2 * X + 1, ">=")], Region.SOME),
        ([(X - A, ">"), (2 * A - 2 * X - 1, ">=")], Region.EMPTY),
        ([(X - A, ">"), (X + A, "<=")], Region.SOME),
        ([(X - A, ">="), (X - A, "<=")], Region.SOME),
        ([(X - A * B, ">"), (A * B - X, ">")], Region.EMPTY),
        ([(X**2 - 1, ">"), (X**2 - 1, "<=")], Region.EMPTY),
        ([(X**2 + 1, "<=")], Region.SOME),
        ([(sympy.exp(X), ">"), (sympy.exp(X), "<=")], Region.SOME),
        ([(sympy.sqrt(2) * X, ">"), (X, "<=")], Region.SOME),
        ([(sympy.Integer(-1), ">"), (X, ">")], Region.EMPTY),
    ],
)
def test_a_region_is_empty_only_where_that_is_sure(relations, kind):
    assert region_of(relations).kind is kind


def test_a_point_is_known():
    found = region_of([(3 * X - 1, "<="), (X - sympy.Rational(1, 3), ">=")])
    assert str(found.at) == "1/3"
