"""Elements of the tower to their canonical form: algebraic generators at most linear.

A root has S² = u, a cosine C² = 1 - V² with V the sine of the same angle. A denominator
a + b·S is multiplied by its conjugate a - b·S, from the last generator down. What is
left is unique: Σ (rational function)·(product of different roots), with one common
denominator that is free of them.

To be unique is not to be good arithmetic: x/(1 + √(1 + x²)) becomes (√(1 + x²) - 1)/x.
`plain` leaves denominators as they are, and is what programs are made of.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mila_analysis.errors import UnsupportedError
from mila_analysis.tower.generator import Generator

__all__ = ["Reduction"]


class Reduction:
    """Canonical forms in one fraction field over given generators."""

    def __init__(self, field: Any, generators: Sequence[Generator]) -> None:
        self.field = field
        self._squares: list[tuple[int, Any]] = []
        self._grow: set[int] = set()
        exponentials = {g.symbol for g in generators if g.function == "exp"}
        for generator in generators:
            square = self._square(generator, generators)
            if square is not None:
                place = field.symbols.index(generator.symbol)
                self._squares.append((place, self._polynomial(square)))
                if square.numer.as_expr().free_symbols & exponentials:
                    self._grow.add(place)

    @property
    def is_needed(self) -> bool:
        """Whether there is an algebraic generator at all."""
        return bool(self._squares)

    def plain(self, element: Any) -> Any:
        """An equal element with the same denominator; S² is u where that is shorter.

        Where u grows as exponentials do, it need not be: x·S² - x·E with u = E + 1
        would lose x far out.
        """
        top, most = element.numer, len(element.numer) - 1
        for place, square in reversed(self._squares):
            if top.degree(place) > 1:
                a, b = _halves(top, place, square)
                top = a + b * top.ring.gens[place]
                most += place in self._grow
        return element if len(top) > most else self.field.new(top, element.denom)

    def _square(self, generator: Generator, generators: Sequence[Generator]) -> Any:
        """Square of an algebraic generator, free of that generator; or None."""
        if generator.function == "sqrt":
            return self.field.from_expr(generator.argument)
        if generator.function == "cos":
            sine = next(
                g
                for g in generators
                if g.function == "sin" and g.argument == generator.argument
            )
            return 1 - self.field(sine.symbol) ** 2
        return None

    def _polynomial(self, square: Any) -> Any:
        if not square.denom.is_ground:
            raise UnsupportedError(f"the root of a quotient: {square}")
        return square.numer.quo_ground(square.denom.LC)

    def __call__(self, element: Any) -> Any:
        """Canonical form of an element.

        Raises:
            UnsupportedError: its denominator is 0, or 0 on one side of a root.
        """
        top, bottom = element.numer, element.denom
        changed = False
        for place, square in reversed(self._squares):
            if not _is_reduced(top, bottom, place):
                top, bottom = _rationalized(top, bottom, place, square)
                changed = True
        return self.field.new(top, bottom) if changed else element


def _is_reduced(top: Any, bottom: Any, place: int) -> bool:
    return top.degree(place) <= 1 and bottom.degree(place) <= 0


def _rationalized(top: Any, bottom: Any, place: int, square: Any) -> tuple[Any, Any]:
    """Quotient with a denominator free of a root, and a numerator linear in it."""
    root = top.ring.gens[place]
    a, b = _halves(top, place, square)
    c, d = _halves(bottom, place, square)
    if d:
        a, b, c = a * c - b * d * square, b * c - a * d, c**2 - d**2 * square
    if not c:
        raise UnsupportedError("a division by what is 0 on one side of a root")
    return a + b * root, c


def _halves(polynomial: Any, place: int, square: Any) -> tuple[Any, Any]:
    """(a, b) with the polynomial equal to a + b·root, both free of the root."""
    ring = polynomial.ring
    parts: list[dict[int, dict[Any, Any]]] = [{}, {}]
    for powers, coefficient in polynomial.terms():
        whole, odd = divmod(powers[place], 2)
        rest = (*powers[:place], 0, *powers[place + 1 :])
        parts[odd].setdefault(whole, {})[rest] = coefficient
    halves = [
        sum((ring.from_dict(c) * square**n for n, c in part.items()), start=ring.zero)
        for part in parts
    ]
    return halves[0], halves[1]
