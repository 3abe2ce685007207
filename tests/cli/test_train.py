"""`train` and `runs`: what is asked, what is said, and how a run ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from mila_analysis import files
from mila_analysis.cli import train
from mila_analysis.errors import WriteError
from mila_analysis.experiments import training
from mila_analysis.experiments.config import RunConfig
from mila_analysis.experiments.results import RunResult
from mila_analysis.experiments.training import read

QUICK = ("train", "--epochs", "1", "-o", "run")


def test_it_runs_at_once_and_shows_what_came_of_it(invoke, tmp_path):
    said = invoke("train", "--epochs", "2")
    assert said.code == 0
    (folder,) = (tmp_path / "runs").iterdir()
    assert folder.name.startswith("digits-mila-mlp-")
    assert said.out == (folder / "summary.txt").read_text(encoding="utf-8")
    assert "mila:beta=-0.25" in said.out
    lines = said.err.splitlines()
    assert lines[0].startswith("mila-analysis: epoch 1/2: loss ")
    assert lines[-1] == f"mila-analysis: kept in runs/{folder.name}"
    assert (folder / "curves.png").read_bytes()[:4] == b"\x89PNG"
    assert (folder / "confusion.png").is_file()
    assert not (folder / "parameters.png").exists()


def test_options_reach_the_configuration(invoke, tmp_path):
    options = (
        "--build sequential --placement all --learnable all --batch-size 99 --seed 4 "
        "--optimizer sgd --learning-rate 0.1 --schedule cosine --weight-decay 0.001 "
        "--augment --amp --device cpu -a mish"
    )
    assert invoke(*QUICK, *options.split()).code == 0
    config = read(tmp_path / "run").config
    assert (config.activation, config.learnable) == ("mish", ())
    assert (config.build, config.placement, config.batch_size) == (
        "sequential", "all", 99,
    )  # fmt: skip
    assert (config.optimizer, config.learning_rate, config.schedule) == (
        "sgd", 0.1, "cosine",
    )  # fmt: skip
    assert (config.weight_decay, config.augment, config.amp) == (0.001, True, True)
    assert (config.seed, config.device) == (4, "cpu")


def test_a_learned_parameter_is_drawn(invoke, tmp_path):
    assert invoke(*QUICK, "--learnable", "beta", "--beta", "0.5").code == 0
    result = read(tmp_path / "run")
    assert result.config.activation == "mila:beta=0.5"
    assert list(result.last.parameters) == ["activation1.beta"]
    assert (tmp_path / "run" / "parameters.png").is_file()


def test_json_is_the_whole_result(invoke, tmp_path):
    said = invoke(*QUICK, "--json")
    assert RunResult.from_json(said.out) == read(tmp_path / "run")
    assert json.loads(said.out)["best_epoch"] == 1


def test_a_finished_run_is_shown_again(invoke):
    first = invoke(*QUICK)
    again = invoke(*QUICK)
    assert again.code == 0
    assert again.out == first.out
    assert "note: the run in run is finished: this is its result" in again.err
    assert "epoch 1/1" not in again.err


def test_a_folder_of_another_run_is_refused(invoke, tmp_path):
    invoke(*QUICK)
    before = (tmp_path / "run" / "result.json").read_bytes()
    said = invoke(*QUICK, "--seed", "1")
    assert said.code == 2
    assert said.err.splitlines()[-1] == (
        "mila-analysis: error: run holds another run (seed 0, not 1); choose another "
        "folder with -o, or start again with --overwrite"
    )
    assert (tmp_path / "run" / "result.json").read_bytes() == before
    assert invoke(*QUICK, "--seed", "1", "--overwrite").code == 0


def test_a_run_that_diverges_is_kept_and_fails(invoke, tmp_path):
    wild = ("--optimizer", "sgd", "--learning-rate", "1e9")
    said = invoke(*QUICK, *wild)
    assert said.code == 1
    assert "DIVERGED" in said.out
    assert said.err.splitlines()[-1] == (
        "mila-analysis: error: diverged: the loss is no number in epoch 1"
    )
    assert read(tmp_path / "run").diverged
    assert invoke(*QUICK, *wild).code == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--dataset digit", "did you mean 'digits'?"),
        ("--model resnet21-v1", "no model 'resnet21-v1'"),
        ("--optimizer adm", "did you mean 'adam'?"),
        ("--learnable bta", "did you mean 'beta'?"),
        ("--epochs 0", "epochs must be a whole number from 1"),
        ("--learning-rate nan", "learning rate must be a number above 0"),
        ("--device tpu", "no device 'tpu'"),
        ("--device cpu:3", "only cuda takes a number"),
        ("--device cuda:x", "only cuda takes a number"),
        ("--threads 0", "threads must be"),
        ("-a relu -a mish", "train takes one activation, not 2"),
        ("-o /dev/null/run", "/dev/null"),
    ],
)
def test_mistakes_are_one_line(invoke, tmp_path, arguments, message):
    said = invoke("train", *arguments.split())
    assert said.code in {1, 2}
    (line,) = said.err.splitlines()
    assert message in line
    assert not list(tmp_path.iterdir())


def test_capital_letters_of_a_dataset_do_not_matter(invoke, tmp_path):
    assert invoke(*QUICK, "--dataset", "Digits").code == 0
    assert read(tmp_path / "run").config.dataset == "digits"


def test_a_result_is_shown_though_its_figures_cannot_be_kept(invoke, monkeypatch):
    def full(result, folder):
        raise WriteError("cannot write run/curves.png: no space left on device")

    monkeypatch.setattr(train, "draw", full)
    said = invoke(*QUICK)
    assert said.code == 1
    assert "macro-F1" in said.out
    assert said.err.splitlines()[-1].endswith("no space left on device")


@pytest.mark.parametrize("kept", [False, True])
def test_a_hasty_ctrl_c_does_not_promise_what_is_not_there(
    invoke, monkeypatch, tmp_path, kept
):
    def stop(*_, **__):
        raise KeyboardInterrupt

    if kept:
        (tmp_path / "run").mkdir()
        (tmp_path / "run" / "checkpoint.pt").touch()
    monkeypatch.setattr(training, "train", stop)
    said = invoke(*QUICK)
    assert said.code == 130
    assert ("is kept in run" in said.err) == kept


def test_a_full_disk_is_one_line(invoke, monkeypatch):
    def full(final, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "_replace", full)
    said = invoke(*QUICK)
    assert said.code == 1
    (line,) = said.err.splitlines()
    assert line.endswith("run/config.json: no space left on device")


def test_ctrl_c_keeps_the_run_and_says_how_to_go_on(tmp_path):
    arguments = ("train", "--epochs", "300", "--batch-size", "4", "-o", "run")
    process = subprocess.Popen(
        [sys.executable, "-m", "mila_analysis", *arguments],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert "epoch 1/300" in process.stderr.readline()
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    last = [line for line in err.splitlines() if "epoch " in line][-1]
    assert last.startswith("mila-analysis: stopped in epoch ")
    assert last.endswith("goes on with the run, which is kept in run")
    assert "Traceback" not in err
    assert (tmp_path / "run" / "checkpoint.pt").is_file()


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Folder of two finished runs."""
    runs = tmp_path_factory.mktemp("trained") / "runs"
    for seed in (0, 1):
        training.train(
            RunConfig(dataset="digits", epochs=1, seed=seed), runs / str(seed)
        )
    return runs


class TestRuns:
    @pytest.fixture
    def two(self, trained, tmp_path, invoke):
        shutil.copytree(trained, tmp_path / "runs")
        (tmp_path / "runs" / "rest").mkdir()
        (tmp_path / "runs" / "half").mkdir()
        (tmp_path / "runs" / "half" / "config.json").write_text("{}")

    def test_they_are_a_table(self, invoke, two):
        said = invoke("runs")
        head, *rows = said.out.splitlines()
        assert head.split() == [
            "run", "epochs", "top-1", "best", "macro-F1", "loss", "s/epoch",
        ]  # fmt: skip
        assert [row.split()[0] for row in rows] == ["runs/0", "runs/1"]
        assert "left out: runs/half holds an unfinished run" in said.err

    def test_a_damaged_one_is_left_out(self, invoke, two, tmp_path):
        (tmp_path / "runs" / "0" / "result.json").write_text("{")
        said = invoke("runs")
        assert said.code == 0
        assert [row.split()[0] for row in said.out.splitlines()[1:]] == ["runs/1"]
        assert "left out: runs/0/result.json: not the result of a run" in said.err

    def test_they_are_json(self, invoke, two):
        said = json.loads(invoke("runs", "runs/1", "runs/0", "--json").out)
        assert [run["config"]["seed"] for run in said] == [1, 0]

    def test_they_are_a_figure(self, invoke, two, tmp_path):
        said = invoke("runs", "-o", "both.svg")
        assert said.out == ""
        assert (tmp_path / "both.svg").is_file()
        assert (
            invoke("runs", "runs/0", "--figure", "confusion", "-o", "c.pdf").code == 0
        )

    def test_mistakes(self, invoke, two):
        for arguments, message in [
            ("--figure confusion -o c.png", "confusion: a figure of one run, not of 2"),
            (
                "runs/0 --figure parameters -o c.png",
                "no parameter of an activation is learned",
            ),
            ("--figure curve", "did you mean 'curves'?"),
            ("-o c.jpg", "no figure format in 'c.jpg'"),
            ("runs/rest", "no finished run in runs/rest"),
            ("nowhere", "no finished run in nowhere"),
            ("--style blue -o c.png", "blue"),
        ]:
            said = invoke("runs", *arguments.split())
            assert said.code == 2
            assert message in said.err.splitlines()[-1]
