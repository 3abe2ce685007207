"""Functions of wide numbers in a generated NumPy module; copied as text.

Where the argument is a float64, they are NumPy's; elsewhere they are what the function
is there: a tiny number, a multiple of log 2, or a limit.
"""

import numpy as np

from mila_analysis.backends.numpy._wide import (
    _BEYOND,
    _ORIGIN,
    _chosen,
    _double,
    _exponent,
    _lifted,
    _lost_exponent,
    _normal,
    _roomy,
    _tidy,
    _Wide,
    _wide,
)

_LOG_2 = (0.0, 0.0, 0.0)  # what the generated part defines, or another
_ERF = _ERFCX = ()
_circular = None

# --- runtime ---
_TINY = 2.0**-60  # below it, a function is the first term of its series


class _Kit:
    """What the arithmetic calls."""

    nan = np.nan

    def exp(self, z):
        return _wide_exp(_wide(z))

    def expm1(self, z):
        return _wide_expm1(_wide(z))

    def log(self, u):
        return _wide_log(_normal(_wide(u)))

    def log1p(self, w):
        return _wide_log1p(_wide(w))

    def sqrt(self, u):
        u = _tidy(_wide(u))
        odd = u.e & 1
        return _checked(np.sqrt(u.m * (1.0 + odd)), (u.e - odd) >> 1, u.s, u.wild)

    def erf(self, u):
        return _wide_erf(_wide(u))

    def erfcx(self, u):
        return _wide_erfcx(_wide(u))

    def sin(self, z):
        z = _normal(_wide(z))
        tiny, found = z.e < -60, _circular(np.sin, z)
        return _chosen(tiny, z, found) if tiny.any() else found

    def cos(self, z):
        return _circular(np.cos, _normal(_wide(z)))

    def atan(self, u):
        u = _wide(u)
        value = _double(u)
        return _first_term(u, value, np.arctan(value))

    def step(self, z):
        return _chosen(z > 0.0, _wide(1.0), _wide(0.0))

    def maximum(self, a, b):
        return _chosen(a >= b, a, b)

    def select(self, condition, a, b):
        return _chosen(condition, a, b)

    def small(self, error):
        value = _double(_wide(error))
        small = np.abs(value) <= 0.5
        return error if small.all() else _chosen(small, error, 0.0)

    def product_error(self, a, b, _product):
        a, b = _roomy(_wide(a), _wide(b))
        m = _lost(a.m, b.m)
        s = 2 * (a.s + b.s) + 106
        found = _Wide(m, _lost_exponent(m, a.e + b.e), s, a.wild or b.wild)
        return _normal(found)

    def exp_error(self, z, rounded):
        return _exp_error(_wide(z), rounded)

    def residue(self, _constant, low):
        return low

    def exp_rest(self, z, k):
        return _wide_exp_rest(_wide(z), int(k))


def _lost(a, b):
    """a·b less its float, exactly (Dekker)."""
    a_high, b_high = _upper(a), _upper(b)
    a_low, b_low = a - a_high, b - b_high
    return a_high * b_high - a * b + a_high * b_low + a_low * b_high + a_low * b_low


def _upper(value):
    """The upper 26 bits of float64."""
    scaled = value * 134217729.0
    return scaled - (scaled - value)


def _horner(coefficients, x):
    """Polynomial in x, the lowest power first."""
    *rest, last = coefficients
    total = x * last
    for coefficient in reversed(rest[1:]):
        total += coefficient
        total *= x
    total += rest[0]
    return total


def _checked(m, e, s, wild):
    """Numbers, some of which may be NaN because there is none: no sum drops those."""
    unknown = np.isnan(m)
    if unknown.any():
        return _Wide(m, np.where(unknown, _BEYOND, e), s, True)
    return _Wide(m, _exponent(m, e), s, wild)


def _first_term(u, value, found):
    """Floats that a function of u gives, but u itself where it is tiny."""
    found, tiny = _lifted(found, 70), np.abs(value) < _TINY
    return _chosen(tiny, u, found) if tiny.any() else found


def _wide_exp(z):
    value = _double(z)
    bound = 2.0**40  # beyond, no product returns to the floats
    if z.e.max() > 1 << 30:  # exp(exp) is beyond all that is not
        bound = np.where(z.e > 1 << 30, 2.0**48, bound)
    value = np.minimum(np.maximum(value, -bound), bound)
    n = np.rint(value * (1.0 / sum(_LOG_2)))
    m = np.exp(_remainder(value, n))
    if z.wild:
        return _Wide(m, np.where(np.isnan(m), 1.0, n).astype(np.int64), 1, True)
    return _Wide(m, n.astype(np.int64), 1)


def _remainder(value, n):
    """value - n·log(2); the first part of log(2) has 32 bits."""
    first, second, third = _LOG_2
    near = value - n * first
    near -= n * second
    few = np.abs(n) < 1 << 20
    if few.all():
        return near
    high = np.rint(n * 2.0**-20) * 2.0**20
    middle = _upper(second)
    for part in (first, middle, second - middle, third):
        value = value - high * part
        value = value - (n - high) * part
    return np.where(few, near, value)


def _exp_error(z, rounded):
    """exp(z) less its rounded value, to 2^-70 of that; 0 beyond all that matters."""
    value = _double(z)
    inside = np.abs(value) < 1 << 19
    value = np.where(inside, value, 0.0)
    n = np.rint(value * (1.0 / sum(_LOG_2)))
    first, second, third = _LOG_2
    product = n * second
    high, low = _two_sum(value - n * first, -product)
    low -= _lost(n, second) + n * third
    high, low = _exp_pair(high, low)
    lost = np.where(inside, (high - rounded.m) + low, 0.0)
    return _normal(_Wide(lost, _exponent(lost, rounded.e), 120, rounded.wild))


def _exp_pair(high, low):
    """exp(high + low) as a sum of two floats, for sizes up to 0.35."""
    total, rest = np.zeros_like(high), 0.0
    factorials = np.cumprod(np.arange(1.0, 19.0))
    for n in range(18, 6, -1):
        total += 1.0 / factorials[n - 1]
        total *= high
    for n in range(6, -1, -1):
        factorial = factorials[n - 1] if n else 1.0
        inverse = 1.0 / factorial
        lack = ((1.0 - inverse * factorial) - _lost(inverse, factorial)) / factorial
        total, lost = _two_sum(inverse, total)
        rest += lost + lack
        if n:
            rest = _lost(total, high) + total * low + rest * high
            total = total * high
    return total, rest


def _two_sum(a, b):
    """a + b as a sum and its error."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def _wide_expm1(z):
    value = _double(z)
    found = _first_term(z, value, np.expm1(np.minimum(value, 40.0)))
    large = value > 40.0
    return _chosen(large, _wide_exp(z) - 1.0, found) if large.any() else found


def _wide_exp_rest(z, k):
    """z^k/k!·(1 + z/(k + 1) + z²/(k + 1)(k + 2) + ...), for |z| up to 2."""
    value = np.minimum(np.maximum(_double(z), -2.0), 2.0)
    total = np.ones_like(value)
    for n in range(k + 24, k, -1):
        total *= value / n
        total += 1.0
    power, factorial = z, 1.0
    for n in range(2, k + 1):
        power, factorial = power * z, factorial * n
    return power / factorial * _Wide(total, _ORIGIN, 3)


def _wide_log(u):
    value = _double(u)
    zero, far = value == 0.0, np.abs(u.e) > 700
    found = np.log(value)
    if far.any():
        first, second, _ = _LOG_2
        rest = u.e * second + np.log(u.m)
        found = np.where(far, u.e * first + rest, found)
    if zero.any():
        found, e = np.where(zero, -1.0, found), np.where(zero, 1 << 17, 0)
        return _checked(found, e, 60, u.wild)
    return _checked(found, _ORIGIN, 60, u.wild)


def _wide_log1p(w):
    value = _double(w)
    found = _first_term(w, value, np.log1p(value))
    outer = (value <= -1.0) | (value > 2.0**500)
    return _chosen(outer, _wide_log(_normal(1.0 + w)), found) if outer.any() else found


def _wide_erf(u):
    value = _double(u)
    size = np.abs(value)
    square = np.minimum(size, 1.0)
    square *= square
    u = _tidy(u)
    near = _Wide(u.m * _horner(_ERF, square), u.e, u.s + 1, u.wild)
    large = size > 1.0
    if not large.any():
        return near
    size = np.minimum(np.maximum(size, 1.0), 7.0)
    far = 1.0 - np.exp(-size * size) * _flat_erfcx(size)
    return _chosen(large, _Wide(np.copysign(far, value), _ORIGIN, 1), near)


def _wide_erfcx(u):
    value = np.maximum(_double(u), 0.0)
    found = _Wide(_flat_erfcx(np.minimum(value, 2.0**30)), _ORIGIN, 40, u.wild)
    large = value > 2.0**30
    return _chosen(large, 0.5 * _ERF[0] / u, found) if large.any() else found


def _flat_erfcx(x):
    """exp(x²)·erfc(x) of floats that are not negative."""
    part = x / (x + 4.0)
    rest = part * _horner(_ERFCX, part - 0.5)
    top, bottom = 1.0 + rest, 1.0 + 2.0 * x
    back = bottom - 2.0 * x
    lost = (1.0 - back) + (2.0 * x - (bottom - back))
    found = top / bottom
    return found + ((rest - (top - 1.0)) - found * lost) / bottom
