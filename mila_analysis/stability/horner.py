"""A polynomial to Horner's rule, and to less where a part of it is known already."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from itertools import zip_longest

from mila_analysis.program import Builder, Expression, Name, Number, add, mul

__all__ = ["Horner"]

Coefficients = tuple[Fraction, ...]
"""Of a polynomial, constant first."""


@dataclass(slots=True)
class Horner:
    """Polynomials in one base as arithmetic; every step is bound and can be shared."""

    builder: Builder
    _known: dict[Coefficients, Expression] = field(default_factory=dict)

    def form(self, coefficients: list[Fraction], base: Expression) -> Expression:
        """Expression of a polynomial, its constant added last."""
        wanted = tuple(coefficients)
        if len(wanted) > 3:
            for known in sorted(self._known, key=len, reverse=True):
                quotient, rest = _divided(wanted, known)
                if _is_shorter(wanted, known, quotient, rest):
                    return self._by_known(known, quotient, rest, base)
        return self._nested(wanted, base)

    def _by_known(
        self,
        known: Coefficients,
        quotient: Coefficients,
        rest: Coefficients,
        base: Expression,
    ) -> Expression:
        """known·quotient + rest."""
        factor = self._nested(quotient, base)
        product = self.builder.bind("product", mul(self._known[known], factor))
        return self.builder.bind("nested", add(self._nested(rest, base), product))

    def _nested(self, wanted: Coefficients, base: Expression) -> Expression:
        value: Expression = Number(wanted[-1])
        for i in range(len(wanted) - 2, -1, -1):
            value = mul(base, value) if isinstance(value, Name) else mul(value, base)
            value = self._bound("product", (Fraction(0), *wanted[i + 1 :]), value)
            if wanted[i]:
                value = self._bound("nested", wanted[i:], add(Number(wanted[i]), value))
        return value

    def _bound(self, hint: str, of: Coefficients, value: Expression) -> Expression:
        name = self.builder.bind(hint, value)
        if len(of) > 2:
            self._known[of] = name
        return name


def _divided(
    top: Coefficients, bottom: Coefficients
) -> tuple[Coefficients, Coefficients]:
    """Quotient and remainder of two polynomials."""
    rest = list(top)
    quotient = [Fraction(0)] * max(len(top) - len(bottom) + 1, 0)
    for i in reversed(range(len(quotient))):
        quotient[i] = rest[i + len(bottom) - 1] / bottom[-1]
        for j, c in enumerate(bottom):
            rest[i + j] -= quotient[i] * c
    while len(rest) > 1 and not rest[-1]:
        rest.pop()
    return tuple(quotient), tuple(rest)


def _is_shorter(
    wanted: Coefficients,
    known: Coefficients,
    quotient: Coefficients,
    rest: Coefficients,
) -> bool:
    """Whether known·quotient + rest takes fewer operations and cancels little more."""
    if len(quotient) < 2 or 2 * (len(quotient) + len(rest)) >= 2 * len(wanted):
        return False
    size = [Fraction(0)] * len(wanted)
    for i, a in enumerate(quotient):
        for j, b in enumerate(known):
            size[i + j] += abs(a * b)
    sizes = zip_longest(size, rest, wanted, fillvalue=Fraction(0))
    return all(a + abs(b) <= 2 * abs(c) for a, b, c in sizes)
