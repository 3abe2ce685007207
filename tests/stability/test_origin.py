"""Values where the exponent is 0: rational, and exact."""

from __future__ import annotations

from fractions import Fraction

import pytest

from mila_analysis.balls import enclose_all
from mila_analysis.catalog import define, get
from mila_analysis.derivation import derive
from mila_analysis.program import Name, Number, Operation
from mila_analysis.stability.origin import EXPONENT, origin

ARITHMETIC = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
}
FIRST = ("mila", "mish", "swish", "silu", "softplus", "sigmoid", "tanh")
WITH_ONE = [get(name) for name in FIRST]


def run(program, **values):
    """Outputs in exact arithmetic; anything but + - * / is a mistake."""
    known = {name: Fraction(v) for name, v in values.items()}

    def value(expression):
        match expression:
            case Name(text):
                return known[text]
            case Number(exact):
                return exact
            case Operation(kind, args):
                return ARITHMETIC[kind](*(value(a) for a in args))
        raise TypeError(expression)

    for binding in program.bindings:
        known[binding.name] = value(binding.value)
    return {name: value(e) for name, e in program.outputs.items()}


def points_of(activation):
    """Points with exponent 0, many of them where there are parameters."""
    if activation.name == "mila":
        return [{"x": b, "beta": -b} for b in map(Fraction, ("20", "-7/8", "1/3", "0"))]
    if activation.name == "swish":
        return [{"x": 0, "beta": 3}, {"x": Fraction(7, 4), "beta": 0}]
    return [{"x": 0}]


@pytest.mark.parametrize("activation", WITH_ONE, ids=str)
def test_it_is_the_value_of_the_definition(activation):
    found = origin(derive(activation))
    for point in points_of(activation):
        assert run(found.exponent, **point) == {EXPONENT: 0}
        bound = activation.bind(**{n: v for n, v in point.items() if n != "x"})
        exact = enclose_all(bound, point["x"])
        for name, value in run(found.program, **point).items():
            assert exact[name].low <= value <= exact[name].high, name


def test_exact_zeros_of_mila():
    program = origin(derive(get("mila"))).program
    assert run(program, x=20, beta=-20)["f_xx"] == 0
    assert run(program, x=Fraction("-1.875"), beta=Fraction("1.875"))["f_x"] == 0
    assert run(program, x=10, beta=-10)["f_xbeta"] == 0


def test_the_exponent_is_0_nowhere_else():
    exponent = origin(derive(get("mila"))).exponent
    assert run(exponent, x=20, beta=-20 + Fraction(1, 1 << 60))[EXPONENT] != 0


@pytest.mark.parametrize("activation", WITH_ONE, ids=str)
def test_it_divides_once_and_by_an_integer(activation):
    """So that arithmetic that is exact for integers is exact here."""
    program = origin(derive(activation)).program
    for expression in [*(b.value for b in program.bindings), *program.outputs.values()]:
        inside = expression
        if isinstance(expression, Operation) and expression.kind == "div":
            inside, below = expression.args
            assert below.value.denominator == 1
        assert_plain(inside)


def assert_plain(expression):
    if isinstance(expression, Number):
        assert expression.value.denominator == 1
    if isinstance(expression, Operation):
        assert expression.kind in ("add", "sub", "mul")
        for arg in expression.args:
            assert_plain(arg)


def test_partials_with_logarithms_are_left_out():
    assert set(origin(derive(get("softplus"))).program.outputs) == {"f_x", "f_xx"}


@pytest.mark.parametrize(
    "activation",
    [get("relu"), define("two", "x*exp(x)/(exp(x)+exp(b)+1)", b=1)],
    ids=str,
)
def test_there_is_none_without_one_exponential(activation):
    assert origin(derive(activation)) is None
