"""Theorems about families: what is proved, that it is so, and what is not claimed."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
import sympy

from mila_analysis import analyze
from mila_analysis.analysis.families import Z, scaling, shifted
from mila_analysis.analysis.theorems import theorems
from mila_analysis.balls import Enclosure
from mila_analysis.catalog import CATALOG, define, get

E = Z


def test_mila_has_one_minimum_and_two_inflections_for_every_beta() -> None:
    minimum, inflections = shifted(get("mila"))
    assert [b.kind for b in minimum.branches] == ["minimum"]
    assert [b.kind for b in inflections.branches] == ["inflection"] * 2
    u = 1 + E
    place = -(u**2 + u + 1 + 1 / u) / 4
    assert sympy.cancel(minimum.place - place) == 0
    assert sympy.cancel(minimum.value + E * (E + 2) ** 2 / (4 * (1 + E))) == 0
    slope = E * sympy.diff(-place, E)
    assert sympy.cancel(minimum.rate + slope / (1 + slope)) == 0


@pytest.mark.parametrize("beta", ["-7", "-1/4", "0", "3/2", "9"])
def test_the_theorem_says_what_analysis_finds(beta: str) -> None:
    value = Fraction(beta)
    found = analyze(get("mila").bind(beta=value))
    for theorem, points in zip(
        shifted(get("mila")),
        ([m.low for m in found.minima or ()], [p.x for p in found.inflections or ()]),
        strict=True,
    ):
        assert len(points) == len(theorem.branches)
        for point in points:
            assert isinstance(point, Enclosure)
            x = sympy.Rational(point.mid.numerator, point.mid.denominator)
            z = sympy.exp(x + sympy.Rational(value.numerator, value.denominator))
            gap = sympy.N(theorem.place.subs(Z, z) - x, 25)
            assert abs(gap) < 1e-18 * max(1, abs(x))


def test_a_family_that_loses_its_minimum_is_not_claimed() -> None:
    """x·exp(x + b) + exp(2(x + b)): the number of critical points hangs on b."""
    family = define("own", "x*exp(x + b) + exp(2*x + 2*b)/4 + x", b=0)
    counts = {len(analyze(family.bind(b=b)).minima or ()) for b in (-6, 0, 3)}
    assert len(counts) > 1
    assert all(t.partial != "f_x" for t in shifted(family))


def test_swish_and_snake_are_scaled() -> None:
    found = {a.name: scaling(a) for a in CATALOG if len(a.parameters) == 1}
    assert {name for name, s in found.items() if s} == {"swish", "snake"}
    assert all(s.power == -1 for s in found.values() if s)


def test_functions_without_a_parameter_have_no_theorems() -> None:
    assert theorems(get("gelu")) == ()
    assert theorems(get("relu")) == ()


def test_sentences() -> None:
    texts = [t.text for t in theorems(get("mila"))]
    assert texts[0].startswith("For every beta: exactly one local minimum, at\n")
    assert "E        = exp(beta + x)" in texts[0]
    assert "exactly two inflection points, one between E = 0, 0.88922" in texts[1]
    (scaled,) = theorems(get("swish"))
    assert "f(x; beta) = f(beta·x; 1)/beta" in scaled.text
    latex: Any = theorems(get("mila"))[0].latex
    assert r"\frac{dx}{d\beta}" in latex
