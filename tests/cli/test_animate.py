"""`animate` from the command line: its ranges, files, and one line a mistake."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from mila_analysis import plotting

QUICK = ("--frames", "2", "--size", "3", "2.5", "--dpi", "60")


@pytest.fixture
def filmed(monkeypatch):
    """Calls of `plotting.animate`, which still films, but only two frames."""
    calls = []
    real = plotting.animate

    def animate(activation, sweep, **options):
        calls.append((activation, sweep, options))
        return real(activation, sweep, **options | {"frames": 2, "dpi": 40})

    monkeypatch.setattr(plotting, "animate", animate)
    return calls


def test_a_film_is_written_and_said(invoke):
    found = invoke("animate", "--beta", "-3", "3", *QUICK, "-o", "mila.gif")
    assert (found.code, found.out) == (0, "")
    assert found.err == "mila-analysis: wrote mila.gif\n"
    with Image.open("mila.gif") as picture:
        assert (picture.n_frames, picture.size) == (2, (180, 150))


@pytest.mark.parametrize(
    "typed",
    [
        ("--beta", "-3", ".5"),
        ("--beta=-3", ".5"),
        ("--beta", "-3", "--beta", ".5"),
        ("--beta=-3", "--style", "light", "--beta=.5"),
        ("--sweep", "-3", ".5"),
        ("--sweep=-3", "--sweep=.5", "--parameter", "beta"),
        ("--beta", "-3", ".5", "--parameter", "beta"),
    ],
)
def test_two_numbers_are_a_range_however_they_are_typed(invoke, filmed, typed):
    assert invoke("animate", *typed).code == 0
    [(activation, sweep, _)] = filmed
    assert activation.name == "mila"
    assert sweep == ("-3", ".5")
    assert Path("mila-film.gif").exists()


def test_every_option_arrives(invoke, filmed):
    done = invoke(
        "animate", "-a", "aria2", "--parameter", "beta", "--sweep", "2", "1", "--param",
        "alpha=3", "--x", "-2", "4", "-p", "f", "-p", "f_xx", "--frames", "9", "--fps",
        "12", "--once", "--title", "T", "--size", "4", "3", "--dpi", "90", "--style",
        "dark", "-o", "a.png",
    )  # fmt: skip
    assert done.code == 0
    [(activation, sweep, options)] = filmed
    assert activation.values["alpha"] == 3
    assert sweep == ("2", "1")
    assert options.pop("watch")
    assert options == {
        "parameter": "beta", "x": ("-2", "4"), "partials": ["f", "f_xx"], "frames": 9,
        "fps": 12.0, "bounce": False, "title": "T", "size": (4.0, 3.0), "dpi": 90.0,
        "style": "dark",
    }  # fmt: skip


def test_the_range_gives_a_formula_its_parameter(invoke, filmed):
    formula = "x*tanh(exp(k*x))"
    done = invoke("animate", "-a", formula, "--parameter", "k", "--sweep", "0", "2")
    assert done.code == 0, done.err
    [(activation, _, options)] = filmed
    assert options["parameter"] == "k"
    assert activation.formula == formula


def test_json_says_what_was_written(invoke):
    done = invoke("animate", "--beta", "0", "1", *QUICK, "-o", "a.gif", "--json")
    said = json.loads(done.out)
    assert said["command"] == "animate"
    assert said["files"] == ["a.gif"]
    assert said["fps"] == 20


def test_stdout_has_the_bytes_of_the_file_in_another_process(tmp_path):
    def run(*arguments: str) -> bytes:
        command = [sys.executable, "-m", "mila_analysis", "animate", *arguments, *QUICK]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
        return done.stdout

    run("--beta", "0", "1", "-o", "a.gif")
    assert run("--beta", "0", "1", "-o", "-") == (tmp_path / "a.gif").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--beta", "-3"], "--beta takes two numbers here, from and to"),
        (["--beta", "3", "-o", "x.gif"], "such as --beta -3 3; not one"),
        (["--sweep", "1", "2", "3"], "--sweep -3 3; not 3"),
        (["--beta", "-3", "b"], "--beta must be a finite number, not 'b'"),
        (["--beta", "-3", "inf"], "--beta must be a finite number, not 'inf'"),
        (["--beta", "1", "1"], "a film needs two different values"),
        (["--beta", "0", "1", "--sweep", "0", "1"], "give one"),
        (["--beta", "0", "1", "--parameter", "k"], "of k say --sweep LO HI"),
        (["--sweep", "0", "1", "--parameter", "k"], "no parameter 'k'"),
        (["-a", "relu"], "no parameter to sweep"),
        (["-a", "elu", "--sweep", "-1", "1"], "alpha must be at least 0"),
        (["-a", "prelu", "--beta", "0", "1"], "no parameter 'beta' (it has a)"),
        (["-a", "mila", "-a", "swish"], "animate takes one activation, not 2"),
        (["-a", "mila:beta=1", "--beta", "0", "1"], "beta is given twice"),
        (["--frames", "1"], "frames must be from 2"),
        (["--frames", "x"], "--frames takes whole numbers only"),
        (["--fps", "0"], "fps must be from 1 to 50"),
        (["-o", "a"], "no film format in 'a'; name it a.gif"),
        (["-o", "a.gf"], "no film format '.gf'; did you mean 'gif'?"),
        (["-o", "a.svg"], "choose from gif, mp4, png"),
        (["--bouce"], "did you mean '--bounce'?"),
        (["-p", "f_q"], "no partial 'f_q'"),
    ],
)
def test_a_mistake_is_one_line_and_no_file(invoke, arguments, words):
    found = invoke("animate", *arguments)
    assert found.code == 2
    assert found.err.startswith("mila-analysis: error: ")
    assert found.err.count("\n") == 1
    assert words in found.err
    assert list(Path().iterdir()) == []


def test_no_ffmpeg_is_said_before_anything_is_computed(invoke, filmed, monkeypatch):
    monkeypatch.setenv("PATH", "")
    found = invoke("animate", "-o", "a.mp4")
    assert found.code == 2
    assert found.err == (
        "mila-analysis: error: MP4 needs ffmpeg: install it, or write a GIF\n"
    )
    assert filmed == []


def test_a_terminal_is_shown_no_film(invoke, filmed, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert "a terminal cannot show a film" in invoke("animate", "-o", "-").err
    assert filmed == []


def test_what_fails_leaves_the_old_file(invoke, monkeypatch):
    Path("a.gif").write_bytes(b"old")

    def broken(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("mila_analysis.plotting.recording._by_pillow", broken)
    assert invoke("animate", *QUICK, "-o", "a.gif").code == 130
    assert [p.read_bytes() for p in Path().iterdir()] == [b"old"]
