"""The survey of the catalog: rows, JSON and back, the page, the committed one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mila_analysis import surveying
from mila_analysis.catalog import CATALOG, get
from mila_analysis.errors import ParameterError
from mila_analysis.kernels import generate_code
from mila_analysis.surveying import Survey, Worst, page
from mila_analysis.surveying.page import above

ROOT = Path(__file__).resolve().parents[1]
COMMITTED = ROOT / "docs" / "certificates" / "catalog.json"
VERSIONS = {"mila-analysis": "0"}


@pytest.fixture(scope="module")
def found() -> Survey:
    (rows,) = surveying.survey([get("relu")], ["numpy"], dtypes=["float64"])
    return Survey(rows, VERSIONS)


def test_a_row_is_of_the_text_that_we_generate(found: Survey) -> None:
    (row,) = found.rows
    assert row.key == ("relu", "numpy", "float64")
    assert row.digest == generate_code(get("relu"), "numpy").digest
    assert row.passed
    assert set(row.worst) == {"f", "f_x", "f_xx"}
    assert all(error.ulp == 0 for error in row.worst.values())


def test_json_reads_back(found: Survey) -> None:
    assert Survey.from_json(found.to_json()) == found


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 1, "rows": [{}]}'])
def test_what_is_no_survey_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ParameterError, match="not the JSON of a survey"):
        Survey.from_json(text)


def test_what_is_known_of_the_same_text_is_not_tried_again(
    found: Survey, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("it was verified again")

    monkeypatch.setattr(surveying.running, "verify", refuse)
    kept = surveying.survey([get("relu")], ["numpy"], dtypes=["float64"], known=found)
    assert list(kept) == [found.rows]
    other = Survey(tuple(replace(r, digest="0") for r in found.rows), VERSIONS)
    with pytest.raises(AssertionError, match="verified again"):
        list(
            surveying.survey([get("relu")], ["numpy"], dtypes=["float64"], known=other)
        )


def test_the_page_says_what_is_above_and_what_failed(found: Survey) -> None:
    (row,) = found.rows
    high = replace(
        row,
        passed=False,
        worst={
            "f": Worst(7.25, "1.5", "above 5 ulp, κ = 1.0"),
            "f_x": Worst(None, "2"),
        },
        remarks=("edges f: nan at x = inf",),
    )
    shown = page([get("relu")], Survey((high,), VERSIONS))
    assert "| `relu` | homogeneous | 7.2 / inf / 0.0 ✗ |" in shown
    assert "- `relu` f, numpy float64: 7.2 ulp at x = 1.5; above 5 ulp" in shown
    assert "edges f: nan at x = inf" in shown
    assert get("relu").source in shown
    assert not list(above(found))


def test_the_committed_survey_is_of_the_whole_catalog_and_the_page_is_its_own() -> None:
    kept = Survey.from_json(COMMITTED.read_text(encoding="utf-8"))
    kinds = {(b, d) for _, b, d in (row.key for row in kept.rows)}
    assert kinds == {
        (b, d) for b in ("numpy", "torch", "c") for d in ("float64", "float32")
    }
    assert {row.name for row in kept.rows} == {a.name for a in CATALOG}
    assert len(kept.rows) == len(kinds) * len(CATALOG)
    assert all(row.passed for row in kept.rows)
    assert (ROOT / "docs" / "catalog.md").read_text(encoding="utf-8") == page(
        CATALOG, kept
    )


@pytest.mark.parametrize("activation", CATALOG, ids=lambda a: a.name)
def test_the_committed_survey_is_of_the_code_as_it_is_now(activation) -> None:
    kept = Survey.from_json(COMMITTED.read_text(encoding="utf-8"))
    rows = [row for row in kept.rows if row.name == activation.name]
    for backend in ("numpy", "torch", "c"):
        digest = generate_code(activation, backend).digest
        assert {r.digest for r in rows if r.backend == backend} == {digest}
