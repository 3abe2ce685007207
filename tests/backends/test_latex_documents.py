"""Exported documents through pdflatex, and exported environments through KaTeX."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from mila_analysis import catalog, partials
from mila_analysis.activation import Activation
from mila_analysis.backends.latex import ENVIRONMENTS, FORMS, to_latex

pytestmark = pytest.mark.tex

BUILD = Path(__file__).resolve().parents[2] / "build"
FOURTH = [p.name for p in partials.up_to(4, ("x", "beta"))]
ARTICLE = "\\documentclass{{article}}\n\\usepackage{{amsmath}}\n{}\n"
RENDER = """
const katex = require(process.argv[1]);
const texts = JSON.parse(require("fs").readFileSync(0, "utf8"));
for (const text of texts)
  katex.renderToString(text, {displayMode: true, throwOnError: true, strict: "error"});
console.log(texts.length);
"""


def activations() -> list[Activation]:
    return [
        *catalog.CATALOG,
        catalog.resolve("mila:beta=-0.25"),
        catalog.resolve("mila:beta=-20"),
        catalog.resolve("max(0, min(1, 0.2*x + 0.5))"),
        catalog.define("my_own", "x*tanh(exp(slope2*x)) + sqrt(x**2+d)", slope2=1, d=2),
    ]


def compiled(text: str, folder: Path) -> str:
    """Log of pdflatex."""
    if shutil.which("pdflatex") is None:
        pytest.skip("no pdflatex here: apt install texlive-latex-base")
    (folder / "page.tex").write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert (folder / "page.pdf").stat().st_size > 1000
    return done.stdout


def katex() -> Path:
    """Folder of the KaTeX package that `make test-tex` brings."""
    if shutil.which("node") is None:
        pytest.skip("no node here: apt install nodejs npm")
    found = sorted(BUILD.glob("katex*/node_modules/katex/package.json"))
    if not found:
        pytest.skip("no KaTeX in build/: run make test-tex, which installs it there")
    return found[-1].parent


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("activation", activations(), ids=lambda a: a.spec[:20])
def test_a_document_compiles_without_a_complaint(
    activation: Activation, form: str, tmp_path: Path
) -> None:
    log = compiled(to_latex(activation, form=form, standalone=True), tmp_path)
    assert "Overfull" not in log
    assert "Warning" not in log


@pytest.mark.parametrize("form", FORMS)
def test_fourth_order_fits_the_page(form: str, tmp_path: Path) -> None:
    mila = catalog.resolve("mila:beta=-0.25")
    log = compiled(to_latex(mila, FOURTH, form=form, standalone=True), tmp_path)
    assert "Overfull" not in log


def test_fragments_fit_the_column_of_an_article(tmp_path: Path) -> None:
    body = "\n".join(
        to_latex(activation, form=form)
        for activation in catalog.CATALOG
        for form in FORMS
    )
    text = ARTICLE.format(f"\\begin{{document}}\n{body}\\end{{document}}")
    assert "Overfull \\hbox" not in compiled(text, tmp_path)


def test_katex_renders_every_environment() -> None:
    where = katex()
    texts = [
        piece
        for activation in activations()
        for form in FORMS
        for environment in ENVIRONMENTS
        for piece in _pieces(to_latex(activation, form=form, environment=environment))
    ]
    texts += _pieces(to_latex(catalog.get("mila"), FOURTH))
    done = subprocess.run(
        ["node", "-e", RENDER, str(where)],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == len(texts)


def _pieces(text: str) -> list[str]:
    """What stands between dollars on a web page: an environment, or a bare line."""
    if not text.startswith("\\begin{"):
        return text.splitlines()
    name = text[len("\\begin{") : text.index("}")]
    end = f"\\end{{{name}}}"
    return [piece + end for piece in text.split(end)[:-1]]
