"""LaTeX of this program to MathML: all of the catalog, and what signs become."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from mila_analysis import catalog
from mila_analysis.analysis import analyze
from mila_analysis.analysis.rows import rows
from mila_analysis.analysis.theorems import theorems
from mila_analysis.backends.latex import to_latex
from mila_analysis.errors import UnsupportedError
from mila_analysis.letters import COMMANDS, in_latex
from mila_analysis.reporting.blocks import Math, rich
from mila_analysis.reporting.mathml import aligned, formula


def read(latex: str) -> tuple[str, set[str]]:
    """Letters and signs of a formula, and the names of its elements."""
    root = ET.fromstring(formula(latex))
    row = root[0][0]
    text = "".join(row.itertext()).replace("\u2061", "").replace("\xa0", " ")
    return text, {element.tag for element in row.iter()}


@pytest.mark.cheap
@pytest.mark.parametrize("name", catalog.names())
def test_all_that_the_catalog_writes_is_known(name: str) -> None:
    one = catalog.get(name)
    for form in ("closed", "numeric"):
        text = to_latex(one, form=form, normalize=False, environment="none")
        for line in text.splitlines():
            ET.fromstring(formula(line))
    for theorem in theorems(one):
        for part in rich(theorem.latex):
            if isinstance(part, Math):
                ET.fromstring(formula(part.latex))


@pytest.mark.parametrize("name", ["xielu", "hardshrink", "snake"])
def test_all_that_is_found_of_a_function_is_known(name: str) -> None:
    found = list(rows(analyze(catalog.get(name))))
    assert len(found) > 15
    for row in found:
        assert row.latex.isascii() or not row.proved
        for latex in (row.symbol, row.latex):
            ET.fromstring(formula(latex))


@pytest.mark.parametrize(
    ("latex", "text", "tags"),
    [
        (r"\frac{a}{b}", "ab", {"mfrac"}),
        (r"x^{2 n}", "x2n", {"msup"}),
        (r"\sqrt{1 + x^2}", "1+x2", {"msqrt", "msup"}),
        (r"f''(x) = -0.25", "f″(x)=−0.25".replace("″", "′′"), {"mo", "mn"}),
        (r"\lim_{x \to -\infty} f", "limx→−∞f", {"munder"}),
        (r"\sup |f'|", "sup|f′|", {"mo"}),
        (r"\operatorname{erf}(x)", "erf(x)", {"mi"}),
        (r"a_{1}^{2}", "a12", {"msubsup"}),
        (r"[-0.25,\; \infty)", "[−0.25,∞)", {"mspace"}),
        (r"\text{concave on }(0, 1)", "concave on (0,1)", {"mtext"}),
        (r"\begin{cases} x, & x > 0 \\ 0, & x \le 0 \end{cases}", "{x,x>00,x≤0", {"mtable"}),  # noqa: E501
        (r"\left(x + 1\right)", "(x+1)", {"mrow"}),
        (r"f < 0", "f<0", {"mo"}),
        (r"\mathit{slope} x", "slopex", {"mi"}),
    ],
)  # fmt: skip
def test_what_formulas_become(latex: str, text: str, tags: set[str]) -> None:
    found, names = read(latex)
    assert found == text
    assert tags <= names


def test_every_letter_of_a_parameter_is_known() -> None:
    for name in [*COMMANDS, "k", "slope", "a_1", "k_max"]:
        ET.fromstring(formula(in_latex(name)))


@pytest.mark.parametrize(
    "latex",
    [
        r"\href{a}{b}",
        r"\begin{array}x\end{array}",
        r"\frac{a",
        "a}",
        r"\mathbb{Q}",
        "^",
    ],
)
def test_what_is_unknown_is_refused(latex: str) -> None:
    with pytest.raises(UnsupportedError, match="no MathML for"):
        formula(latex)


def test_the_latex_is_beside_it() -> None:
    root = ET.fromstring(formula(r"a < b \cdot \text{\"x\"}"))
    assert root.get("alttext") == r"a < b \cdot \text{\"x\"}"
    assert root[0][1].text == root.get("alttext")


def test_lines_are_aligned_at_their_mark() -> None:
    cases = r"f &= \begin{cases} x, & x > 0 \\ 0, & x \le 0 \end{cases}"
    root = ET.fromstring(aligned([cases, r"&\quad + 1", "g"]))
    rows = root[0][0][0]
    texts = [["".join(cell.itertext()) for cell in row] for row in rows]
    assert texts == [["f", "={x,x>00,x≤0"], ["", "+1"], ["", "g"]]
