"""Bytes to formulas, guided by coverage: nothing executes, hangs, or crashes.

See the README beside this file. Not collected by pytest.
"""

from __future__ import annotations

import builtins
import os
import subprocess
import sys
import time
from collections.abc import Callable
from types import CodeType

import atheris

with atheris.instrument_imports(include=["mila_analysis"]):
    from mila_analysis.errors import FormulaError
    from mila_analysis.formula import parse
    from mila_analysis.notation.plain import from_latex

PARSE_SECONDS = 1.0
"""For one input on a busy machine, with instrumented code; the tests say 0.1."""

MESSAGE = 400
NAMES = ("x", "beta", "b", "lambda_")
LEAVES = ["x", "β", "b", "λ", "pi", "0", "1", "2", "-3", "1/2", "0.1", "32", "9e39",
          "1e-300", "e^x", "x²", "x**32"]  # fmt: skip
SIGNS = ["+", "-", "*", "/", "**", "·", "^"]
ONE = ["exp", "log", "tanh", "sqrt", "erf", "sin", "atan", "sinh", "sigmoid",
       "softplus", "abs", "sign", "relu"]  # fmt: skip
TWO = ["max", "min"]
COMPARISONS = ["<", "<=", ">", ">="]


def _forbidden(*_: object, **__: object) -> None:
    raise AssertionError("the parser ran what it read")


def _guarded(run: Callable[..., object]) -> Callable[..., object]:
    """Run code objects, as importing does, but no text."""

    def call(code: object, *scopes: object) -> object:
        if isinstance(code, CodeType):
            return run(code, *scopes)
        return _forbidden()

    return call


def _guard() -> None:
    """Whatever could execute a text says so instead."""
    builtins.eval = _guarded(builtins.eval)
    builtins.exec = _guarded(builtins.exec)
    for module, name in ((builtins, "input"), (os, "system"), (subprocess, "Popen")):
        setattr(module, name, _forbidden)


def one_input(data: bytes) -> None:
    """Read one text, plain, in LaTeX or of the grammar; check clock and message."""
    kind, text = _text(data)
    start = time.process_time()
    try:
        parse(from_latex(text) if kind == "latex" else text, NAMES)
    except FormulaError as error:
        message = str(error)
        assert "\n" not in message, message
        assert len(message) < MESSAGE, message
        assert message.isprintable() or not text.isprintable(), message
    finally:
        parse.cache_clear()
    assert time.process_time() - start < PARSE_SECONDS, text


def _text(data: bytes) -> tuple[str, str]:
    """Kind and text of an input; its first byte says which kind."""
    kind = ("latex", "plain", "plain", "grammar")[data[0] % 4] if data else "plain"
    if kind == "grammar":
        return kind, _formula(atheris.FuzzedDataProvider(data[1:]), 6)
    return kind, data[1:].decode("utf-8", "surrogateescape")


def _formula(source: atheris.FuzzedDataProvider, depth: int) -> str:
    """A text that the grammar allows, from bytes that say what to take."""

    def inner() -> str:
        return _formula(source, depth - 1)

    choice = source.ConsumeIntInRange(0, 11) if depth else 0
    if choice <= 2:
        return source.PickValueInList(LEAVES)
    if choice <= 6:
        return f"({inner()}{source.PickValueInList(SIGNS)}{inner()})"
    if choice <= 8:
        return f"{source.PickValueInList(ONE)}({inner()})"
    if choice == 9:
        return f"{source.PickValueInList(TWO)}({inner()}, {inner()})"
    if choice == 10:
        return f"-|{inner()}|"
    compared = f"{inner()} {source.PickValueInList(COMPARISONS)} {inner()}"
    return f"where({compared}, {inner()}, {inner()})"


def main() -> None:
    """Run the fuzzer on the arguments of libFuzzer."""
    parse("sinh(x) * log(1 + exp(x))")  # what SymPy costs the first time
    _guard()
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
