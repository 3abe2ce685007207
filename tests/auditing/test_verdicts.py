"""Right formulas in many shapes are proved right; wrong ones are shown wrong."""

from __future__ import annotations

import pytest

U = "4(x+1) + 4e^(2x) + e^(3x) + e^x(4x+6)"
EZ = "e^(x+beta)"

RIGHT = [
    # Mish, and its gradient in the shapes of papers and repositories
    ("mish", "f", "x*tanh(log(1+exp(x)))"),
    ("mish", "f", "x tanh(softplus(x))"),
    ("mish", "f", "x*(e^(2x) + 2e^x)/(e^(2x) + 2e^x + 2)"),
    ("mish", "f", "x - 2x/((1+e^x)^2 + 1)"),
    ("mish", "f", "x*((1+e^x)^2 - 1)/((1+e^x)^2 + 1)"),
    ("mish", "f", "x*(1 + 2e^-x)/(1 + 2e^-x + 2e^(-2x))"),
    ("mish", "f_x", f"e^x ω/δ^2; ω = {U}; δ = 2e^x + e^(2x) + 2"),
    ("mish", "f_x", f"e^x*w/d**2; d = 1 + (e^x+1)^2; w = {U}"),
    ("mish", "f_x", "tanh(softplus(x)) + x sech(softplus(x))^2 sigmoid(x)"),
    ("mish", "f_x", "tanh(softplus(x)) + x sech²(softplus(x)) σ(x)"),
    ("mish", "f_x", "t + x*s*(1-t*t); t = tanh(softplus(x)); s = sigmoid(x)"),
    ("mish", "f_x", "t + x(1-t^2)(1-exp(-sp)); t = tanh(sp); sp = ln(1+e^x)"),
    ("mish", "f_x", "y/x + x σ(x) sech(softplus(x))^2; y = x tanh(softplus(x))"),
    (
        "mish",
        "f_x",
        "(4(x+1)e^(-3x) + 4e^-x + 1 + (4x+6)e^(-2x))/(1+2e^-x+2e^(-2x))^2",
    ),
    ("mish", "f_x", "(E(E^3+4E^2+(4x+6)E+4(x+1)))/(E^2+2E+2)^2; E = e^x"),
    ("mish", "f_xx", "4E(2u(u^2+1) + x(2+2E-3E^2-2E^3))/(u^2+1)^3; u = 1+E; E = e^x"),
    # Mila, for every β
    ("mila", "f", "x*tanh(softplus(x+beta))"),
    ("mila", "f", "x tanh(ln(1 + e^β e^x))"),
    ("mila", "f", "x E (E+2)/(E^2+2E+2); E = exp(x+β)"),
    ("mila", "f_beta", f"4x{EZ}({EZ}+1)/(2{EZ}+e^(2(x+beta))+2)^2"),
    ("mila", "f_beta", "x sech(softplus(x+β))^2 σ(x+β)"),
    ("mila", "f_beta", "4x e^x e^β (e^x e^β + 1)/(2e^x e^β + e^(2x) e^(2β) + 2)^2"),
    ("mila", "f_x", "tanh(softplus(x+β)) + x sech(softplus(x+β))^2 σ(x+β)"),
    ("mila", "f_x", "x E (E+2)/d/x + 4x E (E+1)/d^2; d = E^2+2E+2; E = e^(x+β)"),
    (
        "mila",
        "f_x",
        (
            f"{EZ}(4e^(2(x+beta)) + e^(3(x+beta)) + (4x+6){EZ} + 4(x+1))"
            f"/(2{EZ} + e^(2(x+beta)) + 2)^2"
        ),
    ),
    ("mila", "f_betabeta", "4x E R/(u^2+1)^3; R = 2+2E-3E^2-2E^3; u=1+E; E=e^(x+β)"),
    # others
    ("sigmoid", "f", "1/2 + tanh(x/2)/2"),
    ("sigmoid", "f", "e^x/(1+e^x)"),
    ("sigmoid", "f_x", "sigmoid(x)(1-sigmoid(x))"),
    ("sigmoid", "f_x", "1/(2 + 2cosh(x))"),
    ("sigmoid", "f_x", "sech(x/2)^2/4"),
    ("tanh", "f", "1 - 2/(e^(2x)+1)"),
    ("tanh", "f_x", "4/(e^x+e^-x)^2"),
    ("silu", "f_x", "σ(x)(1 + x(1-σ(x)))"),
    ("swish", "f_x", "s + beta x s (1-s); s = σ(beta x)"),
    ("swish", "f_beta", "x^2 s (1-s); s = 1/(1+exp(-β x))"),
    ("softplus", "f", "max(x, 0) + log(1 + exp(-abs(x)))"),
    ("softplus", "f", "x - log(sigmoid(x))"),
    ("softplus", "f", "logaddexp(0, x)"),
    ("softplus", "f_x", "1/(1+e^-x)"),
    ("relu", "f", "max(0, x)"),
    ("relu", "f", "(x + abs(x))/2"),
    ("relu", "f_x", "where(x > 0, 1, 0)"),
]

WRONG = [
    ("mish", "f", "x*tanh(log(2+exp(x)))"),
    ("mish", "f", "x*sigmoid(x)"),
    ("mish", "f_x", f"e^x ω/δ; ω = {U}; δ = 2e^x + e^(2x) + 2"),
    ("mish", "f_x", "e^x w/d^2; w = 4(x+1)+4e^(2x)+e^x(4x+6); d = 2e^x+e^(2x)+2"),
    ("mish", "f_x", f"e^x δ/ω^2; ω = {U}; δ = 2e^x + e^(2x) + 2"),
    ("mish", "f_x", "tanh(softplus(x)) + x sech(softplus(x)) σ(x)"),
    ("mish", "f_x", "tanh(softplus(x)) + x sech(softplus(x))^2 σ(softplus(x))"),
    ("mish", "f_x", "1 + y(1-y); y = x tanh(softplus(x))"),
    ("mish", "f_x", "e^x w/d^2; w = e^(3x)+4e^(2x)+(6+4x)e^x+4+2x; d = 1+e^x"),
    ("mila", "f_x", f"4x{EZ}({EZ}+1)/(2{EZ}+e^(2(x+beta))+2)^2"),
    ("mila", "f_beta", f"4{EZ}({EZ}+1)/(2{EZ}+e^(2(x+beta))+2)^2"),
    ("mila", "f", "x*tanh(softplus(x))"),
    ("mila", "f", "x*tanh(beta*softplus(x))"),
    ("sigmoid", "f_x", "sigmoid(x) - (1 - sigmoid(x))"),
    ("sigmoid", "f_x", "x(1-x)"),
    ("tanh", "f", "(1-e^-x)/(1+e^-x)"),
    ("tanh", "f_x", "1 + tanh(x)^2"),
    ("tanh", "f_x", "-tanh(x)^2"),
    ("silu", "f_x", "x σ(x) σ(x) (1 - x σ(x))"),
    ("swish", "f_x", "s + x s (1-s); s = σ(beta x)"),
    ("softplus", "f", "log(1+e^x) + 1e-30"),
    ("softplus", "f", "where(x > 10, x, log(1+e^x))"),
    ("relu", "f", "abs(x)"),
    ("relu", "f", "where(x > 0, x, 1e-9*x)"),
    ("relu", "f_x", "where(x > 1, 1, 0)"),
    ("mish", "f", "exp(log(x))*tanh(softplus(x))"),  # nothing for x < 0
]


@pytest.mark.parametrize(("activation", "partial", "text"), RIGHT)
def test_a_right_formula_is_proved(verdict, activation, partial, text):
    found = verdict(text, activation, partial)
    assert (found.verdict, found.proved) == ("equal", True), found
    assert found.passed


@pytest.mark.parametrize(("activation", "partial", "text"), WRONG)
def test_a_wrong_formula_is_shown_wrong(verdict, activation, partial, text):
    found = verdict(text, activation, partial)
    assert found.verdict == "different", found
    assert found.counterexample is not None
    assert not found.passed


def test_the_partial_is_found_when_none_is_named(verdict):
    for activation, partial, text in RIGHT:
        found = verdict(text, activation)
        assert found.proved, text
        # of functions that are equal, the first is named: for ReLU f_x is all there is
        assert found.partial == partial, text


def test_the_printed_derivative_of_the_original(verdict):
    printed = (
        "f'(x) = e^x(8.468 + 5.1361e^(2x) + e^(3x) + e^x(6.59489x + 9.89233) + 8.468)"
        " / (3.29744 + 2.56805e^x + e^(2x))^2"
    )
    found = verdict(printed, "mila", "f_x", values={"beta": "-0.25"})
    assert found.heading == (
        "different from f_x: at x = −2 it gives 0.1673, the exact value is −0.0889"
    )
    right = printed.replace("8.468 + 5", "8.468x + 5")
    found = verdict(right, "mila", "f_x", values={"beta": "-0.25"})
    assert found.verdict == "equal to its printed digits"
    assert len(found.constants) == 7
    assert found.passed
    assert not verdict(right, "mila", "f_x", values={"beta": "0"}).passed


def test_beta_may_be_bound_or_free(verdict):
    free = verdict("x tanh(softplus(x + β))", "mila")
    assert free.heading == "equal to f: proved for every β"
    bound = verdict("x tanh(softplus(x - 1/4))", "mila", values={"beta": "-0.25"})
    assert bound.heading == "equal to f: proved"
    assert not verdict("x tanh(softplus(x - 1/4))", "mila").passed
    decimal = verdict("x tanh(softplus(x - 0.25))", "mila", values={"beta": "-0.25"})
    assert decimal.proved


@pytest.mark.parametrize(
    ("text", "activation"),
    [
        ("x sqrt(1 - sech(softplus(x))^2)", "mish"),
        ("x (1 + sqrt(1 - sech(x)^2)^2 - tanh(x)^2) / (1 + exp(-x))", "silu"),
        ("x (sin(x)^2 + cos(x)^2) / (1 + exp(-x)) + atan(x) + atan(-x)", "silu"),
        ("x (erf(x) + erfc(x)) / (1 + exp(-x))", "silu"),
    ],
)
def test_other_functions_are_followed(verdict, text, activation):
    assert verdict(text, activation, "f").proved


def test_what_algebra_cannot_decide_agrees_and_is_not_proved(verdict):
    one = "sqrt(3 + 2 sqrt(2)) / (1 + sqrt(2))"
    found = verdict(f"x tanh(softplus(x)) {one}", "mish", "f")
    assert found.verdict == "agrees"
    assert found.passed
    assert not found.proved
    assert "60 digits" in found.evidence


def test_powers_too_high_for_algebra_are_not_multiplied_out(verdict):
    tower = "x tanh(softplus(x)) + ((x+1)^60)^60 - (x^2+2x+1)^1800"
    found = verdict(tower, "mish", "f")
    assert (found.verdict, found.proved) == ("agrees", False)
    assert "too high for algebra" in found.evidence


def test_a_gap_at_a_point_is_told(verdict):
    found = verdict("y/x; y = x^2 tanh(softplus(x))", "mish", "f")
    assert found.proved
    assert "no value at x = 0" in found.notes[0]


def test_a_kink_is_a_matter_of_convention(verdict):
    found = verdict("where(x >= 0, 1, 0)", "relu", "f_x")
    assert found.proved
    assert "kink x = 0" in found.notes[0]
    assert not verdict("where(x >= 0, x, 1)", "relu", "f").passed


def test_a_cut_off_that_floats_cannot_see_passes(verdict):
    seen = "where(x < 20, tanh(softplus(x)), 1)*x"
    found = verdict(seen, "mish", "f")
    assert found.verdict == "agrees"
    assert "equal where x < 20 (proved)" in found.evidence
    near = verdict(seen.replace("20", "8"), "mish", "f")
    assert near.verdict == "different"
    assert "equal where x < 8 (proved)" in near.hints[0]
    assert verdict(seen.replace("20", "8"), "mish", "f", tolerance=1e-6).passed


def test_a_tolerance_lets_an_approximation_pass(verdict):
    rough = "x*tanh(softplus(x))*(1 + 1/1000000)"
    assert not verdict(rough, "mish", "f").passed
    assert verdict(rough, "mish", "f", tolerance=1e-2).passed
    assert not verdict(rough, "mish", "f", tolerance=1e-9).passed


@pytest.mark.parametrize(
    "text",
    [
        "where(x < 12.3456789, tanh(x), where(x < 12.3456790, 2, tanh(x)))",
        "tanh(x) + e^(x - 300)",
        "tanh(x) + 1e-300 x",
    ],
)
def test_what_hides_from_points_is_found_where_algebra_sees_it(verdict, text):
    assert verdict(text, "tanh", "f").verdict == "different"
