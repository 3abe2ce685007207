"""Long decimals of a formula as letters: which, where they are told, what they mean."""

from __future__ import annotations

import pytest

from mila_analysis.backends.latex import to_latex
from mila_analysis.backends.latex.constants import named
from mila_analysis.backends.latex.reading import unproved
from mila_analysis.catalog import define, get

GATE = "x*tanh(0.7978845608028654*x)"


def test_each_long_decimal_gets_one_letter() -> None:
    twin, names = named(define("twice", f"{GATE} + 0.7978845608028654*x + 0.5*x"))
    assert names == ("c",)
    assert twin.formula == "x*tanh(c*x) + c*x + 0.5*x"


def test_a_letter_of_the_formula_is_not_taken_again() -> None:
    _, names = named(define("own", GATE + " + c*x", c=2))
    assert names == ("k",)


@pytest.mark.parametrize("text", ["x**2.5 + 0.044715*x", "x**3 + 10000000000000*x"])
def test_short_numerals_stay(text: str) -> None:
    activation = define("short", text)
    assert named(activation) == (activation, ())


@pytest.mark.parametrize("form", ["closed", "substituted"])
def test_letters_are_told_before_the_equations(form: str) -> None:
    lines = to_latex(get("selu"), form=form).splitlines()
    assert lines[1] == r"  c_{1} &= 1.0507009873554804934193349852946 \\"
    assert lines[2] == r"  c_{2} &= 1.6732632423543772848170429916717 \\"
    assert r"c_{1} c_{2} \cdot" in lines[-4]


def test_rounded_coefficients_need_no_letters() -> None:
    assert "c_" not in to_latex(get("selu"), form="numeric")
    assert "c_" in to_latex(get("selu"), form="numeric", normalize=False)
    document = to_latex(get("selu"), form="numeric", standalone=True)
    assert "where $c_{1} = 1.05070098" in document


@pytest.mark.parametrize("form", ["closed", "substituted", "numeric"])
@pytest.mark.parametrize("normalize", [True, False])
def test_what_is_printed_is_proved_with_the_values_of_the_letters(
    form: str, normalize: bool
) -> None:
    for activation in (get("selu"), define("mine", GATE)):
        assert unproved(activation, form=form, normalize=normalize) == []
