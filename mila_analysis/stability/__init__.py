"""A derivation to a form that holds on every float.

`stabilize` picks a strategy by the structure of the tower, never by the name of the
activation. `homogeneous` covers every partial that is rational in exponentials with
denominators that have no positive root; with several exponentials it is `guarded`, each
of them being safe; `direct` spells the derivative as it stands and promises nothing.
"""

from __future__ import annotations

from mila_analysis.stability.form import Near, Program, StableForm
from mila_analysis.stability.strategy import stabilize

__all__ = ["Near", "Program", "StableForm", "stabilize"]
