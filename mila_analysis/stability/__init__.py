"""A derivation to a form that holds on every float.

`stabilize` picks a strategy by the structure of the tower, never by the name of the
activation. `homogeneous` covers every partial that is rational in one exponential with
denominators that have no positive root, in arithmetic of floats; `wide` all others, in
numbers with an exponent of their own; `direct` spells the derivative as it stands, and
promises nothing.
"""

from __future__ import annotations

from mila_analysis.stability.form import Near, Program, StableForm
from mila_analysis.stability.strategy import stabilize

__all__ = ["Near", "Program", "StableForm", "stabilize"]
