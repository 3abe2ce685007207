"""Exact meaning of operations: programs written by hand, right ones and wrong ones."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest
import sympy

from mila_analysis.catalog import define
from mila_analysis.derivation import Derivation, derive
from mila_analysis.program import (
    Binding,
    Expression,
    Name,
    Number,
    add,
    mul,
    number,
    op,
)
from mila_analysis.stability import Program, StableForm
from mila_analysis.verification.identity import IdentityError, prove

X = Name("x")
HALF = number(Fraction(1, 2))
ROOT_HALF = Number(Fraction("0.70710678118654752440"), "root_half")


def derived(text: str, **values: object) -> Derivation:
    return derive(define("mine", text, **values), 0)


def proved(
    derivation: Derivation,
    value: Expression,
    constants: Mapping[str, Any] | None = None,
    **bindings: Expression,
) -> int:
    """How many identities hold of the program f = value."""
    bound = tuple(Binding(name, e) for name, e in bindings.items())
    program = Program(bound, {"f": value})
    names = tuple(str(v) for v in derivation.variables)
    form = StableForm(names, program, None, "wide", constants or {})
    return prove(derivation, form)


def refused(
    *args: Any, match: str = "not the derivative", **bindings: Expression
) -> bool:
    with pytest.raises(IdentityError, match=match):
        proved(*args, **bindings)
    return True


SQUARE = op("mul", X, X)
PLUS_ONE = add(SQUARE, number(1))
SIGMOID = op("div", Name("e"), add(number(1), Name("e")))

RIGHT = {
    "sqrt": ("sqrt(x^2 + 1)", op("sqrt", PLUS_ONE), {}),
    "sqrt of a multiple": (
        "2*sqrt(x^2 + 1)", op("sqrt", mul(number(4), PLUS_ONE)), {}),
    "a root below the line": (
        "1/(1 + sqrt(x^2 + 1))",
        op("div", op("sub", op("sqrt", PLUS_ONE), number(1)), SQUARE), {}),
    "erf": ("erf(x)", op("erf", X), {}),
    "erf of the negative": ("erf(x)", op("neg", op("erf", op("neg", X))), {}),
    "erfcx": (
        "1 - erf(x)", mul(op("erfcx", X), op("exp", op("neg", SQUARE))), {}),
    "erfcx of the negative": (
        "1 + erf(x)",
        mul(op("erfcx", op("neg", X)), op("exp", op("neg", SQUARE))), {}),
    "erfcx of the size": (
        "1 + erf(x)",
        op("select", op(">", X, number(0)),
           op("sub", number(2), Name("rest")), Name("rest")),
        {"rest": mul(op("erfcx", op("abs", X)), op("exp", op("neg", SQUARE)))}),
    "sin": ("sin(2*x)", op("sin", add(X, X)), {}),
    "sin by cos": (
        "sin(2*x) + sin(x)",
        add(mul(number(2), op("sin", X), op("cos", X)), op("sin", X)), {}),
    "cos": ("1 - 2*sin(x)^2", op("cos", add(X, X)), {}),
    "atan": ("atan(x)", op("neg", op("atan", op("neg", X))), {}),
    "small": ("x", op("add", X, op("small", op("product_error", X, X, SQUARE))), {}),
    "a function of a function": (
        "sin(exp(x))", op("sin", op("exp", X)), {}),
    "a logarithm that was split": (
        "log((1 + 2*exp(x))/(1 + exp(x)))",
        op("log1p", SIGMOID), {"e": op("exp", X)}),
    "a sum of exponents": (
        "exp(x)*exp(x^2)", op("exp", add(SQUARE, X)), {}),
    "nothing decides, and nothing depends on it": (
        "sqrt(x^2 + 1)",
        op("select", op(">", mul(X, X, X), number(7)),
           op("sqrt", PLUS_ONE),
           op("div", PLUS_ONE, op("sqrt", PLUS_ONE))), {}),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_is_proved(name: str) -> None:
    text, value, bindings = RIGHT[name]
    assert proved(derived(text), value, **bindings) >= 1


def test_a_function_that_the_derivation_lacks_has_no_value() -> None:
    assert refused(derived("x^2"), op("sqrt", X), match="no value in the tower")
    assert refused(derived("erf(x)"), op("erf", mul(HALF, X)), match="no value")
    assert refused(derived("sqrt(x)"), op("sqrt", number(-1)), match="no value")


WRONG = {
    "the other root": ("sqrt(x^2 + 1)", op("neg", op("sqrt", PLUS_ONE))),
    "a constant": ("sqrt(x^2 + 1)", mul(number(2), op("sqrt", PLUS_ONE))),
    "the other sign of erfcx": (
        "1 + erf(x)", mul(op("erfcx", X), op("exp", op("neg", SQUARE)))),
    "a cosine": ("sin(x)", op("cos", X)),
    "an angle": ("sin(x)", op("sin", add(X, X))),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_refused(name: str) -> None:
    text, value = WRONG[name]
    assert refused(derived(text), value)


def test_a_choice_between_different_values_needs_a_decision() -> None:
    undecided = op(">", mul(X, X, X), number(7))
    value = op("select", undecided, op("sqrt", PLUS_ONE), X)
    assert refused(derived("sqrt(x^2 + 1)"), value, match="not known")


class TestNamedNumbers:
    GELU = derived("x*(1 + erf(x/sqrt(2)))/2")
    VALUE = mul(HALF, X, add(number(1), op("erf", mul(ROOT_HALF, X))))
    ROOT = next(g.symbol for g in GELU.generators if g.argument == 2)

    def test_a_named_number_is_its_element(self) -> None:
        assert proved(self.GELU, self.VALUE, {"root_half": self.ROOT / 2}) >= 1

    def test_any_other_element_is_refused(self) -> None:
        wrong = {"root_half": self.ROOT / 3}
        assert refused(self.GELU, self.VALUE, wrong, match="no value in the tower")

    def test_its_decimals_alone_are_no_constant(self) -> None:
        assert refused(self.GELU, self.VALUE, {}, match="no constant of the form")
        plain = mul(HALF, X, add(number(1), op("erf", mul(number(ROOT_HALF.value), X))))
        assert refused(self.GELU, plain, match="no value in the tower")

    def test_its_sign_is_not_taken_out_of_a_sum(self) -> None:
        negative = Number(Fraction(-1, 3), "third")
        assert add(X, mul(negative, X)) == op("add", X, mul(negative, X))

    def test_pi_is_one(self) -> None:
        derivation = derived("pi*x")
        symbol = derivation.generators[0].symbol
        three = Number(Fraction(355, 113), "pi")
        assert proved(derivation, mul(three, X), {"pi": symbol}) == 1
        assert refused(derivation, mul(three, X), {"pi": sympy.Rational(355, 113)})
