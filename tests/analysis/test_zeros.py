"""Zeros on an interval: all of them, with their orders, or an honest refusal."""

from __future__ import annotations

from fractions import Fraction

import flint
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mila_analysis.analysis.pieces import pieces
from mila_analysis.analysis.undecided import UndecidedError
from mila_analysis.catalog import define


def zeros(text: str, name: str = "f") -> list[tuple[float, int]]:
    """Zeros of a formula on the whole line, and their orders."""
    (piece,), _ = pieces(define("own", text))
    return [(float(z.ball.mid()), z.order) for z in piece.zeros(name)]


def test_zeros_of_many_orders_at_rationals() -> None:
    found = zeros("x**3 * (x - 1)**2 * (2*x + 5) * exp(-x**2)")
    assert found == [(-2.5, 1), (0, 3), (1, 2)]


def test_a_multiple_zero_that_no_factor_shows() -> None:
    assert zeros("x - tanh(x)") == [(0, 3)]
    assert zeros("exp(x) - 1 - x") == [(0, 2)]


def test_two_zeros_that_no_float_grid_separates() -> None:
    found = zeros("(exp(x) - 1.5) * (exp(x) - 1.500000001) * (1 + x**2)")
    assert [order for _, order in found] == [1, 1]
    assert 6e-10 < found[1][0] - found[0][0] < 7e-10


def test_zeros_far_from_each_other() -> None:
    assert [x for x, _ in zeros("(x - 1000000)*(x + 1000000)*exp(x/1000000)")] == [
        -1e6, 1e6
    ]  # fmt: skip


def test_what_touches_zero_at_an_irrational_point_is_refused() -> None:
    with pytest.raises(UndecidedError):
        zeros("(exp(x) - 2)**2 + 2*(exp(x) - 2)*x - 2*(exp(x) - 2)*x + sin(x) - sin(x)"
              " + (exp(x) - x - 1.5)**2 * 0 + 1 + sin(x)")  # fmt: skip


def test_zeros_that_never_end_are_refused() -> None:
    with pytest.raises(UndecidedError, match="oscillates"):
        zeros("x*cos(x)")


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.fractions(-20, 20, max_denominator=50), min_size=1, max_size=4, unique=True
    )
)
def test_every_zero_that_was_put_in_comes_out(roots: list[Fraction]) -> None:
    factors = "*".join(f"(x - ({r.numerator})/{r.denominator})" for r in roots)
    found = zeros(f"{factors}*(exp(x) + 1)")
    assert [order for _, order in found] == [1] * len(roots)
    assert [x for x, _ in found] == pytest.approx([float(r) for r in sorted(roots)])


def test_a_zero_has_thirty_digits() -> None:
    (piece,), _ = pieces(define("own", "exp(x) - 2"))
    (zero,) = piece.zeros("f")
    with flint.ctx.workprec(300):
        assert zero.ball.overlaps(flint.arb(2).log())
    assert zero.ball.rel_accuracy_bits() >= 99
