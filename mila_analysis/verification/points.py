"""Where to measure: every binade, and around everything that happens on the line."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

import numpy as np
import sympy

from mila_analysis.activation import Activation
from mila_analysis.derivation import Derivation
from mila_analysis.verification.formats import Format

__all__ = ["around", "binades", "crossings", "places", "roots", "sample", "stratified"]

Array = np.ndarray[Any, Any]

GRID = np.unique(
    np.concatenate(
        [
            np.linspace(-60, 60, 1201),
            np.linspace(-1500, 1500, 3001),
            *(s * np.geomspace(1e-3, 1e6, 200) for s in (-1, 1)),
        ]
    )
)
LIMITS = (
    0.0, -80.0, 80.0, 84.0, -87.34, 87.34, 88.73, -103.97, -17.33, 17.33,
    -700.0, 700.0, 680.0, -708.4, 709.78, -745.13, 36.74, -36.74,
)  # fmt: skip
"""Exponents where code changes its way, or where a power of exp leaves a format."""


def stratified(dtype: Any, *, per_binade: int = 1, seed: int = 0) -> Array:
    """Points of every binade of a float dtype and both signs, subnormals and ±max."""
    info = np.finfo(dtype)
    rng = np.random.default_rng(seed)
    lowest = int(info.minexp) - int(info.nmant)
    exponents = np.repeat(np.arange(lowest, int(info.maxexp)), per_binade)
    mantissas = rng.uniform(1, 2, exponents.size)
    sizes = np.ldexp(mantissas.astype(np.longdouble), exponents).astype(dtype)
    extremes = [0.0, info.smallest_subnormal, info.tiny, info.max]
    sizes = np.concatenate([sizes, np.array(extremes, dtype)])
    return np.concatenate([-sizes[::-1], sizes])


def binades(kind: Format, seed: int = 0) -> Array:
    """A point of every binade of a format and both signs, with its extremes."""
    rng = np.random.default_rng(seed)
    exponents = np.arange(kind.lowest - kind.digits, kind.highest)
    mantissas = rng.uniform(1, 2, exponents.size)
    largest = 2 - 2.0**-kind.digits
    sizes = kind.near(np.ldexp(np.minimum(mantissas, largest), exponents))
    sizes = np.concatenate([sizes, [0.0, kind.least, kind.tiny, kind.max]])
    return np.unique(np.concatenate([-sizes, sizes[np.isfinite(sizes)]]))


def sample(
    dtype: Any,
    *,
    centres: Sequence[float] = (),
    per_binade: int = 1,
    each: int = 100,
    seed: int = 0,
) -> Array:
    """Stratified points, points around zero, and around centres at every distance.

    Args:
        dtype: of the points.
        centres: roots, changes of branch, the edge of underflow.
        per_binade: stratified points in each binade and sign.
        each: points around each centre, at distances from 1e-6 to 10.
        seed: of the random numbers.
    """
    rng = np.random.default_rng(seed)
    points = [stratified(dtype, per_binade=per_binade, seed=seed)]
    points.append(rng.uniform(-60, 60, 4 * each).astype(dtype))
    for centre in centres:
        distance = rng.normal(0, 1, each) * 10 ** rng.uniform(-6, 1, each)
        points.append((centre + distance).astype(dtype))
    return np.concatenate(points)


def around(
    centres: Sequence[float], kind: Format, *, each: int, rng: np.random.Generator
) -> Array:
    """The floats next to each centre, and points at every distance up to ten."""
    middle = kind.near(np.repeat(np.asarray(centres, np.float64), 5))
    next_to = kind.stepped(middle, np.tile(np.arange(-2, 3), len(centres)))
    count = len(centres) * each
    distances = rng.normal(0, 1, count) * 10 ** rng.uniform(-8, 1, count)
    spread = kind.near(np.repeat(np.asarray(centres, np.float64), each) + distances)
    found = np.concatenate([next_to, spread])
    return np.unique(found[np.isfinite(found)])


@lru_cache(maxsize=64)
def places(derivation: Derivation, activation: Activation) -> tuple[float, ...]:
    """Where exponents pass the limits of code, and where one case becomes another."""
    values = {v: activation.values.get(str(v)) for v in derivation.variables}
    bound = {
        v: sympy.Rational(n.numerator, n.denominator)
        for v, n in values.items()
        if n is not None
    }
    x = derivation.variables[0]
    found: list[float] = []
    for generator in derivation.generators:
        if generator.function == "exp":
            line = derivation.in_variables(generator.argument).subs(bound)
            for limit in LIMITS:
                found += crossings(_function(x, line - limit))
    for case in derivation.cases:
        for relation in case.conditions:
            line = derivation.in_variables(relation.difference).subs(bound)
            found += crossings(_function(x, line))
    return tuple(sorted(set(found)))


_SPECIAL = {"erf": np.vectorize(math.erf, otypes=[np.float64])}


def roots(values: Callable[[Array], Mapping[str, Array]]) -> list[float]:
    """Roots of all partials of a kernel, between the points of a grid."""
    on_grid = values(GRID)
    found: list[float] = []
    for name in on_grid:
        found += crossings(partial(_one, values, name))
    return sorted(set(found))


def _one(
    values: Callable[[Array], Mapping[str, Array]], name: str, points: Array
) -> Array:
    return values(points)[name]


def crossings(function: Callable[[Array], Array], most: int = 12) -> list[float]:
    """Where a function of arrays changes its sign, by bisection of a grid."""
    signs = np.sign(function(GRID))
    change = np.flatnonzero((signs[:-1] * signs[1:]) < 0)[:most]
    low, high = GRID[change], GRID[change + 1]
    below = signs[change]
    for _ in range(52 if change.size else 0):
        middle = (low + high) / 2
        is_low = np.sign(function(middle)) == below
        low, high = np.where(is_low, middle, low), np.where(is_low, high, middle)
    exact = GRID[signs == 0]
    found = [*map(float, low), *map(float, exact if exact.size <= most else ())]
    return found[:most]


def _function(x: Any, expression: Any) -> Callable[[Array], Array]:
    plain = sympy.lambdify(x, expression, [_SPECIAL, "numpy"])

    def function(points: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.broadcast_to(np.asarray(plain(points), np.float64), points.shape)

    return function
