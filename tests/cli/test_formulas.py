"""Formulas of one's own on the command line: values, LaTeX, carets, and remarks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

COMMANDS = {
    "plot": ("plot", "-o", "a.png", "--dpi", "20", "--points", "21"),
    "latex": ("latex",),
    "code": ("code", "--order", "1", "-o", "own.py"),
    "verify": ("verify", "--leg", "identity"),
    "audit": ("audit", "x*tanh(2*x)", "--partial", "f"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_takes_a_formula_and_its_parameters(
    invoke: Any, command: str
) -> None:
    found = invoke(*COMMANDS[command], "-a", "x*tanh(β·x)", "--param", "β=2")
    assert found.code == 0, found.err


def test_bench_takes_a_formula_and_its_parameters(
    invoke: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    def check(activation: Any, **_: Any) -> None:
        seen.append(activation)
        raise KeyboardInterrupt

    monkeypatch.setattr("mila_analysis.benchmarking.check", check)
    invoke("bench", "--latex", "-a", "x \\tanh(k x)", "--param", "k=2")
    assert seen[0].formula == "x*tanh(k*x)"


@pytest.mark.parametrize(
    "arguments",
    [
        ("-a", "x*tanh(b*x)", "--param", "b=2"),
        ("-a", "x*tanh(b*x):b=2"),
        ("-a", "x \\tanh(b x)", "--param", "b=2"),
        ("-a", "x \\tanh(bx):b=2"),
        ("--latex", "-a", "x \\tanh(b x):b=2"),
    ],
)
def test_ways_to_say_the_same(invoke: Any, arguments: tuple[str, ...]) -> None:
    found = invoke("latex", "--json", *arguments)
    assert json.loads(found.out)["activations"] == ["x*tanh(b*x):b=2"]


def test_only_its_own_letters_are_parameters_of_a_formula(invoke: Any) -> None:
    given = ("--param", "a=1", "--param", "b=1")
    for text in ("tanh(b*x)", r"\tanh(b x)"):
        found = invoke("latex", "-a", text, *given)
        assert "the formula has no parameter 'a' (it has b)" in found.err


def test_latex_without_a_backslash_is_latex_where_it_is_said(invoke: Any) -> None:
    found = invoke("latex", "--latex", "-a", "x^2 b + 2x", "--param", "b=2", "--json")
    assert json.loads(found.out)["activations"] == ["x**2*b + 2*x:b=2"]
    assert invoke("latex", "-a", "x^2 b + 2x", "--param", "b=2").code == 2
    assert invoke("latex", "--latex", "-a", "mila").code == 0


@pytest.mark.parametrize("letter", ["λ", "lambda", "lambda_"])
def test_a_greek_letter_is_written_as_itself(invoke: Any, letter: str) -> None:
    found = invoke(
        "latex", "-a", "tanh(λ*x)", "--param", f"{letter}=2", "-p", "f_λ",
        "--form", "closed",
    )  # fmt: skip
    assert found.code == 0, found.err
    assert r"\lambda" in found.out
    assert "lambda_" not in found.out


def test_a_family_has_a_member_for_each_value(invoke: Any) -> None:
    found = invoke(
        "plot", "-a", "x*tanh(k*x)", "--param", "k=1", "--param", "k=2", "--json",
        "-o", "a.png", "--dpi", "20", "--points", "21",
    )  # fmt: skip
    assert json.loads(found.out)["activations"] == [
        "x*tanh(k*x):k=1",
        "x*tanh(k*x):k=2",
    ]


POINTED = {
    "'β' has no value: give --param β=... (column 8)": ("x*tanh(β*x)", "       ^"),
    "no function 'tahn'; did you mean 'tanh'? (column 3)": ("x*tahn(x)", "  ^"),
    "'.' cannot stand in a formula (column 2)": ("x.__class__", " ^"),
}


@pytest.mark.parametrize("said", POINTED)
def test_a_caret_stands_below_the_place(invoke: Any, said: str) -> None:
    text, caret = POINTED[said]
    found = invoke("latex", "-a", text)
    assert found.code == 2
    assert found.err.splitlines() == [
        f"mila-analysis: error: {said}",
        f"  {text}",
        f"  {caret}",
    ]


def test_a_formula_in_latex_is_pointed_at_too(invoke: Any) -> None:
    found = invoke("latex", "-a", r"x + \int x")
    _, text, caret = found.err.splitlines()
    assert caret.index("^") == text.index("\\int")


REMARKS = {
    "x/(1 + exp(-b*x)):b=1": ["note: this is Swish with β = b"],
    "x/(1 + exp(-x))": ["note: this is SiLU, which is Swish with β = 1"],
    "log(x)": ["warning: log(x) is undefined for x ≤ 0"],
    "where(x > 1, 1, 0)": ["warning: where(x > 1, 1, 0) jumps at x = 1: 0 → 1"],
    "abs(x) + x/2": ["note: abs(x) + x/2 has a kink at x = 0: slope -0.5 → 1.5"],
    "log(abs(x + 12345) + abs(x) + exp(x))": [
        "note: the formula has a kink at x = -12345: slope -0.000162009 → 0",
        "note: the formula has a kink at x = 0: slope 8.09979e-05 → 0.000242994",
    ],
    "x*tanh(x) + x**2/(2 + x**2)": [],
    "relu": [],
    "mila": [],
    "thresholded_relu": ["warning: Thresholded ReLU jumps at x = 1: 0 → 1"],
}


@pytest.mark.parametrize("text", REMARKS)
def test_what_is_worth_knowing_is_said_on_stderr(invoke: Any, text: str) -> None:
    found = invoke("latex", "-a", text, "-p", "f", "--form", "closed")
    said = [line.removeprefix("mila-analysis: ") for line in found.err.splitlines()]
    assert [line for line in said if "the closed form" not in line] == REMARKS[text]
    assert found.code == 0


def test_many_places_are_counted(invoke: Any) -> None:
    text = "+".join(f"1/(x - {n})" for n in range(9))
    found = invoke("latex", "-a", text, "-p", "f")
    assert found.err.count("is undefined at") == 6
    assert "and 3 places more" in found.err


def test_a_monster_ends_with_one_line(
    invoke: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mila_analysis.derivation.MAX_SECONDS", 1)
    text = "tanh(a*x**9 + tanh(b*x**8 + tanh(x**7 + tanh(x**6 + a*b))))"
    found = invoke("latex", "-a", text, "--param", "a=1", "--param", "b=1")
    assert found.code == 2
    assert "take more than 1 s to derive" in found.err


HOSTILE = {
    "attribute": "().__class__.__bases__[0].__subclasses__()",
    "import": "__import__('os').system('touch hacked')",
    "lambda": "(lambda: x)()",
    "comprehension": "[x for x in (1,)]",
    "power": "9**9**9**9",
    "digits": "1" * 900,
    "depth": "(" * 499 + "x" + ")" * 499,
    "long": "x+" * 10_000_000 + "x",
    "look-alike": "ехр(x)",
    "logarithm": "exp(1000000000*log(2))",
}

CHILD = """
import json, resource, sys, time
from mila_analysis.errors import MilaAnalysisError
from mila_analysis.catalog import resolve
resolve("abs(sqrt(sinh(x))) + x**2*log(1 + exp(x))")
text = sys.stdin.read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.process_time()
try:
    resolve(text)
except MilaAnalysisError as error:
    said = str(error)
took = time.process_time() - start
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(json.dumps([said, took, grown / 1024]))
"""


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_costs_nothing_and_gets_one_line(
    tmp_path: Path, kind: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHILD], input=HOSTILE[kind], cwd=tmp_path,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    said, seconds, megabytes = json.loads(done.stdout)
    assert said.isprintable()
    assert len(said) < 300
    assert seconds < 0.1
    assert megabytes < 50
    assert not list(tmp_path.iterdir())
