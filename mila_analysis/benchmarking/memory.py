"""A function of torch to the bytes that it keeps from forward to backward."""

from __future__ import annotations

from typing import Any

import torch

from mila_analysis.benchmarking.calls import TorchCalls

__all__ = ["held"]


def held(calls: TorchCalls, x: torch.Tensor) -> float:
    """Bytes an element that autograd saves, x itself included; parameters are not.

    A tensor that is saved twice, or as a view of another, counts once.
    """
    storages: dict[int, int] = {}

    def note(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if tensor.numel() >= x.numel():
            storages[storage.data_ptr()] = storage.nbytes()
        return tensor

    def give_back(tensor: Any) -> Any:
        return tensor

    leaf = x.detach().requires_grad_()
    with torch.autograd.graph.saved_tensors_hooks(note, give_back):
        result = calls.function(leaf)
    del result  # kept until here, or what was saved could be freed and found again
    return sum(storages.values()) / x.numel()
