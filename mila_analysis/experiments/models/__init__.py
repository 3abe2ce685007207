"""A configuration to a network that gives logits.

`architectures` reads the name. `build` draws the weights; where an activation stands is
a module of its own (`places`), called `activation` with or without a number. No module
of an activation draws a random number, so equal seeds give equal weights whatever the
activation is and whatever of it is learned.
"""

from mila_analysis.experiments.architectures import MODELS
from mila_analysis.experiments.models.building import build
from mila_analysis.experiments.models.parameters import weights_and_others
from mila_analysis.experiments.models.places import activations
from mila_analysis.experiments.models.summary import as_text, summarize

__all__ = [
    "MODELS",
    "activations",
    "as_text",
    "build",
    "summarize",
    "weights_and_others",
]
