"""Functions that are run: where they fail on the float line."""

from __future__ import annotations

import sys
import types
from fractions import Fraction

import numpy as np
import pytest
import torch

from mila_analysis import catalog, functions
from mila_analysis.auditing import audit, report
from mila_analysis.auditing.line import FORMATS, grid, scan
from mila_analysis.errors import MilaAnalysisError


@pytest.fixture(scope="module")
def mish():
    return audit("torch:torch.nn.functional.mish", "mish")


def first(found, partial: str, dtype: str, kind: str, *, positive: bool = True):
    (looked,) = (s for s in found.losses[partial] if s.format == dtype)
    return [
        f.first for f in looked.failures if f.kind == kind and (f.first > 0) == positive
    ]


@pytest.mark.parametrize(
    ("dtype", "start"),
    [
        ("float64", 709.782712893384),
        ("float32", 88.72283935546875),
        ("bfloat16", 89.0),
        ("float16", 11.09375),
    ],
)
def test_double_backward_of_mish_is_nan_from_where_it_overflows(mish, dtype, start):
    (found,) = first(mish, "f_xx", dtype, "NaN")
    assert found == pytest.approx(start, rel=2e-3)


@pytest.mark.parametrize(("dtype", "start"), [("float64", 18.92), ("float32", 8.87)])
def test_double_backward_of_mish_is_half_wrong_long_before(mish, dtype, start):
    assert first(mish, "f_xx", dtype, "≥ 50 % wrong")[0] == pytest.approx(
        start, rel=1e-3
    )


def test_backward_of_mish_is_half_wrong_on_the_left(mish):
    (found,) = first(mish, "f_x", "float32", "≥ 50 % wrong", positive=False)
    assert found == pytest.approx(-88.72, rel=1e-3)


def test_limits_of_mish(mish):
    for looked in mish.losses["f"]:
        assert looked.limits == ("NaN at −∞, where the limit is 0",)
    for looked in mish.losses["f_x"]:
        assert len(looked.limits) == 2


def test_mish_fails_and_says_so(mish):
    assert not mish.passed
    text = report(mish)
    assert text.startswith("fails: ")
    assert "f_xx, float32: " in text
    assert "NaN from x = 88.72" in text


def test_mila_at_beta_0_is_what_mish_is_audited_as():
    found = audit("torch:torch.nn.functional.silu", "swish", "f")
    assert set(found.losses) == {"f"}


def test_what_autograd_cannot_differentiate_twice_is_a_note():
    found = audit("torch:torch.nn.functional.hardsigmoid", "hard_sigmoid")
    assert set(found.losses) == {"f", "f_x"}
    assert found.notes[1].startswith("f_xx: the function fails: derivative for")
    assert "\n" not in found.notes[1]


def test_asked_for_alone_it_is_a_mistake():
    with pytest.raises(MilaAnalysisError, match="derivative for"):
        audit("torch:torch.nn.functional.hardsigmoid", "hard_sigmoid", "f_xx")


def test_no_derivative_is_held_to_a_convention_where_cases_meet():
    found = audit("torch:torch.nn.functional.elu", "elu", "f_xx")
    assert found.passed, report(found)  # 0 at x = 0, between 0 and 1 beside it


def test_limits_need_not_be_whole_numbers(theirs):
    theirs.f = lambda x: torch.where(x == -torch.inf, -1.8, torch.selu(x))
    (wrong, *_) = audit("torch:theirs.f", "selu", "f").losses["f"]
    assert wrong.limits == ("−1.8 at −∞, where the limit is −1.758",)
    assert audit("torch:torch.selu", "selu", "f").passed


def test_every_number_passes_through_the_same_kernel(theirs):
    sizes = set()

    def f(x):
        sizes.add(x.numel() % 64)
        return torch.relu(x)

    theirs.f = f
    assert audit("torch:theirs.f", "relu").passed
    assert sizes == {0}


@pytest.fixture
def theirs(monkeypatch: pytest.MonkeyPatch):
    """Module into which tests put functions."""
    module = types.ModuleType("theirs")
    monkeypatch.setitem(sys.modules, "theirs", module)
    return module


def test_our_own_kernel_holds(theirs):
    kernel = functions.lambdify(catalog.get("mish"), "numpy")
    for name in ("f", "f_x", "f_xx"):
        setattr(theirs, name, lambda x, name=name: kernel[name](x))
        found = audit(f"numpy:theirs.{name}", "mish", name)
        assert found.passed, report(found)


def test_a_fault_at_one_binade_is_found(theirs):
    kernel = functions.lambdify(catalog.get("mish"), "numpy")
    theirs.f = lambda x: np.where((x > 48) & (x < 50), 0, kernel["f"](x))
    found = audit("numpy:theirs.f", "mish", "f")
    (failure,) = found.losses["f"][0].failures
    assert failure.first == np.nextafter(48, 49)
    assert failure.last == np.nextafter(50, 49)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (lambda x: 1 / 0, "the function fails"),
        (lambda x: x[:1], "returns"),
        (lambda x: "text", "fails"),
    ],
)
def test_functions_that_fail_are_a_mistake(theirs, body, why):
    theirs.f = body
    with pytest.raises(MilaAnalysisError, match=why):
        audit("numpy:theirs.f", "mish", "f")


@pytest.mark.parametrize(
    "name",
    ["torch:nothing.at.all", "torch:torch", "numpy:a b.c", "torch:torch.float32"],
)
def test_names_of_nothing_are_a_mistake(name):
    with pytest.raises(MilaAnalysisError):
        audit(name, "mish")


def test_autograd_gives_no_beta():
    with pytest.raises(MilaAnalysisError, match="f, f_x and f_xx"):
        audit("torch:torch.nn.functional.mish", "mila", "f_beta")


@pytest.mark.parametrize("name", FORMATS)
def test_a_grid_holds_numbers_of_its_format(name):
    form = FORMATS[name]
    points = grid(form)
    assert len(points) > 500
    assert points == sorted(set(points))
    assert all(form.rounded(p) == p for p in points)


@pytest.mark.parametrize("name", ["float16", "float32"])
def test_rounding_is_that_of_numpy(name):
    rng = np.random.default_rng(1)
    values = rng.normal(0, 1, 200) * 10.0 ** rng.uniform(-9, 4, 200)
    form = FORMATS[name]
    assert [form.rounded(float(v)) for v in values] == values.astype(name).tolist()


def test_a_root_is_no_failure():
    form = FORMATS["float32"]

    def evaluate(x):
        return x - 1.0000001

    looked = scan(form, evaluate, lambda x: Fraction(x) - 1)
    assert looked.failures == ()


def test_failures_are_found_where_they_begin():
    form = FORMATS["float64"]
    looked = scan(form, lambda x: np.where(x > 3, np.nan, x), Fraction)
    (failure,) = looked.failures
    assert failure.first == np.nextafter(3, 4)
    assert failure.last is None
    assert str(failure) == "NaN from x = 3"
