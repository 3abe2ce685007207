"""Compiled C code as operators of torch: `torch.ops.mila_analysis`, for CPUs.

`evaluate` computes partials by name, `activation` f alone and with less ado, `gradient`
what backward of f needs. They are written in C++, once for all activations, and find
the functions of a generated C file by a key; `load` gives it. Derivatives of partials
are partials, in backward and in forward mode, so all of torch's transforms work.
"""

from __future__ import annotations

from mila_analysis.operators.building import available
from mila_analysis.operators.functions import functions, native_names
from mila_analysis.operators.registering import load
from mila_analysis.operators.sources import source

__all__ = ["available", "functions", "load", "native_names", "source"]
