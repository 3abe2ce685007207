"""Formulas that are activations of the catalog by another name."""

from __future__ import annotations

import time

import pytest

from mila_analysis.catalog import CATALOG, define, resolve
from mila_analysis.recognition import recognised

SAME = {
    "x/(1 + exp(-x))": "Swish with β = 1",
    "x*sigmoid(1.702*x)": "Swish with β = 1.702",
    "x - x/(exp(k*x) + 1):k=2": "Swish with β = k",
    "a*x*sigmoid(b*x) + c:a=1,b=3,c=0": "Swish with β = 3",
    "x*tanh(softplus(x))": "Mish",
    "x*(1 - 2/(1 + (1 + exp(x))^2))": "Mish",
    "x*tanh(log(1 + exp(x + b))):b=-0.25": "Mila with β = b",
    "x*tanh(log(1 + exp(x - 1/4)))": "Mila with β = -0.25",
    "max(x, 0)": "ReLU",
    "where(x > 1e-5, x, 0)": "Thresholded ReLU with θ = 1e-05",
    "where(x >= 0, x, 0)": "ReLU",
    "(x + |x|)/2": "ReLU",
    "sinh(x)/cosh(x)": "tanh",
    "1/2 + tanh(x/2)/2": "Sigmoid",
    "x + log(1 + exp(-x))": "Softplus",
}


@pytest.mark.parametrize("text", SAME)
def test_the_same_function_is_recognised(text):
    found = recognised(resolve(text))
    assert found is not None
    assert found.startswith("this is ")
    assert SAME[text] in found


@pytest.mark.parametrize(
    "text",
    [
        "x*tanh(x) + 1e-9",
        "x*tanh(log(1 + 2*exp(x))) + x/7",
        "max(x, 0) + 1e-13",
        "where(x > 1e-5, x, 1e-6)",
        "x/(1 + exp(-1.0000000000001*x)) + 1e-14*x",
        "1e-9*erf(x) + exp(x)/3",
        "1/x + 17/19",
        "where(x > 7.5, 0, where(x > 0, x, 0))",
    ],
)
def test_what_is_only_near_is_not(text):
    assert recognised(resolve(text)) is None


@pytest.mark.parametrize("activation", CATALOG, ids=lambda a: a.name)
def test_every_entry_recognises_itself_quickly(activation):
    recognised(resolve("x*3 + 1/7"))  # what reading the catalog costs is not counted
    own = define("own", activation.formula, **activation.values)
    start = time.process_time()
    found = recognised(own)
    assert time.process_time() - start < 1
    assert found is not None
