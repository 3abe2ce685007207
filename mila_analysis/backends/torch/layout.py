"""Results that lie in memory as x does, channels last for example.

`torch.where` gives its result the layout of the condition: of a choice by a parameter
that is the expanded parameter's, and not that of x.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping, Sequence
from typing import Any

import torch

__all__ = ["keep_layout"]

Arithmetic = Callable[..., Sequence[torch.Tensor]]


def keep_layout(names: MutableMapping[str, Any]) -> None:
    """Let the whole arithmetic of a generated file, if it has one, keep layouts.

    Args:
        names: those of the file, after it was run. Arithmetic by blocks, and that of
            numbers with exponents of their own, keeps them anyway.
    """
    if "_by_whole" in names:
        names["_by_whole"] = _keeping(names["_by_whole"])


def _keeping(arithmetic: Arithmetic) -> Arithmetic:
    def by_whole(
        wanted: Sequence[str], values: Sequence[torch.Tensor], limits: Any
    ) -> list[torch.Tensor]:
        x = values[0]
        return [_like(each, x) for each in arithmetic(wanted, values, limits)]

    return by_whole


def _like(result: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """The result, in the layout that a function of x alone would have."""
    if x.layout is not torch.strided or result.stride() == x.stride():
        return result
    laid_out = torch.empty_like(x)
    if result.stride() == laid_out.stride():  # x has gaps
        return result
    return laid_out.copy_(result)
