"""A configuration and data to a trained network's scores, kept in a folder.

Importing this package imports torch.
"""

from mila_analysis.experiments.training.events import Event, Watch
from mila_analysis.experiments.training.folder import FILES, metrics, read
from mila_analysis.experiments.training.running import train
from mila_analysis.experiments.training.stopping import Interrupted
from mila_analysis.experiments.training.summary import line, summary, table

__all__ = [
    "FILES",
    "Event",
    "Interrupted",
    "Watch",
    "line",
    "metrics",
    "read",
    "summary",
    "table",
    "train",
]
