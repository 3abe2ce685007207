"""Polynomials in the symbols of a tower that are positive for all real arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy

from mila_analysis.tower.generator import Generator, is_constant

__all__ = ["is_positive"]


def is_positive(polynomial: Any, generators: Sequence[Generator]) -> bool:
    """Whether it is a sum of what cannot be negative, with one part that is positive.

    Exponentials and π are positive, roots and even powers are not negative.
    """
    known = {g.symbol: g for g in generators}
    symbols = sorted(polynomial.free_symbols, key=str)
    if not symbols:
        return bool(polynomial > 0)
    has_positive = False
    for powers, coefficient in sympy.Poly(polynomial, *symbols).terms():
        signs = [
            _least_sign(known.get(s), n, known)
            for s, n in zip(symbols, powers, strict=True)
            if n
        ]
        if coefficient <= 0 or None in signs:
            return False
        has_positive = has_positive or all(signs)
    return has_positive


def _least_sign(
    generator: Generator | None, n: int, known: dict[Any, Generator]
) -> int | None:
    """1 where a power is positive, 0 where it is not negative, else None."""
    if generator is not None:
        if generator.function in ("exp", "pi"):
            return 1
        if generator.function == "sqrt":
            return int(is_constant(generator, known))
    return 0 if n % 2 == 0 else None
