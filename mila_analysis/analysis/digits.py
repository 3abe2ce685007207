"""Enclosures to text: the digits both ends agree on, exact values as they are."""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

from mila_analysis.analysis.features import Number
from mila_analysis.balls import Enclosure

__all__ = ["in_json", "in_latex", "in_text", "is_exact"]

DIGITS = 16
WIDE = 30
"""Digits of the ends in JSON, rounded outwards."""

_EXACT = Context(prec=1000, Emin=-(10**9), Emax=10**9)

SHORT = 12
"""Digits up to which an exact value is printed as it is."""


def is_exact(value: Number) -> bool:
    """Whether a number is known exactly."""
    return not isinstance(value, Enclosure) or value.low == value.high


def in_text(value: Number, digits: int = DIGITS) -> str:
    """Number in the digits that are proved: the true value rounds to what is printed.

    Zero that is only enclosed is a bound of its size, such as `0 ± 3e-25`.
    """
    if not isinstance(value, Enclosure):
        return "∞" if value > 0 else "-∞"
    if value.low == value.high and _is_short(value.low):
        return _plain(_rounded(value.low, SHORT, ROUND_HALF_EVEN))
    size = max(abs(value.low), abs(value.high))
    if value.low <= 0 <= value.high and size:
        return f"0 ± {_rounded(size, 1, ROUND_CEILING):.0e}"
    for count in range(digits, 0, -1):
        ends = {_rounded(e, count, ROUND_HALF_EVEN) for e in (value.low, value.high)}
        if len(ends) == 1:
            return _plain(ends.pop(), count)
    middle = _rounded(value.mid, 6, ROUND_HALF_EVEN)
    half = max(value.high - Fraction(middle), Fraction(middle) - value.low)
    return f"{_plain(middle, 6)} ± {_rounded(half, 1, ROUND_CEILING):.0e}"


def in_latex(value: Number, digits: int = DIGITS) -> str:
    """The same in LaTeX, without dollar signs."""
    text = in_text(value, digits).replace("∞", r"\infty").replace("±", r"\pm")
    return re.sub(r"e([+-]?\d+)", lambda found: rf" \cdot 10^{{{int(found[1])}}}", text)


def in_json(value: Number) -> dict[str, str]:
    """Digits, and both ends as decimals rounded outwards."""
    if not isinstance(value, Enclosure):
        return {"value": "inf" if value > 0 else "-inf"}
    return {
        "value": in_text(value),
        "low": str(_rounded(value.low, WIDE, ROUND_FLOOR)),
        "high": str(_rounded(value.high, WIDE, ROUND_CEILING)),
    }


def _is_short(value: Fraction) -> bool:
    rounded = _rounded(value, SHORT, ROUND_HALF_EVEN)
    return Fraction(rounded) == value


def _rounded(value: Fraction, digits: int, mode: str) -> Decimal:
    """Quotient to so many significant digits, rounded once."""
    context = Context(prec=digits, rounding=mode, Emin=-(10**9), Emax=10**9)
    top, bottom = abs(value.numerator), value.denominator
    size = (top.bit_length() - bottom.bit_length()) * 30103 // 100000
    places = digits + 4 - size
    ten = 10 ** abs(places)
    top, bottom = (top * ten, bottom) if places > 0 else (top, bottom * ten)
    whole, left = divmod(top, bottom)
    if left:  # one more digit stands for all that are left
        whole, places = 10 * whole + 1, places + 1
    sign = -1 if value < 0 else 1
    found = Decimal(sign * whole).scaleb(-places, _EXACT)
    return context.plus(found) if left else found.normalize(context)


def _plain(value: Decimal, digits: int = 0) -> str:
    """Decimal without an exponent where that is short; zeros that are proved stay.

    With an exponent where zeros that are not proved would have to fill it up.
    """
    if value == 0:
        return "0"
    size = value.adjusted()
    if digits == 0:
        value = value.normalize()
    if -5 <= size < (digits or 18):
        return f"{value:f}"
    text = f"{value:e}"
    return text.replace("E", "e").replace("e+", "e")
