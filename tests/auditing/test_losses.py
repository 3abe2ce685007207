"""Formulas as written: where floats lose them."""

from __future__ import annotations

from mila_analysis.auditing import audit, report


def firsts(text: str, activation: str, partial: str, dtype: str) -> list[str]:
    found = audit(text, activation, partial)
    assert found.proved
    (looked,) = (s for s in found.losses[partial] if s.format == dtype)
    return [str(f) for f in looked.failures]


def test_the_quotient_of_exponentials_overflows():
    text = "e^x w/d^2; w = 4(x+1)+4e^(2x)+e^(3x)+e^x(4x+6); d = 2e^x+e^(2x)+2"
    assert firsts(text, "mish", "f_x", "float64")[0] == "NaN from x = 177.4"
    assert firsts(text, "mish", "f_x", "float32")[0] == "NaN from x = 22.18"


def test_the_order_of_operations_is_kept():
    early = "(e^x*(x + e^x + 1))/(e^x + 1)^2"
    late = "e^x/(e^x + 1)*((x + e^x + 1)/(e^x + 1))"
    assert firsts(early, "silu", "f_x", "float32")[0] == "NaN from x = 44.36"
    assert firsts(late, "silu", "f_x", "float32")[0] == "NaN from x = 88.72"


def test_a_stable_form_has_nothing_to_report():
    assert firsts("tanh(x)", "tanh", "f", "float64") == []
    assert firsts("x tanh(softplus(x))", "mish", "f", "float32") == []


def test_cancellation_is_found_and_the_cure_too():
    assert firsts("1 - tanh(x)^2", "tanh", "f_x", "float64")[0].startswith(
        "≥ 50 % wrong"
    )
    cured = firsts("(2/(e^x+e^-x))^2", "tanh", "f_x", "float64")
    assert cured == []


def test_a_gap_is_told():
    found = audit("y/x; y = x^2 tanh(softplus(x))", "mish", "f")
    assert "NaN at x = 0" in report(found)


def test_the_exit_does_not_depend_on_it():
    found = audit("x*(1 - 2/((1+e^x)^2 + 1))", "mish", "f")
    assert found.passed
    assert any(s.failures for s in found.losses["f"])


def test_free_parameters_are_tried_at_their_defaults():
    found = audit("x tanh(softplus(x+β))", "mila", "f")
    assert "floats were tried at β = 0" in found.notes
