"""Double-double arithmetic of a generated NumPy module; copied as text.

A number is h + l, an unevaluated sum of two float64 with |l| at most half an ulp of h.
The algorithms are those of Joldes, Muller and Popescu (2017), with their proven bounds:
relative 3u² for a sum, 5u² for a product, 15u² for a quotient, u = 2^-53.
"""

from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np

# --- runtime ---


def _two_sum(a, b):
    """a + b as a sum and its error."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def _quick(a, b):
    """a + b as a sum and its error, for |a| at least |b|."""
    total = a + b
    return total, b - (total - a)


def _halves(a):
    """a as a sum of two numbers of 26 bits (Veltkamp)."""
    scaled = a * 134217729.0
    high = scaled - (scaled - a)
    return high, a - high


class _Pair:
    """h + l: an array of double-doubles; numbers and arrays of floats mix in."""

    __array_ufunc__ = None  # array + pair is left to the pair
    __slots__ = ("_halves", "h", "l")

    def __init__(self, h, l=0.0):  # noqa: E741 - the low part
        self.h, self.l, self._halves = h, l, None

    def halves(self):
        """Halves of h, split once."""
        if self._halves is None:
            self._halves = _halves(self.h)
        return self._halves

    def __neg__(self):
        return _Pair(-self.h, -self.l)

    def __abs__(self):
        sign = np.copysign(1.0, self.h)
        return _Pair(sign * self.h, sign * self.l)

    def __add__(self, other):
        if not isinstance(other, _Pair):
            s, e = _two_sum(self.h, other)
            return _Pair(*_quick(s, self.l + e))
        s, e = _two_sum(self.h, other.h)
        t, f = _two_sum(self.l, other.l)
        s, e = _quick(s, e + t)
        return _Pair(*_quick(s, e + f))

    __radd__ = __add__

    def __sub__(self, other):
        return self + (-other)

    def __rsub__(self, other):
        return -self + other

    def __mul__(self, other):
        if not isinstance(other, _Pair):
            if type(other) is int and other & (other - 1) == 0:
                return _Pair(self.h * other, self.l * other)
            other = _Pair(other * 1.0)
        product, error = _product(self, other)
        low = self.h * other.l + self.l * other.h
        return _Pair(*_quick(product, error + low))

    __rmul__ = __mul__

    def __truediv__(self, other):
        if not isinstance(other, _Pair):
            other = _Pair(other * 1.0)
        quotient = self.h / other.h
        back = other * quotient
        rest = (self.h - back.h) + (self.l - back.l)
        return _Pair(*_quick(quotient, rest / other.h))

    def __rtruediv__(self, other):
        return _Pair(other * 1.0) / self

    def __gt__(self, other):
        return (self - other).h > 0

    def __ge__(self, other):
        return (self - other).h >= 0

    def __lt__(self, other):
        return (self - other).h < 0

    def __le__(self, other):
        return (self - other).h <= 0

    def __eq__(self, other):
        return (self - other).h == 0

    __hash__ = None


def _product(a, b):
    """Product of the high parts and its error (Dekker)."""
    (a_high, a_low), (b_high, b_low) = a.halves(), b.halves()
    product = a.h * b.h
    error = a_high * b_high - product
    error = ((error + a_high * b_low) + a_low * b_high) + a_low * b_low
    return product, error


def _pair_of(value):
    """The pair nearest to an exact number."""
    high = float(value)
    return _Pair(high, float(Fraction(value) - Fraction(high)))


def _power_table():
    """2^(j/64) and 2^(j/64) - 1 for |j| up to 32, and log(2)/64 in three parts."""
    with localcontext() as context:
        context.prec = 60
        step = Decimal(2).ln() / 64
        powers = [(step * j).exp() for j in range(-32, 33)]
        step = Fraction(step)
        parts = []
        for bits in (41, 76):
            parts.append(Fraction(round(step * 2**bits), 2**bits) - sum(parts))
        parts.append(step - sum(parts))
        pairs = [_pair_of(p) for p in powers]
        less = [_pair_of(Fraction(p) - 1) for p in powers]
    columns = [[p.h for p in pairs], [p.l for p in pairs]]
    columns += [[p.h for p in less], [p.l for p in less]]
    return np.array(columns), [float(p) for p in parts]


_POWERS, _STEPS = _power_table()
_TAYLOR = [_pair_of(Fraction(1, n)) for n in (2, 6, 24, 120, 720)]
_REST = [1 / n for n in (5040, 40320, 362880, 3628800, 39916800, 479001600)]


def _small_expm1(r):
    """exp(r) - 1 for |r| up to log(2)/128, by Taylor's series."""
    rest = np.full_like(r.h, _REST[-1])
    for coefficient in _REST[-2::-1]:
        rest = rest * r.h + coefficient
    total = r * rest + _TAYLOR[-1]
    for coefficient in _TAYLOR[-2::-1]:
        total = total * r + coefficient
    return r * r * total + r


def _reduced(x):
    """k, j and expm1(r) with x = (k + j/64)·log(2) + r."""
    n = np.rint(x.h / (_STEPS[0] + _STEPS[1]))
    for part in _STEPS:
        x = x - n * part
    k = np.rint(n / 64.0)
    return k.astype(np.int64), (n - 64.0 * k).astype(np.int64) + 32, _small_expm1(x)


def _exp_parts(x):
    """exp(x) as m·2^k, m between 0.7 and 1.5."""
    k, j, s = _reduced(x)
    return _Pair(_POWERS[0][j], _POWERS[1][j]) * (s + 1.0), k


def _scaled(value, k):
    """value·2^k."""
    return _Pair(np.ldexp(value.h, k), np.ldexp(value.l, k))


def _exp(x):
    return _scaled(*_exp_parts(x))


def _expm1(x):
    """exp(x) - 1 to a small relative error, also where it is small."""
    k, j, s = _reduced(x)
    power = _Pair(_POWERS[0][j], _POWERS[1][j])
    near = _Pair(_POWERS[2][j], _POWERS[3][j]) + power * s
    far = _scaled(power * (s + 1.0), k) + (-1.0)
    return _where(k == 0, near, far)


def _log1p(y):
    """log(1 + y) for y of at least 0: the float, and a step of Newton's method."""
    guess = np.log1p(y.h)
    e = _expm1(_Pair(guess))
    step = (y - e) / (e + 1.0)
    return step * (1.0 - 0.5 * step.h) + guess


def _where(condition, a, b):
    """a where the condition holds, else b, of pairs."""
    return _Pair(np.where(condition, a.h, b.h), np.where(condition, a.l, b.l))
