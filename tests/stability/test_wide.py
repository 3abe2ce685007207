"""Forms for wide numbers: in 53 bits without an end of exponents, against balls."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import mpmath
import pytest

from mila_analysis.activation import Activation
from mila_analysis.balls import enclose_all
from mila_analysis.catalog import define
from mila_analysis.derivation import derive
from mila_analysis.program import Constant, Expression, Name, Number, Operation
from mila_analysis.stability import Program, stabilize
from mila_analysis.verification.condition import size_of_terms

EXACT, DIGITS = 600, 53
INFINITE = mpmath.mpf(2) ** (2**17)


def number(value: Fraction, bits: int = DIGITS) -> Any:
    """A rational, rounded to so many bits."""
    with mpmath.workprec(bits):
        return mpmath.mpf(value.numerator) / value.denominator


def run(program: Program, values: Mapping[str, Any]) -> dict[str, Any]:
    """Outputs of a program for values of its variables, by name."""
    with mpmath.workprec(DIGITS):
        names = dict(values)
        for binding in program.bindings:
            names[binding.name] = _value(binding.value, names)
        return {name: _value(e, names) for name, e in program.outputs.items()}


def _value(expression: Expression, names: Mapping[str, Any]) -> Any:
    match expression:
        case Name(text):
            return names[text]
        case Number(value):
            return number(value)
        case Constant():
            return mpmath.nan
        case Operation("select", (condition, yes, no)):
            return _value(yes if _value(condition, names) else no, names)
        case Operation("residue", (Number(value),)):
            return +(number(value, EXACT) - mpmath.mpf(float(value)))
        case Operation(kind, args):
            values = [_value(a, names) for a in args]
            if kind in _EXACTLY:
                with mpmath.workprec(EXACT):
                    found = _EXACTLY[kind](*values)
                return +found
            return _ROUNDED[kind](*values)
    raise TypeError(expression)


def _bounded(z: Any) -> Any:
    """An exponent, cut where nothing else can be seen beside its exponential."""
    if not mpmath.isfinite(z) or abs(z) < 2**40:
        return z
    return mpmath.sign(z) * mpmath.mpf(2) ** (40 if abs(z) < INFINITE**4 else 48)


def _rest(z: Any, k: Any) -> Any:
    if abs(z) > 8:
        return mpmath.mpf(1)  # never chosen
    terms = (z**j / mpmath.factorial(j) for j in range(int(k)))
    return mpmath.exp(z) - sum(terms)


def _div(a: Any, b: Any) -> Any:
    return a / b if b else mpmath.nan


_EXACTLY = {
    "product_error": lambda a, b, p: a * b - p,
    "exp_error": lambda z, e: mpmath.exp(_bounded(z)) - e,
    "exp_rest": _rest,
    "erfcx": lambda u: mpmath.exp(u * u) * mpmath.erfc(u) if u < 1e3 else 1 / u,
}
_ROUNDED = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": _div,
    "neg": lambda a: -a,
    "abs": abs,
    "maximum": max,
    "step": lambda z: mpmath.mpf(int(z > 0)),
    "small": lambda e: e if abs(e) <= 1 else mpmath.mpf(0),
    "exp": lambda z: mpmath.exp(_bounded(z)),
    "expm1": lambda z: mpmath.expm1(_bounded(z)),
    "log": mpmath.log,
    "log1p": mpmath.log1p,
    "sqrt": mpmath.sqrt,
    "erf": mpmath.erf,
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "atan": mpmath.atan,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "==": lambda a, b: a == b,
}


SMALLEST = Fraction(1, 10**300)
POINTS = [
    s * v
    for s in (1, -1)
    for v in (
        1e-300, 1e-17, 3e-9, 1.1e-4, 0.013, 0.11, 0.3, 0.57, 0.93, 1.37, 1.91,
        2.6, 3.7, 5.3, 8.1, 13.7, 24.3, 37.1, 91.7, 350.3, 707.9, 1.3e4, 2.7e17, 1e300,
    )
]  # fmt: skip
FORMULAS = {
    "tanhexp": define("tanhexp", "x * tanh(exp(x))"),
    "betamish": define("betamish", "x * tanh(b * log(1 + exp(x)))", b="1.5"),
    "aria": define("aria", "(1 + exp(-b * x)) ** (-a)", a="1.5", b=1),
    "quotient": define("quotient", "where(x > 0, x, a * (exp(x / a) - 1))", a="1.3"),
    "rational": define("rational", "x / (1 + abs(x))"),
    "squareplus": define("squareplus", "(x + sqrt(x^2 + b)) / 2", b=4),
    "bent": define("bent", "x + (sqrt(x^2 + 1) - 1) / 2"),
    "isru": define("isru", "x / sqrt(1 + a * x^2)", a=1),
    "logish": define("logish", "x * log(1 + sigmoid(x))"),
    "tanhshrink": define("tanhshrink", "x - tanh(x)"),
    "gelu": define("gelu", "x * (1 + erf(x / sqrt(2))) / 2"),
    "serf": define("serf", "x * erf(log(1 + exp(x)))"),
    "phish": define("phish", "x * tanh(x * (1 + erf(x / sqrt(2))) / 2)"),
    "snake": define("snake", "x + sin(a * x)^2 / b", a="1.1", b=1),
}


def _bound(order: int) -> int:
    return (5, 10, 50)[order] if order < 1 else 2 * (5, 10, 50)[order]


@pytest.mark.parametrize("activation", FORMULAS.values(), ids=FORMULAS)
def test_no_digits_are_lost_where_the_value_is_well_conditioned(
    activation: Activation,
) -> None:
    derived = derive(activation)
    form = stabilize(derived, "wide")
    given = {n: Fraction(float(v)) for n, v in activation.values.items()}
    checked = 0
    for x in POINTS:
        point = {"x": Fraction(x), **given}
        if activation.name == "snake" and abs(x) > 1e4:
            continue  # a period is less than an ulp of x
        computed = run(form.whole, {n: number(v) for n, v in point.items()})
        exact = enclose_all(activation, x, **given)
        for name, enclosure in exact.items():
            value = enclosure.mid
            if abs(value) < SMALLEST or _condition(derived, name, point, value) > 16:
                continue
            error = abs(number(value, 300) / computed[name] - 1) * 2**53
            limit = _bound(derived.partial(name).order)
            assert error <= limit, (name, x, float(error))
            checked += 1
    assert checked > 60


def _condition(derived, name, point, value) -> float:
    return float(size_of_terms(derived, name, point) / abs(value))


@pytest.mark.parametrize(
    ("name", "partial", "at", "expected"),
    [
        ("rational", "f", math.inf, 1.0),
        ("rational", "f", -math.inf, -1.0),
        ("rational", "f_xx", -math.inf, 0.0),
        ("squareplus", "f", -math.inf, 0.0),
        ("bent", "f", -math.inf, -math.inf),
        ("bent", "f_x", -math.inf, 0.5),
        ("isru", "f_a", math.inf, -0.5),
        ("gelu", "f", math.inf, math.inf),
        ("gelu", "f", -math.inf, 0.0),
        ("gelu", "f_x", math.inf, 1.0),
        ("tanhexp", "f_x", math.inf, 1.0),
        ("tanhexp", "f_xx", math.inf, 0.0),
        ("aria", "f", -math.inf, 0.0),
        ("aria", "f_a", math.inf, 0.0),
        ("serf", "f_xx", -math.inf, 0.0),
        ("logish", "f_x", math.inf, math.log(2)),
    ],
)
def test_limits_are_values_far_out(name, partial, at, expected) -> None:
    activation = FORMULAS[name]
    form = stabilize(derive(activation), "wide")
    given = {n: number(v) for n, v in activation.values.items()}
    found = run(form.whole, {"x": math.copysign(1, at) * INFINITE, **given})[partial]
    if math.isinf(expected):
        assert abs(found) > mpmath.mpf(2) ** 1024
        assert mpmath.sign(found) == math.copysign(1, expected)
    else:
        assert abs(found - expected) < 1e-15


def test_irrational_constants_have_names_and_exact_expressions() -> None:
    derived = derive(FORMULAS["gelu"])
    form = stabilize(derived)
    assert form.strategy == "wide"
    assert form.constants
    for expression in form.constants.values():
        assert not derived.in_variables(expression).free_symbols


def test_differences_of_logarithms_are_one_logarithm() -> None:
    form = stabilize(derive(FORMULAS["logish"]), "wide")
    text = str([b.value for b in form.whole.trimmed(["f"])])
    assert text.count("log1p") == 1


@pytest.mark.parametrize(
    ("formula", "strategy"),
    [
        ("x * tanh(x)", "homogeneous"),
        ("x - tanh(x)", "wide"),
        ("x * tanh(exp(x))", "wide"),
        ("1 / x", "wide"),
    ],
)
def test_the_strategy_is_chosen_by_the_structure(formula, strategy) -> None:
    assert stabilize(derive(define("mine", formula))).strategy == strategy
