"""What is proved of a whole family to sentences, in text and in LaTeX."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sympy

from mila_analysis.activation import Activation
from mila_analysis.analysis.families import Scaling, Shifted, scaling, shifted
from mila_analysis.letters import in_latex

__all__ = ["Theorem", "theorems"]

NUMBERS = {1: "one", 2: "two", 3: "three", 4: "four"}
DIGITS = 10


@dataclass(frozen=True, slots=True)
class Theorem:
    """A statement that holds for every value of a parameter.

    Attributes:
        text: sentence for a terminal.
        latex: the same for a LaTeX document.
    """

    text: str
    latex: str


def theorems(activation: Activation) -> tuple[Theorem, ...]:
    """Statements proved by exact algebra; none, where the family has no such shape."""
    return tuple(_theorems(activation))


def _theorems(activation: Activation) -> Iterator[Theorem]:
    for found in shifted(activation):
        yield _of_shifted(found)
    scaled = scaling(activation)
    if scaled is not None:
        yield _of_scaling(scaled)


def _of_shifted(found: Shifted) -> Theorem:
    kinds = {branch.kind for branch in found.branches}
    noun = kinds.pop() if len(kinds) == 1 else "extremum"
    count = len(found.branches)
    noun = {"inflection": "inflection point"}.get(noun, f"local {noun}")
    plural = noun if count == 1 else f"{noun}s"
    number = NUMBERS.get(count, str(count))
    name = str(found.parameter)
    x = sympy.Symbol("x")
    parts = [
        ("x", found.place), ("f", found.value), (f"dx/d{name}", found.rate)
    ]  # fmt: skip
    width = max(len(left) for left, _ in parts)
    text = f"For every {name}: exactly {number} {plural}"
    symbol = in_latex(name)
    lefts = ("x", "f(x)", rf"\frac{{dx}}{{d{symbol}}}")
    names = {found.parameter: sympy.Symbol(symbol), x: x}
    latex = (
        rf"For every ${symbol}$ there {'is' if count == 1 else 'are'} exactly "
        f"{number} {plural}, at "
        + ", ".join(
            f"${left} = {sympy.latex(right.subs(names))}$"
            for left, (_, right) in zip(lefts, parts, strict=True)
        )
        + f", where $E = {sympy.latex(found.exponential.subs(names))}$"
    )
    ends = [b.high for b in found.branches[:-1]]
    if ends:
        shown = ", ".join(f"{sympy.N(e, DIGITS)}" for e in ends)
        text += f", one between E = 0, {shown} and ∞ each"
        latex += rf"; between $E = 0$, ${shown}$ and $\infty$ there is one each"
    lines = [f"{left:<{width}} = {_plain(right)}" for left, right in parts]
    lines.append(f"{'E':<{width}} = {_plain(found.exponential)}")
    return Theorem("\n  ".join([f"{text}, at", *lines]), f"{latex}.")


def _plain(expression: Any) -> str:
    return str(expression).replace("**", "^").replace("*", "·")


def _of_scaling(found: Scaling) -> Theorem:
    name = found.parameter
    factor = {-1: f"/{name}", 0: "", 1: f"·{name}"}[found.power]
    text = (
        f"For every {name} > 0: f(x; {name}) = f({name}·x; 1){factor}, so all places "
        f"are those for {name} = 1, over {name}."
    )
    p = in_latex(name)
    scaled = {-1: rf"/{p}", 0: "", 1: rf" \cdot {p}"}[found.power]
    latex = (
        rf"For every ${p} > 0$: $f(x; {p}) = f({p} x; 1){scaled}$, so all places are "
        rf"those for ${p} = 1$, over ${p}$."
    )
    return Theorem(text, latex)
