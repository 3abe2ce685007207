"""Expressions and elements to how many terms they have, before they cost memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import comb, prod
from typing import Any

from mila_analysis.errors import UnsupportedError

__all__ = ["MAX_TERMS", "check_element", "check_expression"]

MAX_TERMS = 3000
"""Of a partial; those of the catalog have at most some hundred."""

MAX_EXPANDED = 100_000
"""Of a definition that is multiplied out, by a bound that counts no cancelling."""


def check_expression(expression: Any) -> None:
    """Refuse a rational expression that has too many terms when it is multiplied out.

    Raises:
        UnsupportedError: it has.
    """
    size = _size(expression)
    if max(size.top.terms, size.bottom.terms) > MAX_EXPANDED:
        raise UnsupportedError(
            f"the formula has more than {MAX_EXPANDED} terms when it is multiplied out"
        )


def check_element(element: Any, name: str) -> None:
    """Refuse a partial that has too many terms.

    Raises:
        UnsupportedError: it has.
    """
    terms = len(element.numer) + len(element.denom)
    if terms > MAX_TERMS:
        raise UnsupportedError(
            f"{name} has {terms} terms; at most {MAX_TERMS} are derived"
        )


@dataclass(frozen=True)
class _Polynomial:
    """Bounds: the count of terms, and the degree in each symbol."""

    terms: int
    degrees: Mapping[Any, int]

    def __mul__(self, other: _Polynomial) -> _Polynomial:
        degrees = {
            s: self.degrees.get(s, 0) + other.degrees.get(s, 0)
            for s in {**self.degrees, **other.degrees}
        }
        return _bounded(self.terms * other.terms, degrees)

    def __add__(self, other: _Polynomial) -> _Polynomial:
        degrees = {
            s: max(self.degrees.get(s, 0), other.degrees.get(s, 0))
            for s in {**self.degrees, **other.degrees}
        }
        return _bounded(self.terms + other.terms, degrees)

    def power(self, n: int) -> _Polynomial:
        degrees = {s: n * d for s, d in self.degrees.items()}
        return _bounded(comb(n + self.terms - 1, n), degrees)


def _bounded(terms: int, degrees: Mapping[Any, int]) -> _Polynomial:
    return _Polynomial(min(terms, prod(d + 1 for d in degrees.values())), degrees)


@dataclass(frozen=True)
class _Quotient:
    top: _Polynomial
    bottom: _Polynomial

    def __mul__(self, other: _Quotient) -> _Quotient:
        return _Quotient(self.top * other.top, self.bottom * other.bottom)

    def __add__(self, other: _Quotient) -> _Quotient:
        if self.bottom == other.bottom == _ONE:
            return _Quotient(self.top + other.top, _ONE)
        top = self.top * other.bottom + other.top * self.bottom
        return _Quotient(top, self.bottom * other.bottom)

    def power(self, n: int) -> _Quotient:
        found = _Quotient(self.top.power(abs(n)), self.bottom.power(abs(n)))
        return found if n >= 0 else _Quotient(found.bottom, found.top)


_ONE = _Polynomial(1, {})


def _size(node: Any) -> _Quotient:
    if node.is_Symbol:
        return _Quotient(_Polynomial(1, {node: 1}), _ONE)
    if node.is_Pow and node.exp.is_Integer:
        return _size(node.base).power(int(node.exp))
    if node.is_Add or node.is_Mul:
        first, *rest = map(_size, node.args)
        for other in rest:
            first = first + other if node.is_Add else first * other
        return first
    return _Quotient(_ONE, _ONE)
