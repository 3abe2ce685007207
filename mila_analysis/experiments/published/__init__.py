"""The original's CIFAR results to records, tables and average ranks.

    published.csv -published_runs-> Run... -select-> Run...
        Run... -arrange-> Section... -tables-> text
        Run... -rank_activations-> Ranking -ranking_tables-> text

A block is a data set and a network: within one, runs differ in the activation only.
Importing this package imports neither NumPy nor SciPy; ranking does.
"""

from __future__ import annotations

from mila_analysis.experiments.published.caveats import caveats
from mila_analysis.experiments.published.records import (
    SCORES,
    Block,
    Run,
    published_runs,
    read_runs,
)
from mila_analysis.experiments.published.selecting import select
from mila_analysis.experiments.published.standing import best, ranks

__all__ = [
    "SCORES",
    "Block",
    "Run",
    "best",
    "caveats",
    "published_runs",
    "ranks",
    "read_runs",
    "select",
]
