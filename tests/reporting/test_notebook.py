"""What a notebook shows of our objects: LaTeX, tables, figures, or just `repr`."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest

import mila_analysis as ma
from mila_analysis import shown
from mila_analysis.analysis.rows import rows
from mila_analysis.plotting import plot


def latex(name: str) -> list[str]:
    """Formulas of an entry, without their dollar signs."""
    one = ma.get(name)
    found = [one._repr_latex_(), ma.derive(one)._repr_latex_()]
    return [re.fullmatch(r"(\$+)(.*)\1", text, re.DOTALL)[2] for text in found]


@pytest.mark.tex
@pytest.mark.cheap
@pytest.mark.parametrize("name", ma.names())
def test_katex_sets_every_entry(katex, name: str) -> None:
    assert katex(*latex(name)) == ["", ""]


def test_an_activation_is_its_definition_and_its_values() -> None:
    text = ma.get("mila").bind(beta="-0.25")._repr_latex_()
    assert r"x \tanh(\ln(1 + e^{x + \beta}))" in text
    assert text.endswith(r"\beta = -0.25$")
    assert ma.get("mila")._repr_html_() is None


def test_a_derivation_has_every_partial_and_f_itself() -> None:
    text = ma.derive(ma.get("selu"), 1)._repr_latex_()
    assert "f(x) &=" in text
    assert "f'(x) &=" in text
    assert r"c_{1} &= 1.0507009873554804934193349852946" in text
    whole = ma.derive(ma.get("mila"), 3)
    assert whole._repr_latex_().count("&=") == len(whole.names) == 10


def test_features_are_a_table_of_all_rows() -> None:
    found = ma.analyze(ma.get("mila"))
    text = found._repr_html_()
    table, theorem = text.split("</table>")
    root = ET.fromstring(table + "</table>")
    cells = [[cell.text or "" for cell in row] for row in root.iter("tr")]
    assert cells == [[row.label.strip(), row.text] for row in rows(found)]
    assert "exactly one local minimum" in theorem
    assert found._repr_latex_() is None


def test_a_certificate_is_its_worst_errors() -> None:
    code = ma.generate_code(ma.get("tanh"), "numpy")
    found = ma.verify(code, dtype=("float32",), legs=("accuracy",), points=5)
    root = ET.fromstring(found._repr_html_())
    (head, *body) = [[cell.text for cell in row] for row in root.iter("tr")]
    assert head[1:] == ["float32"]
    worst = {f.subject: f"{f.error:.2f} ({f.limit:g})" for f in found.findings}
    assert dict(body) == worst
    assert "passed" in root[0][0].text


def test_hostile_names_stay_text() -> None:
    one = ma.Activation("a", "x", title="<b onclick='x'>&")
    text = ma.analyze(one)._repr_html_()
    assert "&lt;b onclick=" in text
    assert "<b onclick" not in text


def test_what_is_no_formula_is_left_to_repr() -> None:
    assert ma.Activation("a", "x +")._repr_latex_() is None


def test_a_figure_is_its_picture() -> None:
    ET.fromstring(plot(ma.get("tanh"), points=21)._repr_svg_())


def test_without_writers_nothing_is_shown(monkeypatch) -> None:
    monkeypatch.setattr(shown, "_loaders", [])
    assert ma.get("tanh")._repr_latex_() is None


def test_objects_are_pickled_as_before() -> None:
    one = ma.get("mila").bind(beta="1/3")
    assert pickle.loads(pickle.dumps(one)) == one


def test_to_import_the_package_loads_no_writer() -> None:
    program = (
        "import sys, mila_analysis; assert 'mila_analysis.shown' in sys.modules; "
        "print('mila_analysis.notebook' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
