"""Formulas nobody prepared for: what is called homogeneous holds on every float."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from mila_analysis import native
from mila_analysis.backends import javascript
from mila_analysis.balls import enclose
from mila_analysis.catalog import define
from mila_analysis.functions import lambdify
from mila_analysis.verification.accuracy import measure, stratified

WHOLE = np.inf  # |x| up to the largest float
# Formula, its parameters, and how far out its values can be written down.
FORMULAS = [
    ("x * exp(-x^2)", {}, WHOLE),
    ("exp(-x^2 / 2)", {}, WHOLE),
    ("x * log(1 + exp(x))", {}, 1400),
    ("x * softplus(x + b)", {"b": 1}, 1400),
    ("x * sigmoid(1.702 * x)", {}, WHOLE),
    ("x * sigmoid(1000 * x)", {}, WHOLE),
    ("1000 * x * sigmoid(x / 1000)", {}, 1e300),
    ("x * exp(0.1 * x) / (1 + exp(0.1 * x))", {}, WHOLE),
    ("tanh(x + b)", {"b": 0.25}, WHOLE),
    ("a * tanh(b * x)", {"a": 1.75, "b": 0.625}, WHOLE),
    ("x * tanh(x)", {}, WHOLE),
    ("tanh(x)^2", {}, WHOLE),
    ("x * (1 - tanh(x)^2)", {}, WHOLE),
    ("x * sigmoid(x) * tanh(x)", {}, WHOLE),
    ("tanh(x) + sigmoid(2 * x)", {}, WHOLE),
    ("sigmoid(x) * (1 - sigmoid(x))", {}, WHOLE),
    ("sigmoid(x) - 1/2", {}, WHOLE),
    ("(exp(x) - 1) / (exp(x) + 1)", {}, WHOLE),
    ("x * sigmoid(b * x + c)", {"b": 1, "c": 0}, WHOLE),
    ("x * tanh(3/2 * log(1 + exp(x)))", {}, WHOLE),
    ("x^2 * sigmoid(x)", {}, 1e150),
    ("x^4 * sigmoid(x) * sigmoid(-x)", {}, 1e70),
    ("log(1 + exp(-x))", {}, WHOLE),
    ("log(1 + exp(x) + exp(2 * x))", {}, 8e307),
    ("exp(x) + exp(x / 2)", {}, 700),
    ("x * exp(x)", {}, 650),
    ("sinh(x)", {}, 700),
    ("cosh(x)", {}, 700),
    ("where(x > 0, x, exp(x) - 1)", {}, WHOLE),
    ("where(x > 0, 1.0507 * x, 1.758 * (exp(x) - 1))", {}, 1e300),
    ("where(x > 0, x, a * x)", {"a": 0.25}, WHOLE),
    ("max(0, min(1, x / 6 + 1/2))", {}, WHOLE),
    ("x * max(0, min(1, x / 6 + 1/2))", {}, WHOLE),
    ("x", {}, WHOLE),
    ("3", {}, WHOLE),
    ("b * x", {"b": 2}, 1e300),
    ("x^3", {}, 1e100),
]
SEVERAL = [  # exponentials of unrelated exponents: right where all are moderate
    ("x * tanh(exp(x))", {}),
    ("tanh(exp(x))", {}),
    ("x * tanh(exp(k * x))", {"k": 1}),
    ("exp(x) / (1 + exp(b * x))", {"b": 2}),
    ("exp(a * x) * exp(b * x)", {"a": 1, "b": -2}),
    ("exp(x) * exp(-x^2)", {}),
]
WIDE = [  # with roots, quotients, or exponentials in exponentials
    ("1 / x", {}, 20),
    ("sqrt(x^2 + 1)", {}, 20),
    ("1 / (1 + x^2)", {}, 20),
    ("x / (1 + abs(x))", {}, 20),
    ("x + (sqrt(x^2 + 1) - 1) / 2", {}, 20),
    ("x * tanh(b * log(1 + exp(x)))", {"b": 1.5}, 4),
    ("log(2 + exp(x))", {}, 20),
]


def points(span: float) -> np.ndarray:
    """Every ninth binade within the span, and the places where something happens."""
    rng = np.random.default_rng(2)
    bulk = [rng.uniform(-40, 40, 60), rng.uniform(-760, 760, 50), rng.normal(size=40)]
    x = np.concatenate([stratified(np.float64, seed=1)[::9], *bulk])
    return x[np.abs(x) <= span]


@pytest.mark.parametrize(
    ("text", "values", "span"), FORMULAS, ids=[t for t, _, _ in FORMULAS]
)
def test_homogeneous_formulas_are_right_on_the_whole_line(text, values, span):
    activation = define("mine", text, **values)
    kernel = lambdify(activation, "numpy")
    assert kernel.code.strategy == "homogeneous"
    x = points(span)
    with np.errstate(all="raise"):
        computed = kernel.partials(x)
    findings = measure(lambda _: computed, activation, x)
    for finding in findings.values():
        assert finding.max_ulp <= 100, finding
        # Of a product, each factor of which may be subnormal: |x| times its unit.
        assert finding.max_subnormal <= 800, finding
        assert finding.max_ulp_of_terms <= 800, finding


LARGE = 1.5e308
PRODUCTS = [  # floats, of which some parts are none
    ("x^2 / 4", (2.5e154,), {}),
    ("-x^2 / 4", (2.5e154,), {}),
    ("1e6 * x^2", (1e-163,), {}),
    ("x^2 * sigmoid(x) / 4", (2.5e154,), {}),
    ("(x^2 + x) / 4", (2.5e154,), {}),
    ("(x + 1)^3 / 100", (2e103,), {}),
    ("(2 * x + 1) / 4", (LARGE,), {}),
    ("a * x^2 / 4", (2.0,), {"a": LARGE}),
    ("a * b * x", (0.0,), {"a": LARGE, "b": -LARGE}),
    ("a * b * x", (LARGE,), {"a": 1e-200, "b": 1e-200}),
    ("a * b * x", (1e-200,), {"a": 1e200, "b": LARGE}),
    ("a * b * x * tanh(x)", (0.0,), {"a": LARGE, "b": LARGE}),
    ("a^2 * x^2", (1e-200,), {"a": 1e200}),
]


HERE = {"numpy": True, "c": native.available(), "javascript": javascript.available()}


@pytest.mark.parametrize("backend", [name for name, found in HERE.items() if found])
@pytest.mark.parametrize(("text", "x", "values"), PRODUCTS)
def test_a_product_is_a_float_where_its_parts_are_none(text, x, values, backend):
    activation = define("mine", text, **values)
    exact = float(enclose(activation, "f", *x).mid)
    found = lambdify(activation, backend)(np.array(x))
    assert np.abs(found - exact) <= 4 * np.spacing(np.abs(exact))


@pytest.mark.parametrize(("text", "values"), SEVERAL, ids=[t for t, _ in SEVERAL])
def test_several_exponentials_are_right_near_the_origin(text, values):
    activation = define("mine", text, **values)
    x = np.linspace(-3, 3, 81)
    for finding in measure(
        lambdify(activation, "numpy").partials, activation, x
    ).values():
        assert finding.max_ulp <= 300, finding


@pytest.mark.parametrize(("text", "values"), SEVERAL, ids=[t for t, _ in SEVERAL])
def test_several_exponentials_do_not_promise_the_whole_line_unless_they_hold_it(
    text, values
):
    activation = define("mine", text, **values)
    kernel = lambdify(activation, "numpy")
    if kernel.code.strategy == "homogeneous":
        findings = measure(kernel.partials, activation, points(300))
        assert all(np.isfinite(f.max_ulp_of_terms) for f in findings.values())
        assert max(f.max_ulp for f in findings.values()) <= 300


@pytest.mark.parametrize("x", [1.0, 20.0, 40.0, 300.0, 700.0])
def test_the_logarithm_of_a_sigmoid_keeps_its_tail(x):
    activation = define("mine", "log(1 + exp(-x))")
    exact = float(enclose(activation, "f", x).mid)
    assert lambdify(activation, "numpy")(x) == pytest.approx(exact, rel=1e-14)


@pytest.mark.parametrize(("text", "values", "span"), WIDE, ids=[t for t, _, _ in WIDE])
def test_what_is_not_of_one_exponential_is_right_all_the_same(text, values, span):
    activation = define("mine", text, **values)
    kernel = lambdify(activation, "numpy")
    assert kernel.code.strategy == "wide"
    x = np.concatenate([np.linspace(-span, -0.25, 40), np.linspace(0.25, span, 40)])
    for finding in measure(kernel.partials, activation, x).values():
        assert finding.max_ulp <= 100, finding


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("x * exp(-x^2)", -0.0, 0.0),
        ("x * sigmoid(1.702 * x)", -0.0, np.inf),
        ("1000 * x * sigmoid(x / 1000)", -0.0, np.inf),
        ("x * log(1 + exp(x))", -0.0, np.inf),
        ("log(1 + exp(-x))", np.inf, 0.0),
        ("x^2 * sigmoid(x)", 0.0, np.inf),
        ("x * tanh(exp(x))", -0.0, np.inf),
        ("x^3", -np.inf, np.inf),
        ("cosh(x)", np.inf, np.inf),
    ],
)
def test_limits(text, low, high):
    found = lambdify(define("mine", text), "numpy")(np.array([-np.inf, np.inf]))
    assert found.tolist() == [low, high]
    assert np.signbit(found).tolist() == [np.signbit(low), np.signbit(high)]


@pytest.mark.parametrize(
    "text",
    [
        "exp(1000000) * x",
        "exp(1) * x",
        "log(2) * x",
        "1e300 * x * 1e300",
        "(x + exp(x) + log(1 + exp(x)))**32",
        "(x + 1)**32 / (1 + exp(x))**32",
        "exp(1e40 * x) + exp(x)",
        "exp(x) + exp(x / 32) + exp(x / 31) + exp(x / 29)",
        "(((x**32)**32)**32)**32",
        "((x + 1)**32)**32",
    ],
)
@pytest.mark.slow
def test_a_monster_is_made_or_refused_but_never_hangs_or_crashes(text):
    code = (
        "import mila_analysis as ma\n"
        f"try: print(ma.lambdify(ma.define('mine', {text!r}), 'numpy')(0.5))\n"
        "except ma.MilaAnalysisError as error: print('refused:', error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    assert done.returncode == 0, done.stderr.splitlines()[-1]
    assert "\n" not in done.stdout.strip()


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_a_product_is_infinite_only_where_it_is_too_large(backend):
    """The square of 1.5e154 fits no float, half of it does."""
    function = lambdify(define("scaled", "where(x > 0, s * x^2, 0)", s=1), backend)
    x = np.array([1.5e154, 1e200, 1.0])
    scales = np.array([0.5, 0.0, 2.0])
    if backend == "torch":
        torch = pytest.importorskip("torch")
        found = function(torch.tensor(x), torch.tensor(scales)).numpy()
    else:
        found = function(x, scales)
    assert found.tolist() == [0.5 * 1.5e154 * 1.5e154, 0.0, 2.0]
