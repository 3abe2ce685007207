"""A plan of speeds to measure to results: ours beside others, on this machine.

    Plan -run-> Results -findings-> what was reached; `plotting.speed` draws Results

Importing this package imports no Torch; `benchmarking.running` does.
"""

from __future__ import annotations

from mila_analysis.benchmarking.plan import PARTS, Plan, check
from mila_analysis.benchmarking.results import Finding, Results
from mila_analysis.benchmarking.targets import TARGETS, Target
from mila_analysis.benchmarking.timing import Timing

__all__ = [
    "PARTS",
    "TARGETS",
    "Finding",
    "Plan",
    "Results",
    "Target",
    "Timing",
    "check",
]
