"""Configurations to finished runs: several at once, here or on a cluster.

Importing this package does not import torch; running does.
"""

from mila_analysis.experiments.sweeping.grid import grid, name
from mila_analysis.experiments.sweeping.outcomes import Failure, Stopped, Update, Watch
from mila_analysis.experiments.sweeping.running import run_all
from mila_analysis.experiments.sweeping.states import STATES, Standing, standings
from mila_analysis.experiments.sweeping.tables import to_csv, to_json

__all__ = [
    "STATES",
    "Failure",
    "Standing",
    "Stopped",
    "Update",
    "Watch",
    "grid",
    "name",
    "run_all",
    "standings",
    "to_csv",
    "to_json",
]
