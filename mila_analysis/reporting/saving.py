"""A report to files: the page, and the figures that stand beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mila_analysis import files
from mila_analysis.errors import NoPlaceError, UnsupportedError, suggestion
from mila_analysis.reporting.blocks import Figure

if TYPE_CHECKING:
    from mila_analysis.reporting.making import Report

__all__ = ["FORMATS", "check", "contents", "save", "write"]

FORMATS = ("html", "pdf", "md", "tex")


def check(path: Path | str) -> str:
    """Format that the suffix of a path says, if it can be made here.

    Raises:
        UnsupportedError: another suffix, or PDF without pdflatex.
        NoPlaceError: its folder is missing.
    """
    suffix = Path(path).suffix.lower().removeprefix(".")
    if suffix not in FORMATS:
        hint = suggestion(suffix, FORMATS) or f"; choose from {', '.join(FORMATS)}"
        raise UnsupportedError(f"no report format in '{path}'{hint}")
    if not Path(path).parent.is_dir():
        raise NoPlaceError(f"cannot write {path}: no folder {Path(path).parent}")
    if suffix == "pdf":
        from mila_analysis.reporting.pdf import compiler

        compiler()
    return suffix


def save(report: Report, path: Path | str) -> Path:
    """Write a report and its figures; all of them, or none.

    Raises:
        UnsupportedError: a suffix of no format, or PDF without pdflatex.
        WriteError: it could not be written.
    """
    write(contents(report, Path(path)), Path(path))
    return Path(path)


def write(made: Mapping[str, bytes | str], path: Path) -> list[Path]:
    """Write contents beside a path; all of them, or no new file.

    Raises:
        WriteError: one could not be written.
    """
    written: list[Path] = []
    new: list[Path] = []
    try:
        for name, content in made.items():
            file = path.with_name(name)
            is_new = not file.exists()
            files.write(file, content)
            written.append(file)
            new += [file] if is_new else []
    except BaseException:
        for file in new:
            file.unlink(missing_ok=True)
        raise
    return written


def contents(report: Report, path: Path) -> Mapping[str, bytes | str]:
    """Name of each file to what is in it, the report itself the last.

    Raises:
        UnsupportedError: a suffix of no format, or PDF without pdflatex.
    """
    suffix = check(path)
    if suffix == "html":
        from mila_analysis.reporting.html import to_html

        return {path.name: to_html(report)}
    if suffix == "pdf":
        from mila_analysis.reporting.pdf import to_pdf

        return {path.name: to_pdf(report)}
    encoding = "svg" if suffix == "md" else "pdf"

    def named(figure: Figure) -> str:
        return f"{path.stem}-{figure.name}.{encoding}"

    if suffix == "md":
        from mila_analysis.reporting.markdown import to_markdown

        text = to_markdown(report, named)
    else:
        from mila_analysis.reporting.latex import to_latex

        text = to_latex(report, named)
    drawn = {named(f): f.draw(encoding) for f in report.figures}
    return {**drawn, path.name: text}
