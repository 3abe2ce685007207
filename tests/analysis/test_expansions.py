"""Scales and expansions far out: their order, and that the bounds hold."""

from __future__ import annotations

from fractions import Fraction

import flint
import pytest

from mila_analysis import catalog
from mila_analysis.analysis.constants import RATIONAL, Constant, Surd
from mila_analysis.analysis.expansions import Tail
from mila_analysis.analysis.pieces import pieces
from mila_analysis.analysis.scales import ONE, Scale, compared, largest
from mila_analysis.analysis.undecided import TooNearError, UndecidedError

OSCILLATING = {"snake", "snake_beta", "gcu"}


def scale(power: int = 0, log: int = 0, **exponent: int) -> Scale:
    """x^power·(log x)^log·exp(Σ c·x^r), with r in the name: `r1=-1` is exp(-x)."""
    rates = {(Fraction(int(k[1:])), RATIONAL): Fraction(c) for k, c in exponent.items()}
    return Scale.of(Fraction(power), Fraction(log), rates)


def test_scales_are_in_the_order_of_their_growth() -> None:
    rising = [
        scale(r2=-1), scale(9, r1=-1), scale(r1=-1), scale(-2), scale(-1),
        scale(-1, 3), ONE, scale(log=1), scale(1), scale(1, 1), scale(2),
        scale(-9, r1=1), scale(r1=1), scale(r1=-5, r2=1),
    ]  # fmt: skip
    rising = sorted(rising, key=rising.index)
    for number, small in enumerate(rising):
        assert compared(small, small) == 0
        for great in rising[number + 1 :]:
            if {small, great} != {scale(9, r1=-1), scale(r1=-1)}:
                assert compared(small, great) == -1
                assert compared(great, small) == 1


@pytest.mark.parametrize(
    ("falling", "start"),
    [(scale(3, r1=-1), 4), (scale(-1, 2), 8), (scale(5, r1=1, r2=-1), 4), (ONE, 3)],
)
def test_a_scale_is_nowhere_above_its_bound(falling: Scale, start: int) -> None:
    bound = largest(falling, flint.arb(start))
    for n in range(200):
        assert falling.at(flint.arb(start) + flint.arb(n) / 7).lower() <= bound


def test_a_scale_that_still_rises_has_no_bound() -> None:
    with pytest.raises(TooNearError):
        largest(scale(9, r1=-1), flint.arb(4))
    with pytest.raises(TooNearError):
        largest(scale(1), flint.arb(4))


def test_roots_of_rationals_and_powers_of_pi_and_e_are_exact() -> None:
    root = Constant.of(Fraction(8, 9)).root()
    assert (root.factor, root.surd) == (Fraction(2, 3), Surd(2))
    assert (root * root).rational == Fraction(8, 9)
    assert (root * root.inverse()).rational == 1
    power = Constant.of(3, Surd(6, -1, Fraction(1, 4)))
    assert (power * power.inverse()).rational == 1
    assert (power + power).factor == 6
    assert (power + root).factor is None


def test_conjugates_cancel_exactly_and_leave_the_next_term() -> None:
    """√(x² + 4) - x = 2/x - ..., where floats have nothing left."""
    tail = Tail(flint.arb(8))
    x = tail.monomial(Constant.of(1), scale(1))
    from mila_analysis.analysis.elementary import FUNCTIONS

    root = FUNCTIONS["sqrt"](tail, tail.sum([tail.product(x, x), tail.number(4)]))
    difference = tail.sum([root, tail.scaled(x, Constant.of(-1))])
    found, constant = difference.leading
    assert (found, constant.rational) == (scale(-1), 2)
    assert tail.sign(difference) == 1


@pytest.mark.cheap
@pytest.mark.parametrize("activation", catalog.CATALOG, ids=lambda a: a.name)
def test_a_partial_far_out_is_within_its_expansion(activation) -> None:
    """At points of the tail the value, in 500 bits, is in the terms and the bound."""
    checked = 0
    for piece in pieces(activation)[0]:
        for tails, open_end in ((piece.left, piece.low), (piece.right, piece.high)):
            if open_end is not None:
                continue
            for name in ("f", "f_x", "f_xx"):
                try:
                    end, found = tails.nearest(
                        lambda end, q=piece.partials[name]: end.expansion(q)
                    )
                except UndecidedError:
                    assert activation.name in OSCILLATING
                    continue
                for step in (1, 1.5, 2.25, 5):
                    distance = flint.arb(float(end.start) * step)
                    with flint.ctx.workprec(500):
                        value = piece.partials[name].over(distance * tails.side)[0]
                        total = flint.arb(0)
                        for each, constant in found.terms:
                            total += constant.ball * each.at(distance)
                        if found.rest:
                            rest = found.rest[0].at(distance) * found.rest[1]
                            total += flint.arb(0, 1) * rest.upper()
                        assert total.overlaps(value), (name, step)
                        checked += 1
    assert checked
