"""All six partials of Mila in NumPy against SymPy's lambdify, side by side in one run.

Interleaved runs on 10⁵ points; medians. `naive` is `sympy.lambdify(..., cse=False)` of
the six raw derivatives, `cse` the same with common subexpressions taken out: neither
survives large |x|. Each call allocates its results, as a user's call does; fresh pages
cost as much as the arithmetic if the C library hands memory back to the system between
the calls, so both are shown: `default` malloc, and one told to `keep` its pages.

    python benchmarks/numpy_speed.py
"""

from __future__ import annotations

import ctypes
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import sympy
from _report import report

from mila_analysis import catalog, kernels

POINTS = 100_000
RUNS = 60
BETA = -0.25


def lambdified(*, cse: bool) -> Callable[..., Any]:
    """NumPy code of the raw derivatives, as SymPy prints it."""
    x, beta = sympy.symbols("x beta")
    f = x * sympy.tanh(sympy.log(1 + sympy.exp(x + beta)))
    raw = [f, f.diff(x), f.diff(beta), f.diff(x, 2), f.diff(x, beta), f.diff(beta, 2)]
    return sympy.lambdify((x, beta), raw, "numpy", cse=cse)


def medians(work: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """Seconds a call, each the median of interleaved runs."""
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(RUNS):
        for name, call in work.items():
            start = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(t) for name, t in times.items()}


def keep_pages() -> bool:
    """Tell glibc's malloc to keep freed memory; whether there was one to tell."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    trim_threshold, mmap_threshold, bound = -1, -3, 1 << 30
    return bool(mallopt(trim_threshold, bound) and mallopt(mmap_threshold, bound))


def rows(malloc: str) -> Iterator[dict[str, Any]]:
    """One row a dtype: naive against ours, and cse against ours, each in turn."""
    kernel = kernels.lambdify(catalog.get("mila"))
    naive, cse = lambdified(cse=False), lambdified(cse=True)
    for dtype in (np.float32, np.float64):
        x = np.random.default_rng(0).normal(0, 3, POINTS).astype(dtype)
        beta = dtype(BETA)

        def ours(x: Any = x) -> Any:
            return kernel.partials(x, BETA)

        first = medians({"naive": lambda x=x, b=beta: naive(x, b), "ours": ours})
        second = medians({"cse": lambda x=x, b=beta: cse(x, b), "ours": ours})
        yield {
            "malloc": malloc,
            "dtype": dtype.__name__,
            "naive ns": first["naive"] / POINTS * 1e9,
            "cse ns": second["cse"] / POINTS * 1e9,
            "ours ns": first["ours"] / POINTS * 1e9,
            "ours/naive": first["ours"] / first["naive"],
            "ours/cse": second["ours"] / second["cse"],
        }


def main() -> None:
    """Time and report."""
    found = list(rows("default"))
    if keep_pages():
        found += rows("keep")
    title = f"six partials of Mila, {POINTS} points, ns a point (median of {RUNS})"
    report("numpy_speed", title, found)


if __name__ == "__main__":
    main()
