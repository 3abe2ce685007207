"""What is said of a formula that is none: the place, the reason, and what to write."""

from __future__ import annotations

import pytest

from mila_analysis.catalog import define, is_name, resolve
from mila_analysis.errors import FormulaError, MilaAnalysisError
from mila_analysis.functions import lambdify
from mila_analysis.recognition import recognised

SAID = {
    "log(relu(x))": ("not a real number where x <= 0", 1),
    "x*log(max(x, -1))": ("not a real number where x + 1 <= 0", 3),
    "log(-1)": ("not a real number anywhere", 1),
    "x**33": ("an exponent above 32: 33", 4),
    "(x + 1)**2 * x**40": ("an exponent above 32: 40", 17),
    "e**(1e9*log(2))": ("an exponent beyond 32: 1000000000", 5),
    "2*mish(x)": ("no function 'mish'; write u * tanh(log(1 + exp(u)))", 3),
    "expm1(x)": ("no function 'expm1'; write exp(u) - 1", 1),
    "pow(x, 2)": ("no function 'pow'; write u ** v", 1),
    "x\0b=1": (r"'\x00' cannot stand in a formula", 2),
    "x\0": (r"'\x00' cannot stand in a formula", 2),
}


@pytest.mark.parametrize("text", SAID)
def test_the_place_and_the_reason(text: str) -> None:
    wanted, column = SAID[text]
    with pytest.raises(FormulaError) as caught:
        resolve(text)
    assert wanted in str(caught.value)
    assert caught.value.column == column


@pytest.mark.parametrize("opening", ["x^{", r"\frac{1}{", r"\sqrt{", "{", r"\exp^{"])
def test_deep_latex_is_refused_by_one_line(opening: str) -> None:
    for count in (70, 150, 300, 900):
        with pytest.raises(FormulaError, match=r"nested|is longer"):
            resolve(opening * count + "x" + "}" * count)


@pytest.mark.parametrize("text", ["x-1", "x-x", "x-b:b=1", "b-x:b=1"])
def test_a_difference_is_a_formula(text: str) -> None:
    assert resolve(text).name == "custom"


@pytest.mark.parametrize("text", ["leaky-relu", "hard-swish", "mish", "nosuch-name"])
def test_a_name_may_have_hyphens(text: str) -> None:
    assert is_name(text)


def test_names_of_other_libraries_are_understood() -> None:
    for other, own in {
        "arctan(x)": "atan(x)",
        "arcsinh(x)": "asinh(x)",
        "maximum(x, minimum(0, x))": "max(x, min(0, x))",
        "sgn(x)": "sign(x)",
    }.items():
        ours, theirs = (lambdify(define("f1", t), "numpy") for t in (own, other))
        assert ours(0.75) == theirs(0.75)


def test_a_parameter_may_be_called_self() -> None:
    kernel = lambdify(define("mine", "self * x", self=2), "numpy")
    assert kernel(3.0) == 6
    assert kernel(3.0, self=4) == 12
    assert kernel.partials(3.0, self=4)["f_self"] == 3


def test_a_greek_parameter_is_named_by_its_letter() -> None:
    found = recognised(define("mine", "x / (1 + exp(-β*x))", β=1))
    assert found == "this is Swish with β = β"


def test_every_message_is_one_line() -> None:
    for text in SAID:
        with pytest.raises(MilaAnalysisError) as caught:
            resolve(text)
        assert str(caught.value).isprintable()
