"""Sums a + c·√u of polynomials in x to their norm a² - c²·u, which has their zeros.

With its conjugate a - c·√u a sum makes a polynomial: it is 0 where that is, unless the
conjugate is. √(x² + b) + x has the norm -b: no zero, however near to 0 it comes.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from mila_analysis.analysis.bound import Polynomial, Tower

__all__ = ["normed"]

_Terms = dict[int, Fraction]


def normed(
    tower: Tower, polynomial: Polynomial
) -> tuple[Polynomial, Polynomial] | None:
    """Norm and conjugate of a sum; None where it is not one of x and one root in x."""
    places = {n for powers, _ in polynomial.terms for n, p in enumerate(powers) if p}
    roots = places - {0}
    if len(roots) != 1 or polynomial.degrees[min(roots)] != 1:
        return None
    (place,) = roots
    root = tower.generators[place - 1]
    if root.function != "sqrt" or root.bottom is not None or not root.top.in_x:
        return None
    plain = _gathered((p[0], c) for p, c in polynomial.terms if not p[place])
    rooted = _gathered((p[0], c) for p, c in polynomial.terms if p[place])
    under = _gathered((p[0], c) for p, c in root.top.terms)
    inner = _times(_times(rooted, rooted), under)
    norm = _gathered(
        [*_times(plain, plain).items(), *((n, -c) for n, c in inner.items())]
    )
    rest = (0,) * (len(polynomial.degrees) - 1)
    conjugate = tuple((p, -c if p[place] else c) for p, c in polynomial.terms)
    return (
        Polynomial(tuple(((n, *rest), c) for n, c in norm.items())),
        Polynomial(conjugate),
    )


def _gathered(terms: Iterable[tuple[int, Any]]) -> _Terms:
    found: _Terms = {}
    for n, c in terms:
        found[n] = found.get(n, Fraction(0)) + c
    return {n: c for n, c in found.items() if c}


def _times(first: _Terms, second: _Terms) -> _Terms:
    return _gathered(
        (m + n, a * b) for m, a in first.items() for n, b in second.items()
    )
