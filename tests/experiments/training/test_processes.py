"""Two processes of torchrun are one process with the joint batch."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from mila_analysis.errors import ParameterError
from mila_analysis.experiments.config import RunConfig
from mila_analysis.experiments.data import load
from mila_analysis.experiments.training import read, train
from mila_analysis.experiments.training.processes import ALONE, Team

# 1,437 examples leave a last batch of 31, which two processes cannot halve.
UNEVEN = RunConfig(
    dataset="digits", learnable=("beta",), augment=True, epochs=2, batch_size=37, seed=5
)
# One example for two: the second process has none, and a gradient of 0.
LONELY = replace(UNEVEN, batch_size=1, epochs=1, augment=False)
CHILD = """
import json, os, sys
import torch
from mila_analysis.errors import MilaAnalysisError
from mila_analysis.experiments.config import RunConfig
from mila_analysis.experiments.training import train
torch.set_num_threads(1)
said = []
for folder, text in json.loads(sys.argv[1]):
    result = train(RunConfig.from_mapping(text), folder, watch=said.append)
try:
    train(RunConfig.from_mapping(text | {"seed": 9}), folder)
except MilaAnalysisError as error:
    line = f"{os.environ['RANK']} {type(error).__name__} {len(said) > 0}\\n"
    os.write(1, line.encode())  # at once: two processes write there
"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Folders of runs by two processes, and what the processes said."""
    import json

    base = tmp_path_factory.mktemp("two")
    configs = {"uneven": UNEVEN, "lonely": LONELY}
    given = [(str(base / n), json.loads(c.to_json())) for n, c in configs.items()]
    script = base / "child.py"
    script.write_text(CHILD)
    done = subprocess.run(
        [
            sys.executable, "-m", "torch.distributed.run", "--standalone",
            "--nproc-per-node", "2", str(script), json.dumps(given),
        ],
        capture_output=True, text=True, check=False, timeout=100,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return base, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(("name", "config"), [("uneven", UNEVEN), ("lonely", LONELY)])
def test_losses_are_those_of_one_process(folders, name, config):
    two, one = read(folders[0] / name), train(config)
    assert two.versions["processes"] == "2"
    for ours, theirs in zip(two.epochs, one.epochs, strict=True):
        for part in ("train", "validation"):
            a, b = getattr(ours, part), getattr(theirs, part)
            assert a.loss == pytest.approx(b.loss, rel=2e-5)
            assert a.top1 == pytest.approx(b.top1, abs=2e-3)
        assert ours.parameters == pytest.approx(theirs.parameters, abs=1e-5)
    assert sum(map(sum, two.confusion)) == len(load("digits").validation)


@pytest.mark.slow
def test_a_mistake_ends_all_and_only_the_first_watches(folders):
    said = sorted(folders[1].split("\n"))
    assert said == ["", "0 ParameterError True", "1 ParameterError False"]


def test_parts_of_a_batch_are_all_of_it():
    batch = torch.arange(7)
    parts = [Team(rank, 3).part(batch) for rank in range(3)]
    assert torch.cat(parts).tolist() == batch.tolist()
    assert ALONE.part(batch) is batch


def test_batch_norm_needs_two_examples_a_process():
    from mila_analysis.experiments.models import build
    from mila_analysis.experiments.training.checking import check_parts

    model = build(replace(UNEVEN, build="sequential"), (1, 8, 8), 10)
    check_parts(model, [torch.arange(4)], Team(0, 2))
    with pytest.raises(ParameterError, match="3 among 2 processes is too small"):
        check_parts(model, [torch.arange(4), torch.arange(3)], Team(0, 2))
