"""What a report says: its sections, and that its numbers are those that were found."""

from __future__ import annotations

import ast
import html
import re
import textwrap
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from mila_analysis import Activation, catalog, errors, read_code
from mila_analysis.analysis.rows import rows
from mila_analysis.native import NoCompilerError
from mila_analysis.reporting import Report, making, report
from mila_analysis.reporting.blocks import (
    Code,
    Listing,
    Math,
    Paragraph,
    Section,
    Table,
)
from mila_analysis.reporting.finding import Verified, verification
from mila_analysis.reporting.html import to_html
from mila_analysis.reporting.latex import FOLDED_COLUMNS, to_latex
from mila_analysis.reporting.markdown import to_markdown
from mila_analysis.verification.finding import FAILED

TITLES = [
    "Definition", "Derivatives", "Figures", "Analysis", "Verification of the code",
    "Code", "Citation", "Generated code for NumPy",
]  # fmt: skip
NUMBER = re.compile(r"\d+\.\d{6,}")


def place(figure) -> str:
    return f"{figure.name}.pdf"


def written(one: Report) -> dict[str, str]:
    """All formats that are text, as a reader sees them."""
    return {
        "html": html.unescape(re.sub(r"<annotation.*?</annotation>|<[^>]+>", "", to_html(one), flags=re.DOTALL)),  # noqa: E501
        "md": to_markdown(one, place),
        "tex": to_latex(one, place),
    }  # fmt: skip


def plain(parts) -> str:
    return "".join(
        p.latex if isinstance(p, Math) else p.text if isinstance(p, Code) else p
        for p in parts
    )


def section(one: Report, title: str):
    return next(s for s in one.sections if s.title == title)


def test_the_sections_are_those_of_a_paper(mila: Report) -> None:
    assert [s.title for s in mila.sections] == TITLES
    assert mila.title == "Mila"
    assert plain(mila.subtitle) == r"\beta = -0.25"
    assert [f.kind for f in mila.figures] == [
        "function", "derivatives", "family", "features",
    ]  # fmt: skip


@pytest.mark.parametrize("style", ["html", "md", "tex"])
def test_every_format_has_all_sections_and_all_proven_numbers(
    mila: Report, style: str
) -> None:
    text = written(mila)[style]
    for title in TITLES:
        assert title in text
    numbers = [n for row in rows(mila.features) for n in NUMBER.findall(row.text)]
    assert len(numbers) > 20
    assert [n for n in numbers if n not in text] == []
    assert "exactly one local minimum" in text
    assert "D. Misra, Mila" in text


@pytest.mark.parametrize("style", ["html", "md", "tex"])
def test_what_is_not_proved_says_so_and_why(gcu: Report, style: str) -> None:
    text = written(gcu)[style]
    assert gcu.features.unproved
    for reason in gcu.features.unproved.values():
        words = max(re.findall(r"[a-z ]+", reason), key=len).strip()
        assert words in text
    assert text.count("not proved") >= len(gcu.features.unproved)
    assert "was not verified" in text


def test_the_errors_are_those_of_the_certificate(mila: Report) -> None:
    (certificate,) = mila.certificates
    table = next(
        b for b in section(mila, TITLES[4]).blocks if isinstance(b, Table)
    )  # fmt: skip
    assert [plain(h) for h in table.head] == [
        "Partial",
        "NumPy float64",
        "NumPy float32",
    ]
    shown = {plain(row[0]): [plain(cell) for cell in row[1:]] for row in table.rows}
    assert len(shown) == 6
    for finding in certificate.findings:
        if finding.leg == "accuracy" and finding.subject == "f_xx":
            cell = shown["f_{x x}"][certificate.dtypes.index(finding.dtype)]
            assert cell == f"{finding.error:.2f} ({finding.limit:g})"
    assert certificate.digest in to_html(mila)


def test_a_certificate_that_failed_is_said_to_have_failed(mila: Report) -> None:
    (good,) = mila.certificates
    first = next(f for f in good.findings if f.leg == "accuracy")
    bad = replace(good, findings=(replace(first, status=FAILED, detail="9 ulp"),))
    found = verification(mila.activation, [Verified("numpy", bad)])
    said = " ".join(plain(b.parts) for b in found.blocks if isinstance(b, Paragraph))
    assert "FAILED: " in said
    assert "9 ulp" in said
    assert not replace(mila, certificates=(bad,)).passed
    assert mila.passed


def test_without_a_compiler_the_report_says_so(monkeypatch) -> None:
    def no_compiler(*_, **__):
        raise NoCompilerError("no C compiler here")

    monkeypatch.setattr(making, "verify", no_compiler)
    one = report(catalog.get("tanh"), backends=("c",))
    assert one.certificates == ()
    assert "Not verified: no C compiler here." in to_markdown(one, place)


def test_the_code_in_it_is_the_code_that_was_verified(mila: Report) -> None:
    [text] = [
        b.text for b in section(mila, TITLES[-1]).blocks if isinstance(b, Listing)
    ]
    code = read_code(text)
    assert code.digest == mila.certificates[0].digest
    assert html.escape(text) in to_html(mila)
    assert text.rstrip() in to_markdown(mila, place)


def test_html_is_one_page_that_asks_for_nothing(mila: Report) -> None:
    page = to_html(mila)
    bodies = re.sub(r"<(pre|annotation|code)\b.*?</\1>", "", page, flags=re.DOTALL)
    assert not re.search(
        r"\b(src|srcset|data)=|<(script|link|iframe|img)\b|@import", bodies
    )
    links = re.findall(r'href="([^"]*)"', bodies)
    assert links
    assert all(link.startswith("#") for link in links)
    assert not re.search(r"url\((?!#)", bodies)
    names = re.findall(r'\bid="([^"]+)"', bodies)
    assert len(names) == len(set(names))
    assert {link[1:] for link in links} <= set(names)
    assert page.count("<svg") == 2 * len(mila.figures)


def test_parts_of_the_page_are_well_formed(mila: Report) -> None:
    page = to_html(mila)
    found = re.findall(r"<math\b.*?</math>|<svg\b.*?</svg>", page, flags=re.DOTALL)
    assert len(found) > 60
    for text in found:
        ET.fromstring(text.replace("&nbsp;", " "))


def test_every_formula_of_the_page_is_mathml(mila: Report) -> None:
    page = to_html(mila)
    assert '<div class="equations"><pre>' not in page
    assert r"<code>\frac" not in page


def test_two_reports_are_the_same_to_the_byte(gcu: Report) -> None:
    again = report(catalog.get("gcu"), backends=())
    assert to_html(again) == to_html(gcu)
    assert to_latex(again, place) == to_latex(gcu, place)
    assert not re.search(r"20[2-9]\d-\d\d-\d\d", to_html(gcu))


HOSTILE = Activation(
    name="custom",
    formula="x*erf(x)",
    title=r"<script>alert(1)</script> \input{x} `a` |b| $c$ 50% & é β 漢",
    source="defined by the user",
    convention=r"a # _ ^ ~ \ { } < > | `",
)


def test_hostile_text_stays_text() -> None:
    one = report(HOSTILE, backends=())
    page = to_html(one)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    outside = re.sub(
        r"\\begin{verbatim}.*?\\end{verbatim}",
        "",
        to_latex(one, place),
        flags=re.DOTALL,
    )
    assert r"\input{x}" not in outside
    assert r"\textbackslash{}input" in to_latex(one, place)
    heading = to_markdown(one, place).splitlines()[0]
    assert r"\<script\>" in heading
    assert r"\`a\` \|b\| \$c\$" in heading


def test_an_unknown_backend_is_a_mistake() -> None:
    with pytest.raises(errors.ParameterError, match="did you mean 'numpy'"):
        report(catalog.get("tanh"), backends=("numpi",))


def test_sections_are_left_out_and_the_command_says_so() -> None:
    one = report(catalog.get("tanh"), without=("code", "verification", "figures"))
    assert [s.title for s in one.sections] == [
        "Definition", "Derivatives", "Analysis", "Citation",
    ]  # fmt: skip
    assert one.certificates == ()
    assert one.figures == ()
    assert one.command == (
        "mila-analysis report -a tanh --without figures,verification,code"
    )
    for text in written(one).values():
        assert "import numpy" not in text
        assert "Appendix" not in text
    assert r"ppendix" not in written(one)["tex"]


@pytest.mark.parametrize("left_out", making.SECTIONS)
def test_each_section_can_be_left_out_alone(left_out: str) -> None:
    one = report(catalog.get("relu"), backends=(), without=(left_out,))
    missing = set(TITLES) - {s.title for s in one.sections}
    assert len(missing) == (2 if left_out == "code" else 1)
    assert any(left_out in title.lower() for title in missing)


def test_an_unknown_section_is_a_mistake() -> None:
    with pytest.raises(errors.ParameterError, match="did you mean 'figures'"):
        report(catalog.get("tanh"), without=("figure",))


def test_a_short_table_stays_with_its_heading(mila: Report) -> None:
    found = re.findall(r"\\room\{(\d+)\}\\section\{(.+?)\}", to_latex(mila, place))
    by_title = {title: int(lines) for lines, title in found}
    [errors_of] = [b for b in section(mila, TITLES[4]).blocks if isinstance(b, Table)]
    assert by_title[TITLES[4]] == by_title["Citation"] + len(errors_of.rows)
    assert by_title["Analysis"] == by_title["Citation"]


def test_no_line_of_code_is_wider_than_a_page() -> None:
    """Broken lines are Python still, where they were broken inside of a statement."""
    one = report(catalog.get("selu"), backends=())
    [code] = [b for b in section(one, TITLES[-1]).blocks if isinstance(b, Listing)]
    long = f"f = ({' + '.join(f'x_{n}' for n in range(60))})"
    changed = replace(code, text=f"{code.text}\ndef f(x):\n        {long}\n")
    text = to_latex(replace(one, sections=(Section("C", (changed,)),)), place)
    [shown] = re.findall(r"\\begin\{verbatim\}\n(.*?)\n\\end", text, flags=re.DOTALL)
    assert max(map(len, shown.splitlines())) <= FOLDED_COLUMNS
    last = textwrap.dedent(shown[shown.index("        f = (") :])
    assert len(last.splitlines()) > 2
    assert ast.unparse(ast.parse(last)) == ast.unparse(ast.parse(long))


def test_markdown_spells_no_command_that_github_refuses() -> None:
    text = to_markdown(report(catalog.get("gelu"), backends=()), place)
    mathematics = re.findall(r"```math.*?```|\$[^$\n]+\$", text, flags=re.DOTALL)
    assert any(r"\mathop{\mathrm{erf}}\nolimits" in found for found in mathematics)
    assert not any(r"\operatorname" in found for found in mathematics)
    assert not any(found.endswith(" $") for found in mathematics)
    table = [line for line in text.splitlines() if line.startswith("| ")]
    assert {line.replace(r"\|", "").count("|") for line in table} <= {4, 5}


class TestFiles:
    def test_markdown_has_its_figures_beside_it(self, mila: Report, tmp_path: Path):
        mila.save(tmp_path / "m.md")
        text = (tmp_path / "m.md").read_text("utf-8")
        named = re.findall(r"!\[.*?\]\(<(.*?)>\)", text)
        assert named == [f"m-{f.name}.svg" for f in mila.figures]
        for name in named:
            ET.parse(tmp_path / name)
        assert len(list(tmp_path.iterdir())) == 1 + len(named)

    def test_what_cannot_be_written_leaves_nothing(self, mila: Report, tmp_path: Path):
        (tmp_path / "m.md").mkdir()
        with pytest.raises(errors.NoPlaceError, match="it is a folder"):
            mila.save(tmp_path / "m.md")
        assert [p.name for p in tmp_path.iterdir()] == ["m.md"]

    @pytest.mark.parametrize("name", ["m.docx", "m", "m.html.gz"])
    def test_other_suffixes_are_refused(self, mila: Report, tmp_path: Path, name: str):
        with pytest.raises(errors.UnsupportedError, match="no report format in"):
            mila.save(tmp_path / name)
        assert not list(tmp_path.iterdir())

    def test_without_pdflatex_a_pdf_is_refused(self, mila, tmp_path, monkeypatch):
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(errors.UnsupportedError, match="takes pdflatex"):
            mila.save(tmp_path / "m.pdf")


@pytest.mark.tex
class TestPdf:
    def test_it_is_the_same_every_time_and_has_all_numbers(self, mila, tmp_path):
        import shutil
        import subprocess

        mila.save(tmp_path / "a.pdf")
        mila.save(tmp_path / "b.pdf")
        data = (tmp_path / "a.pdf").read_bytes()
        assert data.startswith(b"%PDF")
        assert data == (tmp_path / "b.pdf").read_bytes()
        assert sorted(p.name for p in tmp_path.iterdir()) == ["a.pdf", "b.pdf"]
        if shutil.which("pdftotext"):
            done = subprocess.run(
                ["pdftotext", "-layout", tmp_path / "a.pdf", "-"],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            numbers = [n for r in rows(mila.features) for n in NUMBER.findall(r.text)]
            assert [n for n in numbers if n not in done.stdout] == []

    def test_hostile_text_compiles(self, tmp_path):
        report(HOSTILE, backends=()).save(tmp_path / "a.pdf")
        assert (tmp_path / "a.pdf").stat().st_size > 20_000

    def test_what_tex_refuses_is_one_line(self, mila, tmp_path):
        broken = replace(mila, subtitle=(Math(r"\undefined"),))
        with pytest.raises(
            errors.MilaAnalysisError, match="Undefined control sequence"
        ):
            broken.save(tmp_path / "a.pdf")
        assert not list(tmp_path.iterdir())
