"""`plot classes` and its options of datasets, as a user types them."""

from __future__ import annotations

import json

import pytest

from mila_analysis.cli import datasets
from mila_analysis.experiments import data
from mila_analysis.native import CACHE_VARIABLE


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))


def test_classes_of_digits_are_drawn_at_once(invoke, tmp_path):
    found = invoke("plot", "classes", "--dpi", "50")
    assert (found.code, found.err) == (0, "mila-analysis: wrote digits-classes.png\n")
    assert (tmp_path / "digits-classes.png").read_bytes().startswith(b"\x89PNG")


def test_json_names_the_dataset(invoke):
    found = invoke("plot", "classes", "--format", "svg", "--json")
    assert json.loads(found.out) == {
        "command": "plot",
        "kind": "classes",
        "dataset": "digits",
        "files": ["digits-classes.svg"],
        "activations": [],
    }


MISTAKES = {
    "no dataset 'mnits'; did you mean 'mnist'?": ("--dataset", "mnits"),
    "no MNIST here: --download fetches 12 MB; --data-dir": ("--dataset", "mnist"),
    "no folder gone; --download": ("--dataset", "mnist", "--data-dir", "gone"),
    "digits come with scikit-learn, not from there": ("--data-dir", "there"),
    "takes no option for an activation": ("-a", "relu"),
    "has no ranges, partials or points": ("--x", "0", "1"),
}


@pytest.mark.parametrize("words", MISTAKES)
def test_a_mistake_is_one_line_and_leaves_nothing(invoke, tmp_path, words):
    found = invoke("plot", "classes", *MISTAKES[words])
    assert found.code in {1, 2}
    assert found.out == ""
    assert found.err.count("\n") == 1
    assert words in found.err
    assert list(tmp_path.iterdir()) == []


def test_a_figure_of_activations_takes_no_dataset(invoke):
    for name in ("mnist", "digits"):
        found = invoke("plot", "--dataset", name)
        assert found.code == 2
        assert "a function figure takes no option for a dataset" in found.err


def test_a_download_is_shown_on_a_terminal_only(monkeypatch, capsys):
    def load(name, folder, *, download=False, progress=None):
        for done in (0, 50, 100):
            progress("a.gz", done, 100)
        return name, folder, download

    monkeypatch.setattr(data, "load", load)
    assert datasets.opened("mnist", download=True) == ("mnist", None, True)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    datasets.opened("mnist", download=True)
    said = capsys.readouterr()
    assert said.out == ""
    assert "a.gz" in said.err
    assert "100/100 bytes" in said.err
