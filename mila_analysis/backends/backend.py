"""What a backend is: a record of functions, not a base class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mila_analysis.activation import Activation
from mila_analysis.derivation import Derivation
from mila_analysis.stability import StableForm

__all__ = ["Backend"]


@dataclass(frozen=True, slots=True)
class Backend:
    """A target of generated code.

    Attributes:
        name: as on the command line.
        suffix: of a file with such code, with the dot.
        emit: activation, derivation and stable form to source text.
        load: source text to its public functions by name.
    """

    name: str
    suffix: str
    emit: Callable[[Activation, Derivation, StableForm], str]
    load: Callable[[str], Mapping[str, Callable[..., Any]]]
