import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mila_analysis.cli.sweeping import duration

SMALL = ("--epochs", "1", "--batch-size", "256", "--workers", "1")
GRID = ("sweep", "-a", "relu", "-a", "mila:beta=-0.25", "--seeds", "2", *SMALL)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_table_of_all_runs(invoke, tmp_path: Path):
    done = invoke(*GRID, "-o", "table.json")
    assert done.code == 0
    lines = [line.split("\t") for line in done.out.splitlines()]
    assert [line[2:6] for line in lines] == [
        ["relu", "0", "done", "1"],
        ["mila:beta=-0.25", "0", "done", "1"],
        ["relu", "1", "done", "1"],
        ["mila:beta=-0.25", "1", "done", "1"],
    ]
    assert "4 of 4: mlp mila:beta=-0.25 seed 1: finished, top-1 " in done.err
    table = json.loads((tmp_path / "table.json").read_text(encoding="utf-8"))
    for row, line in zip(table, lines, strict=True):
        result = tmp_path / "runs" / row["run"] / "result.json"
        epochs = json.loads(result.read_text(encoding="utf-8"))["epochs"]
        assert row["last_top1"] == epochs[-1]["validation"]["top1"]
        assert row["last_macro_f1"] == epochs[-1]["validation"]["macro_f1"]
        assert line[6] == f"{100 * row['last_top1']:.2f}"
        assert row["config"]["batch_size"] == 256


def test_finished_runs_are_kept_and_more_seeds_added(invoke):
    first = invoke(*GRID, "-o", "-")
    more = invoke(*GRID, "--seeds", "3", "-o", "-")
    assert more.code == 0
    assert rows(more.out)[:4] == rows(first.out)
    assert len(rows(more.out)) == 6
    assert more.err.count("was finished") == 4
    assert more.err.count(": finished") == 2


def test_status_reads_and_trains_nothing(invoke, tmp_path: Path):
    invoke(*GRID, "--seeds", "1")
    found = invoke(*GRID, "--status", "-o", "-")
    assert [row["state"] for row in rows(found.out)] == [
        "done",
        "done",
        "waiting",
        "waiting",
    ]
    assert len(list((tmp_path / "runs").iterdir())) == 2
    again = invoke(*GRID, "--status", "--dataset", "Digits", "-o", "-")
    assert again.out == found.out


def test_a_failed_run_is_reported_at_the_end(invoke):
    command = ("sweep", "-a", "relu", "--seeds", "2", *SMALL)
    invoke(*command)
    folder = min(Path("runs").iterdir())
    (folder / "result.json").write_text("{", encoding="utf-8")
    done = invoke(*command)
    assert done.code == 1
    assert [line.split("\t")[4] for line in done.out.splitlines()] == [
        "failed",
        "done",
    ]
    assert done.err.splitlines()[-1].startswith(
        f"mila-analysis: error: 1 of 2 runs failed, the first {folder.name}: "
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-o", "table.txt"), "no table format in 'table.txt'"),
        (("--seeds", "0"), "seeds must be a whole number"),
        (("--model", "resnet21-v1"), "the nearest is 20"),
        (("--dataset", "digit"), "did you mean 'digits'"),
        (("--executor", "slrum"), "did you mean 'slurm'"),
        (("--partition", "gpu"), "--partition is of jobs"),
        (("--slurm", "account=me"), "--slurm is of jobs"),
        (("--executor", "slurm", "--slurm", "account"), "NAME=VALUE"),
        (("--workers", "0"), "workers must be a whole number"),
        (("-a", "relu", "--learnable", "beta"), "parameter 'beta'"),
    ],
)
def test_mistakes_are_one_line(invoke, arguments: tuple[str, ...], said: str):
    done = invoke("sweep", *arguments)
    assert done.code == 2
    assert said in done.err
    assert len(done.err.splitlines()) == 1
    assert list(Path().iterdir()) == []


def test_no_slurm_is_one_line(invoke, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "")
    done = invoke("sweep", "--executor", "slurm")
    assert done.code == 2
    assert "no Slurm here" in done.err


def test_parameters_are_learned_where_an_activation_has_them(invoke):
    done = invoke(
        "sweep", "-a", "relu", "-a", "mila", "--seeds", "1",
        "--learnable", "beta", "--status", "-o", "t.json",
    )  # fmt: skip
    assert done.code == 0
    table = json.loads(Path("t.json").read_text(encoding="utf-8"))
    assert [row["config"]["learnable"] for row in table] == [[], ["beta"]]


@pytest.mark.slow
def test_ctrl_c_on_a_terminal_saves_all_runs(tmp_path: Path):
    """It reaches every process of the terminal at once, as here."""
    command = (
        sys.executable, "-m", "mila_analysis", "sweep", "-a", "relu", "-a", "mish",
        "--seeds", "1", "--epochs", "100000", "--workers", "2",
    )  # fmt: skip
    with subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, process_group=0
    ) as sweep:
        until = time.monotonic() + 120
        while len(list(tmp_path.glob("runs/*/metrics.csv"))) < 2:
            assert sweep.poll() is None
            assert time.monotonic() < until
            time.sleep(0.1)
        os.killpg(sweep.pid, signal.SIGINT)
        _, said = sweep.communicate(timeout=60)
    assert sweep.returncode == 130
    assert said == (
        "mila-analysis: stopped after 0 of 2 runs; all are kept in runs: "
        "the same command goes on\nmila-analysis: interrupted\n"
    )
    for lock in tmp_path.glob("runs/*/lock"):
        with pytest.raises(ProcessLookupError):
            os.kill(int(lock.read_text(encoding="utf-8").split()[1]), 0)
    assert len(list(tmp_path.glob("runs/*/checkpoint.pt"))) == 2


def test_durations():
    assert duration(float("nan")) == duration(0.0) == ""
    assert duration(20) == "under a minute left"
    assert duration(300) == "about 5 min left"
    assert duration(2.5 * 3600) == "about 2.5 h left"


def test_a_table_for_a_person(invoke, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    done = invoke(*GRID, "--status")
    title, headings, *lines = done.out.splitlines()
    assert title.strip() == "digits, mlp"
    assert headings.split() == ["activation", "seed", "state", "epochs"]
    assert [line.split()[:3] for line in lines[:4]] == [
        ["relu", "0", "waiting"],
        ["mila:beta=-0.25", "0", "waiting"],
        ["relu", "1", "waiting"],
        ["mila:beta=-0.25", "1", "waiting"],
    ]


def test_bars_of_runs_under_way(tmp_path: Path):
    from rich.console import Console
    from rich.progress import Progress

    from mila_analysis.cli.sweeping import _Bars
    from mila_analysis.experiments.config import RunConfig
    from mila_analysis.experiments.sweeping import Failure, Update
    from mila_analysis.experiments.training import Event

    stream, config = io.StringIO(), RunConfig(activation="relu")
    progress = Progress(console=Console(file=stream, width=80), auto_refresh=False)
    bars = _Bars(progress)
    bars.show(Update("start", 1, config, 0, 4))
    step = Event("step", 2, 5, step=1, steps=2)
    bars.show(Update("step", 1, config, 0, 4, part=0.3, left=120, event=step))
    every, one = progress.tasks
    assert (every.completed, every.total) == (0.3, 4)
    assert every.fields["more"] == "0 of 4, about 2 min left"
    assert one.description == "mlp relu seed 0"
    assert (one.completed, one.fields["more"]) == (0.3, "epoch 2 of 5")
    failure = Failure(config, tmp_path, "no [bold]room")
    bars.show(Update("failed", 1, config, 1, 4, part=1.0, outcome=failure))
    assert len(progress.tasks) == 1
    assert stream.getvalue() == "1 of 4: mlp relu seed 0: failed: no [bold]room\n"
