"""Features over a parameter: tables in all formats, and gaps where there is nothing."""

from __future__ import annotations

import csv
import io
import json
from fractions import Fraction

import pytest

from mila_analysis.analysis.sweeping import (
    COLUMNS,
    TABLES,
    Sweep,
    sweep,
    values_between,
)
from mila_analysis.catalog import define, get
from mila_analysis.errors import ParameterError


def swept(name: str, *values: int | Fraction) -> Sweep:
    one = get(name)
    return Sweep(one, "beta", tuple(sweep(one, "beta", [Fraction(v) for v in values])))


def test_a_table_has_a_row_a_value_and_proven_digits() -> None:
    found = swept("mila", -1, 0, 1)
    rows = list(csv.DictReader(io.StringIO(TABLES["csv"](found))))
    assert [row["beta"] for row in rows] == ["-1", "0", "1"]
    assert rows[1]["minimum_at"] == "-1.192431214515495"
    assert rows[1]["minimum"] == "-0.3088434130172504"
    curvatures = [float(row["curvature"]) for row in rows]
    assert curvatures == sorted(curvatures)


def test_json_has_both_ends_of_each_number() -> None:
    found = json.loads(TABLES["json"](swept("mila", 0)))
    cell = found["samples"][0]["lipschitz"]
    assert float(cell["low"]) <= 1.088498161251728 <= float(cell["high"])


def test_latex_and_text_have_a_line_a_value() -> None:
    found = swept("beta_mish", 1, 2)
    latex, text = TABLES["latex"](found), TABLES["text"](found)
    assert latex.count(r"\\") == 3
    assert latex.count("&") == 3 * len(COLUMNS)
    assert len(text.splitlines()) == 3


def test_what_there_is_not_is_left_empty() -> None:
    one = define("own", "log(1 + exp(b*x))/b", b=1)
    found = Sweep(one, "b", tuple(sweep(one, "b", [Fraction(1)])))
    (row,) = csv.DictReader(io.StringIO(TABLES["csv"](found)))
    assert row["minimum"] == ""
    assert float(row["lipschitz"]) == 1


@pytest.mark.parametrize(("low", "high", "points"), [(1, 1, 5), (2, 1, 5), (0, 1, 1)])
def test_ends_and_points_are_checked(low: int, high: int, points: int) -> None:
    with pytest.raises(ParameterError):
        values_between(Fraction(low), Fraction(high), points)
