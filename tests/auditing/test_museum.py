"""docs/museum.md is what the data and today's verdicts give."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mila_analysis.auditing import museum

PAGE = Path(__file__).resolve().parents[2] / "docs" / "museum.md"

# What is right and what is wrong is known; the page must find the same.
KNOWN = {
    "A lost x": [False, True],
    "A parenthesis in the exponent, and y for β": [True],
    "A contour of another derivative": [False],
    "A gradient without its e³ˣ": [False, True, True],
    "A quotient upside down": [False, True],
    "F.mish, forward, backward and doubly backward": [False],
    "Right, and of no use to floats": [True],
    "A correction that was none": [True, False],
    "Parentheses in SiLU": [False, True],
    "“I can’t reconcile this”": [True, True],
    "A surrogate that overflows": [True, True],
    "tanh without its 1": [False, True],
    "A plus for a minus, proposed": [False, True],
    "Another tanh": [False, True],
    "A minus for a times": [False, True],
    "A parenthesis for a product": [False],
}


def plain(page: str) -> str:
    """The page without the numbers of floats, which depend on the machine a little."""
    return "\n".join(
        re.sub(r"[\d.]+(e[−+]\d+)?", "#", line)
        if re.search(r"as written|float(16|32|64)|note: torch", line)
        else line
        for line in page.splitlines()
    )


def test_every_exhibit_says_where_it_is_from():
    found = museum.exhibits()
    assert [e.title for e in found] == list(KNOWN)
    for exhibit in found:
        assert exhibit.address.startswith("https://")
        assert exhibit.source
        assert exhibit.pieces


@pytest.mark.catalog
def test_the_page_is_what_is_generated(request: pytest.FixtureRequest):
    made = museum.page()
    if request.config.getoption("--update-golden"):
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(made, encoding="utf-8")
    assert plain(PAGE.read_text(encoding="utf-8")) == plain(made)
    marks = {
        part.splitlines()[0]: [line[0] == "✓" for line in part.splitlines()
                               if line[:1] in ("✓", "✗")]
        for part in made.partition("\n## What PyTorch")[0].split("\n## ")[1:]
    }  # fmt: skip
    assert marks == KNOWN


def test_the_command_writes_the_page(tmp_path, monkeypatch):
    monkeypatch.setattr(museum, "exhibits", museum_of_one)
    museum.main([str(tmp_path / "page.md")])
    text = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert "✗ said:\n\n    $ mila-analysis audit -a tanh -p f_x -- 'x + 1'" in text


def museum_of_one() -> tuple[museum.Exhibit, ...]:
    piece = museum.Piece(says="said", shows="x + 1")
    return (museum.Exhibit("One", "us", "https://", "tanh", "f_x", {}, "", (piece,)),)
