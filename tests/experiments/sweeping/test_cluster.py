"""Jobs of submitit: of this machine for real, of Slurm up to what sbatch is given."""

import os
import re
import signal
import stat
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mila_analysis.errors import NoProgramError, ParameterError, ProcessError
from mila_analysis.experiments.sweeping import name, standings
from mila_analysis.experiments.sweeping.cluster import Resources, submit
from mila_analysis.experiments.sweeping.jobs import Job
from mila_analysis.experiments.sweeping.outcomes import Task
from mila_analysis.experiments.training import read

SBATCH = """#!/bin/sh
cp "$1" "$(dirname "$0")/submitted.sh"
echo "Submitted batch job 4711"
"""
REFUSING = """#!/bin/sh
echo "sbatch: error: invalid partition specified: nowhere" >&2
exit 1
"""
SQUEUE = """#!/bin/sh
printf '4711_0\\n4711_1\\n'
"""


def wait_for(wish: Callable[[], bool], seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while not wish():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of programs, before all others."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def put(folder: Path, title: str, text: str) -> None:
    (folder / title).write_text(text, encoding="utf-8")
    (folder / title).chmod(stat.S_IRWXU)


def worker_of(folder: Path) -> int:
    text = (folder / "lock").read_text(encoding="utf-8")
    return int(re.findall(r"process (\d+) ", text)[0])


@pytest.mark.slow
def test_jobs_of_this_machine_share_the_runs(
    configs, alone, numbers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
    runs = configs[:3]
    jobs = submit(runs, tmp_path, executor="local", resources=Resources(parallel=2))
    assert [set(job.runs) for job in jobs] == [set(map(name, runs))] * 2
    wait_for(lambda: all(s.state == "done" for s in standings(runs, tmp_path)))
    assert numbers([read(tmp_path / name(run)) for run in runs]) == alone[:3]
    assert submit(runs, tmp_path, executor="local") == []
    assert jobs[0].log.is_file()
    assert jobs[0].log.parent == tmp_path / "jobs"


@pytest.mark.slow
def test_a_job_that_must_go_saves_its_run_and_comes_back(
    configs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
    run = replace(configs[0], epochs=60)
    folder = tmp_path / name(run)
    (job,) = submit([run], tmp_path, executor="local")
    wait_for(lambda: standings([run], tmp_path)[0].epochs > 2)
    first = worker_of(folder)
    os.kill(first, signal.SIGUSR2)
    wait_for(lambda: standings([run], tmp_path)[0].state == "done")
    assert worker_of(folder) != first
    said = job.log.with_suffix(".out").read_text(encoding="utf-8")
    assert "Requeued job" in said
    assert said.count("Starting with") == 2
    assert len(read(folder).epochs) == 60


def test_a_failed_run_is_a_failed_job(configs, tmp_path: Path):
    pytest.importorskip("submitit")
    bad = replace(configs[0], build="sequential", batch_size=1)
    tasks = tuple(
        Task(number, run, tmp_path / name(run))
        for number, run in enumerate((bad, configs[1]))
    )
    with pytest.raises(ProcessError, match="too small for batch norm"):
        Job(tasks)()
    states = [s.state for s in standings([bad, configs[1]], tmp_path)]
    assert states == ["failed", "done"]


def test_slurm_gets_one_array(configs, tmp_path: Path, programs: Path):
    put(programs, "sbatch", SBATCH)
    put(programs, "srun", "#!/bin/sh\n")
    jobs = submit(
        configs,
        tmp_path / "runs",
        executor="slurm",
        resources=Resources(
            partition="gpu", timeout=90, cpus=4, gpus=1, memory=8, parallel=2,
            options={"account": "me"},
        ),
    )  # fmt: skip
    text = (programs / "submitted.sh").read_text(encoding="utf-8")
    for line in (
        "--array=0-3%2", "--partition=gpu", "--time=90", "--cpus-per-task=4",
        "--gpus-per-node=1", "--mem=8GB", "--account=me", "--signal=USR2@90",
        "--job-name=mila-analysis",
    ):  # fmt: skip
        assert f"#SBATCH {line}\n" in text
    assert [job.job for job in jobs] == [f"4711_{k}" for k in range(4)]
    assert [job.runs for job in jobs] == [(name(run),) for run in configs]
    states = standings(configs, tmp_path / "runs")
    assert [(s.state, s.job) for s in states] == [
        ("submitted", f"4711_{k}") for k in range(4)
    ]


def test_what_is_in_the_queue_is_not_submitted_again(
    configs, tmp_path: Path, programs: Path
):
    put(programs, "sbatch", SBATCH)
    put(programs, "srun", "#!/bin/sh\n")
    put(programs, "squeue", SQUEUE)
    submit(configs, tmp_path / "runs", executor="slurm")
    again = submit(configs, tmp_path / "runs", executor="slurm")
    assert [job.runs for job in again] == [(name(run),) for run in configs[2:]]


def test_what_sbatch_refuses(configs, tmp_path: Path, programs: Path):
    put(programs, "sbatch", REFUSING)
    put(programs, "srun", "#!/bin/sh\n")
    with pytest.raises(ProcessError, match="invalid partition specified: nowhere"):
        submit(configs, tmp_path / "runs", executor="slurm")
    assert {s.state for s in standings(configs, tmp_path / "runs")} == {"waiting"}


def test_no_slurm(configs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoProgramError, match="no Slurm here: 'sbatch'"):
        submit(configs, tmp_path / "runs", executor="slurm")
    assert not (tmp_path / "runs").exists()


def test_no_submitit(configs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "submitit", None)
    with pytest.raises(NoProgramError, match=r"mila-analysis\[cluster\]"):
        submit(configs, tmp_path, executor="local")


def test_resources_that_cannot_be(configs, tmp_path: Path):
    with pytest.raises(ParameterError, match="timeout must be at least 3: 1"):
        Resources(timeout=1)
    with pytest.raises(ParameterError, match="did you mean 'slurm'"):
        submit(configs, tmp_path, executor="slrum")
