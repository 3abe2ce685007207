"""Errors in ulp against balls, over the whole line: the numbers that are promised."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from mila_analysis.catalog import CATALOG, get
from mila_analysis.functions import lambdify
from mila_analysis.verification.accuracy import measure, stratified

MILA = get("mila")
KERNEL = lambdify(MILA, "numpy")
BETAS = ("-3", "-0.25", "0", "0.5", "1", "1.5", "10", "-20", "50")
LIMITS = {  # ulp, where κ ≤ 16 and the value is a normal number
    "f": 5,
    "f_beta": 6.5,
    "f_x": 40,
    "f_xx": 40,
    "f_xbeta": 40,
    "f_betabeta": 40,
}
FLOAT32_LIMITS = {**LIMITS, "f_beta": 8.5}
SUBNORMAL = 4  # units of the least subnormal
OF_TERMS = 12  # ulp of the largest term summed, near a root as anywhere


def crowded(dtype: type, beta: float, count: int, seed: int) -> np.ndarray:
    """Points where something happens: the bulk, the roots, the edge of underflow."""
    rng = np.random.default_rng(seed)
    deepest = float(np.log(np.finfo(dtype).smallest_subnormal))
    centres = [0, -1.2, -2.3, 1.5, -beta, -beta - 0.1174, -beta - 18, -beta + 18]
    edge = -beta + deepest
    parts = [rng.normal(c, 1, count) for c in centres]
    parts += [rng.uniform(-40, 40, 2 * count) - beta]
    parts += [rng.uniform(edge - 10, edge + 45, 2 * count)]  # the last normal numbers
    parts += [-rng.uniform(edge - 10, edge + 45, 2 * count) - 2 * beta]
    parts += [-beta + rng.normal(0, 1, count) * 10 ** rng.uniform(-9, 0, count)]
    return np.concatenate(parts).astype(dtype)


def check(findings, limits, *, subnormal=SUBNORMAL) -> None:
    for name, limit in limits.items():
        finding = findings[name]
        assert finding.max_ulp <= limit, finding
        assert finding.max_subnormal <= subnormal, finding
        assert finding.max_ulp_of_terms <= max(OF_TERMS, limit), finding


@pytest.mark.parametrize("beta", BETAS)
def test_mila_in_float64_over_every_binade(beta):
    points = stratified(np.float64, per_binade=1, seed=11)[:: 1 + 6 * (beta != "-0.25")]
    activation = MILA.bind(beta=beta)
    kernel = partial(KERNEL.partials, beta=float(beta))
    check(measure(kernel, activation, points), LIMITS)


@pytest.mark.parametrize("beta", BETAS)
def test_mila_in_float64_where_it_is_hard(beta):
    points = crowded(np.float64, float(beta), 24, seed=5)
    activation = MILA.bind(beta=beta)
    kernel = partial(KERNEL.partials, beta=float(beta))
    check(measure(kernel, activation, points), LIMITS)


@pytest.mark.parametrize("beta", BETAS)
def test_mila_in_float32(beta):
    points = np.concatenate(
        [stratified(np.float32, seed=3), crowded(np.float32, float(beta), 12, seed=4)]
    )
    activation = MILA.bind(beta=beta)
    kernel = partial(KERNEL.partials, beta=float(beta))
    check(measure(kernel, activation, points), FLOAT32_LIMITS)


@pytest.mark.parametrize("beta", ["0.1", "-0.3", "1/3"])
def test_the_rounding_of_x_plus_beta_costs_nothing(beta):
    # Without the error of the sum this is wrong by hundreds of ulp.
    value = float(MILA.bind(beta=beta).values["beta"])
    rng = np.random.default_rng(9)
    points = np.concatenate([rng.uniform(-700, 700, 60), rng.uniform(-40, 40, 60)])
    kernel = partial(KERNEL.partials, beta=value)
    check(measure(kernel, MILA.bind(beta=value), points), LIMITS)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "activation", [a for a in CATALOG if a.name != "mila"], ids=lambda a: a.name
)
def test_the_rest_of_the_catalog(activation, dtype):
    step = 4 if dtype is np.float64 else 1
    points = np.concatenate(
        [stratified(dtype, seed=1)[::step], crowded(dtype, 0.0, 10, seed=2)]
    )
    findings = measure(lambdify(activation, "numpy").partials, activation, points)
    check(findings, dict.fromkeys(findings, 40))


def test_a_worse_kernel_is_found_out():
    """The measure itself: a naive rational form overflows, and loses its digits."""

    def naive(x):
        with np.errstate(all="ignore"):
            e = np.exp(x)
            f = x * e * (e + 2) / (e**2 + 2 * e + 2)
        return {"f": f}

    points = stratified(np.float64, seed=1)[::40]
    whole = lambdify(get("mish"), "numpy").partials

    def mixed(x):
        return {**whole(x), **naive(x)}

    assert measure(mixed, get("mish"), points)["f"].max_ulp > 1e6


def neighbours(x: float, rng: np.random.Generator, count: int) -> np.ndarray:
    """Points around a point, from its next floats to a twentieth of it away."""
    spread = 10 ** rng.uniform(-16, -1.3, count)
    return x * (1 + rng.normal(0, 1, count) * spread)


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("beta", BETAS)
def test_a_climbing_search_finds_nothing_worse(beta):
    """From the worst points of a large sample, again and again to worse ones."""
    activation = MILA.bind(beta=beta)
    kernel = partial(KERNEL.partials, beta=float(beta))
    rng = np.random.default_rng(17)
    points = np.concatenate(
        [
            stratified(np.float64, per_binade=4, seed=23),
            crowded(np.float64, float(beta), 300, 29),
        ]
    )
    findings = measure(kernel, activation, points)
    check(findings, LIMITS)
    for _ in range(20):
        around = [neighbours(f.worst_at, rng, 60) for f in findings.values()]
        points = np.unique(np.concatenate(around))
        climbed = measure(kernel, activation, points[np.isfinite(points)])
        check(climbed, LIMITS)
        findings = {
            name: max(findings[name], climbed[name], key=lambda f: f.max_ulp)
            for name in findings
        }
