"""Power series of elementary functions as functions of C, and the constants beside.

Nothing here is typed: coefficients are exact rationals, rounded where they are written.
In double-double arithmetic terms too small to need it are summed in doubles.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache, partial
from math import factorial, isqrt

import flint

from mila_analysis.backends._error_functions import (
    erf_coefficients,
    erfcx_coefficients,
)

__all__ = [
    "INVERSE_ROOT_PI",
    "PI",
    "arc_coefficients",
    "arcs",
    "atan",
    "double_function",
    "horner",
    "pair",
    "pair_function",
    "quadrant_bits",
    "rests",
    "sums",
    "wave_coefficients",
]

BITS = 1440
SPARE = 57
"""Bits by which a term is smaller than the sum, where doubles are enough for it."""


def atan(value: Fraction, bits: int = BITS) -> Fraction:
    """Arc of a tangent up to 1, up to 2^-bits."""
    if abs(value) > Fraction(1, 2):
        half = Fraction(1, 2)  # atan(a) = atan(1/2) + atan((a - 1/2) / (1 + a/2))
        sign = 1 if value > 0 else -1
        rest = (abs(value) - half) / (1 + abs(value) * half)
        return sign * (atan(half, bits) + atan(rest, bits))
    total, power, k = Fraction(0), value, 0
    unit = Fraction(1, 2 ** (bits + 8))
    while abs(power) > unit:
        total += power / (2 * k + 1)
        power = -Fraction(round(power * value**2 / unit**2)) * unit**2
        k += 1
    return Fraction(round(total / unit)) * unit


PI = 4 * (4 * atan(Fraction(1, 5)) - atan(Fraction(1, 239)))
"""Machin's sum, up to 2^-1430."""

INVERSE_ROOT_PI = Fraction(isqrt(int(2 ** (2 * BITS) / PI)), 2**BITS)
"""1 / sqrt(pi), up to 2^-1420."""


def arc_coefficients(bits: int) -> list[Fraction]:
    """-1/3, 1/5, ...: atan(t) = t + t^3 (sum in t^2) for |t| <= 1/8 + 1/64."""
    count = bits // 5
    return [Fraction((-1) ** k, 2 * k + 1) for k in range(1, count)]


def wave_coefficients(first: int, bits: int) -> list[Fraction]:
    """-1/n!, 1/(n + 2)!, ... of sines (n = 3) and cosines (n = 2), up to pi / 4."""
    powers = range(first, 5 + bits // 4, 2)
    return [Fraction((-1) ** (k + 1), factorial(n)) for k, n in enumerate(powers)]


def pair(value: Fraction) -> tuple[float, float]:
    """The nearest double, and the double nearest to what it lacks."""
    high = float(value)
    return high, float(value - Fraction(high))


def double_function(name: str, coefficients: Sequence[Fraction]) -> str:
    """A sum of powers by Horner's scheme, lowest power first, in doubles."""
    *rest, last = (repr(float(c)) for c in coefficients)
    lines = [f"    double sum = {last};"]
    lines += [f"    sum = ma_fused_f64(sum, s, {c});" for c in reversed(rest)]
    head = f"MA_INLINE double {name}(double s)"
    return "\n".join([head, "{", *lines, "    return sum;", "}"])


def horner(name: str, coefficients: Sequence[Fraction], end: str) -> str:
    """The same in doubles or floats, by the end of the names of their functions."""
    kind, suffix, digits = {"f64": ("double", "", 17), "f32": ("float", "f", 9)}[end]
    *rest, last = (f"{float(c):.{digits}g}" for c in coefficients)
    lines = [f"    {kind} sum = {_pointed(last)}{suffix};"]
    lines += [
        f"    sum = ma_fused_{end}(sum, s, {_pointed(c)}{suffix});"
        for c in reversed(rest)
    ]
    head = f"MA_INLINE {kind} {name}({kind} s)"
    return "\n".join([head, "{", *lines, "    return sum;", "}"])


def _pointed(digits: str) -> str:
    return digits if "." in digits or "e" in digits else f"{digits}.0"


def pair_function(name: str, coefficients: Sequence[Fraction], radius: Fraction) -> str:
    """The same in pairs of doubles, for |s| up to a radius."""
    first = _first_short(coefficients, radius)
    short = [repr(float(c)) for c in coefficients[first:]]
    lines = [f"    double p = {short[-1]};"]
    lines += [f"    p = fma(p, s.hi, {c});" for c in reversed(short[:-1])]
    lines.append("    ma_pair y = ma_pair_of(p, 0.0);")
    for high, low in map(pair, reversed(coefficients[:first])):
        lines.append(f"    y = ma_ext_next(y, s, {high!r}, {low!r});")
    head = f"MA_INLINE ma_pair {name}(ma_pair s)"
    last = "    return ma_fast_two_sum(y.hi, y.lo);"
    return "\n".join([head, "{", *lines, last, "}"])


def _first_short(coefficients: Sequence[Fraction], radius: Fraction) -> int:
    """The first term from which on doubles are enough."""
    rest = Fraction(0)
    limit = abs(coefficients[0]) / 2**SPARE
    for k in reversed(range(len(coefficients))):
        rest += abs(coefficients[k]) * radius**k
        if rest > limit:
            return min(k + 1, len(coefficients) - 1)
    return 1


def arcs(prefix: str) -> str:
    """Functions of the arcs of 0, 1/4, ..., 1 by the number of quarters, and rests."""
    known = [pair(atan(Fraction(k, 4))) for k in range(1, 5)]
    found = []
    for name, part in (("arc", 0), ("arc_rest", 1)):
        lines = ["    double found = 0.0;"]
        for n, values in enumerate(known, 1):
            lines.append(f"    found = k == {n}.0 ? {values[part]!r} : found;")
        head = f"MA_INLINE double ma_{prefix}_{name}(double k)"
        found.append("\n".join([head, "{", *lines, "    return found;", "}"]))
    return "\n\n".join(found)


def rests(prefix: str) -> str:
    """Functions of a series that exp(x) is made of, without its first k terms.

    They are k!/x^k (exp(x) - 1 - x - ...) and, for the other sign, exp(x) times that:
    1 + x/(k+1) + ... and k/k + k/(k+1) x + k/(k+2) x^2/2! + ..., for |x| <= 2.
    """
    if prefix == "ext":
        lines = ["    ma_pair one = ma_pair_of(1.0, 0.0), sum = one;"]
        for j in reversed(range(1, 40)):
            inverse = f"ma_pair_div(one, ma_pair_of(k + {j}.0, 0.0))"
            lines.append(f"    sum = ma_pair_mul(sum, ma_pair_mul(x, {inverse}));")
            lines.append("    sum = ma_pair_add(one, sum);")
        head = "MA_INLINE ma_pair ma_ext_exp_rest_sum(ma_pair x, double k)"
        return "\n".join([head, "{", *lines, "    return sum;", "}"])
    terms = range(26)
    above = [
        f"    sum = ma_fused_f64(sum, x * (1.0 / (k + {j}.0)), 1.0);"
        for j in reversed(terms[1:])
    ]
    below = [
        f"    sum = ma_fused_f64(sum, x, k / (k + {j}.0) * {float(c)!r});"
        for j, c in reversed([(j, Fraction(1, factorial(j))) for j in terms])
    ]
    found = []
    for name, start, lines in (("above", 1, above), ("below", 0, below)):
        head = f"MA_INLINE double ma_broad_exp_rest_{name}(double x, double k)"
        first = f"    double sum = {start}.0;"
        found.append("\n".join([head, "{", first, *lines, "    return sum;", "}"]))
    return "\n\n".join(found)


def quadrant_bits() -> str:
    """64 zeros and the first bits of 2 / pi, as a table of words."""
    count = 70  # for angles below 2^4096
    with flint.ctx.workprec(64 * count):
        exact = 2 / flint.arb.pi() * flint.arb(2) ** (64 * (count - 1))
        bits = int(exact.floor().unique_fmpz())
    words = [bits >> 64 * k & (2**64 - 1) for k in reversed(range(count))]
    rows = [words[k : k + 3] for k in range(0, count, 3)]
    lines = [f"    {', '.join(f'0x{w:016x}u' for w in row)}," for row in rows]
    head = f"static const uint64_t ma_ext_quadrant_bits[{count}] = {{"
    return "\n".join([head, *lines, "};"])


@lru_cache
def sums(prefix: str) -> str:
    """The functions of sums that the functions of an arithmetic call."""
    unit = Fraction(1)
    known: dict[str, tuple[Callable[[int], Sequence[Fraction]], Fraction]] = {
        "erf_sum": (erf_coefficients, unit),
        "erfcx_sum": (erfcx_coefficients, unit / 2),
        "atan_sum": (arc_coefficients, Fraction(81, 64**2)),
        "sin_sum": (partial(wave_coefficients, 3), Fraction(5, 8)),
        "cos_sum": (partial(wave_coefficients, 2), Fraction(5, 8)),
    }
    found = []
    for word, (coefficients, radius) in known.items():
        name = f"ma_{prefix}_{word}"
        if prefix == "ext":
            found.append(pair_function(name, coefficients(112), radius))
        else:
            found.append(double_function(name, coefficients(57)))
    return "\n\n".join(found)
