"""The table of elementary functions: each rule against SymPy and against mpmath."""

from __future__ import annotations

import flint
import mpmath
import pytest
import sympy

from mila_analysis import formula
from mila_analysis.primitives import DEFINED, PRIMITIVES

X = sympy.Symbol("x")
ROWS = PRIMITIVES.values()
MPMATH = {
    "exp": mpmath.exp,
    "log": mpmath.log,
    "sqrt": mpmath.sqrt,
    "erf": mpmath.erf,
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "atan": mpmath.atan,
    "tanh": mpmath.tanh,
}
MEANT = {
    "asinh": sympy.asinh,
    "erfc": sympy.erfc,
    "tan": sympy.tan,
    "sinh": sympy.sinh,
    "cosh": sympy.cosh,
    "sigmoid": lambda u: 1 / (1 + sympy.exp(-u)),
    "softplus": lambda u: sympy.log(1 + sympy.exp(u)),
    "relu": lambda u: sympy.Max(u, 0),
    "abs": sympy.Abs,
    "sign": sympy.sign,
}


@pytest.mark.parametrize("row", ROWS, ids=lambda r: r.name)
class TestRows:
    def test_the_name_is_the_key_and_that_of_sympy(self, row):
        assert PRIMITIVES[row.name] is row
        assert row.symbol.__name__ == row.name

    def test_it_is_differentiated_or_rewritten(self, row):
        assert (row.slope is None) != (row.rewrite is None)

    def test_the_slope_is_that_of_sympy(self, row):
        if row.slope is not None:
            g = row.symbol(X)
            assert sympy.simplify(row.slope(g, X) - sympy.diff(g, X)) == 0

    def test_the_rewriting_is_the_same_function(self, row):
        if row.rewrite is not None:
            rewritten = row.rewrite(X)
            difference = (rewritten - row.symbol(X)).rewrite(sympy.exp)
            assert sympy.simplify(difference) == 0

    @pytest.mark.parametrize("start", ["0.25", "3", "40", "1e-30", "700.5"])
    def test_the_ball_series_is_the_taylor_series(self, row, start):
        with flint.ctx.workprec(256), mpmath.workdps(90):
            flint_cap, flint.ctx.cap = flint.ctx.cap, 5
            series = row.ball(flint.arb_series([flint.arb(start), 1], prec=5))
            flint.ctx.cap = flint_cap
            image = MPMATH[row.name]
            exact = mpmath.taylor(image, mpmath.mpf(start), 4)
            for n, coefficient in enumerate(exact):
                ball = series[n]
                middle = mpmath.mpf(ball.mid().str(80, radius=False))
                radius = mpmath.mpf(ball.rad().str(5, radius=False))
                size = abs(coefficient) + mpmath.mpf(10) ** -60
                # mpmath differentiates numerically: a third of its digits are good
                assert (
                    abs(middle - coefficient) <= radius + size * mpmath.mpf(10) ** -20
                )


class TestBalls:
    """Arguments for which Arb alone has no answer, or overflows."""

    @staticmethod
    def value(name: str, argument) -> flint.arb:
        with flint.ctx.workprec(128):
            series = flint.arb_series([flint.arb(argument)], prec=1)
            return PRIMITIVES[name].ball(series)[0]

    @pytest.mark.parametrize("exponent", [70, 300, 1023, 1100, 2046, 4000])
    def test_the_exponential_of_a_huge_number_is_a_narrow_ball(self, exponent):
        ball = self.value("exp", flint.arb((1, exponent)))
        assert ball.is_finite()
        assert ball.rel_accuracy_bits() > 60

    @pytest.mark.parametrize("exponent", [70, 1023, 2046, 4000])
    def test_and_its_inverse_is_nearly_zero(self, exponent):
        ball = self.value("exp", -flint.arb((1, exponent)))
        assert 0 < ball.upper() < flint.arb((1, -(1 << 60)))

    def test_the_huge_exponential_is_continuous_with_the_plain_one(self):
        with flint.ctx.workprec(256):
            huge = flint.arb((1, 66))
            doubled = self.value("exp", huge) / self.value("exp", huge - 1)
            assert abs(doubled - flint.arb(1).exp()) < flint.arb((1, -50))

    @pytest.mark.parametrize("argument", [30, 1e300, -30, -1e300, 0])
    def test_tanh_neither_overflows_nor_leaves_its_range(self, argument):
        ball = self.value("tanh", argument)
        assert ball.is_finite()
        assert not abs(ball) > 1
        assert ball.rel_accuracy_bits() > 60

    def test_an_uncertain_argument_gives_a_ball_around_all_its_images(self):
        wide = flint.arb(0, 2)
        ball = self.value("exp", wide)
        assert ball.contains(wide.lower().exp())
        assert ball.contains(wide.upper().exp())


class TestDefined:
    def test_every_one_is_covered_here(self):
        assert set(MEANT) == set(DEFINED)

    @pytest.mark.parametrize("name", DEFINED)
    @pytest.mark.parametrize("at", ["-3/2", "-1/7", "1/7", "2"])
    def test_it_is_the_function_of_its_name(self, name, at):
        point = sympy.Rational(at)
        u = sympy.Symbol("u")
        held = [
            case.expression.subs(u, point)
            for case in formula.parse(DEFINED[name], ("u",)).cases
            if all(
                sympy.Rel(r.difference.subs(u, point), 0, r.comparison)
                for r in case.conditions
            )
        ]
        assert len(held) == 1
        difference = held[0] - MEANT[name](point)
        exact = sympy.simplify(difference.rewrite(sympy.exp)) == 0
        assert exact or abs(difference.evalf(60)) < sympy.Float(10) ** -50

    def test_no_name_has_two_meanings(self):
        assert not set(DEFINED) & set(PRIMITIVES)
