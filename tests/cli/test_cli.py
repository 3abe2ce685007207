"""The command line: the call that is made, what goes where, and each mistake."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer

from mila_analysis import __version__, kernels, plotting
from mila_analysis.cli import app
from mila_analysis.cli.exits import run

PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Outcome:
    """What a command line left behind."""

    code: int
    out: str
    err: str


Invoke = Callable[..., Outcome]


@pytest.fixture
def invoke(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Invoke:
    """Run arguments in an empty folder, in this process."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> Outcome:
        code = run(typer.main.get_command(app), arguments)
        said = capsys.readouterr()
        return Outcome(code, said.out, said.err)

    return call


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, str, dict[str, Any]]]:
    """Calls of `plotting.plot`, which draws nothing here."""
    calls: list[tuple[Any, str, dict[str, Any]]] = []

    def plot(activations: Any, kind: str, **options: Any) -> str:
        calls.append((activations, kind, options))
        return "figure"

    monkeypatch.setattr(plotting, "plot", plot)
    monkeypatch.setattr(plotting, "render", lambda _, encoding: encoding.encode())
    return calls


def outside(*arguments: str, cwd: Path, **options: Any) -> Any:
    return subprocess.run(
        [sys.executable, "-m", "mila_analysis", *arguments],
        cwd=cwd,
        capture_output=True,
        check=False,
        **options,
    )


# --- the call that is made


def test_the_default_is_the_function_of_mila(invoke: Invoke, drawn: Any) -> None:
    assert invoke("plot").code == 0
    activations, kind, options = drawn[0]
    assert [a.spec for a in activations] == ["mila:beta=0"]
    assert kind == "function"
    assert options["style"] == "light"
    assert options["x"] is None


def test_beta_is_a_decimal_and_repeated_a_family(invoke: Invoke, drawn: Any) -> None:
    invoke("plot", "--beta", "-0.25", "--beta", "0.1")
    values = [str(a.values["beta"]) for a in drawn[0][0]]
    assert values == ["-1/4", "1/10"]


def test_beta_goes_to_those_that_have_one(invoke: Invoke, drawn: Any) -> None:
    invoke("plot", "-a", "relu", "-a", "mish", "-a", "mila", "--beta", "-0.25")
    assert [a.spec for a in drawn[0][0]] == ["relu", "mish", "mila:beta=-0.25"]


@pytest.mark.parametrize("kind", ["landscape", "noise", "histogram"])
def test_the_three_of_the_original_are_meant_unless_some_are_named(
    invoke: Invoke, drawn: Any, kind: str
) -> None:
    invoke("plot", kind)
    invoke("plot", kind, "--beta", "-2", "--beta", "0")
    invoke("plot", kind, "-a", "tanh")
    assert [[a.spec for a in chosen] for chosen, *_ in drawn] == [
        ["relu", "swish:beta=1", "mila:beta=-0.25"],
        ["mila:beta=-2", "mila:beta=0"],
        ["tanh"],
    ]


def test_every_option_of_plot_arrives(invoke: Invoke, drawn: Any) -> None:
    invoke(
        "plot", "contour", "--x", "-2", "2", "--sweep", "-1", "1", "--partial", "f_x",
        "--title", "T", "--size", "5", "4", "--dpi", "90", "--style", "dark",
        "--points", "50", "--seed", "3", "-o", "a.svg",
    )  # fmt: skip
    _, kind, options = drawn[0]
    assert kind == "contour"
    assert options == {
        "x": ("-2", "2"), "sweep": ("-1", "1"), "parameter": None,
        "partials": ["f_x"], "title": "T", "size": (5.0, 4.0), "dpi": 90.0,
        "style": "dark", "points": 50, "seed": 3,
    }  # fmt: skip
    assert Path("a.svg").read_bytes() == b"svg"


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ((), "mila-function.png"),
        (("family",), "mila-family.png"),
        (("-a", "relu", "--format", "pdf"), "relu-function.pdf"),
    ],
)
def test_a_file_is_named_after_what_it_shows(
    invoke: Invoke, drawn: Any, arguments: tuple[str, ...], name: str
) -> None:
    found = invoke("plot", *arguments)
    assert Path(name).exists()
    assert found.err == f"mila-analysis: wrote {name}\n"
    assert found.out == ""


def test_a_formula_of_ones_own_takes_its_parameters(invoke: Invoke, drawn: Any) -> None:
    invoke("plot", "-a", "x*tanh(exp(k*x))", "--param", "k=2")
    (activation,) = drawn[0][0]
    assert activation.formula == "x*tanh(exp(k*x))"
    assert activation.values == {"k": 2}


def test_code_passes_its_options_on(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    real = kernels.generate_code

    def generate(activation: Any, backend: str, **options: Any) -> Any:
        calls.append((activation.spec, backend, options))
        return real(activation, backend, **options)

    monkeypatch.setattr(kernels, "generate_code", generate)
    options = ("-b", "numpy", "--beta", "1.5", "--order", "1", "--no-verify")
    found = invoke("code", *options)
    assert calls == [("mila:beta=1.5", "numpy", {"order": 1, "accuracy": "fast"})]
    assert "def f_x(x, beta=1.5):" in found.out
    assert found.err == ""


# --- what goes where


def test_latex_goes_to_stdout_alone(invoke: Invoke) -> None:
    found = invoke("latex", "--partial", "f_beta", "--form", "substituted")
    assert found.code == 0
    assert r"\frac{\partial f}{\partial \beta}" in found.out
    assert found.err == ""


def test_json_says_what_was_written(invoke: Invoke, drawn: Any) -> None:
    found = invoke("plot", "--beta", "-0.25", "-o", "a.png", "--json")
    assert json.loads(found.out) == {
        "command": "plot",
        "kind": "function",
        "files": ["a.png"],
        "activations": ["mila:beta=-0.25"],
    }
    assert found.err == ""


def test_the_list_can_be_piped(invoke: Invoke) -> None:
    rows = [line.split("\t") for line in invoke("list").out.splitlines()]
    names = [row[0] for row in rows]
    assert names[:2] == ["mila", "mish"]
    assert rows[0][1] == "x * tanh(log(1 + exp(x + beta)))"


def test_the_list_is_also_json(invoke: Invoke) -> None:
    listed = json.loads(invoke("list", "--json").out)
    mila = next(a for a in listed if a["name"] == "mila")
    assert mila["formula"] == "x * tanh(log(1 + exp(x + beta)))"
    assert mila["parameters"][0]["name"] == "beta"
    celu = next(a for a in listed if a["name"] == "celu")
    assert celu["parameters"] == [
        {
            "name": "alpha",
            "value": 1.0,
            "meaning": "minus the limit on the left",
            "domain": "at least 9.53674e-07",
            "low": 2**-20,
            "high": None,
            "latex": r"\alpha",
        }
    ]


def test_the_list_tells_all_of_some(invoke: Invoke) -> None:
    told = invoke("list", "PReLU", "hard-sigmoid").out
    assert told.startswith("PReLU\n  name:       prelu\n")
    assert "\n  parameter:  a=0.25: slope on the left, learned;" in told
    assert "\n  convention: every partial at the kinks x = -3, 3 is" in told
    assert "mila" not in told
    (only,) = json.loads(invoke("list", "mish", "--json").out)
    assert only["name"] == "mish"
    assert "no activation 'mishh'" in invoke("list", "mishh").err


def test_the_list_is_a_table_on_a_terminal(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "dumb")  # without colours
    lines = invoke("list").out.splitlines()
    assert lines[0].split() == ["name", "formula", "parameters"]
    assert max(map(len, lines)) <= 80
    assert not any("…" in line for line in lines)


def test_a_picture_can_be_piped(tmp_path: Path) -> None:
    done = outside("plot", "-o", "-", "--dpi", "50", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith(PNG)
    assert done.stderr == b""
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_that_closes_is_no_traceback(tmp_path: Path) -> None:
    line = f"'{sys.executable}' -m mila_analysis code | head -n 1"
    done = subprocess.run(
        line, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith('"""Mila')
    assert done.stderr == ""


def test_the_version(invoke: Invoke) -> None:
    assert invoke("--version").out == f"mila-analysis {__version__}\n"


def test_without_a_command_there_is_help(invoke: Invoke) -> None:
    assert "gallery" in invoke().out


# --- mistakes: one line, the right exit code, nothing written

MISTAKES = {
    "no activation 'mlia'; did you mean 'mila'?": ("plot", "-a", "mlia"),
    "beta must be a finite number, not 'nan'": ("plot", "--beta", "nan"),
    "beta 1e999 is beyond the range of float64": ("plot", "--beta", "1e999"),
    "x must go from low to high": ("plot", "--x", "3", "-3"),
    "points": ("plot", "--points", "1000000000000"),
    "no figure 'functoin'; did you mean 'function'?": ("plot", "functoin"),
    "no partial 'f_y'": ("plot", "--partial", "f_y"),
    "relu has no parameter 'beta'": ("plot", "-a", "relu", "--beta", "1"),
    "no backend 'torhc'": ("code", "-b", "torhc"),
    "no LaTeX form 'clsoed'": ("latex", "--form", "clsoed"),
    "'--bta'; did you mean '--beta'": ("plot", "--bta", "1"),
    "'polt'": ("polt",),
    "cannot stand in a formula": ("plot", "-a", "x.__class__"),
    "no function 'tna'; did you mean 'tan": ("plot", "-a", "x*tna(x)"),
    "style": ("plot", "--style", "blue"),
    "takes one activation, not 2": ("latex", "--beta", "1", "--beta", "2"),
    "--points takes whole numbers only": ("plot", "--points", "many"),
    "--size takes numbers only": ("plot", "--size", "1", "a"),
    "option '--x' requires 2 arguments": ("plot", "--x", "3"),
    "unexpected argument: relu": ("plot", "function", "relu"),
    "no option '-beta'; did you mean '--beta'?": ("plot", "-beta", "1"),
    "no option '--qqq'; see: mila-analysis plot --help": ("plot", "--qqq"),
    "no command 'draw'; choose from plot, animate": ("draw",),
    "beta is given twice": ("plot", "-a", "mila:beta=1", "--beta", "2"),
    "none of these activations": ("plot", "-a", "relu", "-a", "mish", "--beta", "2"),
    "--param takes NAME=VALUE": ("plot", "--param", "k"),
    "mila has no parameter 'k'": ("plot", "--param", "k=1"),
    "'k' has no value: give --param k=... (column 8)": ("plot", "-a", "x*tanh(k*x)"),
    "no figure format 'pgn'; did you mean 'png'?": ("plot", "-o", "a.pgn"),
    "no figure format in 'a'; name it a.png": ("plot", "-o", "a"),
    "'a.svg' is no name for PNG": ("plot", "-o", "a.svg", "--format", "png"),
    "--json and -o - both want stdout": ("plot", "--json", "-o", "-", "--dpi", "20"),
    "no display": ("plot", "--show", "--dpi", "20"),
    "'\\x1b' cannot stand in a formula": ("plot", "-a", "x\x1b[31m"),
}


@pytest.mark.parametrize("said", MISTAKES)
def test_a_mistake_is_one_line_and_exit_2(invoke: Invoke, said: str) -> None:
    found = invoke(*MISTAKES[said])
    assert found.code == 2
    assert found.out == ""
    assert found.err.startswith("mila-analysis: error: ")
    first, *pointer = found.err.splitlines()
    assert said.lower() in first.lower()
    assert (pointer != []) == ("(column " in first)
    if pointer:
        formula, caret = pointer
        assert formula.isprintable()
        assert caret.lstrip(" ") == "^"
    assert list(Path.cwd().iterdir()) == []


@pytest.mark.parametrize("target", ["missing/a.png", "folder"])
def test_a_place_that_cannot_be_is_a_failed_write(
    invoke: Invoke, drawn: Any, target: str
) -> None:
    Path("folder").mkdir()
    found = invoke("plot", "-o", target, "--format", "png")
    assert found.code in (1, 2)
    assert found.err.startswith("mila-analysis: error: cannot write ")
    assert found.err.count("\n") == 1


def test_a_full_disk_exits_1(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "mila_analysis", "latex"],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.startswith("mila-analysis: error: cannot write to stdout")
    assert done.stderr.count("\n") == 1


def test_a_failed_drawing_leaves_the_old_file(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("a.png").write_bytes(b"old")

    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(plotting, "plot", interrupted)
    found = invoke("plot", "-o", "a.png")
    assert found.code == 130
    assert found.err == "mila-analysis: interrupted\n"
    assert Path("a.png").read_bytes() == b"old"
    assert [p.name for p in Path.cwd().iterdir()] == ["a.png"]


def test_code_that_is_not_safe_everywhere_says_so(invoke: Invoke, direct: None) -> None:
    found = invoke("code", "-a", "log(2 + exp(x))", "-o", "own.py")
    assert found.code == 0
    assert "note: strategy direct: not proven safe on every float" in found.err
    assert Path("own.py").exists()


def test_code_that_is_safe_everywhere_needs_no_note(invoke: Invoke) -> None:
    found = invoke("code", "-a", "x*tanh(exp(x))", "-o", "own.py", "--no-verify")
    assert found.code == 0
    assert "note: strategy" not in found.err
    assert Path("own.py").exists()


def test_a_backend_of_matplotlib_that_there_is_not_is_one_line(tmp_path: Path) -> None:
    environment = {**os.environ, "MPLBACKEND": "nonsense"}
    done = outside("plot", cwd=tmp_path, env=environment, text=True)
    assert done.returncode == 2
    assert done.stderr == "mila-analysis: error: MPLBACKEND=nonsense is unknown\n"


def test_help_needs_no_more_than_ascii(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = outside("plot", "--help", cwd=tmp_path, env=environment, text=True)
    assert done.returncode == 0
    assert "--beta" in done.stdout


def test_control_c_is_exit_130_without_a_traceback(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys\n"
        "from mila_analysis import plotting\n"
        "from mila_analysis.cli import main\n"
        "plotting.plot = lambda *_, **__: os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.argv = ['mila-analysis', 'plot']\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "mila-analysis: interrupted\n"


def test_a_value_given_twice_is_one_activation(invoke: Invoke, drawn: Any) -> None:
    invoke("plot", "--beta", "1", "--beta", "1.0")
    assert [a.spec for a in drawn[0][0]] == ["mila:beta=1"]


def test_beta_leaves_what_an_activation_sets_itself(invoke: Invoke, drawn: Any) -> None:
    invoke("plot", "-a", "mila:beta=1", "-a", "swish", "--beta", "2")
    assert [a.spec for a in drawn[0][0]] == ["mila:beta=1", "swish:beta=2"]


def test_values_choose_the_numeric_form(invoke: Invoke) -> None:
    assert "-0.25" in invoke("latex", "--beta", "-0.25", "--partial", "f").out
    found = invoke("latex", "--beta", "1", "--partial", "f", "--form", "closed")
    assert "note: the closed form holds for all parameters" in found.err
    assert r"\beta" in found.out


def test_a_window_is_opened_and_no_file_written_unless_asked(
    invoke: Invoke, drawn: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Any] = []
    monkeypatch.setattr(plotting, "show", shown.append)
    invoke("plot", "--show")
    assert list(Path.cwd().iterdir()) == []
    invoke("plot", "--show", "-o", "a.png")
    assert Path("a.png").exists()
    assert shown == ["figure", "figure"]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("pl", "plot"),
        ("plot con", "contour"),
        ("plot --style d", "dark"),
        ("plot -a mil", "mila"),
    ],
)
def test_completion_is_quick(typed: str, first: str, tmp_path: Path) -> None:
    program = (
        "import atexit, sys\n"
        "heavy = {'sympy', 'numpy', 'torch', 'matplotlib'}\n"
        "atexit.register(lambda: print(*heavy & set(sys.modules)))\n"
        "from mila_analysis.cli import main\n"
        "main()\n"
    )
    environment = {
        **os.environ,
        "_MILA_ANALYSIS_COMPLETE": "complete_bash",
        "COMP_WORDS": f"mila-analysis {typed}",
        "COMP_CWORD": str(len(typed.split())),
    }
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == [first, ""]
