"""Formulas of the user's own to what is worth knowing of them, on stderr."""

from __future__ import annotations

from collections.abc import Iterable

from mila_analysis.activation import Activation

__all__ = ["remark"]


def remark(activations: Iterable[Activation]) -> None:
    """Say which functions these are by another name, and where they break."""
    for activation in activations:
        pass
