"""Tasks from a pipe to outcomes into it: the other end is the process that started us.

`Ctrl-C` on a terminal reaches every process of it; a worker leaves it to the process
that started it, which sends SIGTERM once, so that none hears two.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

from mila_analysis.experiments.data import Dataset
from mila_analysis.experiments.sweeping.attempts import attempt, once
from mila_analysis.experiments.sweeping.outcomes import Task

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    Pipe = Connection[Any, Any]

__all__ = ["READY", "serve"]

READY = "ready"


def serve(pipe: Pipe, data: Dataset | None, threads: int, place: int) -> None:
    """Do tasks until there are no more, or nobody who gives them.

    Args:
        pipe: gives tasks; takes `READY`, events and outcomes.
        data: instead of what configurations name.
        threads: of torch.
        place: of this worker among all, which picks among GPUs.
    """
    _prepare(threads, place)
    datasets = once(data)
    voice = _Voice(pipe)
    voice.say(READY)
    try:
        while (task := _next(pipe)) is not None:
            voice.say(attempt(task, datasets, voice.say))
    except KeyboardInterrupt:  # the run is saved; who asked for it knows
        return


def _prepare(threads: int, place: int) -> None:
    import torch

    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    torch.set_num_threads(threads)
    if (count := torch.cuda.device_count()) > 1:
        os.environ["LOCAL_RANK"] = str(place % count)


def _next(pipe: Pipe) -> Task | None:
    try:
        return pipe.recv()
    except (EOFError, OSError):
        return None


class _Voice:
    """The way back. If nobody listens any more, the run is stopped, and saved."""

    def __init__(self, pipe: Pipe) -> None:
        self.pipe, self.is_heard = pipe, True

    def say(self, what: object) -> None:
        if not self.is_heard:
            return
        try:
            self.pipe.send(what)
        except OSError:
            self.is_heard = False
            signal.raise_signal(signal.SIGTERM)
