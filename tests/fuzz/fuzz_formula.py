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

NAMES = ("x", "beta", "b", "lambda_")


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
    """Parse one text, plain or LaTeX, and check the clock and the message."""
    text = data[1:].decode("utf-8", "surrogateescape")
    is_latex = bool(data) and data[0] % 4 == 0
    start = time.process_time()
    try:
        parse(from_latex(text) if is_latex else text, NAMES)
    except FormulaError as error:
        message = str(error)
        assert len(message) < 400, message
        assert message.isprintable() or not text.isprintable(), message
    finally:
        parse.cache_clear()
    assert time.process_time() - start < PARSE_SECONDS, text


def main() -> None:
    """Run the fuzzer on the arguments of libFuzzer."""
    parse("sinh(x) * log(1 + exp(x))")  # what SymPy costs the first time
    _guard()
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
