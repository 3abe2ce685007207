"""Processes that torchrun started to a team that shares the work of each batch."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch import distributed as dist
from torch.distributed.rendezvous import rendezvous

from mila_analysis.errors import MilaAnalysisError
from mila_analysis.experiments.metrics import Tally

__all__ = ["ALONE", "Team", "joined", "local_rank", "rank"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Team:
    """This process among those that train one network.

    Attributes:
        rank: its number; 0 is the one that writes.
        size: how many there are.
    """

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this is the process that writes and speaks."""
        return self.rank == 0

    def part(self, batch: Tensor) -> Tensor:
        """This process's part of a batch, as even as can be."""
        return batch if self.size == 1 else batch.tensor_split(self.size)[self.rank]

    def wrapped(self, model: nn.Module, device: torch.device) -> nn.Module:
        """The model with gradients that are means over all processes."""
        if self.size == 1:
            return model
        ids = [device] if device.type == "cuda" else None
        if device.type == "cuda":
            model = nn.SyncBatchNorm.convert_sync_batchnorm(model)  # type: ignore[no-untyped-call]
        return nn.parallel.DistributedDataParallel(model, device_ids=ids)

    def agree(self, model: nn.Module) -> None:
        """Give all processes the running means of the leading one's batch norm."""
        if self.size > 1:
            for buffer in model.buffers():
                dist.broadcast(buffer, src=0)

    def any(self, wish: bool, device: torch.device) -> bool:
        """Whether one of all processes wishes so."""
        if self.size == 1:
            return wish
        flag = torch.tensor(int(wish), device=device)
        dist.all_reduce(flag, op=dist.ReduceOp.MAX)
        return bool(flag.item())

    def add(self, tally: Tally) -> None:
        """Make a tally that of all processes together."""
        if self.size == 1:
            return
        device = tally.hits.device
        exact = torch.tensor([tally.examples], device=device)
        loss = torch.tensor([tally.loss], dtype=torch.float64, device=device)
        for number in (exact, loss, tally.hits, tally.confusion):
            dist.all_reduce(number)
        tally.examples, tally.loss = int(exact.item()), float(loss.item())

    def lead(self, action: Callable[[], T]) -> T | None:
        """Do something in the leading process alone; its mistakes come to all.

        Returns:
            What it gives; None in the others.
        """
        result, mistake = None, None
        if self.leads:
            try:
                result = action()
            except MilaAnalysisError as error:
                mistake = error
        mistake = self.told(mistake)
        if mistake is not None:
            raise mistake
        return result

    def told(self, value: Any) -> Any:
        """What the leading process has, in every process."""
        if self.size == 1:
            return value
        box = [value]
        dist.broadcast_object_list(box, src=0)
        return box[0]


ALONE = Team()
_MEETINGS = count()
"""Numbers of the runs of this process. The store still has the addresses of the run
before, which nobody answers to, so each has keys of its own."""


def rank() -> int:
    """Number of this process, before it has joined the others."""
    return int(os.environ.get("RANK", "0"))


def local_rank() -> int:
    """Number of this process on its machine."""
    return int(os.environ.get("LOCAL_RANK", "0"))


@contextmanager
def joined(device: torch.device) -> Iterator[Team]:
    """The team that torchrun's environment names; a process on its own is its own."""
    if dist.is_available() and dist.is_initialized():
        yield Team(dist.get_rank(), dist.get_world_size())
        return
    if int(os.environ.get("WORLD_SIZE", "1")) < 2 or "MASTER_ADDR" not in os.environ:
        yield ALONE
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    store, number, size = next(rendezvous("env://"))
    dist.init_process_group(
        "nccl" if device.type == "cuda" else "gloo",
        store=dist.PrefixStore(f"run {next(_MEETINGS)}", store),  # type: ignore[attr-defined]
        rank=number,
        world_size=size,
    )
    try:
        yield Team(dist.get_rank(), dist.get_world_size())
    finally:
        dist.destroy_process_group()
