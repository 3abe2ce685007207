"""LaTeX to the text of a formula, and the reasons why not."""

from __future__ import annotations

import pytest

from mila_analysis.catalog import define, get, is_latex, resolve
from mila_analysis.derivation import derive
from mila_analysis.errors import FormulaError
from mila_analysis.formula import parse
from mila_analysis.notation.plain import from_latex

READ = {
    r"\frac{x}{1+e^{-\beta x}}": "x/(1 + exp(-beta*x))",
    r"f(x) = x \tanh\left(\ln(1+e^{x+\beta})\right)": "x*tanh(log(1 + exp(x + beta)))",
    r"x\,\sigma(x)": "x*sigmoid(x)",
    r"\lambda x^{2} - (x-1)^2/3": "lambda_*x**2 - (x - 1)**2/3",
    r"-(x+1)-(x-2)": "-(x + 1) - (x - 2)",
    r"x - (1 - b)": "x - (1 - b)",
    r"x/(2b)": "x/(2*b)",
    r"(-x)^2": "(-x)**2",
    r"(x^2)^3": "(x**2)**3",
    r"2^{x^2}": "2**x**2",
    r"\left|x\right|": "abs(x)",
    r"\max(0, x)": "max(0, x)",
    r"\begin{cases} x & x>0 \\ \alpha(e^x-1) & \text{otherwise}\end{cases}": (
        "where(x > 0, x, alpha*(exp(x) - 1))"
    ),
    r"\begin{cases} x & -1 < x \le 1 \\ 0 & \text{otherwise}\end{cases}": (
        "where(-1 < x <= 1, x, 0)"
    ),
    r"\pi x": "pi*x",
    r"a_1 x^2 + a_{2}": "a_1*x**2 + a_2",
    r"E_{2} x; E_2 = e^{2x}": "exp(2*x)*x",
    r"\operatorname{mish}(2x)": "2*x*tanh(log(1 + exp(2*x)))",
    r"x\operatorname{sech}(x)": "x*(2/(exp(x) + exp(-x)))",
    r"x s(x); s(x) = \frac{1}{1+e^{-x}}": "x/(1 + exp(-x))",
}


@pytest.mark.parametrize("text", READ)
def test_latex_becomes_a_formula(text):
    names = ("x", "beta", "b", "alpha", "lambda_", "a_1", "a_2")
    assert parse(from_latex(text), names).cases == parse(READ[text], names).cases


REFUSED = {
    r"\frac{x}{": ("missing", 1),
    r"\foo{x}": ("'foo' is not known", 1),
    r"x_1": ("'_' cannot stand", 2),
    r"x + \int x": ("not known", 5),
    r"\tanh 2x e^x": ("not clear where the argument of tanh ends", None),
    r"1/2x": ("two meanings", None),
    r"\varsigma(x)": ("more than one meaning", 1),
    r"\left(x": ("missing", None),
    r"x = x = x": ("more than one '='", None),
    r"x €": ("cannot stand in LaTeX", 3),
    r"\def\x{x}\x": ("not known", 1),
    r"\input{/etc/passwd}": ("", None),
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_has_no_clear_meaning_is_refused_with_the_reason(text):
    why, column = REFUSED[text]
    with pytest.raises(FormulaError) as caught:
        from_latex(text)
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)
    if column is not None:
        assert caught.value.column == column
        assert caught.value.__notes__[0].strip() == text


def test_latex_is_known_by_its_signs():
    assert is_latex(r"\tanh x")
    assert is_latex("e^{x}")
    assert not is_latex("x*tanh(x)")


def test_an_activation_in_latex_is_that_in_text():
    mine = define("mine", r"\frac{x}{1+e^{-\beta x}}", beta=1)
    swish = get("swish")
    assert derive(mine).element("f_xbeta") == derive(swish).element("f_xbeta")
    assert resolve(r"x\tanh(b x):b=2").values == {"b": 2}


def test_a_parameter_without_a_value_is_named():
    with pytest.raises(FormulaError, match="'k' has no value: give --param k="):
        resolve(r"\tanh(k x)")


def test_a_huge_text_is_refused():
    with pytest.raises(FormulaError, match="longer than"):
        from_latex("x" * 5000)
    with pytest.raises(FormulaError, match="more than 1500 operations"):
        from_latex(r"\operatorname{mish}(" * 12 + "x" + ")" * 12)
