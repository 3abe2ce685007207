"""Products with p/q as products with p over q, for numbers of a few dozen digits.

1/6 has no finite binary expansion: x·(x + 3)·(1/6) is not x/2 + x²/6 where x is so tiny
that x²/6 only decides whether x/2, in the middle between two subnormal floats, is
rounded up. A quotient by an integer that is computed last is exact where it can be.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from mila_analysis.program import (
    Binding,
    Expression,
    Name,
    Number,
    Operation,
    mul,
    number,
    op,
)
from mila_analysis.stability import Program

__all__ = ["with_quotients"]

_LARGEST = 2**53
"""Doubles hold all integers up to here."""


def with_quotients(program: Program, kind: str = "div") -> Program:
    """The program with products of rational numbers as quotients by integers.

    Args:
        program: arithmetic; its named constants, powers of two and numbers of more
            digits than a double holds stay.
        kind: the operation of such a quotient.
    """
    found = _Quotients(kind, {b.name for b in program.bindings})
    for binding in program.bindings:
        found.bind(binding)
    outputs = {n: found.whole(e) for n, e in program.outputs.items()}
    changed = Program(tuple(found.bindings), outputs)
    return Program(changed.trimmed(outputs), outputs)


_Part = tuple[Expression, int]
"""What stands above an integer, and that integer."""


@dataclass(slots=True)
class _Quotients:
    kind: str
    taken: set[str]
    bindings: list[Binding] = field(default_factory=list)
    known: dict[str, _Part] = field(default_factory=dict)

    def bind(self, binding: Binding) -> None:
        """Bind a value; where it is a quotient, what stands above too."""
        above, below = self.parts(binding.value)
        if below == 1:
            self.bindings.append(Binding(binding.name, above))
            return
        name = f"{binding.name}_times_{below}"
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        self.known[binding.name] = Name(name), below
        whole = op(self.kind, Name(name), number(below))
        self.bindings += [Binding(name, above), Binding(binding.name, whole)]

    def whole(self, value: Expression) -> Expression:
        """A value that is used otherwise than in a product."""
        if isinstance(value, Name | Number):
            return value
        above, below = self.parts(value)
        return above if below == 1 else op(self.kind, above, number(below))

    def parts(self, value: Expression) -> _Part:
        """A value as what stands above an integer, and that."""
        match value:
            case Operation("mul", (a, b)):
                (above, first), (beside, second) = self._factor(a), self._factor(b)
                below = first * second
                if below <= _LARGEST:
                    return mul(above, beside), below
                return op("mul", self.whole(a), self.whole(b)), 1
            case Operation("div", (a, Number(by, ""))) if _is_whole(by):
                above, below = self._factor(a)
                above = above if by > 0 else op("neg", above)
                below *= int(abs(by))
                if below <= _LARGEST:
                    return above, below
                return op(self.kind, self.whole(a), Number(by)), 1
            case Operation("neg", (a,)):
                above, below = self.parts(a)
                return op("neg", above), below
            case Operation(kind, args):
                return Operation(kind, tuple(map(self.whole, args))), 1
        return value, 1

    def _factor(self, value: Expression) -> _Part:
        match value:
            case Name(text):
                return self.known.get(text, (value, 1))
            case Number(exact, "") if _is_ratio(exact):
                return Number(Fraction(exact.numerator)), exact.denominator
        return self.parts(value)


def _is_whole(value: Fraction) -> bool:
    return value.denominator == 1 and 1 < abs(value) <= _LARGEST


def _is_ratio(value: Fraction) -> bool:
    top, bottom = abs(value.numerator), value.denominator
    return max(top, bottom) <= _LARGEST and bottom & (bottom - 1) != 0
