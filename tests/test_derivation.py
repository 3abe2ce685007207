"""Exact partials: proved equal to SymPy's own derivative, by exact algebra.

A difference of two expressions is proved to be zero by writing every exponential as a
power of a new symbol, which leaves a rational function, and cancelling it.
"""

from __future__ import annotations

import subprocess
import sys
import time
from fractions import Fraction
from functools import lru_cache

import pytest
import sympy

from mila_analysis import derivation, formula
from mila_analysis.activation import Activation, Parameter
from mila_analysis.balls import enclose_all
from mila_analysis.catalog import CATALOG, define, get
from mila_analysis.derivation import derive
from mila_analysis.errors import FormulaError, PartialError, UnsupportedError
from mila_analysis.partials import up_to

X, BETA, E = sympy.symbols("x beta E")
MILA = get("mila")
SMOOTH = [a for a in CATALOG if not a.convention]


def rational_form(expression):
    """Expression with tanh through exp, and exponentials as powers of symbols."""
    expression = expression.replace(
        sympy.tanh, lambda u: (sympy.exp(2 * u) - 1) / (sympy.exp(2 * u) + 1)
    )
    return expression.replace(sympy.exp, _powers)


def _powers(exponent):
    product = sympy.Integer(1)
    for term in sympy.Add.make_args(sympy.expand(exponent)):
        factor, base = term.as_coeff_Mul()
        product *= sympy.Symbol(f"exp_{base}", positive=True) ** factor
    return product


DIGITS = sympy.Rational(1, 10**50)
POINTS = [
    [sympy.Rational(n * k + 2, 7 * n + 3) for n in (5, 3, 11)] for k in (1, -4, 6)
]


def is_zero(expression) -> bool:
    """Whether an expression vanishes identically: by cancelling, or to 50 digits.

    cos² = 1 - sin² and logarithms of products are no matter of cancelling.
    """
    rational = rational_form(expression)
    logs = {log: sympy.Dummy() for log in rational.atoms(sympy.log)}
    if sympy.cancel(sympy.together(rational.xreplace(logs))) == 0:
        return True
    letters = sorted(expression.free_symbols, key=str)
    return all(
        abs(expression.subs(dict(zip(letters, point, strict=False))).evalf(60)) < DIGITS
        for point in POINTS
    )


def definition(activation: Activation):
    (case,) = formula.parse(activation.formula, activation.variables).cases
    return case.expression


def symbols(partial):
    return [sympy.Symbol(v) for v in partial.variables]


class TestAgainstSympy:
    @pytest.mark.parametrize("activation", SMOOTH, ids=lambda a: a.name)
    def test_second_partials_are_the_derivatives_of_the_definition(self, activation):
        derived, f = derive(activation), definition(activation)
        assert derived.names == tuple(p.name for p in up_to(2, activation.variables))
        for partial in up_to(2, activation.variables):
            raw = sympy.diff(f, *symbols(partial)) if partial.order else f
            assert is_zero(derived[partial.name] - raw), partial.name

    @pytest.mark.parametrize("partial", up_to(4, MILA.variables), ids=lambda p: p.name)
    def test_mila_up_to_order_four_and_in_any_order_of_variables(self, partial):
        found = derive(MILA, 4).tower(partial.name)
        for chosen in {partial.variables, partial.variables[::-1]}:
            assert sympy.cancel(found - partial_in_e(chosen)) == 0

    @pytest.mark.parametrize(
        "text",
        [
            "x * tanh(exp(k * x))",
            "x * exp(-x^2) + log(1 + exp(k * x))",
            "tanh(k * x) / (1 + x^2)",
            "exp(x) + exp(3 * x / 2) * k",
            "log(1 + exp(x) + exp(2 * x)) * k",
            "x / (2 + k^2 + exp(x))^3",
            "exp(x + k) * exp(x - k)",
            "exp(exp(x) + k)",
        ],
    )
    def test_formulas_of_a_user(self, text):
        activation = define("mine", text, k=1)
        derived, f = derive(activation, 3), definition(activation)
        for partial in up_to(3, activation.variables):
            raw = sympy.diff(f, *symbols(partial)) if partial.order else f
            assert is_zero(derived[partial.name] - raw), partial.name

    def test_the_proof_can_fail(self):
        assert not is_zero(derive(MILA)["f_x"] - derive(MILA)["f_beta"])
        assert not is_zero(sympy.exp(X) - sympy.exp(X + sympy.Rational(1, 10**30)))


@lru_cache
def partial_in_e(chosen: tuple[str, ...]):
    """SymPy's own derivative of Mila, with E' = E in both variables."""
    if not chosen:
        one = {sympy.Symbol("exp_beta", positive=True): 1}
        e = {sympy.Symbol("exp_x", positive=True): E}
        return sympy.cancel(rational_form(definition(MILA)).subs(one)).subs(e)
    f = partial_in_e(chosen[:-1])
    slope = sympy.diff(f, E) * E
    return sympy.cancel(slope + (sympy.diff(f, X) if chosen[-1] == "x" else 0))


class TestIdentities:
    def test_the_definition_comes_back(self):
        assert sympy.cancel(
            derive(MILA).tower("f") - X * E * (E + 2) / (E**2 + 2 * E + 2)
        ) == sympy.Integer(0)

    @pytest.mark.parametrize(
        ("left", "right"),
        [
            ("f_x", lambda d: d("f") / X + d("f_beta")),
            ("f_xbeta", lambda d: d("f_beta") / X + d("f_betabeta")),
            ("f_xx", lambda d: 2 * d("f_beta") / X + d("f_betabeta")),
        ],
    )
    def test_common_parts_are_shared_exactly(self, left, right):
        tower = derive(MILA).tower
        assert sympy.cancel(tower(left) - right(tower)) == 0

    def test_swish_depends_on_x_and_beta_by_their_product(self):
        tower = derive(get("swish")).tower  # f = x g(beta x): beta f_b = x f_x - f
        beta_part = BETA * tower("f_beta") - (X * tower("f_x") - tower("f"))
        assert sympy.cancel(beta_part) == 0

    def test_the_sigmoid_is_the_slope_of_softplus(self):
        soft, sigmoid = derive(get("softplus"), 3), derive(get("sigmoid"))
        for lower, upper in [("f", "f_x"), ("f_x", "f_xx"), ("f_xx", "f_xxx")]:
            assert is_zero(soft[upper] - sigmoid[lower])


class TestCanonicalForm:
    @pytest.mark.parametrize("activation", SMOOTH, ids=lambda a: a.name)
    def test_quotients_are_cancelled(self, activation):
        derived = derive(activation)
        for name in derived.names:
            element = derived.element(name)
            assert element.numer.gcd(element.denom).is_ground, name

    def test_equal_functions_have_equal_towers(self):
        one = derive(define("one", "x * tanh(log(1 + exp(x)))"))
        two = derive(define("two", "x * (1 - 2 / (1 + (1 + exp(x))^2))"))
        assert [one.tower(n) for n in one.names] == [two.tower(n) for n in two.names]

    @pytest.mark.parametrize(
        ("text", "arguments"),
        [
            ("exp(x) + exp(3 * x / 2)", ["x/2"]),
            ("exp(x) * exp(-x)", []),
            ("exp(x) + exp(-x)", ["x"]),
            ("exp(x / 3) + exp(x / 2)", ["x/6"]),
            ("exp(2 * x) + tanh(3 * x)", ["2*x"]),
            ("exp(x + k) + exp(2 * x + 2 * k)", ["k + x"]),
            ("exp(x - k) + exp(k - x)", ["k - x"]),
            ("tanh(log(1 + x^2))", []),
        ],
    )
    def test_exponents_of_one_base_share_a_generator(self, text, arguments):
        derived = derive(define("mine", text, k=1), order=0)
        used = derived.element("f").as_expr().free_symbols
        found = [g for g in derived.generators if g.symbol in used]
        wanted = [sympy.sympify(a) for a in arguments]
        assert [g.function for g in found] == ["exp"] * len(wanted)
        for generator, argument in zip(found, wanted, strict=True):
            assert generator.argument in (argument, -argument)

    def test_a_logarithm_of_a_product_splits(self):
        derived = derive(define("mine", "log(exp(x) * (1 + exp(x)))"))
        assert is_zero(derived["f"] - X - sympy.log(1 + sympy.exp(X)))

    def test_a_variable_of_the_name_of_a_generator_stays_apart(self):
        derived = derive(define("mine", "E * exp(x) + L * log(1 + exp(x))", E=1, L=2))
        e, scale = sympy.symbols("E L")
        assert is_zero(derived["f_E"] - sympy.exp(X))
        assert is_zero(
            derived["f_x"]
            - e * sympy.exp(X)
            - scale * sympy.exp(X) / (1 + sympy.exp(X))
        )


class TestCases:
    def test_relu_is_its_two_cases(self):
        derived = derive(get("relu"))
        assert [str(c.conditions[0].comparison) for c in derived.cases] == [">", "<="]
        assert derived["f"] == sympy.Piecewise((X, X > 0), (0, True))
        assert derived["f_x"] == sympy.Piecewise((1, X > 0), (0, True))
        assert derived["f_xx"] == 0

    @pytest.mark.parametrize(("name", "value"), [("f", 0), ("f_x", 0), ("f_xx", 0)])
    def test_at_the_kink_the_case_that_contains_the_point_holds(self, name, value):
        assert derive(get("relu"))[name].subs(X, 0) == value
        assert "left side, 0" in get("relu").convention

    def test_a_smooth_piece_is_differentiated_on_its_own(self):
        derived = derive(define("elu", "where(x > 0, x, k * (exp(x) - 1))", k=1))
        k = sympy.Symbol("k")
        assert derived["f_x"].subs(X, 3) == 1
        assert is_zero(derived["f_x"].subs(X, -3) - k * sympy.exp(-3))
        assert is_zero(derived["f_k"].subs(X, -3) - (sympy.exp(-3) - 1))

    def test_abs_of_a_transcendental_keeps_its_condition(self):
        derived = derive(define("mine", "abs(exp(x) - 2)"))
        assert is_zero(derived["f_x"].subs(X, 1) - sympy.E)
        assert is_zero(derived["f_x"].subs(X, -1) + sympy.exp(-1))


class TestWhatItHolds:
    def test_no_value_of_a_parameter(self):
        assert derive(MILA.bind(beta="0.123456789")) is derive(MILA)
        assert BETA in derive(MILA)["f_betabeta"].free_symbols

    def test_a_parameter_that_the_formula_lacks_has_zero_slope(self):
        spare = Activation("mine", "x", parameters=(Parameter("k", sympy.Integer(1)),))
        assert derive(spare)["f_k"] == 0

    def test_partials_are_found_under_any_order_of_their_variables(self):
        derived = derive(MILA)
        assert derived["f_betax"] == derived["f_xbeta"]
        assert derived.partial("f_βx").name == "f_xbeta"

    def test_what_was_not_derived_is_said(self):
        with pytest.raises(
            UnsupportedError, match="f_xxx has order 3; derived up to 2"
        ):
            derive(MILA)["f_xxx"]
        with pytest.raises(PartialError, match="no partial 'f_y'"):
            derive(MILA)["f_y"]

    @pytest.mark.parametrize("order", [-1, 5, 1000])
    def test_orders_are_bounded(self, order):
        with pytest.raises(UnsupportedError, match=f"order {order}: 0 to 4"):
            derive(MILA, order)


class TestRefusals:
    def test_more_generators_than_the_limit(self):
        text = " + ".join(f"exp(x^{n})" for n in range(2, 10))
        with pytest.raises(UnsupportedError, match="more than 6 exponentials and logs"):
            derive(define("mine", text))

    @pytest.mark.parametrize("text", ["log(1 - 3) * x", "log(0 * x - 1)"])
    def test_a_logarithm_of_a_negative_number(self, text):
        with pytest.raises(FormulaError, match="not a real number"):
            derive(define("mine", text))

    def test_a_formula_that_is_none(self):
        with pytest.raises(FormulaError):
            derive(Activation("mine", "x +"))

    @pytest.mark.parametrize("text", ["sqrt(-1 - x^2)", "x * sqrt(1 - exp(0) - 2)"])
    def test_a_root_of_a_negative_number(self, text):
        with pytest.raises(FormulaError, match="not a real number"):
            derive(define("mine", text))

    @pytest.mark.parametrize(
        ("term", "why"),
        [("x*sqrt(x+{})", "4 roots"), ("x*sqrt({})", "8 constants")],
    )
    def test_more_roots_or_constants_than_the_limit(self, term, why):
        text = " + ".join(term.format(prime) for prime in sympy.primerange(2, 30))
        with pytest.raises(UnsupportedError, match=f"more than {why}"):
            derive(define("mine", text))


OTHERS = {
    "bent identity": ("x + (sqrt(x**2 + 1) - 1) / 2", {}),
    "squareplus": ("(x + sqrt(x**2 + b)) / 2", {"b": 4}),
    "isru": ("x / sqrt(1 + alpha * x**2)", {"alpha": "0.5"}),
    "gelu": ("x * (1 + erf(x / sqrt(2))) / 2", {}),
    "tanh gelu": ("x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 * x**3)))", {}),
    "serf": ("x * erf(log(1 + exp(x)))", {}),
    "snake": ("x + sin(alpha * x)**2 / alpha", {"alpha": "1.5"}),
    "growing cosine": ("x * cos(x)", {}),
    "arctan": ("atan(x)", {}),
    "phish": ("x * tanh(x * (1 + erf(x / sqrt(2))) / 2)", {}),
    "aria": ("(1 + exp(-beta * x))**(-alpha)", {"beta": 1, "alpha": "1.5"}),
    "smish": ("x * tanh(beta * log(1 + exp(x)))", {"beta": "0.75"}),
    "over a root": ("x / (1 + sqrt(1 + 4 * x**2))", {}),
    "nested roots": ("sqrt(1 + sqrt(k + x**2))", {"k": 2}),
    "asinh": ("asinh(k * x)", {"k": 2}),
    "cube of a root": ("sqrt(x**2 + k)**3 / pi", {"k": 2}),
    "two angles": ("sin(x) * cos(3 * x) + sin(x / 2)", {}),
    "root of exponentials": ("sqrt(1 + exp(x)) * sqrt(exp(x))", {}),
    "absolute": ("sqrt(x**2) * x", {}),
}


def other(name: str) -> Activation:
    text, values = OTHERS[name]
    return define("mine", text, **values)


@pytest.mark.parametrize("name", OTHERS)
class TestOtherFunctions:
    """Roots, erf, sine, arctangent: three witnesses at points, to forty digits."""

    POINTS = ("-13/4", "-3/8", "1/5", "17/8")

    @pytest.mark.parametrize("at", POINTS)
    def test_partials_are_those_of_sympy_and_of_balls(self, name, at):
        activation = other(name)
        derived, f = derive(activation), definition(activation)
        found = enclose_all(activation, Fraction(at), bits=140)
        point = {v: sympy.Rational(str(p.value)) for v, p in zip(
            derived.variables[1:], activation.parameters, strict=True)}  # fmt: skip
        point[X] = sympy.Rational(at)
        for partial in up_to(2, activation.variables):
            raw = sympy.diff(f, *symbols(partial)) if partial.order else f
            ours, theirs = (
                e.subs(point).evalf(60) for e in (derived[partial.name], raw)
            )
            ball = found[partial.name].mid
            middle = sympy.Rational(ball.numerator, ball.denominator).evalf(60)
            room = (abs(theirs) + 1) * sympy.Float(10) ** -40
            assert abs(ours - theirs) < room, partial.name
            assert abs(ours - middle) < room, partial.name

    def test_plain_partials_are_the_same_functions(self, name):
        derived = derive(other(name), 3)
        for case in derived.cases:
            for partial, element in case.plain.items():
                assert derived.reduced(element) == case.partials[partial]

    def test_second_partials_take_less_than_a_second(self, name):
        derive(get("tanh"))
        derivation._derive.cache_clear()
        start = time.process_time()
        derive(other(name))
        assert time.process_time() - start < 1


class TestTime:
    @pytest.mark.parametrize("activation", CATALOG, ids=lambda a: a.name)
    def test_second_partials_take_less_than_a_second(self, activation):
        derive(get("tanh"))  # what the first use of SymPy costs is not counted
        formula.parse.cache_clear()
        derivation._derive.cache_clear()
        start = time.process_time()
        derive(activation)
        assert time.process_time() - start < 1

    def test_the_reference_is_not_consulted(self):
        code = (
            "import sys, mila_analysis.derivation as d, mila_analysis.catalog as c;"
            "d.derive(c.get('mila'), 4);"
            "assert 'mila_analysis.balls' not in sys.modules"
        )
        subprocess.run([sys.executable, "-c", code], check=True)
