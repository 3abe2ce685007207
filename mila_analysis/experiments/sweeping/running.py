"""Configurations to finished runs, each in a folder of its own."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mila_analysis.errors import NoPlaceError, ParameterError, WriteError
from mila_analysis.experiments.config import RunConfig
from mila_analysis.experiments.data import Dataset
from mila_analysis.experiments.sweeping.attempts import attempt, once
from mila_analysis.experiments.sweeping.board import Board
from mila_analysis.experiments.sweeping.grid import name
from mila_analysis.experiments.sweeping.outcomes import (
    Outcome,
    Stopped,
    Task,
    Tell,
    Watch,
)
from mila_analysis.experiments.sweeping.states import found
from mila_analysis.experiments.sweeping.stopping import Halted, Wish

if TYPE_CHECKING:
    from mila_analysis.experiments.training import Event

__all__ = ["cores", "made", "run_all"]

MOST = 1024  # threads or processes that anybody has


def run_all(
    configs: Sequence[RunConfig],
    folder: Path | str,
    *,
    workers: int | None = None,
    threads: int = 1,
    watch: Watch | None = None,
    data: Dataset | Callable[[], Dataset] | None = None,
) -> list[Outcome]:
    """Train what is not trained yet; interrupted runs go on from where they stopped.

    Results do not depend on the number of workers: each run has its own seed and the
    same number of threads. A run that fails, or whose process dies, is a failure among
    the results, and the others go on. With several workers a script must call this
    under `if __name__ == "__main__"`, as Python starts processes anew.

    Args:
        configs: what is trained; equal ones once.
        folder: gets a folder for each run, of the name that `name` gives it.
        workers: processes; 1 trains in this one. Unless given, as many as there are
            cores for their threads, or GPUs if runs use those.
        threads: of torch, for each run; small networks are fastest with one.
        watch: is told what happens.
        data: instead of the datasets that configurations name; or what loads it,
            called unless all is finished.

    Returns:
        A result or a failure for each configuration, in order.

    Raises:
        ParameterError: workers or threads that cannot be.
        WriteError: the folder cannot be made.
        Stopped: Ctrl-C or SIGTERM; runs are saved up to the step they were in.
    """
    _check("workers", 1 if workers is None else workers)
    _check("threads", threads)
    home = made(Path(folder))
    tasks = {
        c: Task(n, c, home / name(c)) for n, c in enumerate(dict.fromkeys(configs))
    }
    board = Board(len(tasks), watch)
    left = [task for task in tasks.values() if not _is_found(task, board)]
    if left:
        source = data() if callable(data) else data
        number = min(workers or _fitting(configs, threads), len(left))
        _work(left, board, number, threads, source)
    ended = {task.config: board.outcomes[task.number] for task in tasks.values()}
    return [ended[config] for config in configs]


def _is_found(task: Task, board: Board) -> bool:
    outcome = found(task.config, task.folder)
    if outcome is not None:
        board.find(task, outcome)
    return outcome is not None


def _work(
    tasks: Sequence[Task],
    board: Board,
    workers: int,
    threads: int,
    data: Dataset | None,
) -> None:
    from mila_analysis.experiments.training.stopping import Stop

    with Stop() as stop:
        try:
            if workers == 1:
                _run_here(tasks, board.tell, threads, data, stop)
            else:
                from mila_analysis.experiments.sweeping.pool import run_tasks

                run_tasks(
                    tasks, board.tell,
                    workers=workers, threads=threads, data=data, stop=stop,
                )  # fmt: skip
        except Halted as halted:
            raise Stopped(halted.signal, board.listed()) from None


def _run_here(
    tasks: Sequence[Task], tell: Tell, threads: int, data: Dataset | None, stop: Wish
) -> None:
    """Do tasks one after the other in this process."""
    from mila_analysis.experiments.training import Interrupted

    datasets = once(data)
    with _threads(threads):
        for task in tasks:
            if stop.asked:
                raise Halted(stop.signal)

            def watch(event: Event, task: Task = task) -> None:
                tell(task, event)

            tell(task, None)
            try:
                tell(task, attempt(task, datasets, watch))
            except Interrupted as stopped:
                raise Halted(stopped.signal) from None
    if stop.asked:
        raise Halted(stop.signal)


@contextlib.contextmanager
def _threads(number: int) -> Iterator[None]:
    """Torch with a number of threads, for a while."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _fitting(configs: Sequence[RunConfig], threads: int) -> int:
    """Workers that this machine has room for."""
    import torch

    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if gpus and any(config.device.partition(":")[0] != "cpu" for config in configs):
        return gpus
    return max(1, cores() // threads)


def _check(what: str, number: int) -> None:
    if isinstance(number, bool) or not 1 <= number <= MOST:
        raise ParameterError(
            f"{what} must be a whole number from 1 to {MOST}: {number}"
        )


def made(folder: Path) -> Path:
    """A folder that is there now.

    Raises:
        WriteError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise NoPlaceError(f"cannot write {folder}: it is no folder") from None
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise WriteError(f"cannot write {folder}: {reason}") from error
    return folder
