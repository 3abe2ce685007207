"""Sums in erf(u), and in exponentials near 1, that vanish where erf(u) is ±1.

Far out on a side erf(u) is ±1 and exp(-u²) is 0; an exponential whose exponent vanishes
there is 1. A sum of all of them that vanishes in that corner is written in what each
lacks of its limit, as a polynomial without a constant term: nothing cancels in it that
does not cancel in the sum itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mila_analysis.tower import Generator

__all__ = ["Corner", "corners"]


@dataclass(frozen=True, slots=True)
class Corner:
    """A sum beside a corner.

    Attributes:
        side: -1 or 1, the sign of u and of erf(u).
        near_one: the exponentials that are 1 there.
        polynomial: the sum, where the symbol of erf and those of these exponentials
            stand for what each is less its limit.
    """

    side: int
    near_one: tuple[Generator, ...]
    polynomial: Any


def corners(
    polynomial: Any, error: Generator, generators: Sequence[Generator]
) -> Iterator[Corner]:
    """The corners in which a sum vanishes, though its terms do not.

    Args:
        polynomial: in the symbols of the tower.
        error: the generator erf(u).
        generators: all of the tower.
    """
    for side in (-1, 1):
        limits = {error.symbol: side}
        fading, near_one = [], []
        for generator in generators:
            if generator.function != "exp":
                continue
            there = generator.argument.subs(limits).expand()
            if there == 0:
                near_one.append(generator)
                limits[generator.symbol] = 1
            elif error.symbol not in generator.argument.free_symbols:
                fading.append(generator.symbol)
        shifted = _shifted(polynomial, limits)
        small = {*limits, *fading}
        done = not near_one or _vanishes(polynomial, small)  # erf alone: its factors
        if not done and _vanishes(shifted, small):
            yield Corner(side, tuple(near_one), shifted)


def _shifted(polynomial: Any, limits: dict[Any, int]) -> Any:
    """The polynomial in which each symbol stands for itself less its limit."""
    ring = polynomial.ring
    for symbol, limit in limits.items():
        gen = ring.gens[ring.symbols.index(symbol)]
        polynomial = polynomial.compose(gen, gen + limit)
    return polynomial


def _vanishes(polynomial: Any, small: set[Any]) -> bool:
    """Whether some small symbol is a factor of every term."""
    places = [i for i, s in enumerate(polynomial.ring.symbols) if s in small]
    return all(any(e[i] for i in places) for e, _ in polynomial.terms())
