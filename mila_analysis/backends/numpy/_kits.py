"""Operations of a program on pairs of floats, and on long decimals; copied as text.

One text, a `_wide_` function, is run with either: `_k` says what its operations mean.
"""

from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np

from mila_analysis.backends.numpy._pairs import (
    _exp,
    _exp_parts,
    _expm1,
    _log1p,
    _Pair,
    _pair_of,
    _scaled,
    _where,
)

# --- runtime ---


class _Tail:
    """m·2^-k: what is left of a decay, however deep."""

    def __init__(self, m, k):
        self.m, self.k = m, k


class _Pairs:
    """Arithmetic of pairs; right for variables within 2^±200, or 0."""

    unit = 2.0**-102
    cut = 100.0  # so that no low part of a power of exp(-cut) underflows
    depth = 2000.0  # exp(-depth) times any number here is 0
    nan = np.nan

    def number(self, top, bottom):
        return _pair_of(Fraction(top, bottom))

    def step(self, z):
        return (_high_part(z) > 0.0).astype(np.float64)

    def rough(self, value):
        return np.abs(_high_part(value))

    def finite(self, value):
        return value

    def modest(self, value, _):
        return value

    def capped(self, size):
        return _where(size.h <= self.cut, size, _Pair(np.full_like(size.h, self.cut)))

    def tail(self, size, capped):
        if size.h.max() <= self.cut:
            return 1
        left = size - capped
        left = _where(left.h < self.depth, left, _Pair(self.depth + 0.0 * left.h))
        m, k = _exp_parts(-left)
        return _Tail(m, -k)

    def fade(self, value, tail):
        return value if type(tail) is int else _scaled(value * tail.m, -tail.k)

    def swell(self, value, tail):
        return value if type(tail) is int else _scaled(value / tail.m, tail.k)

    def select(self, condition, a, b):
        if isinstance(a, _Tail) or isinstance(b, _Tail):
            a, b = (t if isinstance(t, _Tail) else _Tail(_Pair(1.0), 0) for t in (a, b))
            return _Tail(_where(condition, a.m, b.m), np.where(condition, a.k, b.k))
        if a is b or (type(a) is int and type(b) is int and a == b):
            return a
        if isinstance(a, _Pair) or isinstance(b, _Pair):
            return _where(condition, _pair(a), _pair(b))
        return np.where(condition, a, b)

    def maximum(self, a, b):
        a, b = _pair(a), _pair(b)
        return _where((a.h > b.h) | ((a.h == b.h) & (a.l >= b.l)), a, b)

    def copysign(self, value, sign):
        negative = np.signbit(_high_part(sign)) != np.signbit(value.h)
        return _where(negative, -value, value)

    def exp(self, value):
        return _exp(value)

    def expm1(self, value):
        return _expm1(value)

    def log1p(self, value):
        return _log1p(value)


def _pair(value):
    return value if isinstance(value, _Pair) else _Pair(np.asarray(value, np.float64))


def _high_part(value):
    return value.h if isinstance(value, _Pair) else np.asarray(value, np.float64)


class _Digits:
    """Decimal arithmetic of a number of digits, for one element at a time."""

    nan = Decimal("nan")
    cut = Decimal(10) ** 9  # exp(-cut) is a decimal yet

    def __init__(self, digits):
        self.digits = digits
        self.unit = Decimal(10) ** (12 - digits)  # the exponent's own error is in it

    def number(self, top, bottom):
        return Decimal(top) / bottom

    def step(self, z):
        return Decimal(int(z > 0))

    def rough(self, value):
        return abs(value)

    def finite(self, value):
        return value

    def modest(self, value, _):
        return value

    def capped(self, size):
        return min(size, self.cut)

    def tail(self, size, capped):
        return (capped - size).exp()

    def fade(self, value, tail):
        return value * tail

    def swell(self, value, tail):
        return value / tail

    def select(self, condition, a, b):
        return a if condition else b

    def maximum(self, a, b):
        return max(a, b)

    def copysign(self, value, sign):
        return Decimal(value).copy_sign(sign)

    def exp(self, value):
        return value.exp()

    def expm1(self, value):
        with self._more(value):
            return value.exp() - 1

    def log1p(self, value):
        with self._more(value):
            return (1 + value).ln()

    def _more(self, value):
        """Digits enough for 1 + value to keep those of value."""
        lost = min(max(-value.adjusted(), 0), 20 * self.digits) if value else 0
        context = localcontext()
        context.__enter__().prec += 2 * lost + 5
        return context
