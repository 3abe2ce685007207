"""Configurations to jobs of Slurm, or of this machine, that outlive the terminal."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mila_analysis import files
from mila_analysis.errors import (
    NoProgramError,
    ParameterError,
    ProcessError,
    WriteError,
    suggestion,
)
from mila_analysis.experiments.config import RunConfig
from mila_analysis.experiments.sweeping.grid import name
from mila_analysis.experiments.sweeping.jobs import Job
from mila_analysis.experiments.sweeping.outcomes import Task
from mila_analysis.experiments.sweeping.running import cores, made
from mila_analysis.experiments.sweeping.states import JOB, standings

if TYPE_CHECKING:
    import submitit

__all__ = ["EXECUTORS", "LOGS", "Resources", "Submitted", "submit"]

EXECUTORS = ("local", "slurm")
LOGS = "jobs"
REQUEUES = 1000  # of a job that its time limit ends; each goes on where the last ended
LIMIT = 7 * 24 * 60  # minutes
WARNING = 90  # seconds before its time limit in which a job saves what it has


@dataclass(frozen=True, slots=True)
class Resources:
    """What each job may use.

    Attributes:
        partition: of Slurm, its own choice if None.
        timeout: minutes, after which a job saves its run and queues again.
        cpus: cores.
        gpus: on one machine.
        memory: GB, the cluster's default if None.
        parallel: jobs at a time; on this machine as many as there are cores, on Slurm
            all, if None.
        options: any other of `sbatch`, such as `account`.
    """

    partition: str | None = None
    timeout: int = 60
    cpus: int = 1
    gpus: int = 0
    memory: float | None = None
    parallel: int | None = None
    options: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check.

        Raises:
            ParameterError: a value that cannot be; says which.
        """
        least = {"timeout": 3, "cpus": 1, "gpus": 0, "parallel": 1, "memory": 0.001}
        for title, low in least.items():
            value = getattr(self, title)
            if value is not None and not low <= value < 1e6:
                raise ParameterError(f"{title} must be at least {low}: {value}")


@dataclass(frozen=True, slots=True)
class Submitted:
    """A job.

    Attributes:
        job: its number, such as `4711_3` for task 3 of an array.
        runs: names of the folders of its runs.
        log: where its messages go.
    """

    job: str
    runs: tuple[str, ...]
    log: Path


def submit(
    configs: Sequence[RunConfig],
    folder: Path | str,
    *,
    executor: str,
    resources: Resources | None = None,
    threads: int = 1,
    data_dir: Path | None = None,
) -> list[Submitted]:
    """Give jobs all runs that are neither finished, nor running, nor in the queue.

    On Slurm they are one array, a run a job. On this machine each of a few jobs takes
    the next run that nobody has, until none is left. A job that Slurm preempts, or that
    reaches its time limit, saves its run and goes on with it later.

    Args:
        configs: what is trained.
        folder: gets a folder for each run, and `jobs` with what jobs say. Every
            machine must see it.
        executor: `local` or `slurm`.
        resources: what each job may use.
        threads: of torch, for each run.
        data_dir: where files of datasets are, on the machines of the jobs.

    Raises:
        NoProgramError: submitit is not installed, or no Slurm is here.
        ParameterError: no such executor, or resources that cannot be.
        ProcessError: Slurm refuses; says why.
        WriteError: the folder cannot be made or written to.
    """
    if executor not in EXECUTORS:
        hint = suggestion(executor, EXECUTORS) or f"; choose from {EXECUTORS}"
        raise ParameterError(f"no executor '{executor}'{hint}")
    resources = resources or Resources()
    _check(executor)
    home = made(Path(folder)).resolve()
    where = None if data_dir is None else data_dir.resolve()
    tasks, running = _left(configs, home)
    parts = _parts(tasks, executor, resources, running)
    jobs = [Job(part, where, threads) for part in parts]
    if not jobs:
        return []
    numbers = _numbers(jobs, _executor(executor, home / LOGS, resources))
    submitted = [
        Submitted(number, _runs(job), home / LOGS / f"{number}_0_log.err")
        for number, job in zip(numbers, jobs, strict=True)
    ]
    if executor == "slurm":
        _note(home, submitted)
    return submitted


def _check(executor: str) -> None:
    try:
        import submitit  # noqa: F401 - whether it is there
    except ImportError:
        raise NoProgramError(
            "jobs need submitit: pip install 'mila-analysis[cluster]'"
        ) from None
    for program in ("sbatch", "srun") if executor == "slurm" else ():
        if shutil.which(program) is None:
            raise NoProgramError(
                f"no Slurm here: '{program}' is not on the PATH; sweep where jobs are "
                "submitted, or choose executor 'local' or 'here'"
            )


def _left(configs: Sequence[RunConfig], home: Path) -> tuple[list[Task], int]:
    """Runs that nobody has or has done, and how many are running."""
    every = standings(list(dict.fromkeys(configs)), home)
    queue = queued()
    tasks = [
        Task(number, s.config, home / name(s.config))
        for number, s in enumerate(every)
        if s.state in {"failed", "stopped", "waiting", "submitted"}
        and s.job not in queue
    ]
    return tasks, sum(s.state == "running" for s in every)


def queued() -> set[str]:
    """Numbers of jobs that Slurm has, as far as it says so."""
    if (program := shutil.which("squeue")) is None:
        return set()
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        command = [program, "--me", "--noheader", "--array", "--format=%i"]
        done = subprocess.run(  # noqa: S603 - a fixed command
            command, capture_output=True, text=True, timeout=60, check=True
        )
        return set(done.stdout.split())
    return set()


def _parts(
    tasks: Sequence[Task], executor: str, resources: Resources, running: int
) -> list[tuple[Task, ...]]:
    """What each job does."""
    if executor == "slurm":
        return [(task,) for task in tasks]
    free = (resources.parallel or max(1, cores() // resources.cpus)) - running
    number = min(max(0, free), len(tasks))
    return [(*tasks[k:], *tasks[:k]) for k in range(number)]


def _executor(kind: str, logs: Path, resources: Resources) -> submitit.AutoExecutor:
    import submitit

    limits = {"local_max_num_timeout": REQUEUES, "slurm_max_num_timeout": REQUEUES}
    made(logs)
    executor = submitit.AutoExecutor(logs, cluster=kind, **limits)
    executor.update_parameters(**_parameters(kind, resources))
    return executor


def _parameters(kind: str, resources: Resources) -> dict[str, Any]:
    """Resources as submitit names them."""
    shared = {
        "name": "mila-analysis",
        "timeout_min": LIMIT if kind == "local" else resources.timeout,
        "cpus_per_task": resources.cpus,
        "gpus_per_node": resources.gpus,
        "mem_gb": resources.memory,
    }
    slurm = {
        "slurm_partition": resources.partition,
        "slurm_array_parallelism": resources.parallel,
        "slurm_signal_delay_s": WARNING,
        "slurm_additional_parameters": dict(resources.options) or None,
    }
    named = shared | (slurm if kind == "slurm" else {})
    return {key: value for key, value in named.items() if value is not None}


def _numbers(jobs: Sequence[Job], executor: submitit.AutoExecutor) -> list[str]:
    from submitit.core.utils import FailedJobError, FailedSubmissionError

    try:
        with executor.batch():
            taken = [executor.submit(job) for job in jobs]
    except (FailedJobError, FailedSubmissionError) as error:
        reason = " ".join(str(error).split())
        raise ProcessError(f"Slurm took no job: {reason}") from None
    except OSError as error:
        raise WriteError(f"cannot submit: {error}") from error
    for job in taken:
        _let_go(job)
    return [job.job_id for job in taken]


def _let_go(job: Any) -> None:
    """Part with the process of a job of this machine, which nobody here waits for."""
    process = getattr(job, "_process", None)
    if process is not None:
        process.returncode = 0  # else Python warns that it is still running


def _runs(job: Job) -> tuple[str, ...]:
    return tuple(task.folder.name for task in job.tasks)


def _note(home: Path, submitted: Sequence[Submitted]) -> None:
    """Leave the number of its job in the folder of each run."""
    for job in submitted:
        for run in job.runs:
            made(home / run)
            files.write(home / run / JOB, f"{job.job}\n")
