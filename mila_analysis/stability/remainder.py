"""Sums in one exponential that vanish to a higher order than their terms, at x = 0.

x - tanh x has the numerator x(E + 1) - (E - 1) with E = exp(2x): of size x³, from
terms of size x. With E = 1 + z + ... + z^(k-1)/(k-1)! + rest the low powers cancel
exactly, in algebra, and what is left is of the size of the sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mila_analysis.derivation import Derivation
from mila_analysis.tower import Generator

__all__ = ["MOST", "Remainder", "remainder", "removable"]

MOST = 8
"""Orders that are looked at."""


@dataclass(frozen=True, slots=True)
class Remainder:
    """A sum as `leading` + Σ coefficient·(exp(j·z) - its first k terms).

    Attributes:
        exponent: z, as an element.
        order: k.
        leading: the sum with the first k terms of each exponential, as an element.
        rests: j to coefficient, as an element.
    """

    exponent: Any
    order: int
    leading: Any
    rests: dict[int, Any]


def remainder(polynomial: Any, generator: Generator, field: Any) -> Remainder | None:
    """A sum split so that no low power cancels where x is near 0, if one does."""
    z = field.from_expr(generator.argument)
    place = field.symbols.index(field.symbols[-1])
    x = next((i for i, s in enumerate(field.symbols) if str(s) == "x"), place)
    at = field.symbols.index(generator.symbol)
    if _order(z, x) < 1 or any(n for p in (z.numer, z.denom) for n in _powers(p, at)):
        return None
    coefficients = _coefficients(polynomial, at, field)
    smallest = _least_order(polynomial, at, x, _order(z, x))
    for k in range(1, MOST + 1):
        leading = _truncated(coefficients, z, k, field)
        if leading and _order(leading, x) < k * _order(z, x):
            break
    else:
        return None
    order = _order(leading, x)
    if order <= smallest:
        return None
    k = order // _order(z, x) + 1
    rests = {j: c for j, c in coefficients.items() if j}
    return Remainder(z, k, _truncated(coefficients, z, k, field), rests)


def removable(derivation: Derivation) -> bool:
    """Whether a partial has a factor that `remainder` splits."""
    generators = [g for g in derivation.generators if g.function == "exp"]
    elements = [e for case in derivation.cases for e in case.partials.values()]
    for element in elements:
        _, factors = element.numer.factor_list()
        for factor, _ in factors:
            if any(remainder(factor, g, element.field) for g in generators):
                return True
    return False


def _powers(polynomial: Any, place: int) -> list[int]:
    return [exponents[place] for exponents, _ in polynomial.terms()]


def _coefficients(polynomial: Any, place: int, field: Any) -> dict[int, Any]:
    """Coefficients of the powers of one symbol, as elements."""
    found: dict[int, Any] = {}
    for exponents, coefficient in polynomial.terms():
        rest = tuple(0 if i == place else n for i, n in enumerate(exponents))
        part = field(polynomial.ring.from_dict({rest: coefficient}))
        j = exponents[place]
        found[j] = found.get(j, field.zero) + part
    return found


def _least_order(polynomial: Any, at: int, x: int, of_exponent: int) -> int:
    """The least order of what is added: monomials times polynomials in E alone.

    Such a polynomial vanishes with E - 1 as often as that divides it.
    """
    inner: dict[tuple[int, ...], dict[int, Any]] = {}
    for exponents, coefficient in polynomial.terms():
        key = tuple(0 if i == at else n for i, n in enumerate(exponents))
        inner.setdefault(key, {})[exponents[at]] = coefficient
    return min(
        key[x] + of_exponent * _multiplicity(powers) for key, powers in inner.items()
    )


def _multiplicity(powers: dict[int, Any]) -> int:
    """How often E - 1 divides a polynomial in E."""
    n = 0
    while sum(powers.values()) == 0:
        powers = {k - 1: k * c for k, c in powers.items() if k}
        n += 1
    return n


def _truncated(coefficients: dict[int, Any], z: Any, k: int, field: Any) -> Any:
    """The sum with the first k terms of each exponential."""
    total = field.zero
    for j, coefficient in coefficients.items():
        term = series = field.one
        for i in range(1, k if j else 1):
            term = term * (j * z) / i
            series += term
        total += coefficient * series
    return total


def _order(element: Any, place: int) -> int:
    """The lowest power of a variable in an element: its order of vanishing at 0."""
    return min(_powers(element.numer, place)) - min(_powers(element.denom, place))
