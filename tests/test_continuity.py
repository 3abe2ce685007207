"""Where a formula is undefined, jumps or has a kink; and where it is none of it."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest

from mila_analysis.catalog import CATALOG, resolve
from mila_analysis.continuity import breaks
from mila_analysis.continuity.cuts import FAR, cuts_of, is_positive
from mila_analysis.formula import parse

SAID = {
    "log(x)": ["log(x) is undefined for x ≤ 0"],
    "1/x": ["1/x is undefined at x = 0"],
    "sin(x)/x": ["1/x is undefined at x = 0"],
    "where(x > 1, 1, 0)": ["jumps at x = 1: 0 → 1"],
    "sign(x)": ["jumps at x = 0: -1 → 1"],
    "where(x > 0, 1, where(x < 0, 1, 5))": ["is 5 at x = 0 alone, and 1 beside it"],
    "abs(x)": ["has a kink at x = 0: slope -1 → 1"],
    "sqrt(1 - x**2)": [
        "sqrt(1 - x**2) is undefined for x < -1",
        "sqrt(1 - x**2) is undefined for x > 1",
    ],
    "log(x + 3)/(x - 2)": [
        "log(x + 3) is undefined for x ≤ -3",
        "1/(x - 2) is undefined at x = 2",
    ],
    "1/(x**2 - 2)": [
        "1/(x**2 - 2) is undefined at x = -1.41421",
        "1/(x**2 - 2) is undefined at x = 1.41421",
    ],
    "1/(exp(x) - 3)": ["1/(exp(x) - 3) is undefined at x = 1.09861"],
    "1/(exp(2*x - 1) - 1)": ["1/(exp(2*x - 1) - 1) is undefined at x = 0.5"],
    "log(exp(x) - x - 2)": [
        "log(-x + exp(x) - 2) is undefined for -1.84141 ≤ x ≤ 1.14619"
    ],
    "x**0.3": ["x**(3/10) is undefined for x < 0"],
    "log(b*x):b=-2": ["log(-2*x) is undefined for x ≥ 0"],
    "where(x > b, x, -x):b=2": ["jumps at x = 2: -2 → 2"],
    "log(erf(x))": ["log(erf(x)) is undefined for x ≤ 0"],
    "log(-1 - x**2)": ["log(-x**2 - 1) is undefined everywhere"],
    "sqrt(abs(x))": ["has no slope at x = 0 on one side"],
    "where(x > 0, log(x), x)": [
        "a case has no value at its end x = 0: not decided if it jumps"
    ],
    "where(x > 0, log(x), 0) + where(x > 3, 1, 0)": [
        "a case has no value at its end x = 0: not decided if it jumps",
        "jumps at x = 3: 1.09861 → 2.09861",
    ],
    "where(x*x > 2, 1, 0)": [
        "jumps at x = -1.41421: 1 → 0",
        "jumps at x = 1.41421: 0 → 1",
    ],
    "where(exp(x) > 2, x, log(2))": ["has a kink at x = 0.693147: slope 0 → 1"],
    "clip(x, -1, 1)": [
        "has a kink at x = -1: slope 0 → 1",
        "has a kink at x = 1: slope 1 → 0",
    ],
    "x/(1 + exp(-x))": [],
    "relu(x)**3": [],
    "1/(1 + exp(-x) + x**2)": [],
    "log(1 + exp(x)) + sqrt(1 + x**2) + 1/(1 + abs(x))": [
        "has a kink at x = 0: slope 1.5 → -0.5"
    ],
    "log(sin(x) + 1.5)": [],
    "tanh(x)/exp(x)": [],
    "where(x > 0, 1/(x + 1), 1)": ["has a kink at x = 0: slope 0 → -1"],
    "where(x > 0, sqrt(x), 0)": ["has no slope at x = 0 on one side"],
    "exp(where(x > 0, x**2, x**3))": [],
    "sqrt(x**2)*exp(x)": ["takes a root of 0 at x = 0, and may have no slope there"],
    "sqrt(x**2 + x**4 + 1)": [],
}


@pytest.mark.parametrize("text", SAID)
def test_every_place_is_found_and_no_other(text):
    assert list(map(str, breaks(resolve(text)))) == SAID[text]


def test_infinitely_many_places_are_said_to_be_undecided():
    found = breaks(resolve("log(cos(x))"))
    assert found[-1].kind == "undecided"
    assert "nothing was decided" in str(found[-1])
    assert all(p.kind == "undefined" for p in found[:-1])
    assert len(found) > 5


def test_what_cannot_be_decided_in_time_is_said_to_be_undecided(monkeypatch):
    monkeypatch.setattr("mila_analysis.continuity.places.MAX_SECONDS", 0.001)
    (place,) = breaks(resolve("log(x - tanh(x*sin(x)) + erf(x)*cos(x))"))
    assert place.kind == "undecided"


@pytest.mark.parametrize("activation", CATALOG, ids=lambda a: a.name)
def test_the_catalog_is_looked_at_at_once(activation):
    breaks(activation)
    start = time.process_time()
    found = breaks(activation)
    assert time.process_time() - start < 0.5
    assert activation.convention or not found


def test_places_are_in_the_order_of_the_line():
    found = breaks(resolve("abs(x - 2) + abs(x + 1) + 1/(x - 1)"))
    assert [p.low for p in found] == [-1, 1, 2]


class TestCuts:
    @staticmethod
    def cuts(text: str):
        parsed = parse(text)
        return cuts_of(parsed.cases[0].expression, parsed.variables[0])

    def test_they_are_within_their_precision(self):
        (cut,) = self.cuts("exp(x) - 3").points
        assert not cut.is_exact
        assert abs(cut.at - Fraction("1.0986122886681098")) < Fraction(1, 10**15)

    def test_a_double_root_is_found_or_said_to_be_undecided(self):
        found = self.cuts("(x - tanh(x)/2)**2")
        assert [c.at for c in found.points] == [0]
        found = self.cuts("x**2 - 2*x*tanh(x) + tanh(x)**2 + 0*x")
        assert not found.is_complete or [round(c.at) for c in found.points] == [0]

    def test_far_out_is_looked_at_too(self):
        (cut,) = self.cuts("x - 1e9 - tanh(x)").points
        assert round(cut.at) == 10**9 + 1
        assert self.cuts("exp(x) + x**2 + 5").reach == 2**FAR

    @pytest.mark.parametrize(
        ("text", "positive"),
        [("1 + exp(x)", True), ("x**2 + 1", True), ("x**2", False), ("x", False),
         ("1 + x", False), ("exp(x)*(2 + x**4)", True), ("sqrt(x) + 1", True)],
    )  # fmt: skip
    def test_what_is_plainly_positive(self, text, positive):
        assert is_positive(parse(text).cases[0].expression) == positive
