"""An exact constant to the numeral that is printed for it: exact, or rounded.

A rounded numeral is proved right: both ends of a ball around the constant round to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import flint
import sympy

from mila_analysis.errors import UnsupportedError

__all__ = ["Exact", "Numerals", "Rounded", "Slot", "decimal", "is_negative", "rounded"]

MAX_BITS = 1 << 14
MAX_EXPONENT = 10**5
SMALL = 1000
"""A quotient of integers below this is printed as a fraction, above it as a decimal."""

PLAIN = 10**12
"""An exact integer below this is printed with all its zeros."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place where a rounded numeral stands, and the constant that it stands for."""

    numeral: str
    value: Any


@dataclass(frozen=True, slots=True)
class Exact:
    """Numerals of rational constants, exact.

    Attributes:
        decimals: 0.25 rather than 1/4.
    """

    decimals: bool = False

    def separate(self, part: Any) -> tuple[Any, Any]:
        """Product to the constant that becomes a numeral, and the rest."""
        return part.as_coeff_Mul()

    def split(self, value: Any, *, exponent: bool = False) -> tuple[str, str]:
        """Numerator and denominator of a positive constant; the latter may be ''."""
        del exponent
        if value.q == 1 and value.p < PLAIN:
            return str(value.p), ""
        ending = decimal(value)
        small = max(value.p, value.q) < SMALL and not self.decimals
        if ending is not None and not small:
            return _positional(*ending), ""
        return str(value.p), str(value.q) if value.q != 1 else ""


@dataclass(slots=True)
class Rounded:
    """Numerals of N significant digits; what needs fewer is printed exactly.

    Attributes:
        digits: how many are significant.
        slots: the numerals that had to be rounded, in the order of printing.
        mark: numeral and its number to what is printed in its place; for checks.
    """

    digits: int
    slots: list[Slot] = field(default_factory=list)
    mark: Callable[[str, int], str] = lambda numeral, _: numeral

    def separate(self, part: Any) -> tuple[Any, Any]:
        """Product to the constant that becomes a numeral, and the rest."""
        return part.as_independent(*part.free_symbols, as_Add=False)

    def split(self, value: Any, *, exponent: bool = False) -> tuple[str, str]:
        """Numerator and denominator of a positive constant; the latter may be ''."""
        if value.is_Rational:
            ending = decimal(value)
            if ending is not None and len(str(ending[0])) <= self.digits:
                plain = value.q == 1 and value.p < PLAIN
                return str(value.p) if plain else _positional(*ending), ""
            if exponent and max(value.p, value.q) < SMALL:
                return str(value.p), str(value.q)
        numeral = rounded(value, self.digits)
        self.slots.append(Slot(numeral, value))
        return self.mark(numeral, len(self.slots) - 1), ""


Numerals = Exact | Rounded


def decimal(value: Any) -> tuple[int, int] | None:
    """(m, e) with value = m·10^e and m no multiple of 10; None if there is none."""
    top, rest, places = int(value.p), int(value.q), 0
    for prime in (2, 5):
        count = 0
        while rest % prime == 0:
            rest, count = rest // prime, count + 1
        places = max(places, count)
    if rest != 1:
        return None
    return _stripped(top * 10**places // int(value.q), -places)


def _positional(mantissa: int, exponent: int) -> str:
    """m·10^e in LaTeX, with a power of ten where zeros would have to be counted."""
    digits = str(mantissa)
    whole = exponent + len(digits)
    if exponent > 0 or whole < -3:
        ten = f"10^{{{whole - 1}}}"
        return ten if digits == "1" else rf"{_pointed(digits, 1)} \times {ten}"
    return _pointed(digits, whole) if whole > 0 else "0." + digits.zfill(-exponent)


def _pointed(digits: str, whole: int) -> str:
    rest = digits[whole:]
    return f"{digits[:whole]}.{rest}" if rest else digits


def rounded(value: Any, digits: int) -> str:
    """Positive constant to its correctly rounded numeral.

    Trailing zeros are dropped, except where a rounded number would look like an exact
    one: 4.0000000004 to six digits is 4.00000.
    """
    mantissa, exponent = next(r for r in _roundings(value, digits) if r is not None)
    shorter, higher = _stripped(mantissa, exponent)
    if shorter >= 10 and (higher < 0 or exponent > 0):
        mantissa, exponent = shorter, higher
    return _positional(mantissa, exponent)


def _stripped(mantissa: int, exponent: int) -> tuple[int, int]:
    while mantissa % 10 == 0:
        mantissa, exponent = mantissa // 10, exponent + 1
    return mantissa, exponent


def _roundings(value: Any, digits: int) -> Iterator[tuple[int, int] | None]:
    """Rounded value at rising precision; None while a ball does not decide it."""
    if value.is_Rational:
        yield _round(Fraction(int(value.p), int(value.q)), digits)
    for low, high in _enclosures(value):
        found = _round(low, digits) if low > 0 else None
        yield found if found and found == _round(high, digits) else None


def _round(value: Fraction, digits: int) -> tuple[int, int]:
    """Nearest m·10^e with so many digits, ties to even; exact."""
    # 30103/100000 > log10(2) is near enough for a first guess of the magnitude.
    bits = value.numerator.bit_length() - value.denominator.bit_length()
    exponent = bits * 30103 // 100000 + 1
    while Fraction(10) ** exponent > value:
        exponent -= 1
    exponent -= digits - 1
    mantissa = round(value / Fraction(10) ** exponent)
    if mantissa == 10**digits:
        mantissa, exponent = mantissa // 10, exponent + 1
    return mantissa, exponent


def _enclosures(value: Any) -> Iterator[tuple[Fraction, Fraction]]:
    bits = 128
    while bits <= MAX_BITS:
        with flint.ctx.workprec(bits):
            found = ball(value)
            if found.is_finite():
                yield _fraction(found.lower()), _fraction(found.upper())
        bits *= 2
    raise UnsupportedError(f"the constant {value} cannot be told from a rounder one")


def is_negative(value: Any) -> bool:
    """Sign of a constant that is not zero, proved."""
    if value.is_Rational:
        return bool(value < 0)
    return next(high < 0 for low, high in _enclosures(value) if low * high > 0)


_CONSTANTS: dict[Any, Callable[[], Any]] = {
    sympy.E: flint.arb.const_e,
    sympy.pi: flint.arb.pi,
}
_CALLS: dict[Any, Callable[[Any], Any]] = {
    sympy.log: flint.arb.log,
    sympy.erf: flint.arb.erf,
    sympy.sin: flint.arb.sin,
    sympy.cos: flint.arb.cos,
    sympy.atan: flint.arb.atan,
}


def ball(value: Any) -> Any:
    """Ball around a constant made of rationals, π and elementary functions."""
    if value.is_Rational:
        return flint.arb(flint.fmpq(int(value.p), int(value.q)))
    if value in _CONSTANTS:
        return _CONSTANTS[value]()
    args = [ball(arg) for arg in value.args]
    if value.is_Add:
        return sum(args[1:], start=args[0])
    if value.is_Mul:
        result = args[0]
        for factor in args[1:]:
            result *= factor
        return result
    if isinstance(value, sympy.exp):
        if not abs(args[0]) < MAX_EXPONENT:
            raise UnsupportedError(
                f"the coefficient {value} is too large to print; use the closed form"
            )
        return args[0].exp()
    if type(value) in _CALLS:
        return _CALLS[type(value)](args[0])
    if value.is_Pow:
        return args[0] ** args[1]
    raise UnsupportedError(f"no ball for the constant {value}")


def _fraction(end: Any) -> Fraction:
    mantissa, exponent = end.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
