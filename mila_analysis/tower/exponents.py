"""Exponents and angles to primitive bases, each with a rational factor."""

from __future__ import annotations

from math import comb, gcd, lcm
from typing import Any

import sympy

__all__ = ["exponent_of", "finest", "multiple_angle", "multiples"]


def exponent_of(node: Any) -> Any | None:
    """a of a node exp(a); None for any other."""
    if isinstance(node, sympy.exp):
        return node.args[0]
    if node is sympy.E:
        return sympy.Integer(1)
    if node.is_Pow and node.base is sympy.E:
        return node.exp
    return None


def multiples(exponent: Any) -> list[tuple[Any, Any]]:
    """Exponent as a sum of primitive bases, each with a rational factor.

    A polynomial stays whole: exp(x + β) is one generator. What depends on parameters
    or logarithms in another way is split no further than that.
    """
    if exponent == 0:
        return []
    factor, base = exponent.as_content_primitive()
    if base.could_extract_minus_sign():
        factor, base = -factor, -base
    if base.is_Rational:
        factor, base = factor * base, sympy.Integer(1)
    return [(base, factor)]


def finest(a: Any, b: Any) -> Any:
    """Greatest rational of which both are integer multiples."""
    return sympy.Rational(gcd(int(a.p), int(b.p)), lcm(int(a.q), int(b.q)))


def multiple_angle(sine: Any, cosine: Any, n: int) -> tuple[Any, Any]:
    """Sine and cosine of n times an angle, from (cos + i·sin)^n."""
    size = abs(n)
    terms = [
        (-1) ** (k // 2) * comb(size, k) * cosine ** (size - k) * sine**k
        for k in range(size + 1)
    ]
    sign = 1 if n > 0 else -1
    return sign * sympy.Add(*terms[1::2]), sympy.Add(*terms[::2])
