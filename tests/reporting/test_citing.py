"""Sources of the catalog as BibTeX, and this program's own entry."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mila_analysis import Activation, __version__, catalog
from mila_analysis.reporting.citing import entries, of_activation, of_software

ROOT = Path(__file__).resolve().parents[2]


def fields(entry: str) -> dict[str, str]:
    found = re.findall(r"^  (\w+) += \{(.*?)\},$", entry, re.MULTILINE | re.DOTALL)
    return {name: " ".join(value.split()) for name, value in found}


@pytest.mark.cheap
@pytest.mark.parametrize("name", catalog.names())
def test_every_source_gives_an_entry(name: str) -> None:
    one = catalog.get(name)
    entry = of_activation(one)
    found = fields(entry)
    assert entry.startswith("@misc{")
    assert entry.count("{") == entry.count("}")
    assert "author" in found or one.source.replace("_", r"\_") in found["note"]
    numbers = re.findall(r"arXiv:([\d.]+)", one.source.partition(";")[0])
    assert [found["eprint"]] == numbers if numbers else "eprint" not in found


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mila", {"author": "D. Misra", "title": "{Mila}", "year": "2019",
                  "howpublished": r"\url{https://github.com/digantamisra98/Mila}"}),
        ("relu", {"author": "V. Nair and G. E. Hinton", "year": "2010",
                  "howpublished": "ICML"}),
        ("star_relu", {"author": "W. Yu and others", "eprint": "2210.13452",
                       "title": "{MetaFormer Baselines for Vision}", "year": "2022",
                       "archiveprefix": "arXiv"}),
        ("gcu", {"author": "M. M. Noel and Arunkumar L and A. Trivedi and P. Dutta"}),
    ],
)  # fmt: skip
def test_what_entries_say(name: str, expected: dict[str, str]) -> None:
    assert fields(of_activation(catalog.get(name))).items() >= expected.items()


def test_the_program_is_cited_as_its_own_file_says() -> None:
    file = (ROOT / "CITATION.cff").read_text("utf-8")
    entry = " ".join(of_software().split())
    assert re.search(r'^title: "(.*)"$', file, re.MULTILINE)[1] in entry
    assert re.search(r"^version: (.*)$", file, re.MULTILINE)[1] == __version__
    assert f"Version {__version__}" in entry


def test_what_a_user_defined_has_no_source() -> None:
    assert entries(catalog.resolve("x*erf(x)")) == [of_software()]


def test_accents_and_signs_are_spelled_for_bibtex() -> None:
    one = Activation(name="a", formula="x", source="É. Müller, 100% {x}_y & Šlé, 2020")
    assert r"100\% \{x\}\_y \& {\v{S}}l{\'{e}}" in " ".join(of_activation(one).split())
