"""Worst errors of the NumPy code of Mila in ulp against balls, on the whole line.

Points: every binade of the dtype and both signs, subnormals and ±max, and random ones
around the roots, the change of branch and the edge of underflow, for nine β.

    python benchmarks/numpy_accuracy.py
"""

from __future__ import annotations

from typing import Any

import numpy as np
from _report import report
from rich.progress import track

from mila_analysis import catalog, functions
from mila_analysis.verification.accuracy import Errors, measure, sample

BETAS = (-3, -0.25, 0, 0.5, 1, 1.5, 10, -20, 50)


def worst(dtype: Any) -> dict[str, list[Errors]]:
    """Findings of every β, by partial."""
    found: dict[str, list[Errors]] = {}
    for beta in track(BETAS, f"{dtype.__name__}, nine β"):
        activation = catalog.get("mila").bind(beta=beta)
        kernel = functions.lambdify(activation)
        points = sample(dtype, centres=(-1.2, 0, -beta, -2.3, 1.5, -beta - 700))
        for name, finding in measure(kernel.partials, activation, points).items():
            found.setdefault(name, []).append(finding)
    return found


def main() -> None:
    """Measure and report."""
    rows = []
    for dtype in (np.float64, np.float32):
        for name, findings in worst(dtype).items():
            rows.append(
                {
                    "partial": name,
                    "dtype": dtype.__name__,
                    "points": sum(f.points for f in findings),
                    "ulp (κ ≤ 16)": max(f.max_ulp for f in findings),
                    "subnormal": max(f.max_subnormal for f in findings),
                    "ulp of terms": max(f.max_ulp_of_terms for f in findings),
                }
            )
    title = "NumPy code of Mila against balls, worst error over nine β"
    report("numpy_accuracy", title, rows)


if __name__ == "__main__":
    main()
