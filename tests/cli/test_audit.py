"""`mila-analysis audit`: verdicts, exit codes, and one line for each mistake."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from mila_analysis.cli import app
from mila_analysis.cli.exits import run

PRINTED = (
    "f'(x) = e^x(8.468 + 5.1361e^(2x) + e^(3x) + e^x(6.59489x + 9.89233) + 8.468)"
    " / (3.29744 + 2.56805e^x + e^(2x))^2"
)
CORRECTED = PRINTED.replace("8.468 + 5", "8.468x + 5")

Invoke = Callable[..., tuple[int, str, str]]


@pytest.fixture
def invoke(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Invoke:
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(typer.main.get_command(app), ["audit", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_the_printed_derivative_of_the_original_is_wrong(invoke: Invoke) -> None:
    code, out, err = invoke("--partial", "f_x", "--beta", "-0.25", PRINTED)
    assert code == 1
    assert err == ""
    assert out.startswith(
        "different from f_x: at x = −2 it gives 0.1673, the exact value is −0.0889\n"
    )
    assert "a factor x is missing at '8.468'" in out


def test_its_corrected_form_is_right(invoke: Invoke) -> None:
    code, out, _ = invoke("-p", "f_x", "--beta", "-0.25", CORRECTED)
    assert code == 0
    assert out.startswith("equal to f_x to its printed digits\n")
    assert "as written, float32: NaN from x = 22.18" in out


@pytest.mark.parametrize(
    ("arguments", "code", "heading"),
    [
        (["x tanh(softplus(x+β))"], 0, "equal to f: proved for every β"),
        (["-a", "mila:beta=1", "x tanh(softplus(x+1))"], 0, "equal to f: proved"),
        (["--beta", "1", "x tanh(softplus(x+1))"], 0, "equal to f: proved"),
        (["x tanh(softplus(x+1))"], 1, "different from f"),
        (["-a", "mish", r"x\tanh(\ln(1+e^x))"], 0, "equal to f: proved"),
        (["-a", "mish", "--latex", "x"], 1, "different"),
        (["-a", "swish", "-p", "f_β", "x^2 s(1-s); s = σ(βx)"], 0, "equal to f_beta"),
        (["-a", "x*tanh(k*x)", "--param", "k=2", "x tanh(2x)"], 0, "equal to f"),
        (["-a", "mish", "x sqrt(1 - sech(softplus(x))^2)"], 0, "equal to f: proved"),
        (["-a", "relu", "(x + sqrt(x^2))/2"], 0, "agrees with f, not"),
        (["-a", "relu", "--strict", "(x + sqrt(x^2))/2"], 1, "agrees"),
        (["-a", "relu", "--strict", "max(x, 0)"], 0, "equal to f: proved"),
        (["-a", "tanh", "-p", "f", "--tolerance", "1e-5", "1.000001*tanh(x)"], 0,
         "agrees"),
        (["-a", "tanh", "-p", "f", "1.000001*tanh(x)"], 1, "different"),
        (["-a", "sigmoid", "--", "-tanh(x)"], 1, "different"),
    ],
)  # fmt: skip
def test_verdicts_and_exit_codes(
    invoke: Invoke, arguments: list[str], code: int, heading: str
) -> None:
    found, out, err = invoke(*arguments)
    assert out.startswith(heading), out + err
    assert found == code


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([""], "empty"),
        (["-a", "mish", "x tanh(softplus(x+β))"], "-a mila has a β"),
        (["x tanh(softplus(x+y))"], "prints y for β"),
        (["x tanhh(x)"], "did you mean 'tanh'"),
        (["-p", "f_y", "x"], "no partial 'f_y'"),
        (["-a", "mishh", "x"], "did you mean 'mish'"),
        (["--beta", "1", "--beta", "2", "x"], "takes one activation"),
        (["--param", "k=1", "x"], "no parameter 'k'"),
        (["nothing.py"], "cannot read nothing.py"),
        (["torch:torch.nothing"], "can be imported"),
        (["--tolerance", "2", "x"], "--tolerance"),
        (["--tolerance", "a", "x"], "--tolerance"),
        (["__import__('os').system('echo')"], "cannot stand in a formula"),
        ([], "CANDIDATE"),
    ],
)
def test_a_mistake_is_one_line(invoke: Invoke, arguments: list[str], why: str) -> None:
    code, out, err = invoke(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("mila-analysis: error: ")
    assert err.count("\n") == (3 if "(column " in err else 1)  # and a caret
    assert why in err


def test_json_is_for_programs(invoke: Invoke) -> None:
    code, out, _ = invoke("--json", "-p", "f_x", "--beta", "-0.25", PRINTED)
    found: dict[str, Any] = json.loads(out)
    assert code == 1
    assert found["verdict"] == "different"
    assert found["passed"] is False
    assert found["counterexample"]["point"] == {"x": "-2"}
    assert found["counterexample"]["value"] == pytest.approx(0.16727, abs=1e-5)
    code, out, _ = invoke("--json", "-a", "mish", "x tanh(softplus(x))")
    found = json.loads(out)
    assert (code, found["proved"]) == (0, True)
    assert {r["dtype"] for r in found["losses"]} == {"float64", "float32"}


def test_a_python_file_and_values_for_its_parameters(invoke: Invoke) -> None:
    Path("a.py").write_text("def f(x, k):\n    return k*x*np.tanh(softplus(x))\n")
    code, out, err = invoke("-a", "mish", "a.py:f")
    assert code == 2
    assert "--param k=" in err
    code, out, err = invoke("-a", "mish", "--param", "k=1", "a.py:f")
    assert code == 0, err
    assert out.startswith("equal to f: proved")


def test_stdin_is_read(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("x/(1+e^-x)\n"))
    assert invoke("-a", "silu", "-")[0] == 0


def test_an_implementation_is_run(invoke: Invoke) -> None:
    code, out, _ = invoke("-a", "mish", "-p", "f_xx", "torch:torch.nn.functional.mish")
    assert code == 1
    assert "f_xx, float32: ≥ 50 % wrong between x = 8.867" in out
    assert "NaN from x = 88.72" in out


def test_help_is_quick_and_imports_nothing_heavy() -> None:
    script = (
        "import sys; from mila_analysis.cli import main\n"
        "sys.argv = ['m', 'audit', '-h']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print([m for m in ('sympy', 'numpy', 'torch', 'flint') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert "CANDIDATE" in done.stdout
    assert done.stdout.strip().endswith("[]")
