"""A polynomial in the variables to its float value and its rounding error.

The exponent of an exponential has to be known to an absolute, not a relative, error:
the half ulp lost in x + β would be hundreds of ulp of exp(x + β). Sums carry the error
of Knuth's two-sum, products that of the exact product.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy

from mila_analysis.program import Builder, Expression, Number, mul, op
from mila_analysis.stability.direct import Spelling
from mila_analysis.stability.terms import NotHomogeneousError, rational

__all__ = ["Sum", "exponent"]


@dataclass(frozen=True, slots=True)
class Sum:
    """`value + error` is the exact value, up to the error of the error."""

    value: Expression
    error: Expression | None = None


def exponent(
    argument: Any, names: Mapping[Any, Expression], builder: Builder, suffix: str = ""
) -> Sum:
    """Exponent with its rounding error; what is no polynomial is just evaluated."""
    symbols = sorted(argument.free_symbols, key=_x_first)
    if not symbols:
        raise NotHomogeneousError(f"exp({argument})")  # a constant that is no rational
    if not argument.is_polynomial(*symbols):
        plain = Spelling(names, builder).spell(argument)
        return Sum(builder.bind(f"z{suffix}", plain))
    arithmetic = _Arithmetic(builder, suffix)
    terms = [
        arithmetic.monomial(rational(c), exponents, [names[s] for s in symbols])
        for exponents, c in sympy.Poly(argument, *symbols).terms()
    ]
    total, *rest = terms
    for term in rest:
        total = arithmetic.sum(total, term)
    return Sum(builder.bind(f"z{suffix}", total.value), total.error)


def _x_first(symbol: Any) -> tuple[bool, str]:
    return (str(symbol) != "x", str(symbol))


@dataclass(frozen=True, slots=True)
class _Arithmetic:
    builder: Builder
    suffix: str

    def monomial(
        self, coefficient: Fraction, exponents: tuple[int, ...], names: list[Expression]
    ) -> Sum:
        factors = [n for n, k in zip(names, exponents, strict=True) for _ in range(k)]
        if not factors:
            return Sum(Number(coefficient), self._residue(coefficient))
        total = Sum(factors[0])
        for factor in factors[1:]:
            total = self.product(total, factor)
        return self._scaled(total, coefficient)

    def _scaled(self, total: Sum, coefficient: Fraction) -> Sum:
        if coefficient == 1:
            return total
        factor = Number(coefficient)
        if _is_power_of_two(coefficient):
            error = None if total.error is None else mul(factor, total.error)
            return Sum(self._bind("z", mul(factor, total.value)), error)
        scaled = self.product(total, factor)
        residue = self._residue(coefficient)
        if residue is None or scaled.error is None:
            return scaled
        lost = op("mul", residue, total.value)
        return Sum(scaled.value, op("add", scaled.error, lost))

    def _residue(self, coefficient: Fraction) -> Expression | None:
        if Fraction(float(coefficient)) == coefficient and _is_short(coefficient):
            return None
        return op("residue", Number(coefficient))

    def product(self, a: Sum, b: Expression) -> Sum:
        value = self._bind("z", op("mul", a.value, b))
        error: Expression = op("product_error", a.value, b, value)
        if a.error is not None:
            error = op("add", error, op("mul", a.error, b))
        return Sum(value, self._bind("lost", error))

    def sum(self, a: Sum, b: Sum) -> Sum:
        """Knuth's two-sum: exact whichever is larger."""
        value = self._bind("z", op("add", a.value, b.value))
        part = self._bind("part", op("sub", value, a.value))
        lost_a = op("sub", a.value, op("sub", value, part))
        lost_b = op("sub", b.value, part)
        error: Expression = op("add", lost_a, lost_b)
        for term in (a, b):
            if term.error is not None:
                error = op("add", error, term.error)
        return Sum(value, self._bind("lost", error))

    def _bind(self, hint: str, value: Expression) -> Expression:
        return self.builder.bind(f"{hint}{self.suffix}", value)


def _is_power_of_two(value: Fraction) -> bool:
    top, bottom = abs(value.numerator), value.denominator
    return top & (top - 1) == 0 and bottom & (bottom - 1) == 0


def _is_short(value: Fraction) -> bool:
    """Whether 11 bits hold it, so that every float dtype does."""
    return abs(value.numerator) < 1 << 11 and value.denominator <= 1 << 8
