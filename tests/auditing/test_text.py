"""Formula text: what may be left out, what is refused, and nothing is ever run."""

from __future__ import annotations

import time

import pytest

from mila_analysis.auditing import audit
from mila_analysis.errors import MilaAnalysisError
from mila_analysis.notation.text import read_text

SAME = [
    ("2x", "2*x"),
    ("2(x+1)(x-1)", "2*(x+1)*(x-1)"),
    ("x e^x", "x*exp(x)"),
    ("xe^x", "x*exp(x)"),
    ("4xe^(x+β)", "4*x*exp(x+beta)"),
    ("e^-x", "exp(-x)"),
    ("e**(2*x)", "exp(2*x)"),
    ("-x^2", "-(x^2)"),
    ("2^-x", "2**(-x)"),
    ("x^2^3", "x**(2**3)"),
    ("x² + x³", "x^2 + x^3"),
    ("tanh²(x)", "tanh(x)^2"),
    ("tanh x + 1", "tanh(x)+1"),
    ("ln 2x", "log(2*x)"),
    ("x·tanh(x)−1", "x*tanh(x) - 1"),
    ("f(x) = x", "x"),
    ("f'(x) = x", "x"),
    ("dy/dx = x", "x"),
    ("a b; a = 2x; b = e^x", "2*x*exp(x)"),
    ("np.exp(x) + math.tanh(x)", "exp(x) + tanh(x)"),
    ("std::exp(x)*tanhf(x)", "exp(x)*tanh(x)"),
    ("x^2(x+1)", "x^2*(x+1)"),
    ("E(E+2); E = e^x", "exp(x)*(exp(x)+2)"),
    ("2E+2; E = e^x", "2*exp(x)+2"),
    ("1e-3 x", "0.001*x"),
    ("[x + 1]{x}", "(x+1)*x"),
]


@pytest.mark.parametrize(("short", "long"), SAME)
def test_what_is_left_out_is_understood(short, long):
    def plain(text: str) -> str:
        return str(read_text(text, ("x", "beta"))).replace("1e-3", "0.001")

    found, meant = plain(short), plain(long)
    assert found.replace("(", "").replace(")", "") == meant.replace("(", "").replace(
        ")", ""
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("x +", "breaks off"),
        ("(x", "missing"),
        ("x)", "out of place"),
        ("1/2x", "two meanings"),
        ("e^2x", "two meanings"),
        ("e^-2x", "two meanings"),
        ("e^2(x+1)", "two meanings"),
        ("X + 1", "did you mean 'x'"),
        ("x 2", "operator is missing"),
        ("tanh", "argument"),
        ("tanh(x, x)", "takes 1 argument"),
        ("where(x, 1, 2)", "comparison"),
        ("x > 1", "out of place"),
        ("y + x", "prints y for β"),
        ("k x", "define it beside"),
        ("softpls(x)", "did you mean 'softplus'"),
        ("|x|", "abs"),
        ("x; 2x", "more than one formula"),
        ("a; a = b; b = a", "by itself"),
        ("x = x = x", "more than one '='"),
        ("x + 1e999", "range"),
        ("(" * 400 + "x" + ")" * 400, "nested"),
        ("x" + "+x" * 3000, "longer"),
        ("-" * 2000 + "x", "signs in a row"),
        ("import os", "not known"),
        ("__import__('os')", "cannot stand"),
        ("x.__class__", "cannot stand"),
        ("lambda: x", "cannot stand"),
    ],
)
def test_what_is_no_formula_is_refused_with_a_reason(text, why):
    with pytest.raises(MilaAnalysisError, match=why.replace("|", r"\|")):
        read_text(text, ("x", "beta"))


def test_beta_is_missed_kindly():
    with pytest.raises(MilaAnalysisError, match="-a mila has a β"):
        audit("x*tanh(softplus(x+β))", "mish")


@pytest.mark.parametrize(
    "text",
    [
        "9**9**9**9**9",
        "x**9999999",
        "exp(exp(exp(exp(exp(x)))))",
        "((((x+1)^64)^64)^64)^64",
        "a a; a = b b; b = c c; c = d d; d = g g; g = h h; h = (x+e^x)^9",
        "log(log(log(log(x))))",
        "max(max(max(max(x,1),2),3),x)" + "+max(x,1)" * 20,
        "1/(x-x)",
        "sqrt(-1)",
        "log(0)",
    ],
)
def test_hostile_formulas_end_soon(text):
    start = time.monotonic()
    try:
        found = audit(text, "mish", "f", losses=False)
    except MilaAnalysisError:
        pass
    else:
        assert not found.proved or found.verdict == "different"
    assert time.monotonic() - start < 20


@pytest.mark.parametrize(
    ("text", "activation", "partial"),
    [
        ("s(x)(1 + x(1-s(x))); s(x) = 1/(1+e^-x)", "silu", "f_x"),
        ("f(x) + s(x)(1-f(x)); s(x) = 1/(1+e^-x); f(x) = x s(x)", "silu", "f_x"),
        ("1 - w^2(x); w(x) = tanh(x)", "tanh", "f_x"),
        ("1 - w(x)^2; w = tanh(x)", "tanh", "f_x"),
        ("f(x) = ln(1+e^x)", "softplus", "f"),
        ("f'(x) = s(x); s(x) = 1/(1+e^-x)", "softplus", "f_x"),
    ],
)
def test_a_function_defined_beside_a_formula_is_called(
    verdict, text, activation, partial
):
    assert verdict(text, activation, partial).proved


@pytest.mark.parametrize("word", ["gelu(x)", "GELU(x)", "Phi(x)"])
def test_what_is_outside_is_said_to_be(word):
    with pytest.raises(MilaAnalysisError, match="outside of what can be proved"):
        read_text(word, ("x", "beta"))
