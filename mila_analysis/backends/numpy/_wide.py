"""Numbers with an exponent of their own, in a generated NumPy module; copied as text.

A number is m·2^e: float64 mantissas, int64 exponents that never overflow. A sum,
product or quotient rounds its mantissa as IEEE does, so results that are exact in
unbounded floats are exact here. Mantissas need not be normal: one that is not zero lies
within 2^±s, and the exponent of a zero is far below all others. Zeros have orders: that
of a product is the sum of those of its factors, and a sum of zeros has the sign of the
one of lowest order, so that x + x² at -0 is -0.
"""

import numpy as np

# --- runtime ---
_NOWHERE = -(1 << 52)  # the exponent of zero, for each order
_BEYOND = 1 << 55  # that of a division by zero: nothing makes it less
_ROOM = 240  # bits that a mantissa may have been shifted by
_ORIGIN = np.zeros(1, np.int64)


class _Wide:
    """m·2^e with |m| within 2^±s or 0; wild: m may be infinite or NaN."""

    __array_ufunc__ = None  # array + wide is left to the wide number
    __hash__ = None
    __slots__ = ("e", "m", "s", "wild")

    def __init__(self, m, e, s, wild=False):
        self.m, self.e, self.s, self.wild = m, e, s, wild

    def __neg__(self):
        return _Wide(-self.m, self.e, self.s, self.wild)

    def __abs__(self):
        return _Wide(np.abs(self.m), self.e, self.s, self.wild)

    def __add__(self, other):
        return _sum(self, _wide(other))

    __radd__ = __add__

    def __sub__(self, other):
        return _sum(self, -_wide(other))

    def __rsub__(self, other):
        return _sum(_wide(other), -self)

    def __mul__(self, other):
        a, b = _roomy(self, _wide(other))
        return _Wide(a.m * b.m, a.e + b.e, a.s + b.s, a.wild or b.wild)

    __rmul__ = __mul__

    def __truediv__(self, other):
        a, b = _roomy(self, _wide(other))
        m, e = a.m / b.m, a.e - b.e
        zero = b.m == 0.0
        if zero.any():
            return _Wide(m, np.where(zero, _BEYOND, e), a.s + b.s, True)
        return _Wide(m, e, a.s + b.s, a.wild or b.wild)

    def __rtruediv__(self, other):
        return _wide(other) / self

    def __gt__(self, other):
        return np.greater(*_compared(self, other))

    def __ge__(self, other):
        return np.greater_equal(*_compared(self, other))

    def __lt__(self, other):
        return np.less(*_compared(self, other))

    def __le__(self, other):
        return np.less_equal(*_compared(self, other))

    def __eq__(self, other):
        return np.equal(*_compared(self, other))


def _wide(value):
    """A number as a wide one."""
    if isinstance(value, _Wide):
        return value
    m, k = np.frexp(np.array([value]))
    return _Wide(m, _exponent(m, k.astype(np.int64)), 1, bool(np.isnan(value)))


def _lifted(value, s):
    """Floats as wide numbers, within 2^±s where they are not 0."""
    return _Wide(value, _exponent(value, _ORIGIN), s)


def _exponent(m, e):
    """Exponents, but that of zero where a mantissa is."""
    zero = m == 0.0
    return np.where(zero, np.minimum(e, _NOWHERE), e) if zero.any() else e


def _lost_exponent(m, e):
    """The same for what a result lacks: nothing is of higher order than that."""
    zero = m == 0.0
    return np.where(zero, np.minimum(e, _NOWHERE) + _NOWHERE, e) if zero.any() else e


def _power(e):
    """2^e for integers from -1022 to 1023."""
    bits = e + 1023
    bits <<= 52
    return bits.view(np.float64)


def _within(e, low, high):
    """Integers, at least low and at most high."""
    e = np.maximum(e, low)
    return np.minimum(e, high, out=e)


def _normal(a):
    """The same number with |m| in [1, 2)."""
    if a.s == 1:
        return a
    if a.wild:  # bits of infinities and NaN say nothing
        m, k = np.frexp(a.m)
        return _Wide(2.0 * m, _exponent(m, a.e + k - 1), 1, True)
    k = a.m.view(np.int64) >> 52
    k &= 2047
    m = a.m * ((2046 - k) << 52).view(np.float64)
    k -= 1023
    return _Wide(m, _exponent(m, a.e + k), 1)


def _roomy(a, b):
    """Both, so that a product or quotient has room."""
    if a.s + b.s > _ROOM:
        a, b = (_normal(v) if 2 * v.s > _ROOM else v for v in (a, b))
    return a, b


def _tidy(a):
    """The number with at most half of the room used."""
    return _normal(a) if 2 * a.s > _ROOM else a


def _aligned(a, b):
    """Mantissas at the larger exponent; what is far smaller is only small."""
    lead = a.e - b.e
    left = a.m * _power(_within(lead, -700, 0))
    return left, b.m * _power(_within(-lead, -700, 0)), lead


def _sum(a, b):
    a, b = _tidy(a), _tidy(b)
    left, right, lead = _aligned(a, b)
    m, wild = left + right, a.wild or b.wild
    if wild:  # what is far smaller is dropped, even if it is NaN
        m = np.where(lead > 1 << 16, a.m, m)
        m = np.where(lead < -(1 << 16), b.m, m)
    e, zero = np.maximum(a.e, b.e), m == 0.0
    if zero.any():
        m, e = _zero_sum(zero, left, right, lead, m, e)
    return _Wide(m, e, max(a.s, b.s) + 54, wild)


def _zero_sum(zero, left, right, lead, m, e):
    """Sums with the sign and the order of zeros; what cancels is of a higher order."""
    apart = np.abs(lead) > -_NOWHERE >> 1
    m = np.where(zero & apart, np.where(lead > 0, left, right), m)
    cancelled = ~apart & (np.signbit(left) != np.signbit(right))
    order = np.minimum(e, _NOWHERE) + np.where(cancelled, _NOWHERE, 0)
    return m, np.where(zero, order, e)


def _compared(a, b):
    """Floats in the order of two numbers."""
    if not isinstance(b, _Wide) and b == 0:
        return a.m, 0.0
    return _aligned(_tidy(a), _tidy(_wide(b)))[:2]


def _chosen(condition, a, b):
    """a where the condition holds, else b."""
    if a is b:
        return a
    a, b = _wide(a), _wide(b)
    m = np.where(condition, a.m, b.m)
    e = a.e if a.e is b.e else np.where(condition, a.e, b.e)
    wild = (a.wild or b.wild) and not np.isfinite(m).all()
    return _Wide(m, e, max(a.s, b.s), wild)


def _double(a):
    """The float64 that a number is; near 2^±700 where it is beyond."""
    a = _tidy(a)
    return a.m * _power(_within(a.e, -700, 700))


def _widened(x, infinite):
    """Arguments as wide numbers, infinities with a given exponent, NaN as 1."""
    finite = np.isfinite(x)
    if finite.all():
        return _normal(_off_the_ends(x))
    given = np.where(finite, x, np.copysign(1.0, x))
    a = _normal(_off_the_ends(given))
    return _Wide(a.m, np.where(np.isinf(x), infinite, a.e), 1)


def _off_the_ends(x):
    """Finite floats as wide numbers whose mantissas are not near an end of float64."""
    size = np.abs(x)
    tiny, huge = size < 2.0**-1000, size > 2.0**1000
    e = _ORIGIN
    if tiny.any() or huge.any():
        e = np.where(tiny, -100, np.where(huge, 100, 0))
        x = x * _power(-e)
    return _Wide(x, e, 1100)


def _narrowed(a):
    """The float64 nearest to each number: rounded once, if at all."""
    a = _normal(_wide(a))
    e = _within(a.e, -1100, 1100)
    first = _within(e, -1000, 1000)
    value = a.m * _power(first)
    e -= first
    if e.any():
        value = value * _power(e)
    if a.wild:  # what is bounded, such as a sine, over what is not
        value = np.where((a.e < -(1 << 16)) & np.isnan(value), 0.0, value)
    return value
