"""Tasks to outcomes, in several processes at once, any of which may die."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from typing import TYPE_CHECKING

from mila_analysis.experiments.data import Dataset
from mila_analysis.experiments.results import RunResult
from mila_analysis.experiments.sweeping.attempts import note_failure
from mila_analysis.experiments.sweeping.outcomes import Failure, Task, Tell
from mila_analysis.experiments.sweeping.stopping import Halted, Wish
from mila_analysis.experiments.sweeping.worker import READY, serve

if TYPE_CHECKING:
    from mila_analysis.experiments.sweeping.worker import Pipe

__all__ = ["run_tasks"]

LOOK = 0.2  # seconds from one look at whether somebody wants to stop to the next
GRACE = 5.0  # seconds that the system has to end a process


@dataclass(slots=True)
class _Worker:
    """A process, and the task that it has."""

    process: SpawnProcess
    pipe: Pipe
    task: Task
    is_ready: bool = False


def run_tasks(
    tasks: Sequence[Task],
    tell: Tell,
    *,
    workers: int,
    threads: int,
    data: Dataset | None,
    stop: Wish,
) -> None:
    """Do all tasks; a worker that ends before its task is a failure of the task.

    Args:
        tasks: in the order in which they are begun.
        tell: is told what happens, in this process.
        workers: processes at a time.
        threads: of torch, of each.
        data: instead of what configurations name.
        stop: whether somebody wants to stop.

    Raises:
        Halted: somebody does, and every run is saved.
    """
    crew = _Crew(deque(tasks), tell, threads, data)
    try:
        while crew.waiting or crew.workers:
            if stop.asked:
                crew.halt()
            elif crew.waiting and len(crew.workers) < workers:
                crew.start()
                continue
            crew.listen()
    finally:
        crew.end()
    if stop.asked:
        raise Halted(stop.signal)


class _Crew:
    """Workers, and what they have to do."""

    def __init__(
        self, waiting: deque[Task], tell: Tell, threads: int, data: Dataset | None
    ) -> None:
        self.waiting, self.tell, self.threads, self.data = waiting, tell, threads, data
        self.workers: list[_Worker] = []
        self.idle: list[_Worker] = []
        self.started = 0
        self.is_halting = False

    def start(self) -> None:
        """One more worker, with the next task."""
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=serve, args=(theirs, self.data, self.threads, self.started),
            daemon=True,
        )  # fmt: skip
        worker = _Worker(process, ours, self.waiting.popleft())
        self.started += 1
        self.tell(worker.task, None)
        try:
            with _deaf():
                process.start()
            self.workers.append(worker)
            ours.send(worker.task)
        except OSError:  # it died at once: the pipe says so, if it ever began
            if worker not in self.workers:
                self._fail(worker)
        finally:
            theirs.close()

    def listen(self) -> None:
        """Hear what workers say, for a moment."""
        pipes = {worker.pipe: worker for worker in self.workers}
        for pipe in wait(list(pipes), LOOK):
            self._hear(pipes[pipe])  # type: ignore[index]

    def _hear(self, worker: _Worker) -> None:
        try:
            said = worker.pipe.recv()
        except (EOFError, OSError):
            self._bury(worker)
            return
        if said == READY:
            worker.is_ready = True
            return
        self.tell(worker.task, said)
        if isinstance(said, (RunResult, Failure)):
            self._employ(worker)

    def _employ(self, worker: _Worker) -> None:
        """Give a worker the next task, if there is one."""
        if self.is_halting or not self.waiting:
            self.workers.remove(worker)
            self.idle.append(worker)
            return
        worker.task = self.waiting.popleft()
        self.tell(worker.task, None)
        with contextlib.suppress(OSError):  # it is dead: the pipe says so next time
            worker.pipe.send(worker.task)

    def _bury(self, worker: _Worker) -> None:
        """A worker has ended with a task in hand, because it was told to or died."""
        self.workers.remove(worker)
        worker.pipe.close()
        worker.process.join(GRACE)
        if not self.is_halting:
            self._fail(worker)

    def _fail(self, worker: _Worker) -> None:
        failure = Failure(worker.task.config, worker.task.folder, _reason(worker))
        note_failure(failure)
        self.tell(worker.task, failure)

    def halt(self) -> None:
        """Tell all workers, once, to save what they have and go."""
        if self.is_halting:
            return
        self.is_halting = True
        self.waiting.clear()
        for worker in self.workers:
            worker.process.terminate()

    def end(self) -> None:
        """Leave no process behind, whatever happened."""
        for worker in (*self.workers, *self.idle):
            worker.process.kill()
        for worker in (*self.workers, *self.idle):
            worker.process.join(GRACE)
            worker.pipe.close()


def _reason(worker: _Worker) -> str:
    """Why a worker is gone, in words."""
    code = worker.process.exitcode if worker.process.pid else None
    how = "ended" if code is None else f"ended with code {code}"
    if code is not None and code < 0:
        how = f"was killed by {signal.Signals(-code).name}"
        if -code == signal.SIGKILL:
            how += ", perhaps for want of memory"
    if worker.is_ready:
        return f"its process {how}"
    return (
        f"its process {how} before it began; a script that sweeps must do so under "
        'if __name__ == "__main__"'
    )


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """Start processes that never hear Ctrl-C; here it waits for a moment."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # or it would be started now, and unblock it
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
