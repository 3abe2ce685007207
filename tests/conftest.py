"""What every test runs under, and fixtures that several folders of tests share."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from mila_analysis import catalog
from mila_analysis.stability import stabilize

ROOT = Path(__file__).resolve().parents[1]

# A clock that a busy machine stops is no finding, and CI repeats what it found.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


# Tests that list the catalog take these entries, which stand for all kinds of formula,
# and the others when they are asked for: `-m catalog`. What is marked as cheap takes
# all always.
STANDING = {
    "mila", "mish", "swish", "gelu", "tanhexp", "softplus", "squareplus", "tanh",
    "relu", "prelu", "hard_swish",
}  # fmt: skip
ENTRIES = {id(activation): activation.name for activation in catalog.CATALOG}


@pytest.hookimpl(tryfirst=True)  # before `-m` is looked at
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        cheap = item.get_closest_marker("cheap")
        if cheap is None and _entries(item) - STANDING:
            item.add_marker("catalog")


def _entries(item: pytest.Item) -> set[str]:
    """The entries of the catalog that a test was given out of a list of them all."""
    given = getattr(item, "callspec", None)
    if given is None or not any(map(_lists, item.iter_markers("parametrize"))):
        return set()
    return set(filter(None, map(_entry, given.params.values())))


def _lists(mark: pytest.Mark) -> bool:
    """Whether a parametrization walks the catalog, be it but for an entry or two."""
    found = {_entry(value) for values in mark.args[1] for value in _values(values)}
    return len(found) > len(catalog.CATALOG) / 2


def _values(given: Any) -> Iterable[Any]:
    values = given.values if hasattr(given, "marks") else given  # of pytest.param
    return values if isinstance(values, (tuple, list)) else (values,)


def _entry(value: Any) -> str | None:
    """Name of an entry of the catalog, given by itself or by name."""
    if isinstance(value, str):
        return value if value in ENTRIES.values() else None
    return ENTRIES.get(id(value))


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The terminal of the person who runs the tests must not change what they see."""
    for name in ("FORCE_COLOR", "GITHUB_ACTIONS", "PY_COLORS", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("MPLBACKEND", "Agg")


@pytest.fixture
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """Code is that of the strategy `direct`, which is taken only where it is named."""
    spelled_out = partial(stabilize, strategy="direct")
    monkeypatch.setattr("mila_analysis.kernels.stabilize", spelled_out)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write tests/golden/ anew instead of comparing with it",
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest):
    """Function of a name and a text: the text must be that of tests/golden/NAME."""

    def check(name: str, text: str) -> None:
        path = ROOT / "tests" / "golden" / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.is_file(), f"no {path.name}: run pytest --update-golden"
        assert text == path.read_text(encoding="utf-8")

    return check


RENDER = """
    const katex = require(process.argv[1]);
    const options = {displayMode: true, strict: "error", throwOnError: true};
    const fault = latex => {
        try { katex.renderToString(latex, options); return ""; }
        catch (error) { return error.message; }
    };
    const formulas = JSON.parse(require("fs").readFileSync(0, "utf-8"));
    console.log(JSON.stringify(formulas.map(fault)));
"""


@pytest.fixture(scope="session")
def katex():
    """Function of LaTeX formulas: what KaTeX has against each, or nothing."""
    folders = sorted(ROOT.glob("build/katex-*/node_modules/katex"))
    if not folders or not shutil.which("node"):
        pytest.fail("no KaTeX here: run `make test-tex`")

    def faults(*formulas: str) -> list[str]:
        done = subprocess.run(
            ["node", "-e", RENDER, folders[-1]],
            input=json.dumps(formulas),
            capture_output=True,
            check=True,
            encoding="utf-8",
        )
        return json.loads(done.stdout)

    return faults


@pytest.fixture
def pdflatex(tmp_path: Path):
    """Function of a LaTeX document: pdflatex's log, once it made a PDF of it."""
    if not shutil.which("pdflatex"):
        pytest.fail("no pdflatex here: run `make test-tex`")

    def compiled(document: str) -> str:
        (tmp_path / "document.tex").write_text(document, encoding="utf-8")
        options = ["-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape"]
        done = subprocess.run(
            ["pdflatex", *options, "document.tex"],
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            encoding="utf-8",
            errors="replace",
        )
        assert done.returncode == 0, done.stdout
        assert (tmp_path / "document.pdf").stat().st_size > 0
        return done.stdout

    return compiled
