"""The digits of 1/(2π), by which angles beyond the floats are reduced to one turn."""

from __future__ import annotations

from functools import lru_cache

import flint

__all__ = ["turn_digits"]

BITS = 24
"""Of each digit: the product with 26 bits of a mantissa is exact."""
COUNT = 177
"""Of the digits: enough for angles below 2^4096, to 2^-117 of a turn."""


@lru_cache(maxsize=1)
def turn_digits() -> tuple[int, ...]:
    """1/(2π) = Σ digit·2^(-24·i), i = 1, 2, ..."""
    with flint.ctx.workprec(BITS * COUNT + 64):
        whole = (1 / (2 * flint.arb.pi()) * flint.arb(2) ** (BITS * COUNT)).floor()
    number = int(whole.unique_fmpz())
    base = 1 << BITS
    return tuple(number >> BITS * (COUNT - 1 - i) & (base - 1) for i in range(COUNT))
