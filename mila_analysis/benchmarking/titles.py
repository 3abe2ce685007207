"""Name of an implementation to what people call it."""

from __future__ import annotations

__all__ = ["BRIEF", "OURS", "TITLES"]

OURS = {
    "ours": "as_module",
    "learnable": "as_module, learnable",
    "plain": "as_module, no compiler",
    "accurate": "as_module, accurate",
    "ours-compiled": "as_module, torch.compile",
    "lambdify": "lambdify",
    "numpy": "lambdify, NumPy",
}
"""Those of this package."""

TITLES = OURS | {
    "relu": "F.relu",
    "silu": "F.silu",
    "gelu": "F.gelu",
    "mish": "F.mish",
    "eager": "eager formula",
    "compiled": "torch.compile of it",
    "jax": "JAX of it",
    "naive": "SymPy's lambdify",
    "cse": "SymPy's, cse=True",
    "copy": "copy_",
    "roofline": "memory alone",
}

BRIEF = TITLES | {
    "ours": "ours",
    "plain": "ours, no compiler",
    "accurate": "ours, accurate",
    "numpy": "ours, NumPy",
    "eager": "eager",
    "compiled": "torch.compile",
    "jax": "JAX",
    "naive": "SymPy",
    "cse": "SymPy, cse",
}
"""Beside a curve or a point."""
