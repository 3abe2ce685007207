"""Polynomials for erf and erfcx, derived from the functions themselves.

erfcx(x) is exp(x²)·erfc(x). For a number of bits, to that relative accuracy:

- erf(x) = x·P(x²) for |x| ≤ 1, and 1 - exp(-x²)·erfcx(x) for x > 1;
- (1 + 2x)·erfcx(x) = 1 + u·S(u - 1/2) for all x ≥ 0, with u = x/(x + 4).

The product on the left runs only from 1 to 1.3 and down to 2/√π, so little is added to
the 1; u has a small absolute error where the product is steep, near x = 0. The centre 4
needs nearly the fewest coefficients, and adding it is one rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

import flint

__all__ = ["erf_coefficients", "erfcx_coefficients"]

_GUARD = 64  # nodes beyond the number of bits
_CENTRE = 4


def erf_coefficients(bits: int) -> tuple[Fraction, ...]:
    """P of erf(x) = x·P(x²) for |x| ≤ 1, lowest power first.

    Args:
        bits: the relative error of the polynomial is below 2^-bits.
    """
    return _fitted(_erf_over_root, bits, (Fraction(0), Fraction(1)))


def erfcx_coefficients(bits: int) -> tuple[Fraction, ...]:
    """S of erfcx(x) = (1 + u·S(u - 1/2))/(1 + 2x), u = x/(x + 4), lowest power first.

    Args:
        bits: the error of the sum in the numerator is below 2^-bits.
    """
    return _fitted(_flat_erfcx, bits, (Fraction(-1, 2), Fraction(1, 2)))


def _erf_over_root(square: flint.arb) -> flint.arb:
    root = square.sqrt()
    return root.erf() / root


def _flat_erfcx(t: flint.arb) -> flint.arb:
    u = t + flint.arb(1) / 2
    x = _CENTRE * u / (1 - u)
    return ((1 + 2 * x) * (x * x).exp() * x.erfc() - 1) / u


@lru_cache(maxsize=8)
def _fitted(
    function: Callable[[flint.arb], flint.arb],
    bits: int,
    interval: tuple[Fraction, Fraction],
) -> tuple[Fraction, ...]:
    """Shortest truncated Chebyshev series that is as close as asked, in powers."""
    before = flint.ctx.prec
    try:
        flint.ctx.prec = 12 * bits  # most are lost at large x, and in powers
        low, high = (_ball(end) for end in interval)
        series = _chebyshev(
            lambda s: function(((high - low) * s + high + low) / 2), bits + _GUARD
        )
        kept = _shortened(series, bits)
        line = flint.arb_poly([-(high + low), 2]) * (1 / (high - low))
        return tuple(_fraction(c, 2 * bits) for c in _in_powers(kept, line))
    finally:
        flint.ctx.prec = before


def _ball(value: Fraction) -> flint.arb:
    return flint.arb(value.numerator) / value.denominator


def _chebyshev(
    function: Callable[[flint.arb], flint.arb], count: int
) -> list[flint.arb]:
    """Coefficients of the interpolation at the zeros of T_count on [-1, 1]."""
    cosines = [(flint.arb(k) / (2 * count)).cos_pi() for k in range(4 * count)]
    values = [function(cosines[2 * j + 1]) for j in range(count)]
    found = []
    for i in range(count):
        products = (
            v * cosines[i * (2 * j + 1) % (4 * count)] for j, v in enumerate(values)
        )
        found.append(sum(products, flint.arb(0)) * (2 if i else 1) / count)
    return found


def _shortened(series: list[flint.arb], bits: int) -> list[flint.arb]:
    """Series without the last coefficients that no result of 2/√π or more needs."""
    rest, length = flint.arb(0), len(series)
    while rest + abs(series[length - 1]) < flint.arb(2) ** (-bits - 1):
        length -= 1
        rest += abs(series[length])
    return series[:length]


def _in_powers(series: list[flint.arb], line: flint.arb_poly) -> list[flint.arb]:
    """Chebyshev series of a line in x as coefficients of powers of x."""
    one, zero = flint.arb_poly([1]), flint.arb_poly([])
    total, last, polynomial = zero, line, one
    for coefficient in series:
        total += coefficient * polynomial
        last, polynomial = polynomial, 2 * line * polynomial - last
    return total.coeffs()


def _fraction(ball: flint.arb, bits: int) -> Fraction:
    """The middle of a ball, to a number of bits after the point."""
    mantissa, exponent = (int(part) for part in ball.mid().man_exp())
    middle = mantissa * Fraction(2) ** exponent
    return Fraction(round(middle * 2**bits), 2**bits)
