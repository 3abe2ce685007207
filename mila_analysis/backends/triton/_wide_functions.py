"""Functions of wide numbers in a generated Triton module; copied as text."""

# mypy: ignore-errors

import triton
import triton.language as tl

from mila_analysis.backends.triton._functions import (
    _exp,
    _exp_rest,
    _expm1,
    _log1p,
    _log1p_near,
    _nearest,
)
from mila_analysis.backends.triton._fused import _rest
from mila_analysis.backends.triton._numbers import (
    _copysign,
    _full,
    _minus,
    _product_error,
    _undefined,
    _within,
)
from mila_analysis.backends.triton._wide import (
    _NOWHERE,
    _clamped,
    _near_one,
    _power,
    _wide_add,
    _wide_div,
    _wide_normal,
    _wide_number,
    _wide_plain,
    _wide_value,
    _wide_where,
)

# What generated parts of the file define.
_erf_sum = _erfcx_sum = _atan_sum = _arc = _arc_rest = _rest_above = _rest_below = None
_factorial = None
_RIGHT_ANGLE = _RIGHT_ANGLE_REST = _ONE_BY_ROOT_PI = None

# --- runtime ---
# Functions of wide numbers: those of floats, once what is beyond is taken care of.


@triton.jit
def _cut(z):
    """An exponent as a float64; where its exponential is beyond all products, cut."""
    far = z[1] > 1073741824  # exponentials of exponentials
    most = tl.where(far, _full(z[0], 281474976710656.0), 1099511627776.0)
    return tl.where(z[1] > 40, _copysign(most, z[0]), _near_one(z))


@triton.jit
def _wide_exp(z):
    """exp(z)."""
    x = _cut(z)
    k = _nearest(x * 1.4426950408889634)
    r = _rest(x, k)
    m = 1.0 + (r + _exp_rest(r))
    n = tl.where(z[0] == z[0], k, 1.0).to(tl.int64)
    below = m < 1.0
    m = tl.where(z[0] == z[0], m * tl.where(below, 2.0, 1.0), z[0])
    return m, tl.where(below, n - 1, n)


@triton.jit
def _two_sum(a, b):
    """a + b and its rounding error."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


@triton.jit
def _fast_two_sum(a, b):
    """a + b and its rounding error, where |a| is larger."""
    total = a + b
    return total, b - (total - a)


@triton.jit
def _expm1_pair(h):
    """exp(h) - 1 for |h| <= 0.05 as two floats: only h**4 and more are one."""
    p = 1.0 / 39916800.0 + h * (1.0 / 479001600.0)
    p = 1.0 / 3628800.0 + h * p
    p = 1.0 / 362880.0 + h * p
    p = 1.0 / 40320.0 + h * p
    p = 1.0 / 5040.0 + h * p
    p = 1.0 / 720.0 + h * p
    p = 1.0 / 120.0 + h * p
    p = 1.0 / 24.0 + h * p
    square = h * h
    square_low = _product_error(h, h, square)
    cube = square * h
    cube_low = _product_error(square, h, cube) + square_low * h
    by = _full(h, 0.16666666666666666)
    sixth = cube * by
    sixth_low = _product_error(cube, by, sixth) + cube_low * by
    sixth_low = sixth_low + cube * 9.25185853854297e-18
    top, low = _fast_two_sum(h, square * 0.5)
    top, more = _fast_two_sum(top, sixth)
    rest = square_low * 0.5 + (sixth_low + square * square * p)
    return _fast_two_sum(top, low + more + rest)


@triton.jit
def _doubled(top, rest):
    """exp(2 h) - 1 = y * (2 + y) for y = exp(h) - 1."""
    square = top * top
    square_low = _product_error(top, top, square) + 2.0 * (top * rest)
    total, low = _fast_two_sum(2.0 * top, square)
    return total, low + (2.0 * rest + square_low)


@triton.jit
def _exp_pair(x):
    """exp(x) / 2**n as two floats, and n, the nearest to x / log(2), for |x| <= 2**19.

    The first two parts of log(2) have 33 bits each.
    """
    n = _nearest(x * 1.4426950408889634)
    part = _minus(n * 1.9082149288430703e-10)
    high, low = _two_sum(x - n * 0.6931471803691238, part)
    top, rest = _expm1_pair(high * 0.125)
    top, rest = _doubled(top, rest)
    top, rest = _doubled(top, rest)
    top, rest = _doubled(top, rest)
    one, lost = _fast_two_sum(_full(top, 1.0), top)
    return one, lost + rest + one * (low - n * 4.275175589747649e-20), n


@triton.jit
def _wide_exp_error(z, rounded):
    """exp(z) - rounded, for what exp(z) was rounded to; 0 beyond all that matters."""
    x = _cut(z)
    inside = tl.abs(x) <= 524288.0
    one, rest, n = _exp_pair(tl.where(inside, x, 0.0))
    n = n.to(tl.int64)
    known = rounded[0] * _power(_clamped(rounded[1] - n, -900, 900))
    return _wide_normal(tl.where(inside, (one - known) + rest, 0.0), n)


@triton.jit
def _wide_exp_rest(z, k: tl.constexpr):
    """exp(z) less k terms of its series, for |z| <= 2: by sums of one sign."""
    x = _within(_near_one(z), 2.0)
    size = tl.abs(x)
    above = _rest_above(size, k)
    total = tl.where(x > 0.0, above, _rest_below(size, k) * _exp(x))
    power = z[0]
    low = power * 0.0
    factorial = _full(power, 1.0)
    for j in tl.static_range(2, k + 1):
        higher = power * z[0]
        low = low * z[0] + _product_error(power, z[0], higher)
        power = higher
        factorial = factorial * j
    total = total / factorial
    return _wide_normal(power * total + low * total, z[1] * k)


@triton.jit
def _wide_expm1(z):
    """exp(z) - 1."""
    x = _near_one(z)
    near = _wide_where(z[1] < -60, z, _wide_plain(_expm1(_within(x, 40.0))))
    far = _wide_add(_wide_exp(z), _wide_number(z, -1.0))
    return _wide_where(tl.abs(x) > 40.0, far, near)


@triton.jit
def _wide_log(a):
    """log(a); of 0 a number beyond all floats."""
    above = a[0] > 1.4142135623730951
    m = a[0] * tl.where(above, 0.5, 1.0) - 1.0
    n = tl.where(above, a[1] + 1, a[1]).to(tl.float64)
    rest = m + (_log1p_near(m) + n * 1.9082149292705877e-10)
    value = n * 0.69314718036912382 + rest
    value = tl.where(a[0] > 0.0, value, _undefined(value))
    value = tl.where(a[0] > 2.0, a[0], value)
    none = _full(value, -1.0), tl.full(value.shape, 131072, tl.int64)
    return _wide_where(a[0] == 0.0, none, _wide_plain(value))


@triton.jit
def _wide_log1p(w):
    """log(1 + w)."""
    near = _wide_where(w[1] < -60, w, _wide_plain(_log1p(_near_one(w))))
    return _wide_where(w[1] > 60, _wide_log(w), near)


@triton.jit
def _wide_sqrt(a):
    """The square root."""
    half = a[1] >> 1
    m = tl.sqrt(a[0] * _power(a[1] - half * 2))
    return m, tl.where(m == 0.0, _NOWHERE, half)


@triton.jit
def _flat_erfcx(x):
    """exp(x * x) * erfc(x), x >= 0: (1 + u S(u - 1/2)) / (1 + 2x), u = x / (x + 4)."""
    u = x / (x + 4.0)
    p = u * _erfcx_sum(u - 0.5)
    n = 1.0 + p
    w = 1.0 + 2.0 * x
    q = n / w
    lost = tl.where(x > 1.0, 1.0 - (w - 2.0 * x), 2.0 * x - (w - 1.0))
    return q + ((p - (n - 1.0)) - q * lost) / w


@triton.jit
def _wide_erfcx(z):
    """exp(z * z) * erfc(z) for z >= 0."""
    near = _wide_plain(_flat_erfcx(_near_one(z)))
    far = _wide_div(_wide_number(z, _ONE_BY_ROOT_PI), z)
    return _wide_where(z[1] > 60, far, near)


@triton.jit
def _wide_erf(z):
    """The error function."""
    x = _near_one(z)
    u = tl.abs(_within(x, 6.5))
    square = u * u
    near = _erf_sum(tl.where(square > 1.0, 1.0, square))
    decay = _wide_value(_wide_exp(_wide_plain(_minus(square))))
    far = _copysign(1.0 - decay * _flat_erfcx(u), x)
    inner = _wide_normal(z[0] * near, z[1])
    return _wide_where(u > 1.0, _wide_plain(far), inner)


@triton.jit
def _flat_atan(x):
    """The arc of a tangent x >= 0: that of k, a quarter, and of (x - k) / (1 + k x).

    Where x > 1 it is the rest of that of 1 / x to a right angle.
    """
    above = x > 1.0
    k = _nearest(tl.where(above, 1.0 / x, x) * 4.0) * 0.25
    top = tl.where(above, 1.0 - k * x, x - k)
    t = top / tl.where(above, x + k, 1.0 + k * x)
    s = t * t
    rest = t * s * _atan_sum(s)
    arc = _arc(k)
    lost = _arc_rest(k)
    value = arc + (t + (rest + lost))
    turned = (_full(arc, _RIGHT_ANGLE) - arc) - (
        t + (rest + (lost - _RIGHT_ANGLE_REST))
    )
    return tl.where(above, turned, value)


@triton.jit
def _wide_atan(z):
    """The arc of a tangent."""
    size = tl.abs(_within(_near_one(z), 8.452712498170644e270))
    found = _wide_plain(_copysign(_flat_atan(size), z[0]))
    return _wide_where((z[1] < -30) | (z[0] != z[0]), z, found)
