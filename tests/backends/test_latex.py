"""What the LaTeX exporter writes, and the proof that it is read as what it means."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
import sympy
from matplotlib.mathtext import MathTextParser

from mila_analysis import catalog
from mila_analysis.activation import Activation
from mila_analysis.backends.latex import FORMS, system, to_latex
from mila_analysis.backends.latex.equations import Row
from mila_analysis.backends.latex.layout import COLUMN, plain, width
from mila_analysis.backends.latex.lifting import same
from mila_analysis.backends.latex.numerals import Exact, Slot, rounded
from mila_analysis.backends.latex.reading import (
    _Reader,
    is_rounding,
    read,
    unproved,
)
from mila_analysis.backends.latex.typeset import Printed
from mila_analysis.errors import (
    FormulaError,
    ParameterError,
    PartialError,
    UnsupportedError,
)
from mila_analysis.letters import in_latex as spell

VALUES = ["mila:beta=-0.25", "mila:beta=1/3", "mila:beta=-20", "mila:beta=50"]
TINY = ["mila:beta=1e-10", "swish:beta=1e-10", "swish:beta=0", "swish:beta=1/3"]
FORMULAS = {
    "nested": ("x*tanh(exp(k*x))", {"k": 1}),
    "root": ("sqrt(x**2+1)", {}),
    "over a root": ("x/sqrt(x**2+1)", {}),
    "cube root": ("x**(2/3)", {}),
    "bent identity": ("x+alpha*(sqrt(x**2+1)-1)/2", {"alpha": 1}),
    "cube and root": ("x**(3/2)+sqrt(2)*x", {}),
    "gauss": ("x*(1+erf(x/sqrt(2)))/2", {}),
    "gauss of a parameter": ("x*erf(k*x+pi)^2", {"k": "1.5"}),
    "tanh gauss": ("x/2*(1+tanh(sqrt(2/pi)*(x+0.044715*x**3)))", {}),
    "snake": ("x+sin(alpha*x)**2/alpha", {"alpha": "0.5"}),
    "wave": ("x*cos(pi*x)+atan(x/2)", {}),
    "arc": ("atan(k*x)^2", {"k": 3}),
    "squared plus": ("(x+sqrt(x**2+b))/2", {"b": 4}),
    "isru": ("x/sqrt(1+alpha*x**2)", {"alpha": "0.5"}),
    "serf": ("x*erf(log(1+exp(x)))", {}),
    "phish": ("x*tanh(x*(1+erf(x/sqrt(2)))/2)", {}),
    "two roots": ("x/(1+sqrt(1+sqrt(1+x**2)))", {}),
    "index": ("x*tanh(a1*log(1+exp(x)))", {"a1": "1.5"}),
    "differential": ("x*sigmoid(d*x+slope)", {"d": 2, "slope": "0.3"}),
    "indexed word": ("x*sigmoid(slope2*x)+k_max*x", {"slope2": 1, "k_max": 2}),
    "letter E": ("E*x+exp(x*E)", {"E": 2}),
    "decimals": ("0.5*x*(1+tanh(0.79788*(x+0.044715*x**3)))", {}),
    "constants": ("log(2)*x+exp(1)", {}),
    "other base": ("2**x", {}),
    "decay": ("x*exp(-x)/(1+x**2)", {}),
    "essential": ("exp(-1/x)", {}),
    "aria": ("(1+exp(-beta*x))**(-alpha)", {"beta": 1, "alpha": "1.5"}),
    "log cosh": ("log(cosh(x))", {}),
    "threshold": ("where(x>theta,x,0)", {"theta": 1}),
    "clip": ("max(0,min(1,0.2*x+0.5))", {}),
    "two shifts": ("exp(x-1/4)*x+log(1+exp(x+b))", {"b": "-1"}),
}


def line(activation: Activation | str, partial: str, **options: object) -> str:
    """Right side of the last equals sign of one bare equation."""
    if isinstance(activation, str):
        activation = catalog.resolve(activation)
    text = to_latex(activation, [partial], environment="none", **options)
    return text.splitlines()[-1].rpartition(" = ")[2]


def formula(name: str) -> Activation:
    text, values = FORMULAS[name]
    return catalog.define("mine", text, **values)


def bare_equations(activation: Activation, form: str, **options: object) -> list[str]:
    return to_latex(activation, form=form, environment="none", **options).splitlines()


# --- what is printed


BY_HAND = {
    "f": r"\frac{x E \cdot (E + 2)}{E^{2} + 2 E + 2}",
    "f_x": (
        r"\frac{E \cdot [E^{3} + 4 E^{2} + (4 x + 6) E + 4 (x + 1)]}"
        r"{(E^{2} + 2 E + 2)^{2}}"
    ),
    "f_beta": r"\frac{4 x E \cdot (E + 1)}{(E^{2} + 2 E + 2)^{2}}",
    "f_xx": (
        r"\frac{4 E \cdot [2 (1 - x) E^{3} + 3 (2 - x) E^{2} + 2 (x + 4) E "
        r"+ 2 (x + 2)]}{(E^{2} + 2 E + 2)^{3}}"
    ),
    "f_xbeta": (
        r"\frac{4 E \cdot [(1 - 2 x) E^{3} + 3 (1 - x) E^{2} + 2 (x + 2) E "
        r"+ 2 (x + 1)]}{(E^{2} + 2 E + 2)^{3}}"
    ),
    "f_betabeta": (
        r"-\frac{4 x E \cdot (2 E^{3} + 3 E^{2} - 2 E - 2)}{(E^{2} + 2 E + 2)^{3}}"
    ),
}


@pytest.mark.parametrize("partial", BY_HAND)
def test_mila_as_a_mathematician_would_write_it(partial: str) -> None:
    assert line("mila", partial, form="substituted") == BY_HAND[partial]


def test_the_closed_form_writes_exponentials_out() -> None:
    assert line("mila", "f_beta") == (
        r"\frac{4 x e^{x + \beta} (e^{x + \beta} + 1)}"
        r"{(e^{2 (x + \beta)} + 2 e^{x + \beta} + 2)^{2}}"
    )


def test_the_numeric_form_is_the_printed_original_with_its_lost_x() -> None:
    # The original prints 8.468 where 8.468 x belongs; here both are 8.468 (x + 1).
    assert line("mila:beta=-0.25", "f_x", form="numeric") == (
        r"\frac{e^{x} [e^{3 x} + 5.1361 e^{2 x} + (6.59489 x + 9.89233) e^{x} "
        r"+ 8.468 (x + 1)]}{(e^{2 x} + 2.56805 e^{x} + 3.29744)^{2}}"
    )


def test_the_numeric_form_without_division_is_exact() -> None:
    text = line("mila:beta=-0.25", "f_beta", form="numeric", normalize=False)
    assert text == (
        r"\frac{4 x e^{x - 0.25} (e^{x - 0.25} + 1)}"
        r"{(e^{2 (x - 0.25)} + 2 e^{x - 0.25} + 2)^{2}}"
    )


def test_f_is_shown_as_defined_and_then_in_closed_form() -> None:
    (text,) = bare_equations(catalog.get("tanh"), "closed")[:1]
    assert text == r"f(x) = \tanh(x) = \frac{e^{2 x} - 1}{e^{2 x} + 1}"


def test_letters_are_explained_before_they_are_used() -> None:
    lines = bare_equations(formula("nested"), "substituted")
    assert lines[:2] == ["E = e^{k x}", "E_{2} = e^{2 E}"]


def test_a_letter_that_would_say_nothing_is_not_introduced() -> None:
    lines = bare_equations(catalog.get("softplus"), "substituted")
    assert lines[:2] == ["E = e^{x}", r"f(x) = \ln(1 + e^{x})"]


@pytest.mark.parametrize(
    ("name", "partial", "text"),
    [
        ("root", "f_x", r"\frac{x}{\sqrt{x^{2} + 1}}"),
        ("root", "f_xx", r"\frac{1}{(x^{2} + 1)^{3/2}}"),
        ("cube root", "f_x", r"\frac{2}{3 x^{1/3}}"),
        ("decay", "f", r"\frac{x e^{-x}}{x^{2} + 1}"),
        ("letter E", "f_x", r"E \cdot (e^{E x} + 1)"),
        ("gauss", "f_xx", r"\frac{\sqrt{2} e^{-x^{2}/2} (2 - x^{2})}{2 \sqrt{\pi}}"),
        ("snake", "f_x", r"2 \sin(\alpha x) \cos(\alpha x) + 1"),
        ("arc", "f_x", r"\frac{2 k \arctan(k x)}{k^{2} x^{2} + 1}"),
        ("isru", "f_x", r"\frac{1}{(\alpha x^{2} + 1)^{3/2}}"),
        ("squared plus", "f_xx", r"\frac{b}{2 (x^{2} + b)^{3/2}}"),
        ("log cosh", "f", r"\ln(1 + e^{2 x}) - \ln(2) - x"),
        ("index", "f_a1", None),
        ("differential", "f_d", None),
    ],
)
def test_users_formulas_read_well(name: str, partial: str, text: str | None) -> None:
    printed = line(formula(name), partial)
    assert text is None or printed == text
    assert not re.search(r"\b1 \\cdot|\b1\.0\b|--|\+ -|(?<![\d.])1 [a-zE\\(]", printed)


def test_a_parameter_that_looks_like_pi_is_refused_beside_pi() -> None:
    own = catalog.define("mine", "x*pi", pi=3)
    assert line(own, "f") == r"\pi x"
    for text in ("x*erf(pi*x)", "pi*exp(-x^2)*erf(x)"):
        with pytest.raises(UnsupportedError, match="would be the number π"):
            to_latex(catalog.define("mine", text, pi=3))


def test_cases_tell_where_they_hold() -> None:
    assert bare_equations(catalog.get("relu"), "closed") == [
        r"f(x) = \begin{cases} x, & x > 0 \\ 0, & x \le 0 \end{cases}",
        r"f'(x) = \begin{cases} 1, & x > 0 \\ 0, & x \le 0 \end{cases}",
        "f''(x) = 0",
    ]
    clip = bare_equations(formula("clip"), "numeric")[0]
    assert clip.endswith(
        r"1, & x > 2.5 \\ 0, & x < -2.5 \\ 0.2 (x + 2.5), & -2.5 \le x \le 2.5"
        r" \end{cases}"
    )


def test_left_sides() -> None:
    assert to_latex(catalog.get("mish"), ["f_xxxx"]).count("f^{(4)}(x)") == 1
    mixed = to_latex(catalog.get("mila"), ["f_betax"])
    assert r"\frac{\partial^{2} f}{\partial x\,\partial \beta}" in mixed
    bound = to_latex(catalog.resolve("mila:beta=1"), ["f_xx"], form="numeric")
    assert "f''(x) &= " in bound


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("k", "k"),
        ("alpha", r"\alpha"),
        ("lambda_", r"\lambda"),
        ("a1", "a_{1}"),
        ("beta_2", r"\beta_{2}"),
        ("k_max", "k_{max}"),
        ("slope", r"\mathit{slope}"),
        ("slope2", r"\mathit{slope}_{2}"),
        ("d", r"\mathit{d}"),
    ],
)
def test_names_to_letters(name: str, text: str) -> None:
    assert spell(name) == text


# --- proofs


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", catalog.names())
def test_the_catalog_reads_back_as_itself(name: str, form: str) -> None:
    assert unproved(catalog.get(name), form=form) == []


@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("spec", VALUES + TINY)
def test_values_read_back_and_are_rounded_right(spec: str, normalize: bool) -> None:
    activation = catalog.resolve(spec)
    chosen = ["f", "f_x", "f_beta", "f_xx"]
    assert unproved(activation, chosen, form="numeric", normalize=normalize) == []


@pytest.mark.parametrize("name", FORMULAS)
def test_users_formulas_read_back(name: str) -> None:
    for form in FORMS:
        assert unproved(formula(name), ["f", "f_x"], form=form) == [], form


@pytest.mark.parametrize("digits", [2, 15, 30])
def test_any_number_of_digits_is_right(digits: int) -> None:
    mila = catalog.resolve("mila:beta=-0.7")
    assert unproved(mila, ["f_xx"], form="numeric", digits=digits) == []


def test_high_orders_read_back() -> None:
    assert unproved(catalog.get("mila"), ["f_xxxx"], form="substituted") == []


def test_a_changed_sign_is_found() -> None:
    written = system(catalog.get("mila"), ["f_x"], form="substituted")
    ((row,),) = written.equations[0].sides
    reader = _Reader(written)
    assert reader.proves("f_x", row)
    for old, new in (("4 E", "5 E"), ("+ 4 (", "- 4 ("), ("^{2}}", "^{3}}")):
        assert old in row.printed.text
        wrong = Row(Printed(row.printed.text.replace(old, new)))
        assert not reader.proves("f_x", wrong)


def test_the_misprint_of_the_original_is_found() -> None:
    x = sympy.Symbol("x")
    right = line("mila:beta=-0.25", "f_x", form="numeric", normalize=False)
    texts = [right, right.replace("4 (x + 1)", "8")]
    meant = [read(text, {"x": x}) for text in texts]
    assert same(meant[0], meant[0], [x])
    assert not same(meant[0], meant[1], [x])


def test_a_product_that_reads_as_a_call_is_refused() -> None:
    e = sympy.Symbol("E")
    with pytest.raises(FormulaError, match="reads as something else"):
        read("E (E + 1)", {"E": e})
    assert read(r"E \cdot (E + 1)", {"E": e}) == e * (e + 1)


def test_an_unknown_letter_is_refused() -> None:
    with pytest.raises(FormulaError, match="reads as something else: y"):
        read("x y", {"x": sympy.Symbol("x")})


# --- numerals

E = sympy.exp


@pytest.mark.parametrize(
    ("value", "digits", "numeral"),
    [
        (4 * E(sympy.Rational(1, 4)), 6, "5.1361"),
        (4 * E(sympy.Rational(3, 4)), 6, "8.468"),
        (4 * E(sympy.Rational(1, 10**11)), 6, "4.00000"),
        (4 * E(-50), 6, r"7.715 \times 10^{-22}"),
        (E(-9), 6, "0.00012341"),
        (sympy.Rational(2, 3), 3, "0.667"),
        (sympy.Rational(12345, 10**4), 4, "1.234"),  # a tie goes to the even digit
        (sympy.Rational(99999, 10**4), 2, "10"),
    ],
)
def test_rounding(value: sympy.Expr, digits: int, numeral: str) -> None:
    assert rounded(value, digits) == numeral
    assert is_rounding(Slot(numeral, value), digits)


def test_a_wrong_last_digit_is_found() -> None:
    value = 4 * E(sympy.Rational(1, 4))
    for wrong in ("5.13611", "5.13609", "5.1361 \\times 10^{1}"):
        assert not is_rounding(Slot(wrong, value), 6)


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("1/3", ("1", "3")),
        ("20", ("20", "")),
        ("0.044715", ("0.044715", "")),
        ("1e-10", ("10^{-10}", "")),
        ("1.25e20", (r"1.25 \times 10^{20}", "")),
    ],
)
def test_exact_numerals(value: str, parts: tuple[str, str]) -> None:
    fraction = Fraction(value)
    number = sympy.Rational(fraction.numerator, fraction.denominator)
    assert Exact().split(number) == parts


# --- rendering and layout


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", [*catalog.names(), *FORMULAS])
def test_each_formula_renders_in_mathtext(name: str, form: str) -> None:
    own = name in FORMULAS
    activation = formula(name) if own else catalog.get(name)
    parser = MathTextParser("agg")
    for text in bare_equations(activation, form):
        if "cases" not in text:  # KaTeX renders these; see test_latex_documents.py
            parser.parse(f"${text}$")


def test_no_line_is_wider_than_the_column() -> None:
    orders = ["f_xx", "f_xxx", "f_xxxx", "f_xxbetabeta"]
    text = to_latex(catalog.get("mila"), orders)
    lines = text.splitlines()[1:-1]
    assert len(lines) > len(orders)
    assert max(width(row.removesuffix(r" \\")) for row in lines) <= COLUMN + 1


def test_broken_lines_are_the_same_formula() -> None:
    mila = catalog.get("mila")
    text = to_latex(mila, ["f_xxx"], environment="equation")
    joined = re.sub(r"\\\\|&|\\quad|\\(begin|end){\w+}", " ", text).split()
    written = system(mila, ["f_xxx"])
    right = " ".join(joined).partition("= ")[2]
    assert _Reader(written).proves("f_xxx", Row(Printed(right)))


def test_environments() -> None:
    mish = catalog.get("mish")
    assert to_latex(mish, ["f_x"]).startswith("\\begin{equation}\n  f'(x) = ")
    assert to_latex(mish).startswith("\\begin{align}\n")
    assert to_latex(mish, environment="align*").endswith("\\end{align*}\n")
    assert to_latex(mish, environment="equation*").count(r"\begin{equation*}") == 3
    assert "&" not in to_latex(mish, environment="none")


def test_bare_lines_are_those_of_the_equations() -> None:
    mish = catalog.get("mish")
    assert bare_equations(mish, "closed") == [plain(e) for e in system(mish).equations]


def test_equal_calls_give_equal_text() -> None:
    mila = catalog.get("mila")
    assert to_latex(mila, standalone=True) == to_latex(mila, standalone=True)


# --- mistakes


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"form": "open"}, "no LaTeX form 'open'; choose from closed"),
        ({"digits": 1}, "digits must be 2 to 30, not 1"),
        ({"digits": 99}, "digits must be 2 to 30, not 99"),
        ({"environment": "table"}, "no environment 'table'; choose from align"),
    ],
)
def test_options_out_of_range(options: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(message)):
        to_latex(catalog.get("mish"), **options)


def test_a_partial_that_is_not_there() -> None:
    with pytest.raises(PartialError, match="did you mean"):
        to_latex(catalog.get("mila"), ["f_bta"])


def test_what_cannot_be_told_apart_is_refused() -> None:
    euler = catalog.define("mine", "exp(e*x)", e=1)
    with pytest.raises(UnsupportedError, match="Euler's number"):
        to_latex(euler)
    twins = catalog.define("mine", "a1*x+a_1", a1=1, a_1=2)
    with pytest.raises(UnsupportedError, match="look the same"):
        to_latex(twins)


def test_a_coefficient_beyond_reason_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="too large to print"):
        to_latex(catalog.resolve("mila:beta=1e300"), ["f"], form="numeric")
