"""What is wrong is named, where it can be shown."""

from __future__ import annotations

import pytest

from mila_analysis.auditing import audit

OMEGA = "4(x+1) + 4e^(2x) + e^(3x) + e^x(4x+6)"
DELTA = "2e^x + e^(2x) + 2"


def hint(text: str, activation: str, partial: str, **options: object) -> str:
    found = audit(text, activation, partial, losses=False, **options)
    assert found.verdict == "different"
    return "\n".join(found.hints)


@pytest.mark.parametrize(
    ("text", "activation", "partial", "said"),
    [
        ("x sech(softplus(x+β))^2 σ(x+β)", "mila", "f_x", "it is f_beta, not f_x"),
        ("-x tanh(softplus(x))", "mish", "f", "it is −f: the sign is wrong"),
        ("2x tanh(softplus(x))", "mish", "f", "it is 2 times f"),
        ("1/(x tanh(softplus(x)))", "mish", "f", "1/f"),
        ("tanh(softplus(x))", "mish", "f", "f/x: a factor x is missing"),
        ("x^2 tanh(softplus(x))", "mish", "f", "x times f"),
        ("x tanh(softplus(x - 1/4))", "mila", "f", "f for β = -0.25 (try --beta"),
        ("(1-e^-x)/(1+e^-x)", "tanh", "f", "f at x/2"),
        ("exp(log(x)) tanh(softplus(x))", "mish", "f", "where it has a value"),
        (f"e^x w/d^2; w = {OMEGA}; d = {DELTA.replace('+ 2', '- 2')}", "mish", "f_x",
         "the sign of '2' is wrong"),
        (f"e^x w/d^2; w = {OMEGA.replace('4x', '6x')}; d = {DELTA}", "mish", "f_x",
         "6 should be 4"),
        (f"e^x w/d^2; w = {OMEGA.replace('+ e^(3x)', '')}; d = {DELTA}", "mish", "f_x",
         "a term exp(3*x) is missing"),
        (f"e^x d/w^2; w = {OMEGA}; d = {DELTA}", "mish", "f_x", "changed places"),
        (f"e^x w/d; w = {OMEGA}; d = {DELTA}", "mish", "f_x", "should be squared"),
        (f"w/d^2; w = {OMEGA}; d = {DELTA}", "mish", "f_x", "exp(x)"),
        ("tanh(softplus(x)) + x sech(softplus(x)) σ(x)", "mish", "f_x",
         "'sech(softplus(x))' should be squared"),
        ("tanh(softplus(x)) + x sech(softplus(x))^2 σ(softplus(x))", "mish", "f_x",
         "'softplus(x)' should be x"),
        ("tanh(softplus(x)) + sech(softplus(x))^2 σ(x)", "mish", "f_x",
         "a factor x is missing"),
        ("-tanh(x)^2", "tanh", "f_x", "a term 1 is missing"),
        ("s(1+s); s = σ(x)", "sigmoid", "f_x", "the sign of"),
    ],
)  # fmt: skip
def test_it_says_what_is_wrong(text, activation, partial, said):
    assert said in hint(text, activation, partial)


def test_the_lost_x_of_the_original_is_found():
    printed = (
        "e^x(8.468 + 5.1361e^(2x) + e^(3x) + e^x(6.59489x + 9.89233) + 8.468)"
        " / (3.29744 + 2.56805e^x + e^(2x))^2"
    )
    said = hint(printed, "mila", "f_x", values={"beta": "-0.25"})
    assert said == "one change makes it right: a factor x is missing at '8.468'"


def test_nothing_is_said_of_what_is_wrong_in_many_ways():
    assert hint("1 + y(1-y); y = x tanh(softplus(x))", "mish", "f_x") == ""


def test_without_a_partial_the_nearest_is_taken():
    found = audit("-x sech(softplus(x+β))^2 σ(x+β)", "mila", losses=False)
    assert found.partial == "f_beta"
    assert found.hints == ("it is −f_beta: the sign is wrong",)
