from __future__ import annotations

import pytest

from mila_analysis import catalog
from mila_analysis.partials import parse
from mila_analysis.plotting import _labels


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("f", "$f$"),
        ("f_x", r"$\partial f\,/\,\partial x$"),
        ("f_beta", r"$\partial f\,/\,\partial \beta$"),
        ("f_xx", r"$\partial^{2} f\,/\,\partial x^{2}$"),
        ("f_xbeta", r"$\partial^{2} f\,/\,\partial x\,\partial \beta$"),
    ],
)
def test_partials_on_one_line(mila, name, label):
    assert _labels.partial_label(mila, parse(name, mila.variables)) == label


def test_a_family_is_told_apart_by_its_parameter(family):
    assert _labels.family_title(family) == "Mila"
    assert _labels.family_labels(family)[0] == r"$\beta = -2$"


def test_different_functions_keep_their_names(mila, relu):
    assert _labels.family_title([mila, relu]) == ""
    assert _labels.family_labels([mila, relu]) == (r"Mila ($\beta = 0$)", "ReLU")


def test_what_a_family_has_alike_is_left_out():
    two = catalog.define("two", "x * tanh(a * x + b)", a=1, b=2)
    labels = _labels.family_labels([two, two.bind(a=3)])
    assert labels == ("$a = 1$", "$a = 3$")


@pytest.mark.parametrize(
    ("value", "text"),
    [(-1.2, "{-1.20}"), (0.25, "{0.250}"), (1e-7, r"{1.00 \times 10^{-7}}")],
)
def test_numbers(value, text):
    assert _labels.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(-0.5, "-0.5"), (0.0, "0"), (1e300, "10^{300}"), (2.5e9, r"2.5 \times 10^{9}")],
)
def test_levels(value, text):
    assert _labels.short(value) == text
