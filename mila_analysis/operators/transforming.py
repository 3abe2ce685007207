"""What torch's tracing and vmap must know of the operators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

__all__ = ["register"]

Tensors = Sequence[torch.Tensor]
Batched = tuple[list[torch.Tensor], list[int]]


def register() -> None:
    """Make shapes for tracing, and batching rules, known to torch; once.

    Backward asks for no `gradient` of a batch, so that has no rule.
    """
    ours = torch.library
    ours.register_fake("mila_analysis::evaluate", _evaluate)
    ours.register_fake("mila_analysis::activation", _activation)
    ours.register_fake("mila_analysis::gradient", _gradient)
    ours.register_vmap("mila_analysis::evaluate", _evaluate_batched)
    ours.register_vmap("mila_analysis::activation", _activation_batched)


def _evaluate(
    x: torch.Tensor, _parameters: Tensors, _kernel: str, names: str, dtype: torch.dtype
) -> list[torch.Tensor]:
    return [torch.empty_like(x, dtype=dtype) for _ in names.split(",")]


def _activation(x: torch.Tensor, _parameters: Tensors, _kernel: str) -> torch.Tensor:
    return torch.empty_like(x)


def _gradient(
    x: torch.Tensor,
    parameters: Tensors,
    _g: torch.Tensor,
    _kernel: str,
    variables: Sequence[int],
) -> list[torch.Tensor]:
    return [
        parameters[k - 1].new_empty(parameters[k - 1].shape)
        if k
        else torch.empty_like(x)
        for k in variables
    ]


# Batches


def _evaluate_batched(
    info: Any,
    dims: Any,
    x: torch.Tensor,
    parameters: Tensors,
    kernel: str,
    names: str,
    dtype: torch.dtype,
) -> Batched:
    x, parameters = _stacked(info, dims, x, parameters)
    evaluate = torch.ops.mila_analysis.evaluate
    results = evaluate(x, parameters, kernel, names, dtype)
    return results, [0] * len(results)


def _activation_batched(
    info: Any, dims: Any, x: torch.Tensor, parameters: Tensors, kernel: str
) -> tuple[torch.Tensor, int]:
    x, parameters = _stacked(info, dims, x, parameters)
    return torch.ops.mila_analysis.activation(x, parameters, kernel), 0


def _first(info: Any, value: torch.Tensor, dim: int | None) -> torch.Tensor:
    """A value with the batch as its first dimension."""
    if dim is None:
        return value.expand(info.batch_size, *value.shape)
    return value.movedim(dim, 0)


def _stacked(
    info: Any, dims: Any, x: torch.Tensor, parameters: Tensors
) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """x with the batch first, and parameters that expand to it."""
    stacked = _first(info, x, dims[0])
    beside = []
    for p, dim in zip(parameters, dims[1], strict=True):
        missing = stacked.ndim - 1 - (p.ndim - (dim is not None))
        if dim is None:
            beside.append(p if missing >= 0 else p.reshape(()))
            continue
        moved = p.movedim(dim, 0)
        shape = moved.shape[1:] if missing >= 0 else ()
        beside.append(moved.reshape(len(moved), *[1] * missing, *shape))
    return stacked, beside
