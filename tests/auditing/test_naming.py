"""Functions that are named with their arguments."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from mila_analysis.auditing.naming import called, is_named
from mila_analysis.errors import MilaAnalysisError, ParameterError

X = torch.tensor([-2.0, -0.5, 0.0, 0.5, 3.0], dtype=torch.float64)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("torch.tanh", torch.tanh(X)),
        (" torch.nn.functional.mish ", functional.mish(X)),
        ("torch.nn.functional.mish(x)", functional.mish(X)),
        ("torch.nn.functional.threshold(x, 1, 0)", functional.threshold(X, 1, 0)),
        ("torch.nn.functional.elu(x, alpha=-2.5)", functional.elu(X, -2.5)),
        (
            "torch.nn.functional.gelu(x, approximate='tanh')",
            functional.gelu(X, approximate="tanh"),
        ),
        (
            "torch.nn.functional.prelu(x, [0.25])",
            functional.prelu(X, torch.tensor([0.25], dtype=X.dtype)),
        ),
    ],
)
def test_a_name_is_called_with_what_stands_behind_x(text, expected):
    library, function = called(f"torch:{text}")
    assert library == "torch"
    assert torch.equal(function(X), expected)


def test_numpy_takes_lists_as_they_are():
    _, function = called("numpy:numpy.interp(x, [0, 6], [0, 6])")
    assert function(np.array([-1.0, 2.5, 7.0])).tolist() == [0, 2.5, 6]


@pytest.mark.parametrize(
    "text",
    [
        "torch.tanh()",
        "torch.tanh(1)",
        "torch.tanh(y)",
        "torch.tanh(x",
        "torch.tanh(x)(x)",
        "torch.tanh(x) + 1",
        "torch.clamp(x, torch.e)",
        "torch.clamp(x, __import__('os'))",
        "torch.clamp(x, **{'min': 1})",
        "torch.clamp(x, *[1])",
        "torch.clamp(x, 1 if x else 2)",
        "torch.nothing(x, 1)",
        "(x)",
        "torch.tanh(" + "(" * 5000,
        "torch.clamp(x, " + "-" * 20000 + "1)",
        "torch.tanh(x\0)",
    ],
)
def test_what_is_no_call_with_literals_is_a_mistake(text):
    with pytest.raises(ParameterError):
        called(f"torch:{text}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("torch:torch.tanh", True),
        ("torch:torch.nn.functional.threshold(x, 1, 0)", True),
        ("numpy:numpy.tanh", True),
        ("jax:jax.numpy.tanh", False),
        ("torch.tanh(x)", False),
        ("torch: x + 1", False),
    ],
)
def test_what_is_named(text, expected):
    assert is_named(text) is expected


def test_arguments_that_do_not_fit_are_one_line():
    from mila_analysis.auditing import audit

    with pytest.raises(MilaAnalysisError, match="the function fails") as found:
        audit("torch:torch.nn.functional.gelu(x, approximate='no')", "gelu", "f")
    assert "\n" not in str(found.value)
