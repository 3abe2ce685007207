"""Seed, epoch and step to all that is random there.

Nothing is carried from one step to the next, so a run goes on anywhere from its weights
and the state of its optimizer alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

__all__ = ["generator", "guarded", "order", "seed_of", "start"]


def seed_of(seed: int, *place: object) -> int:
    """A seed of 63 bits for one purpose at one place of a run."""
    text = "/".join(map(str, (seed, *place)))
    digest = hashlib.sha256(text.encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


def generator(seed: int, *place: object) -> torch.Generator:
    """A generator of its own, on the CPU whatever the device."""
    return torch.Generator().manual_seed(seed_of(seed, *place))


def order(seed: int, epoch: int, examples: int) -> Tensor:
    """The order in which an epoch takes the examples."""
    return torch.randperm(examples, generator=generator(seed, "order", epoch))


def start(device: torch.device, seed: int, *place: object) -> None:
    """Set the global generators that layers such as dropout draw from."""
    number = seed_of(seed, *place)
    torch.default_generator.manual_seed(number)
    if device.type == "cuda":
        torch.cuda.manual_seed(number)
    elif device.type == "mps":
        torch.mps.manual_seed(number)


@contextmanager
def guarded(device: torch.device) -> Iterator[None]:
    """Put the global generators back as a caller had them."""
    mine = [device] if device.type == "cuda" else []
    apple = torch.mps.get_rng_state() if device.type == "mps" else None
    with torch.random.fork_rng(mine):
        yield
    if apple is not None:
        torch.mps.set_rng_state(apple)
