"""`report` from the command line: files, stdout, and one line a mistake."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import typer

from mila_analysis.cli import app
from mila_analysis.cli.exits import run
from mila_analysis.verification import verify
from mila_analysis.verification.finding import FAILED


def report(*arguments: str) -> int:
    return run(typer.main.get_command(app), ["report", *arguments])


def test_a_page_goes_where_it_is_asked_for(tmp_path: Path, capsys) -> None:
    target = tmp_path / "t.html"
    assert report("-a", "tanh", "-b", "numpy", "-o", str(target)) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"mila-analysis: wrote {target}\n"
    page = target.read_text("utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "identities proved" in page
    assert "report -a tanh -b numpy" in page


def test_json_names_every_file(tmp_path: Path, capsys) -> None:
    target = tmp_path / "t.md"
    given = ("--no-verify", "--json", "-o", str(target))
    assert report("-a", "mila", "--beta", "-0.25", *given) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["files"][-1] == str(target)
    assert len(said["files"]) == 5
    assert all(Path(name).is_file() for name in said["files"])
    assert said["activations"] == ["mila:beta=-0.25"]
    assert said["passed"] is True


def test_code_is_left_out(capsys) -> None:
    given = ("-a", "relu", "--without", "figures, Verification", "--no-code")
    assert report(*given, "-o", "-") == 0
    page = capsys.readouterr().out
    assert "Generated code" not in page
    assert "Citation" in page
    assert "report -a relu --without figures,verification,code" in page


def test_stdout_is_the_page(capsysbinary) -> None:
    assert report("-a", "relu", "--no-verify", "-o", "-") == 0
    out, err = capsysbinary.readouterr()
    assert out.startswith(b"<!DOCTYPE html>")
    assert out.endswith(b"</html>\n")
    assert err == b""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("-o", "m.doc"), "no report format in 'm.doc'"),
        (("-o", "none/m.html"), "no folder none"),
        (("-a", "relu", "-a", "tanh"), "report takes one activation, not 2"),
        (("-b", "numpi"), "did you mean 'numpy'"),
        (("-b", "c", "--no-verify"), "--no-verify leaves nothing"),
        (("-b", "c", "--without", "verification"), "leaves nothing to --backend"),
        (("--without", "cod"), "did you mean 'code'"),
        (("-a", "nonsense"), "nonsense"),
        (("-a", "tanh", "--threshold", "-1", "--no-verify"), "threshold"),
        (("-a", "tanh", "--beta", "1"), "beta"),
    ],
)
def test_a_mistake_is_one_line(
    tmp_path: Path, monkeypatch, capsys, arguments: tuple[str, ...], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert report(*arguments) == 2
    out, err = capsys.readouterr()
    assert says in err.splitlines()[0]
    assert out == ""
    assert not list(tmp_path.iterdir())


def test_without_pdflatex_a_pdf_is_refused_at_once(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert report("-o", str(tmp_path / "m.pdf")) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "takes pdflatex, which is not installed" in line


def test_code_that_fails_is_reported_and_exits_1(tmp_path, monkeypatch, capsys):
    from mila_analysis.reporting import making

    def failed(code, **options):
        found = verify(code, legs=("text",), **options)
        bad = replace(found.findings[0], status=FAILED, detail="planted")
        return replace(found, findings=(bad,))

    monkeypatch.setattr(making, "verify", failed)
    target = tmp_path / "t.md"
    assert report("-a", "tanh", "-b", "numpy", "-o", str(target)) == 1
    written, error = capsys.readouterr().err.splitlines()
    assert "wrote " in written
    assert "error: this code does not keep its promises" in error
    text = target.read_text("utf-8")
    assert "FAILED: " in text
    assert "planted" in text
    assert "Unverified: nothing has checked this file" in text
