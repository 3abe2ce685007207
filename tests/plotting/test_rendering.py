from __future__ import annotations

import re

import pytest

from mila_analysis.errors import UnsupportedError
from mila_analysis.plotting import plot, render


@pytest.fixture
def figure(mila):
    return plot(mila, dpi=50)


def test_pdf_has_truetype_fonts_and_no_date(figure):
    text = render(figure, "pdf")
    assert b"/Type3" not in text
    assert b"/CIDFontType2" in text or b"/TrueType" in text
    assert b"CreationDate" not in text


def test_svg_has_paths_and_no_date(figure):
    text = render(figure, "svg").decode()
    assert "<text" not in text
    assert not re.search(r"20\d\d-\d\d-\d\d", text)


def test_png_has_the_size_asked_for(figure):
    width, height = (
        int.from_bytes(render(figure, "png")[at : at + 4]) for at in (16, 20)
    )
    assert (width, height) == (175, 125)


@pytest.mark.parametrize("name", ["PNG", ".png", "png"])
def test_a_format_may_be_written_as_a_suffix(figure, name):
    assert render(figure, name).startswith(b"\x89PNG")


def test_another_format_names_the_nearest(figure):
    with pytest.raises(UnsupportedError, match="did you mean 'svg'"):
        render(figure, "svgz")
