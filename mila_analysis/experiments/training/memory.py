"""A network to the bytes that a training step keeps for its backward pass."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from mila_analysis.experiments.training.devices import autocast

__all__ = ["saved_bytes"]

FEW, MORE = 2, 4  # examples


def saved_bytes(
    model: nn.Module, images: Tensor, labels: Tensor, *, amp: bool
) -> float:
    """Bytes of distinct memory an example that autograd keeps between both passes.

    The images themselves are among it. What does not grow with the batch, such as
    weights, is not: it is the difference between four examples and two.

    Args:
        model: left as it is.
        images: of at least one example.
        labels: theirs.
        amp: whether the step is one of mixed precision.
    """
    places = torch.arange(MORE) % len(labels)
    images, labels = images[places], labels[places]
    kept = [
        _kept(
            copy.deepcopy(model).train(),
            images[:n].clone(),
            labels[:n].clone(),
            amp=amp,
        )
        for n in (FEW, MORE)
    ]
    return (kept[1] - kept[0]) / (MORE - FEW)


def _kept(model: nn.Module, images: Tensor, labels: Tensor, *, amp: bool) -> int:
    seen: dict[int, Tensor] = {}  # held, so that no address is used twice

    def pack(tensor: Tensor) -> Tensor:
        seen.setdefault(tensor.untyped_storage().data_ptr(), tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        with autocast(images.device, amp=amp):
            logits = model(images)
        nn.functional.cross_entropy(logits.float(), labels)
    return sum(tensor.untyped_storage().nbytes() for tensor in seen.values())
