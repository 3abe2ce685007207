"""A run's configuration to the name of its activation, in plain text or LaTeX."""

from __future__ import annotations

import re

from mila_analysis.activation import Activation, Parameter, numeral
from mila_analysis.experiments.config import RunConfig
from mila_analysis.letters import GREEK

__all__ = ["escaped", "in_tex", "plain"]

LONG = 40  # letters of a formula
_LETTERS = {name.rstrip("_"): letter for letter, name in reversed(GREEK.items())}
_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%",
    "$": r"\$", "#": r"\#", "_": r"\_", "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}",
}  # fmt: skip


def plain(config: RunConfig) -> str:
    """Such as `Mila (β = -0.25)`, or `Mila (β learned from -0.25)`."""
    activation = config.function
    values = ", ".join(
        f"{_letter(p)} {_sign(p, config)} {numeral(p.value)}"
        for p in activation.parameters
    )
    name = _title(activation)
    return f"{name} ({values})" if values else name


def in_tex(config: RunConfig) -> str:
    r"""Such as `Mila ($\beta = -0.25$)`."""
    activation = config.function
    values = ", ".join(
        f"${p.latex or p.name}$ learned from ${numeral(p.value)}$"
        if p.name in config.learnable
        else f"${p.label}$"
        for p in activation.parameters
    )
    name = escaped(_title(activation))
    return f"{name} ({values})" if values else name


def _title(activation: Activation) -> str:
    own = activation.name == "custom"
    text = " ".join((activation.formula if own else activation.title).split())
    return text if len(text) <= LONG else f"{text[: LONG - 1]}…"


def _letter(parameter: Parameter) -> str:
    return _LETTERS.get(parameter.name.rstrip("_"), parameter.name)


def _sign(parameter: Parameter, config: RunConfig) -> str:
    return "learned from" if parameter.name in config.learnable else "="


def escaped(text: str) -> str:
    """Text whose letters LaTeX sets as they are."""
    return re.sub("|".join(map(re.escape, _SPECIAL)), lambda m: _SPECIAL[m[0]], text)
