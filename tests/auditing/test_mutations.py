"""Every small change of a right formula is found, unless it changes nothing.

The judge of what changes something is Python's own arithmetic, with fifty digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import mpmath
import pytest

POINTS = [mpmath.mpf(p) / 7 for p in (-23, -11, -5, -2, 3, 8, 17)]
NAMES = {
    "exp": mpmath.exp,
    "log": mpmath.log,
    "tanh": mpmath.tanh,
    "__builtins__": {},
}
SWAPS = {"+": "-", "-": "+", "*": "+", "/": "*", "x": "1", "(": "(1+"}

FORMULAS = [
    ("mish", "f", "x*tanh(log(1+exp(x)))"),
    (
        "mish",
        "f_x",
        "exp(x)*(4*(x+1)+4*exp(2*x)+exp(3*x)+exp(x)*(4*x+6))/(2*exp(x)+exp(2*x)+2)**2",
    ),
    ("silu", "f_x", "1/(1+exp(-x))+x*exp(-x)/(1+exp(-x))**2"),
    ("sigmoid", "f_x", "exp(x)/(exp(x)+1)**2"),
]
PRINTED = (
    "exp(x)*(8.468*x+5.1361*exp(2*x)+exp(3*x)+exp(x)*(6.59489*x+9.89233)+8.468)"
    "/(3.29744+2.56805*exp(x)+exp(2*x))**2"
)

REST = pytest.mark.catalog


def mutants(text: str) -> Iterator[str]:
    """The text with one character changed: other digits, other signs, a lost factor."""
    for place, sign in enumerate(text):
        before, after = text[:place], text[place + 1 :]
        if sign.isdigit():
            yield f"{before}{(int(sign) + 1) % 10}{after}"
            yield f"{before}{(int(sign) + 9) % 10}{after}"
        elif "**" in text[max(place - 1, 0) : place + 2]:
            yield f"{before.rstrip('*')}*{after.lstrip('*')}"
        elif sign in SWAPS and not (
            sign == "x" and "ex" in text[place - 1 : place + 1]
        ):
            yield f"{before}{SWAPS[sign]}{after}"
    for match in re.finditer(r"x\*|\*x\b|\+[^()+*/]+(?=[+)])", text):
        yield text[: match.start()] + text[match.end() :]


def value(text: str, x: mpmath.mpf) -> mpmath.mpf | None:
    exact = re.sub(r"(\d+\.\d+|\d+)", r"mpf('\1')", text)
    try:
        found = eval(exact, {**NAMES, "mpf": mpmath.mpf}, {"x": x})
    except (ZeroDivisionError, ValueError, OverflowError):
        return None
    return found if isinstance(found, mpmath.mpf) else None


def changes_nothing(text: str, mutant: str) -> bool:
    with mpmath.workdps(50):
        pairs = [(value(text, x), value(mutant, x)) for x in POINTS]
        return all(
            b is not None and abs(a - b) <= abs(a) * mpmath.mpf(10) ** -40
            for a, b in pairs
        )


@pytest.mark.parametrize(("activation", "partial", "text"), FORMULAS)
def test_every_mutant_of_a_formula_is_found(verdict, activation, partial, text):
    assert verdict(text, activation, partial).proved
    judged = list(dict.fromkeys(mutants(text)))
    assert len(judged) >= 10
    for mutant in judged:
        found = verdict(mutant, activation, partial)
        assert found.passed == changes_nothing(text, mutant), mutant
        assert found.verdict in ("equal", "different"), mutant


@pytest.mark.slow
@pytest.mark.parametrize("part", [0, *(pytest.param(n, marks=REST) for n in (1, 2, 3))])
def test_every_mutant_of_a_printed_formula_is_found(verdict, part):
    options = {"values": {"beta": "-0.25"}}
    assert verdict(PRINTED, "mila", "f_x", **options).passed
    judged = list(dict.fromkeys(mutants(PRINTED)))
    assert len(judged) > 80
    judged = judged[part::4]
    wrong = [m for m in judged if verdict(m, "mila", "f_x", **options).passed]
    assert wrong == []
