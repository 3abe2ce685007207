"""Where a program is one expression, and what an exact value is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mila_analysis.derivation import Derivation
from mila_analysis.errors import MilaAnalysisError

__all__ = [
    "SIGNED",
    "Branch",
    "Exact",
    "IdentityError",
    "holds",
    "signed_arguments",
]

SIGNED = ("exp", "erf")
"""Functions of which a branch says whether the argument is positive."""


class IdentityError(MilaAnalysisError):
    """A program that is not the derivative, or that the proof cannot follow."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Branch:
    """Where a program is one expression: a case, and signs of `signed_arguments`."""

    case: int
    positive: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Exact:
    """The value element·exp(exponent), both in the fraction field."""

    element: Any
    exponent: Any


def signed_arguments(derivation: Derivation) -> list[Any]:
    """Arguments of generators of which a branch says whether they are positive."""
    return [g.argument for g in derivation.generators if g.function in SIGNED]


def holds(value: Any, comparison: str) -> bool:
    """Whether a number compares with 0 as said."""
    truth = {
        ">": value > 0,
        ">=": value >= 0,
        "<": value < 0,
        "<=": value <= 0,
        "==": value == 0,
    }
    return bool(truth[comparison])
