"""What is generated does not depend on the order in which Python hashes its sets."""

from __future__ import annotations

import os
import subprocess
import sys

GENERATE = """
from mila_analysis import catalog, kernels
from mila_analysis.backends.latex import FORMS, to_latex
own = catalog.define("own", "x * tanh(log(1 + exp(b * x + a)))", a=1, b=2)
for activation in (*catalog.CATALOG, own):
    print(kernels.generate_code(activation).text)
    for form in FORMS:
        print(to_latex(activation, form=form))
"""


def generated(seed: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", GENERATE],
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_code_and_latex_are_the_same_for_every_hash_seed() -> None:
    first = generated("1")
    assert len(first) > 10_000
    assert generated("2") == first
    assert generated("3") == first
