"""A report to PDF, by pdflatex in a folder of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from mila_analysis.errors import MilaAnalysisError, UnsupportedError
from mila_analysis.reporting.blocks import Figure
from mila_analysis.reporting.latex import to_latex

if TYPE_CHECKING:
    from mila_analysis.reporting.making import Report

__all__ = ["TypesettingError", "compiler", "to_pdf"]

NAME = "report"
RUNS = 2  # a table over several pages knows the width of its columns at the second
MAX_SECONDS = 120


class TypesettingError(MilaAnalysisError, RuntimeError):
    """What pdflatex has against a document."""

    exit_code = 1


def compiler() -> str:
    """Path of pdflatex.

    Raises:
        UnsupportedError: it is not installed.
    """
    found = shutil.which("pdflatex")
    if found is None:
        raise UnsupportedError(
            "a PDF takes pdflatex, which is not installed (Debian, Ubuntu: apt install "
            "texlive-latex-base); HTML, Markdown and LaTeX need nothing"
        )
    return found


def to_pdf(report: Report) -> bytes:
    """The bytes of the PDF; the same ones every time.

    Raises:
        UnsupportedError: pdflatex is not installed.
        TypesettingError: pdflatex fails; says why.
    """
    program = compiler()
    with tempfile.TemporaryDirectory(prefix="mila-analysis-") as name:
        folder = Path(name)
        for figure in report.figures:
            (folder / _place(figure)).write_bytes(figure.draw("pdf"))
        text = to_latex(report, _place)
        (folder / f"{NAME}.tex").write_text(text, encoding="utf-8")
        for _ in range(RUNS):
            _run(program, folder)
        return (folder / f"{NAME}.pdf").read_bytes()


def _place(figure: Figure) -> str:
    return f"{figure.name}.pdf"


def _run(program: str, folder: Path) -> None:
    command = [program, "-no-shell-escape", "-interaction=nonstopmode",
               "-halt-on-error", f"{NAME}.tex"]  # fmt: skip
    variables = {**os.environ, "SOURCE_DATE_EPOCH": "0", "max_print_line": "1000"}
    try:
        done = subprocess.run(  # noqa: S603 - pdflatex, no shell
            command, cwd=folder, env=variables, capture_output=True, check=False,
            timeout=MAX_SECONDS, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise TypesettingError(f"pdflatex takes more than {MAX_SECONDS} s") from None
    if done.returncode != 0:
        raise TypesettingError(f"pdflatex: {_complaint(done.stdout)}")


def _complaint(log: bytes) -> str:
    """The first line of its log that reports a mistake."""
    text = log.decode("utf-8", "replace")
    found = re.search(r"^! (.+)$", text, re.MULTILINE)
    return found[1].strip() if found else "it failed without a word"
