"""The field of a formula: one element a function, and no roots below the line."""

from __future__ import annotations

import pytest
import sympy

from mila_analysis import formula
from mila_analysis.catalog import define
from mila_analysis.derivation import derive
from mila_analysis.errors import UnsupportedError
from mila_analysis.tower import Calculus, Tower, is_constant, lift_all

X, K = sympy.symbols("x k")


def difference(one: str, two: str):
    """Element of the difference of two formulas in x and k, in their common tower."""
    (case,) = formula.parse(f"({one}) - ({two})", ("x", "k")).cases
    (lifted,), generators = lift_all([case.expression], (X, K))
    return Calculus((X, K), generators).element(lifted)


class TestEqualFunctions:
    @pytest.mark.parametrize(
        ("one", "two"),
        [
            ("sqrt(4*x^2 + 4)", "2*sqrt(x^2 + 1)"),
            ("sqrt(x^2 + 1)^3", "(x^2 + 1)*sqrt(x^2 + 1)"),
            ("1/(1 + sqrt(1 + x^2))", "(sqrt(1 + x^2) - 1)/x^2"),
            ("sqrt((x^2 + 1)^3 * (x^4 + 2))", "(x^2 + 1)*sqrt(x^2 + 1)*sqrt(x^4 + 2)"),
            ("sqrt(1/(x^2 + 1))", "sqrt(x^2 + 1)/(x^2 + 1)"),
            ("sqrt(x^3)", "x*sqrt(x)"),
            ("sqrt(-x^3)", "-x*sqrt(-x)"),
            ("sqrt(x^2*k)", "sqrt(x^2)*sqrt(k)"),
            ("sqrt(x^4)", "x^2"),
            ("sqrt(x^6)", "x^2*sqrt(x^2)"),
            ("(1/sqrt(2))^2", "1/2"),
            ("sqrt(2)*sqrt(3)", "sqrt(6)"),
            ("sqrt(0.5)", "sqrt(2)/2"),
            ("sqrt(2/pi)", "sqrt(2)*sqrt(pi)/pi"),
            ("sqrt(pi)^2", "pi"),
            ("sqrt(exp(2*x))", "exp(x)"),
            ("sqrt(exp(x))*sqrt(1 + exp(-x))", "sqrt(1 + exp(x))"),
            ("exp(log(x^2 + 1)/2)", "sqrt(x^2 + 1)"),
            ("log(sqrt(x^2 + 1))", "log(x^2 + 1)/2"),
            ("erf(-x)", "-erf(x)"),
            ("erf((x + k)*2)", "-erf(-2*x - 2*k)"),
            ("erf(x/sqrt(2))", "erf(sqrt(2)*x/2)"),
            ("erfc(x)", "1 - erf(x)"),
            ("sin(x)^2 + cos(x)^2", "1"),
            ("sin(2*x)", "2*sin(x)*cos(x)"),
            ("cos(3*x)", "4*cos(x)^3 - 3*cos(x)"),
            ("sin(-x/2)*cos(x/2)", "-sin(x)/2"),
            ("1/(1 + sin(x))", "(1 - sin(x))/cos(x)^2"),
            ("atan(k - x)", "-atan(x - k)"),
            ("asinh(x)", "-log(sqrt(x^2 + 1) + x) + 2*log(x + sqrt(1 + x^2))"),
        ],
    )
    def test_have_equal_elements(self, one, two):
        assert difference(one, two) == 0

    @pytest.mark.parametrize(
        ("one", "two"),
        [
            ("sqrt(x^2)", "x"),
            ("sqrt(x^2 + 1)", "x + 1"),
            ("sqrt(2)", "1.41421356237309504880168872420969807857"),
            ("erf(x)", "erf(k)"),
            ("sin(x)", "cos(x)"),
            ("pi", "22/7"),
        ],
    )
    def test_and_others_have_not(self, one, two):
        assert difference(one, two) != 0


class TestCanonicalForm:
    @pytest.mark.parametrize(
        "text",
        [
            "x / (1 + sqrt(1 + sqrt(x^2 + k)))",
            "(sin(x) + sqrt(2)) / (cos(x) + sqrt(3))^2",
            "1 / (sqrt(x) + sqrt(k))",
        ],
    )
    def test_roots_stand_at_most_linear_and_above_the_line(self, text):
        derived = derive(define("mine", text, k=1))
        algebraic = [g for g in derived.generators if g.function in ("sqrt", "cos")]
        assert algebraic
        for name in derived.names:
            element = derived.element(name)
            for generator in algebraic:
                place = element.field.symbols.index(generator.symbol)
                assert element.numer.degree(place) <= 1
                assert element.denom.degree(place) <= 0

    def test_an_inverse_is_one(self):
        derived = derive(
            define("mine", "x + k*sqrt(x) + sqrt(1 + sqrt(x))*cos(x)", k=1)
        )
        element = derived.element("f")
        inverse = derived.reduced(1 / element)
        assert inverse.denom != 1
        assert derived.reduced(element * inverse) == 1

    def test_what_is_zero_on_one_side_of_a_root_divides_nothing(self):
        with pytest.raises(UnsupportedError, match="0 on one side of a root"):
            derive(define("mine", "1 / (x + sqrt(x^2))"))

    def test_a_division_by_a_hidden_zero_is_refused(self):
        with pytest.raises(UnsupportedError, match="division"):
            derive(define("mine", "1 / (sin(x)^2 + cos(x)^2 - 1)"))


class TestGenerators:
    def test_each_comes_after_what_it_depends_on(self):
        text = "x * tanh(x * (1 + erf(x / sqrt(2))) / 2) + atan(sqrt(pi) * sin(x))"
        seen = {X}
        for generator in derive(define("mine", text)).generators:
            assert generator.argument.free_symbols <= seen
            seen.add(generator.symbol)
            if generator.function not in ("sin", "cos"):
                assert generator.slope.free_symbols <= seen

    def test_constants_are_told_from_functions(self):
        generators = derive(
            define("mine", "sqrt(2)*sqrt(pi)*sqrt(x)*exp(1)")
        ).generators
        known = {g.symbol: g for g in generators}
        constants = {g.definition for g in generators if is_constant(g, known)}
        assert sympy.pi in constants
        assert sympy.sqrt(2) in constants
        assert sympy.sqrt(X) not in constants

    def test_exp_of_minus_a_square_decays_beside_erf(self):
        for text in ("x*erf(x)", "exp(-x^2) + erf(x)"):
            exponentials = [
                g
                for g in derive(define("mine", text)).generators
                if g.function == "exp"
            ]
            assert [g.argument for g in exponentials] == [-(X**2)]

    def test_a_decimal_under_a_root_is_one_generator(self):
        derived = derive(define("mine", "sqrt(0.79788)*x"))
        assert len(derived.generators) == 1
        assert sympy.simplify(derived["f_x"] ** 2 - sympy.Rational("0.79788")) == 0

    def test_a_long_constant_takes_no_time(self):
        number = 10**39 + 7 * 10**19 + 9
        (generator,) = derive(define("mine", f"sqrt({number})*x")).generators
        assert generator.argument == number

    def test_names_of_variables_are_left_alone(self):
        derived = derive(
            define("mine", "S*sqrt(x) + pi*sin(V*x) + C*R", S=1, pi=2, V=3, C=4, R=5)
        )
        symbols = [str(g.symbol) for g in derived.generators]
        assert not set(symbols) & {"x", "S", "pi", "V", "C", "R"}
        assert derived["f_pi"] == sympy.sin(sympy.Symbol("V") * X)


class TestClosedTower:
    GENERATORS = derive(
        define("mine", "sqrt(x^2+1)*erf(x) + log(1+exp(x))*sin(x)")
    ).generators

    @pytest.mark.parametrize(
        "expression",
        [
            sympy.sqrt(4 * X**2 + 4),
            sympy.erf(-X),
            sympy.exp(-3 * X),
            sympy.exp(2 * X - X**2 * 0),
            sympy.log((1 + sympy.exp(X)) ** 2 * sympy.exp(-X)),
            sympy.cos(2 * X),
        ],
    )
    def test_it_writes_what_its_generators_can(self, expression):
        tower = Tower.closed((X,), self.GENERATORS)
        lifted = tower.lift(expression)
        definitions = {g.symbol: g for g in self.GENERATORS}
        while lifted.free_symbols & set(definitions):
            symbol = next(iter(lifted.free_symbols & set(definitions)))
            lifted = lifted.subs(symbol, definitions[symbol].definition)
        at = {X: sympy.Rational(3, 7)}
        gap = (lifted - expression).subs(at).evalf(50)
        assert abs(gap) < sympy.Float(10) ** -45

    @pytest.mark.parametrize(
        "expression",
        [sympy.sqrt(X), sympy.erf(X / 2), sympy.exp(X / 2), sympy.log(2 + sympy.exp(X)),
         sympy.cos(X / 2), sympy.atan(X)],
    )  # fmt: skip
    def test_it_refuses_the_rest(self, expression):
        with pytest.raises(UnsupportedError):
            Tower.closed((X,), self.GENERATORS).lift(expression)
