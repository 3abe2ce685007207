"""What a backend is: a record of functions, not a base class."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mila_analysis.activation import Activation
from mila_analysis.derivation import Derivation
from mila_analysis.stability import Program, StableForm

__all__ = ["Backend", "Reading", "Source"]


@dataclass(frozen=True, slots=True)
class Source:
    """What a backend writes out.

    Attributes:
        activation: parameter values become default arguments.
        derivation: exact partials; its names are those of the functions.
        form: their stable form.
        accuracy: `fast`, or `accurate` for correctly rounded results.
        verified: what the header says.
    """

    activation: Activation
    derivation: Derivation
    form: StableForm
    accuracy: str = "fast"
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """Arithmetic read back out of generated text.

    Attributes:
        title: of the function that it stands in.
        program: its outputs are the partials which that function computes.
        where: `everywhere`, or `origin` for what holds where the exponent is 0.
    """

    title: str
    program: Program
    where: str = "everywhere"


@dataclass(frozen=True, slots=True)
class Backend:
    """A target of generated code.

    Attributes:
        name: as on the command line.
        suffix: of a file with such code, with the dot.
        accuracies: the modes it has: `fast`, and perhaps `accurate`.
        emit: what to write, to the text of the whole file.
        load: text to its public functions by name; nothing but that text is run.
        read: text to the arithmetic in it.
    """

    name: str
    suffix: str
    accuracies: tuple[str, ...]
    emit: Callable[[Source], str]
    load: Callable[[str], Mapping[str, Callable[..., Any]]]
    read: Callable[[str], Sequence[Reading]]
