"""Runs to what a job does: train, save when it must go, and come back.

A job is pickled here and unpickled on another machine, perhaps several times.
"""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from mila_analysis.errors import ProcessError
from mila_analysis.experiments.data import Dataset, load
from mila_analysis.experiments.locking import holder
from mila_analysis.experiments.results import RunResult
from mila_analysis.experiments.sweeping.attempts import attempt
from mila_analysis.experiments.sweeping.outcomes import Failure, Task
from mila_analysis.experiments.sweeping.states import found

if TYPE_CHECKING:
    from submitit.helpers import DelayedSubmission

__all__ = ["Job"]

PATIENCE = 20.0  # seconds from SIGTERM until the wish to requeue that may follow it


@dataclass(frozen=True)
class Job:
    """Runs that one job does, in order; what is finished or done elsewhere is left out.

    Attributes:
        tasks: the runs.
        data_dir: where files of datasets are on the machine of the job.
        threads: of torch.
    """

    tasks: tuple[Task, ...]
    data_dir: Path | None = None
    threads: int = 1

    def __call__(self) -> list[str]:
        """Do what is left.

        Returns:
            Names of the folders of its runs.

        Raises:
            ProcessError: a run failed; the others are done.
        """
        import torch

        torch.set_num_threads(self.threads)
        with _saved_before_requeue():
            outcomes = [self._attempted(task) for task in self.tasks if _is_free(task)]
        failures = [f for f in outcomes if isinstance(f, Failure) and not f.elsewhere]
        if failures:
            raise ProcessError("; ".join(failure.reason for failure in failures))
        return [task.folder.name for task in self.tasks]

    def checkpoint(self) -> DelayedSubmission:
        """What is queued when the job must go: the same, as folders know the rest."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self)

    def _attempted(self, task: Task) -> RunResult | Failure:
        return attempt(task, self._load, lambda _: None)

    def _load(self, name: str) -> Dataset:
        return load(name, self.data_dir)


def _is_free(task: Task) -> bool:
    done = found(task.config, task.folder)
    return not isinstance(done, RunResult) and holder(task.folder) is None


@contextlib.contextmanager
def _saved_before_requeue() -> Iterator[None]:
    """Let training save what it has before submitit puts the job into the queue again.

    Slurm asks a job to go by SIGTERM, by submitit's own signal, or by both, one after
    the other; training knows SIGTERM, and submitit only its own. SIGTERM alone is that
    of a job that is cancelled: it does not come back by itself.
    """
    import submitit

    from mila_analysis.experiments.training import Interrupted

    number = submitit.JobEnvironment._usr_sig()  # noqa: SLF001 - it has no other name
    before = signal.getsignal(number)
    wish = _Requeue(before)
    signal.signal(number, wish.hear)
    try:
        yield
    except Interrupted:
        wish.wait()
        signal.signal(number, before)
        if wish.is_heard:
            signal.raise_signal(number)
        raise
    finally:
        signal.signal(number, before)


class _Requeue:
    """Whether the job shall be put into the queue again."""

    def __init__(self, otherwise: Any) -> None:
        self.is_heard = False
        self.otherwise = otherwise
        self.idle = signal.getsignal(signal.SIGTERM)

    def hear(self, number: int, frame: FrameType | None) -> None:
        """Stop the training; where there is none, requeue at once."""
        if self.is_heard:
            return
        self.is_heard = True
        if signal.getsignal(signal.SIGTERM) != self.idle:
            signal.raise_signal(signal.SIGTERM)
        elif callable(self.otherwise):
            self.otherwise(number, frame)

    def wait(self) -> None:
        """Give the wish time to come."""
        until = time.monotonic() + PATIENCE
        while not self.is_heard and time.monotonic() < until:
            time.sleep(0.1)
