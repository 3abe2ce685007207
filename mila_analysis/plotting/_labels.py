"""Activation, partial and number to the mathematics that labels them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mila_analysis.activation import Activation
from mila_analysis.partials import Partial

__all__ = ["family_labels", "family_title", "number", "partial_label", "symbol"]

_FRACTION = re.compile(r"\\frac\{(.* f)\}\{(.*)\}")


def symbol(activation: Activation, variable: str) -> str:
    """LaTeX of a variable: `x`, or the symbol of a parameter."""
    symbols = {p.name: p.latex for p in activation.parameters}
    return symbols.get(variable) or variable


def partial_label(activation: Activation, partial: Partial) -> str:
    r"""Partial as a line of mathematics, such as `$\partial f/\partial x$`."""
    symbols = {name: symbol(activation, name) for name in activation.variables}
    stacked = partial.latex(symbols)
    return (
        "$"
        + _FRACTION.sub(r"\1/\2", stacked).replace(r"/\partial", r"/\,\partial")
        + "$"
    )


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
    """Number as mathematics, to some significant digits, without dollar signs."""
    mantissa, _, exponent = f"{value:.{digits}g}".partition("e")
    return rf"{mantissa} \times 10^{{{int(exponent)}}}" if exponent else mantissa
