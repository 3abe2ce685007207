"""Values with the rounding error of each: arithmetic of what is nearly twice as long.

Sums carry the error of Knuth's two-sum, products that of the exact product, quotients
what is left over.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from mila_analysis.program import Builder, Expression, Number, mul, op

__all__ = ["Arithmetic", "Sum"]


@dataclass(frozen=True, slots=True)
class Sum:
    """`value + error` is the exact value, up to the error of the error."""

    value: Expression
    error: Expression | None = None


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Operations on sums; each binds its value by a name with the suffix."""

    builder: Builder
    suffix: str = ""

    def number(self, value: Number) -> Sum:
        """A constant, with what its float lacks."""
        return Sum(value, self._residue(value))

    def scaled(self, total: Sum, factor: Number) -> Sum:
        """A constant times a sum."""
        if factor == Number(Fraction(1)):
            return total
        if _is_power_of_two(factor.value):
            error = None if total.error is None else mul(factor, total.error)
            return Sum(self._bind("z", mul(factor, total.value)), error)
        scaled = self.product(total, Sum(factor))
        residue = self._residue(factor)
        if residue is None or scaled.error is None:
            return scaled
        lost = op("mul", residue, total.value)
        return Sum(scaled.value, op("add", scaled.error, lost))

    def _residue(self, factor: Number) -> Expression | None:
        if Fraction(float(factor.value)) == factor.value and _is_short(factor.value):
            return None
        return op("residue", factor)

    def product(self, a: Sum, b: Sum) -> Sum:
        """Product, with the exact error of its rounding."""
        value = self._bind("z", op("mul", a.value, b.value))
        error: Expression = op("product_error", a.value, b.value, value)
        for one, other in ((a, b), (b, a)):
            if one.error is not None:
                error = op("add", error, op("mul", one.error, other.value))
        return Sum(value, self._bind("lost", error))

    def quotient(self, a: Sum, b: Sum) -> Sum:
        """Quotient, with what is left over: a - q·b, exactly, over b."""
        value = self._bind("z", op("div", a.value, b.value))
        back = self._bind("back", op("mul", value, b.value))
        left: Expression = op("sub", a.value, back)
        left = op("sub", left, op("product_error", value, b.value, back))
        if a.error is not None:
            left = op("add", left, a.error)
        if b.error is not None:
            left = op("sub", left, op("mul", value, b.error))
        return Sum(value, self._bind("lost", op("div", left, b.value)))

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
