"""Activation, partial and number to the mathematics that labels them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from mila_analysis.activation import Activation
from mila_analysis.partials import Partial

__all__ = [
    "family_labels",
    "family_title",
    "fixed_label",
    "full_label",
    "name",
    "number",
    "parameter_lines",
    "partial_label",
    "short",
    "short_names",
    "symbol",
]

_FRACTION = re.compile(r"\\frac\{(.* f)\}\{(.*)\}")
UNNAMED = "custom"  # what a formula that was only typed is called
LINE, LINES = 44, 2  # letters and lines of a formula, of which a label shows no more
SHORT = 24  # letters of a name beside a curve
_ON_ONE_LINE = r"\1\,/\,\2"  # an italic f leans into a slash that follows at once


def symbol(activation: Activation, variable: str) -> str:
    """LaTeX of a variable: `x`, or the symbol of a parameter."""
    symbols = {p.name: p.latex for p in activation.parameters}
    return symbols.get(variable) or variable


def partial_label(activation: Activation, partial: Partial) -> str:
    r"""Partial as a line of mathematics, such as `$\partial f/\partial x$`."""
    symbols = {name: symbol(activation, name) for name in activation.variables}
    return f"${_FRACTION.sub(_ON_ONE_LINE, partial.latex(symbols))}$"


def name(activation: Activation, line: int = LINE) -> str:
    """Title, or formula where there is no other, on few lines of so many letters."""
    title = activation.title or activation.name
    shown = activation.formula if title == UNNAMED else title
    return "\n".join(_lines(shown, line))


def _lines(text: str, line: int) -> list[str]:
    """Text on lines, broken between words or terms, cut where it is too long."""
    found: list[str] = []
    rest = text.strip()
    while len(rest) > line and len(found) < LINES - 1:
        at = _break(rest, line)
        found.append(rest[:at].strip())
        rest = rest[at:].strip()
    return [*found, rest if len(rest) <= line else f"{rest[: line - 1]}…"]


def _break(text: str, line: int) -> int:
    """Where a first line ends: at a space or sign in as few brackets as can be."""
    best = (-1, 0, 0), line
    depth = 0
    for i, letter in enumerate(text[: line + 1]):
        sign = letter == " " or (letter in "+-" and text[i - 1] not in "eE")
        if i > line // 3 and (sign or (text[i - 1] in "*/," and letter != "*")):
            best = max(best, ((1, -depth, sign), i))
        depth += (letter == "(") - (letter == ")")
    return best[1]


def full_label(activation: Activation, line: int = LINE) -> str:
    """Name with the values of all parameters."""
    return replace(activation, title=name(activation, line)).label


def parameter_lines(activation: Activation) -> str:
    """Value of each parameter, on a line each."""
    return "\n".join(f"${p.label}$" for p in activation.parameters)


def family_title(activations: Sequence[Activation]) -> str:
    """Name of the function that all activations are, or nothing."""
    if len({(a.title or a.name, a.formula) for a in activations}) > 1:
        return ""
    return name(activations[0])


def family_labels(
    activations: Sequence[Activation], line: int = LINE
) -> tuple[str, ...]:
    """What tells each activation from the others: its parameters, or its full label.

    Parameters are enough where all activations are the same function, and its title
    stands elsewhere; those that all have alike are then left out as well.
    """
    if len(activations) == 1 or not family_title(activations):
        return _numbered([full_label(a, line) for a in activations])
    shared = set.intersection(*(set(a.parameters) for a in activations))
    return tuple(
        ", ".join(f"${p.label}$" for p in a.parameters if p not in shared)
        for a in activations
    )


def short_names(activations: Sequence[Activation]) -> tuple[str, ...]:
    """Names to stand beside curves: without parameters, where they differ so too."""
    names = [name(a, SHORT) for a in activations]
    return tuple(names) if len(set(names)) == len(names) else family_labels(activations)


def _numbered(labels: Sequence[str]) -> tuple[str, ...]:
    """Labels, with a number where several are alike."""
    often, seen = Counter(labels), Counter[str]()
    found = []
    for label in labels:
        seen[label] += 1
        found.append(f"{label} ({seen[label]})" if often[label] > 1 else label)
    return tuple(found)


def number(value: float, digits: int = 3) -> str:
    """Number as mathematics, to some significant digits, without dollar signs.

    It is set in braces, so that a minus after a comma is a sign and no operation.
    """
    if value == 0:
        return "0"
    mantissa, _, exponent = f"{value:#.{digits}g}".partition("e")
    mantissa = mantissa.removesuffix(".")
    power = rf" \times 10^{{{int(exponent)}}}" if exponent else ""
    return f"{{{mantissa}{power}}}"


def fixed_label(activation: Activation, swept: str) -> str:
    """Label without the parameter that is an axis."""
    others = tuple(p for p in activation.parameters if p.name != swept)
    return full_label(replace(activation, parameters=others))


def short(value: float) -> str:
    """Round number, such as a level, as mathematics without idle zeros."""
    mantissa, _, exponent = f"{value:.6g}".partition("e")
    if not exponent:
        return mantissa
    factor = "" if mantissa == "1" else rf"{mantissa} \times "
    return rf"{factor}10^{{{int(exponent)}}}"
