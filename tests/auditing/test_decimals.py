"""Decimals that are roundings: right ones pass, each wrong one is named and mended."""

from __future__ import annotations

from fractions import Fraction

import pytest

from mila_analysis.auditing.decimals import decimals_of, half_unit
from mila_analysis.notation.text import read_text

COLD = {"values": {"beta": "-0.25"}}
RIGHT = (
    "e^x(8.468x + 5.1361e^(2x) + e^(3x) + e^x(6.59489x + 9.89233) + 8.468)"
    "/(3.29744 + 2.56805e^x + e^(2x))^2"
)


def test_each_constant_is_found_to_many_digits(verdict):
    found = verdict(RIGHT, "mila", "f_x", **COLD)
    constants = {c.printed: c.exact for c in found.constants}
    assert constants["8.468"].startswith("8.46800006645069")  # 4·e^0.75
    assert constants["3.29744"].startswith("3.29744254140025")  # 2·e^0.5
    assert all(c.is_rounding for c in found.constants)
    assert not found.proved


@pytest.mark.parametrize(
    ("printed", "wrong"),
    [("8.468x", "8.469x"), ("2.56805", "2.56806"), ("9.89233", "9.89223")],
)
def test_a_misprint_is_named_with_its_correction(verdict, printed, wrong):
    found = verdict(RIGHT.replace(printed, wrong), "mila", "f_x", **COLD)
    assert found.verdict == "different"
    plain = printed.rstrip("x")
    assert found.hints[0].startswith(f"{wrong.rstrip('x')} should be {plain} (")


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("x tanh(ln(1 + 0.7788e^x))", True),
        ("x tanh(ln(1 + 0.779e^x))", True),
        ("x tanh(ln(1 + 0.778e^x))", False),
        ("x tanh(ln(1 + 0.78e^x))", False),  # two digits are meant exactly
        ("x tanh(ln(1 + 0.8e^x))", False),
        ("x tanh(ln(1.0 + e^(x - 0.25)))", True),
        ("x tanh(ln(1 + e^(x - 0.250)))", True),
        ("x tanh(ln(1 + e^(x - 0.251)))", False),
        ("x tanh(1.00ln(1 + 0.77880e^x))", True),
        ("0.999x tanh(ln(1 + 0.77880e^x))", False),
    ],
)
def test_few_digits_are_exact_and_many_are_roundings(verdict, text, passes):
    assert verdict(text, "mila", "f", **COLD).passed == passes


def test_decimals_that_can_trade_places_are_no_obstacle(verdict):
    # 0.304 + 0.475 = 0.779, and only the sum is determined
    text = "x tanh(ln(1 + 0.304e^x + 0.475e^x))"
    assert verdict(text, "mila", "f", **COLD).passed
    assert not verdict(text.replace("475", "485"), "mila", "f", **COLD).passed


def test_a_long_decimal_of_another_constant_is_wrong(verdict):
    text = "x tanh(ln(1 + 0.77880078307140486825e^x))"
    assert verdict(text, "mila", "f", **COLD).passed
    assert not verdict(text.replace("825e", "835e"), "mila", "f", **COLD).passed


def test_what_counts_as_a_rounding():
    tree = read_text("0.5x + 2.0x + 0.125x + 8.468x + 12x + 1.5e-3x + 1.25e-3x", ("x",))
    assert [n.text for n in decimals_of(tree)] == ["0.125", "8.468", "1.25e-3"]
    assert half_unit("8.468") == Fraction(1, 2000)
    assert half_unit("1.25e-3") == Fraction(1, 200000)
