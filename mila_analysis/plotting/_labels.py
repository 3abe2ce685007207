"""Activation, partial and number to the mathematics that labels them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from mila_analysis.activation import Activation
from mila_analysis.partials import Partial

__all__ = [
    "family_labels",
    "family_title",
    "fixed_label",
    "number",
    "partial_label",
    "short",
    "symbol",
]

_FRACTION = re.compile(r"\\frac\{(.* f)\}\{(.*)\}")
_ON_ONE_LINE = r"\1\,/\,\2"  # an italic f leans into a slash that follows at once


def symbol(activation: Activation, variable: str) -> str:
    """LaTeX of a variable: `x`, or the symbol of a parameter."""
    symbols = {p.name: p.latex for p in activation.parameters}
    return symbols.get(variable) or variable


def partial_label(activation: Activation, partial: Partial) -> str:
    r"""Partial as a line of mathematics, such as `$\partial f/\partial x$`."""
    symbols = {name: symbol(activation, name) for name in activation.variables}
    return f"${_FRACTION.sub(_ON_ONE_LINE, partial.latex(symbols))}$"


def family_title(activations: Sequence[Activation]) -> str:
    """Title that all activations share, or nothing."""
    titles = {a.title or a.name for a in activations}
    return titles.pop() if len(titles) == 1 else ""


def family_labels(activations: Sequence[Activation]) -> tuple[str, ...]:
    """What tells each activation from the others: its parameters, or its full label.

    Parameters are enough where all activations are the same function, and its title
    stands elsewhere; those that all have alike are then left out as well.
    """
    if len(activations) == 1 or not family_title(activations):
        return tuple(a.label or a.name for a in activations)
    shared = set.intersection(*(set(a.parameters) for a in activations))
    return tuple(
        ", ".join(f"${p.label}$" for p in a.parameters if p not in shared)
        for a in activations
    )


def number(value: float, digits: int = 3) -> str:
    """Number as mathematics, to some significant digits, without dollar signs.

    It is set in braces, so that a minus after a comma is a sign and no operation.
    """
    mantissa, _, exponent = f"{value:#.{digits}g}".partition("e")
    mantissa = mantissa.removesuffix(".")
    power = rf" \times 10^{{{int(exponent)}}}" if exponent else ""
    return f"{{{mantissa}{power}}}"


def fixed_label(activation: Activation, swept: str) -> str:
    """Label without the parameter that is an axis."""
    others = tuple(p for p in activation.parameters if p.name != swept)
    return replace(activation, parameters=others).label or activation.name


def short(value: float) -> str:
    """Round number, such as a level, as mathematics without idle zeros."""
    mantissa, _, exponent = f"{value:.6g}".partition("e")
    if not exponent:
        return mantissa
    factor = "" if mantissa == "1" else rf"{mantissa} \times "
    return rf"{factor}10^{{{int(exponent)}}}"
