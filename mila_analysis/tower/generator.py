"""A generator of the tower: what its symbol stands for, and how it changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy

from mila_analysis.primitives import PRIMITIVES

__all__ = ["LETTERS", "Generator", "is_constant"]

LETTERS = {
    "exp": "E", "log": "L", "sqrt": "S", "erf": "R", "sin": "V", "cos": "C",
    "atan": "T", "pi": "pi",
}  # fmt: skip
"""Symbol of a generator of each function; a second one of its kind has a number."""


@dataclass(frozen=True, slots=True)
class Generator:
    """An element that the tower adds to the field of rational functions.

    Attributes:
        symbol: its name in the tower, such as `E`; with a number when there are more.
        function: the name of a row of `primitives`, or `pi`, which is a constant.
        argument: expression in the variables and in the generators before it.
        slope: its derivative by its argument, in the symbols of the tower.
    """

    symbol: Any
    function: str
    argument: Any
    slope: Any = None

    @property
    def definition(self) -> Any:
        """SymPy expression that the symbol stands for, one level down."""
        if self.function == "pi":
            return sympy.pi
        return PRIMITIVES[self.function].symbol(self.argument)


def is_constant(generator: Generator, known: dict[Any, Generator]) -> bool:
    """Whether a generator depends on no variable, given those by their symbols."""
    return all(
        symbol in known and is_constant(known[symbol], known)
        for symbol in generator.argument.free_symbols
    )
