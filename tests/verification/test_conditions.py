"""Cases that a function decides, such as max(x, tanh(x)); slopes that overflow."""

from __future__ import annotations

import pytest

from mila_analysis.catalog import define
from mila_analysis.kernels import generate_code
from mila_analysis.verification import verify


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("text", ["max(x, tanh(x))", "max(x, exp(x) - 1)"])
def test_a_function_may_decide(text: str, backend: str) -> None:
    certificate = verify(generate_code(define("mine", text), backend, order=1))
    assert certificate.findings
    assert not certificate.failures


def test_an_infinite_slope_is_no_element_beside_the_diagonal() -> None:
    code = generate_code(define("mine", "x * sqrt(1 + exp(-x))"), "torch", order=1)
    certificate = verify(code, legs=("autograd",))
    assert certificate.findings
    assert not certificate.failures


@pytest.mark.parametrize("order", [0, 1])
def test_code_of_low_order_has_no_second_derivatives_to_check(order: int) -> None:
    code = generate_code(define("mine", "x * tanh(x)"), "torch", order=order)
    certificate = verify(code, legs=("autograd",))
    assert {f.subject for f in certificate.findings} >= {"vmap"}
    assert not certificate.failures
