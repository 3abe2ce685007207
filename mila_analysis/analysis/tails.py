"""Quotients on the tails of the line: their signs from a point on, and their limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeVar

import flint

from mila_analysis.analysis.bound import Polynomial, Quotient, Tower
from mila_analysis.analysis.constants import Constant
from mila_analysis.analysis.elementary import FUNCTIONS, Huge
from mila_analysis.analysis.expansions import Expansion, Tail
from mila_analysis.analysis.scales import Scale
from mila_analysis.analysis.undecided import TooNearError, UndecidedError

__all__ = ["End", "Tails"]

T = TypeVar("T")

BITS = 128

FIRST, LAST = 2, 44
"""Binary logarithms of where tails may begin."""


@dataclass
class End:
    """A tower for side·x ≥ start: expansions of its symbols and of sums of them.

    Attributes:
        tower: x and generators.
        start: where the tail begins, above 2.
        side: -1 or 1.
    """

    tower: Tower
    start: Fraction
    side: int
    _values: list[Expansion | Huge] = field(default_factory=list)
    _known: dict[Polynomial, Expansion] = field(default_factory=dict)
    _quotients: dict[int, tuple[Quotient, Expansion]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tail = Tail(
            flint.arb(flint.fmpq(self.start.numerator, self.start.denominator))
        )

    @property
    def values(self) -> Sequence[Expansion | Huge]:
        """Expansions of x and of the generators."""
        self._expand()
        return self._values

    def _expand(self) -> None:
        """Expansions of the symbols that have none yet."""
        if not self._values:
            self._values.append(
                self.tail.monomial(Constant.of(self.side), Scale(Fraction(1)))
            )
        for generator in self.tower.generators[len(self._values) - 1 :]:
            if generator.function == "pi":
                self._values.append(self.tail.monomial(Constant.pi()))
                continue
            top, bottom = generator.top, generator.bottom
            argument = self._sum(top)
            if bottom is not None:
                argument = self._quotient(top, bottom)
            self._values.append(FUNCTIONS[generator.function](self.tail, argument))

    def _quotient(self, top: Polynomial, bottom: Polynomial) -> Expansion:
        """A quotient of sums, both divided by what grows beyond all scales."""
        degrees = tuple(map(max, top.degrees, bottom.degrees))
        above, below = self._sum(top, degrees), self._sum(bottom, degrees)
        return self.tail.product(above, self.tail.inverse(below))

    def sum(self, polynomial: Polynomial) -> Expansion:
        """A sum, over the highest powers in it of what grows beyond all scales."""
        if polynomial not in self._known:
            self._expand()
            self._known[polynomial] = self._sum(polynomial)
        return self._known[polynomial]

    def _sum(
        self, polynomial: Polynomial, degrees: Sequence[int] | None = None
    ) -> Expansion:
        tail, parts = self.tail, []
        for powers, c in polynomial.terms:
            part = tail.number(c)
            for value, n, degree in zip(
                self._values, powers, degrees or polynomial.degrees, strict=False
            ):
                if isinstance(value, Huge):
                    part = tail.product(part, tail.power(value.inverse, degree - n))
                elif n:
                    part = tail.product(part, tail.power(value, n))
            parts.append(part)
        return tail.sum(parts)

    def sign(self, quotient: Quotient) -> int:
        """Sign on the whole tail; 0 where the quotient is zero.

        Raises:
            TooNearError: the proof needs a tail that begins further out.
            UndecidedError: there is none.
        """
        if quotient.is_zero:
            return 0
        found = 1
        for polynomial, n in (*quotient.above, *quotient.below):
            sign = self.sign_of(polynomial)  # of squares too: they may be zero
            found *= sign if n % 2 else 1
        return found

    def sign_of(self, polynomial: Polynomial) -> int:
        """The same of a sum; a product of exponentials needs no bound."""
        if len(polynomial.terms) > 1:
            return self.tail.sign(self.sum(polynomial))
        ((powers, c),) = polynomial.terms
        found = 1 if c > 0 else -1
        kinds = ["", *(g.function for g in self.tower.generators)]
        for place, n in enumerate(powers):
            if not n or kinds[place] == "exp":
                continue
            value = self.values[place]
            if isinstance(value, Huge):
                raise UndecidedError("its sign far out was not decided")
            sign = self.tail.sign(value)
            found *= sign if n % 2 else abs(sign)
        return found

    def expansion(self, quotient: Quotient) -> Expansion:
        """Terms and bound of a quotient; raises as `sign`."""
        key = id(quotient)
        if key not in self._quotients:  # which is kept, so that no other has its id
            self._quotients[key] = quotient, self._expansion(quotient)
        return self._quotients[key][1]

    def _expansion(self, quotient: Quotient) -> Expansion:
        if quotient.is_zero:
            return self.tail.number(0)
        found = self.tail.number(1)
        lifted = [0] * len(self.values)
        for factors, sign in ((quotient.above, 1), (quotient.below, -1)):
            for polynomial, n in factors:
                part = self.tail.power(self.sum(polynomial), n)
                part = part if sign > 0 else self.tail.inverse(part)
                found = self.tail.product(found, part)
                for place, degree in enumerate(polynomial.degrees):
                    lifted[place] += sign * n * degree
        for value, n in zip(self.values, lifted, strict=True):
            if isinstance(value, Huge) and n > 0:
                raise UndecidedError("it grows as an exponential of exponentials")
            if isinstance(value, Huge):
                found = self.tail.product(found, self.tail.power(value.inverse, -n))
        return found


class Tails:
    """One side of the line, from points further and further out."""

    def __init__(self, tower: Tower, side: int) -> None:
        self.tower, self.side = tower, side
        self._ends: list[End] = []

    def _end(self, number: int) -> End:
        while len(self._ends) <= number:
            start = Fraction(2) ** (FIRST + len(self._ends))
            self._ends.append(End(self.tower, start, self.side))
        return self._ends[number]

    def nearest(self, wanted: Callable[[End], T]) -> tuple[End, T]:
        """The nearest end on which a proof succeeds, and what is proved there.

        Raises:
            UndecidedError: there is none within reach.
        """
        for number in range(LAST - FIRST):
            with flint.ctx.workprec(BITS):
                end = self._end(number)
                try:
                    return end, wanted(end)
                except TooNearError:
                    continue
        raise UndecidedError("it oscillates far out, or no bound was found there")
