"""LaTeX as papers write it, to its meaning."""

from __future__ import annotations

import pytest

from mila_analysis import catalog
from mila_analysis.backends.latex import to_latex
from mila_analysis.errors import FormulaError
from mila_analysis.notation.latex import read_latex

RIGHT = [
    ("mish", "f", r"x\tanh(\ln(1+e^{x}))"),
    ("mish", "f", r"f(x) = x \cdot \tanh\left(\ln\left(1+e^x\right)\right)"),
    ("mish", "f", r"\text{Mish}(x) = x \tanh(\mathrm{softplus}(x))"),
    (
        "mish",
        "f_x",
        (
            r"f'(x) = \frac{e^{x}\omega}{\delta^{2}}, \\"
            r"\omega = 4(x+1)+4e^{2x}+e^{3x}+e^{x}(4x+6), \\ \delta = 2e^{x}+e^{2x}+2"
        ),
    ),
    (
        "mish",
        "f_x",
        (
            r"\frac{\mathrm{d}f}{\mathrm{d}x} = \tanh(\operatorname{softplus}(x))"
            r" + x\,\sigma(x)\operatorname{sech}^2(\operatorname{softplus}(x))"
        ),
    ),
    (
        "mila",
        "f_beta",
        (
            r"\frac{\partial f}{\partial \beta} = "
            r"\frac{4xe^{x+\beta}\left(e^{x+\beta}+1\right)}{\left(2e^{x+\beta}+e^{2(x+\beta)}+2\right)^2}"
        ),
    ),
    ("mila", "f", r"$$x\tanh\bigl(\log(1+\exp(\beta + x))\bigr)$$"),
    ("mila", "f", r"\begin{align*} f &= x\tanh(\ln(1+e^{\beta}e^{x})) \end{align*}"),
    ("sigmoid", "f", r"\frac{1}{1+e^{-x}}"),
    ("sigmoid", "f", r"\frac12 + \frac12\tanh\frac{x}{2}"),
    ("sigmoid", "f_x", r"\sigma(x)\,(1-\sigma(x))"),
    ("silu", "f_x", r"\sigma(x) + x\sigma(x)\left[1-\sigma(x)\right]"),
    ("swish", "f", r"\frac{x}{1+\exp\{-\beta x\}}"),
    ("tanh", "f", r"\dfrac{e^{x}-e^{-x}}{e^{x}+e^{-x}}"),
    ("relu", "f", r"\max(0, x)"),
    (
        "relu",
        "f",
        r"\begin{cases} x & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}",
    ),
    ("relu", "f", r"\frac{x + \left|x\right|}{2}"),
    ("softplus", "f", r"\ln(1+e^{-\lvert x\rvert}) + \max(x,0)"),
    ("softplus", "f", r"\log_e(1+e^x)"),
    ("tanh", "f_xx", r"-2\tanh x\,\mathrm{sech}^2 x"),
    ("relu", "f", r"\begin{cases}x, & x\ge0,\\0, & x<0.\end{cases}"),
    (
        "mish",
        "f_x",
        (
            r"\begin{aligned} f'(x) &= \tanh(\ln(1+e^x)) \\ &\quad + "
            r"\frac{x e^x}{1+e^x}\,\mathrm{sech}^2(\ln(1+e^x))\end{aligned}"
        ),
    ),
    (
        "swish",
        "f_x",
        r"\beta f(x) + \sigma(\beta x)(1-\beta f(x)); f(x) = x\sigma(\beta x)",
    ),
    (
        "swish",
        "f_x",
        r"\beta f(x) + \sigma(\beta x)(1-\beta f(x)); f = x\sigma(\beta x)",
    ),
    ("mish", "f", r"x \tanh(\zeta(x)), \quad \zeta(x) = \ln(1+e^x)"),
    ("mish", "f", r"x\tanh(\varsigma(x)), \text{ where } \varsigma(x) = \ln(1+e^x)"),
    (
        "hard_sigmoid",
        "f",
        (
            r"\begin{cases} 0 & x \le -3 \\ 1 & x \ge 3 \text{ and } \max(x, 2) > 2 \\"
            r"\frac{x}{6} + \frac12 & \text{otherwise} \end{cases}"
        ),
    ),
    (
        "softshrink",
        "f",
        (
            r"\begin{cases} 0, & x \le \lambda,\; x \ge -\lambda \\"
            r"x - \lambda, & x > \lambda \\ x + \lambda, & x < -\lambda \end{cases}"
        ),
    ),
    (
        "xielu",
        "f_x",
        (
            r"\begin{cases} 2\alpha_p x + \frac12 & x > 0 \\"
            r"\alpha_{n} (e^x - 1) + \frac12 & \text{otherwise} \end{cases}"
        ),
    ),
]


@pytest.mark.parametrize(("activation", "partial", "text"), RIGHT)
def test_latex_of_papers_is_proved(verdict, activation, partial, text):
    assert verdict(text, activation, partial, latex=True).proved


@pytest.mark.parametrize("name", catalog.names())
@pytest.mark.parametrize("form", ["closed", "substituted"])
def test_our_own_latex_is_proved(verdict, name, form):
    activation = catalog.get(name)
    text = to_latex(activation, ("f_x",), form=form, environment="none")
    lines = [line for line in text.splitlines() if line.strip()]
    assert verdict("; ".join(lines), name, "f_x", latex=True).proved


@pytest.mark.parametrize("condition", [r"x < \lambda", r"x \ge -\lambda", "x > 0"])
def test_another_condition_among_several_is_found(verdict, condition):
    text = (
        rf"\begin{{cases}} 0, & x \le \lambda,\; {condition} \\"
        r"x - \lambda, & x > \lambda \\ x + \lambda, & x < -\lambda \end{cases}"
    )
    right = condition == r"x \ge -\lambda"
    assert (verdict(text, "softshrink", "f", latex=True).verdict == "equal") == right


def test_our_own_numbers_are_right_as_printed(verdict):
    lines = to_latex(
        catalog.get("mila").bind(beta="-0.25"), ("f_x",), form="numeric",
        environment="none",
    ).splitlines()  # fmt: skip
    text = "; ".join(lines)
    found = verdict(text, "mila", "f_x", values={"beta": "-0.25"}, latex=True)
    assert found.verdict == "equal to its printed digits"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        (r"\frac{x}{2", "missing"),
        (r"x^23", "braces"),
        (r"\int x", "int"),
        (r"\tanh 2x e^x", "where the argument"),
        (r"\sqrt[3]{x}", "write"),
        (r"\begin{matrix} x \end{matrix}", "cases"),
        (r"|x|", "lvert"),
        (r"x_1", "cannot stand"),
        (r"\omega x", "omega"),
        (r"\varsigma(x)", "more than one meaning"),
        (r"\log_3(x)", "that logarithm"),
        (r"\frac{x}{2}(1+\operatorname{gelu}(x))", "outside of what can be proved"),
        (r"x = y = z", "more than one '='"),
        (r"\tanh^{-1}(x)", "positive whole power"),
        ("x" * 5000, "longer"),
    ],
)
def test_what_is_no_formula_is_refused_with_a_reason(text, why):
    with pytest.raises(FormulaError, match=why.replace("|", r"\|")):
        read_latex(text, ("x", "beta"))
