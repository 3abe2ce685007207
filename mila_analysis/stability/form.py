"""The stable form: programs for all partials, and where each of them holds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mila_analysis.program import Binding, Expression, used_names

__all__ = ["Near", "Program", "StableForm"]


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """Straight-line arithmetic: bindings in order, and the value of each partial."""

    bindings: tuple[Binding, ...]
    outputs: Mapping[str, Expression]

    def trimmed(self, wanted: Collection[str]) -> tuple[Binding, ...]:
        """The bindings that the wanted outputs need, in order."""
        return self.needed([self.outputs[name] for name in wanted])

    def needed(self, expressions: Iterable[Expression]) -> tuple[Binding, ...]:
        """The bindings that some expressions need, in order."""
        needed = {name for e in expressions for name in used_names(e)}
        kept = []
        for binding in reversed(self.bindings):
            if binding.name in needed:
                kept.append(binding)
                needed.update(used_names(binding.value))
        return tuple(reversed(kept))


@dataclass(frozen=True, slots=True, eq=False)
class Near:
    """A shorter program that holds while no power of an exponential leaves the floats.

    It holds where every exponent z, a sum, has exp(z)^deepest above the least normal
    number and exp(z)^highest below the largest, and each summand alone an exponential.

    Attributes:
        program: arithmetic in the exponentials themselves.
        exponents: of each exponential, the summands of its exponent.
        deepest, highest: powers of the exponentials that occur.
    """

    program: Program
    exponents: tuple[tuple[Expression, ...], ...]
    deepest: int
    highest: int


@dataclass(frozen=True, slots=True, eq=False)
class StableForm:
    """Arithmetic for the partials of an activation, right on every float.

    Attributes:
        variables: names of x and the parameters.
        whole: the program that holds everywhere.
        near: a faster one for most floats, or None.
        strategy: `homogeneous`; `wide`, for wide numbers; `direct` promises nothing.
        constants: exact expression of each named number, in symbols of the tower.
    """

    variables: tuple[str, ...]
    whole: Program
    near: Near | None
    strategy: str
    constants: Mapping[str, Any] = field(default_factory=dict)
