"""√u to what comes out of it, and to what stays under roots: a canonical product.

√(4x² + 4) is 2·√(x² + 1). Factors that are positive for all real numbers get roots of
their own; of others only what the sign of the whole decides comes out, and an even
power of a factor p of unknown sign is a power of √(p²) = |p|.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isqrt
from typing import Any

import sympy

__all__ = ["Root", "root_of_factors", "root_of_rational"]

SMALL_PRIMES = 1000
"""Factors of a constant below this are found."""

MOST_PRIMES = 2
"""A constant with more primes under its root stays one root."""


@dataclass(frozen=True, slots=True)
class Root:
    """outside · Π √inside, as expressions."""

    outside: Any
    inside: tuple[Any, ...]


def root_of_rational(value: Any) -> Root:
    """√value of a positive rational; each of few primes has a root of its own."""
    number = int(value.p) * int(value.q)
    outside, primes = sympy.Integer(1), []
    for prime, power in _factors(number):
        outside *= sympy.Integer(prime) ** (power // 2)
        if power % 2:
            primes.append(sympy.Integer(prime))
    if len(primes) > MOST_PRIMES:
        primes = [sympy.Mul(*primes)]
    return Root(outside / value.q, tuple(primes))


def _factors(number: int) -> Iterable[tuple[int, int]]:
    """Small primes with their powers, and a rest that may be no prime."""
    for prime in sympy.primerange(SMALL_PRIMES):
        power = 0
        while number % prime == 0:
            number, power = number // prime, power + 1
        if power:
            yield prime, power
    if number > 1:
        whole = isqrt(number)
        yield (whole, 2) if whole * whole == number else (number, 1)


def root_of_factors(factors: Sequence[tuple[Any, int]], *, negated: bool) -> Root:
    """√(±Π p^n) of factors p of unknown sign, where it is real; n may be negative."""
    odd = [p for p, n in factors if n % 2]
    outside, inside = sympy.Integer(1), []
    for p, n in factors:
        if n % 2 and len(odd) == 1:
            outside *= (-p if negated else p) ** (n // 2)
            continue
        power = n // 2
        outside *= p ** (power - power % 2)
        if power % 2:
            inside.append(p**2)
    if odd:
        inside.append((-1 if negated else 1) * sympy.Mul(*odd))
    return Root(outside, tuple(sympy.expand(u) for u in inside))
