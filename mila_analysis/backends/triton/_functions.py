"""Elementary functions in a generated Triton module; copied as text."""

# mypy: ignore-errors
# ruff: noqa: RET505, SIM108 - what Triton compiles is no Python
import triton
import triton.language as tl

from mila_analysis.backends.triton._numbers import _INFINITE, _over, _undefined, _within

# --- runtime ---
# Elementary functions for the whole line: Taylor series after a reduction.


@triton.jit
def _nearest(value):
    """The nearest integer to a number that is not large."""
    if value.dtype == tl.float64:
        return (value + 6755399441055744.0) - 6755399441055744.0
    else:
        return (value + 12582912.0) - 12582912.0


@triton.jit
def _two_to(k):
    """2^k for an integer k where that is a normal number; of others, anything."""
    if k.dtype == tl.float64:
        bits = (k + 6755399441055744.0).to(tl.int64, bitcast=True)
        return ((bits + 1023) << 52).to(tl.float64, bitcast=True)
    else:
        bits = (k + 12582912.0).to(tl.int32, bitcast=True)
        return ((bits + 127) << 23).to(tl.float32, bitcast=True)


@triton.jit
def _binades(x):
    """The nearest integer to x / log(2)."""
    if x.dtype == tl.float64:
        return _nearest(x * 1.4426950408889634)
    else:
        return _nearest(x * 1.442695)


@triton.jit
def _reduced(x, k):
    """x - k log(2); log(2) in two parts, the first so short that the product fits."""
    if x.dtype == tl.float64:
        return (x - k * 0.69314718036912382) - k * 1.9082149292705877e-10
    else:
        return (x - k * 0.693359375) - k * -2.1219444e-4


@triton.jit
def _exp_rest(r):
    """exp(r) - 1 - r for |r| <= log(2) / 2: r^2 (1/2! + r/3! + ...)."""
    if r.dtype == tl.float64:
        total = 1.0 / 479001600.0 + r * (1.0 / 6227020800.0)
        total = 1.0 / 39916800.0 + r * total
        total = 1.0 / 3628800.0 + r * total
        total = 1.0 / 362880.0 + r * total
        total = 1.0 / 40320.0 + r * total
        total = 1.0 / 5040.0 + r * total
    else:
        total = 1.0 / 5040.0 + r * (1.0 / 40320.0)
    total = 1.0 / 720.0 + r * total
    total = 1.0 / 120.0 + r * total
    total = 1.0 / 24.0 + r * total
    total = 1.0 / 6.0 + r * total
    total = 0.5 + r * total
    return r * r * total


@triton.jit
def _exp(x):
    """exp(x), subnormal results included."""
    if x.dtype == tl.float64:
        z = _within(x, 1000.0)
    else:
        z = _within(x, 110.0)
    k = _binades(z)
    half = _nearest(k * 0.5)
    r = _reduced(z, k)
    value = 1.0 + (r + _exp_rest(r))
    return value * _two_to(half) * _two_to(k - half)


@triton.jit
def _exp_normal(x):
    """exp(x) where the result is a normal number; of other x, anything."""
    k = _binades(x)
    r = _reduced(x, k)
    return (1.0 + (r + _exp_rest(r))) * _two_to(k)


@triton.jit
def _expm1(x):
    """exp(x) - 1."""
    if x.dtype == tl.float64:
        z = tl.where(x < -100.0, -100.0, x)
        z = tl.where(z > 1000.0, 1000.0, z)
        k = _binades(z)
        part = tl.where(k > 1000.0, 1000.0, k)
    else:
        z = tl.where(x < -50.0, -50.0, x)
        z = tl.where(z > 110.0, 110.0, z)
        k = _binades(z)
        part = tl.where(k > 100.0, 100.0, k)
    power = _two_to(part)
    r = _reduced(z, k)
    rest = _exp_rest(r)
    value = (power * r + (power - 1.0)) + power * rest
    whole = value * _two_to(k - part)
    near = tl.where(r == 0.0, z, r + rest)
    return tl.where(k == 0.0, near, whole)


@triton.jit
def _exponent(x):
    """k of x = 2^k (1 + m), 1 + m from sqrt(1/2) to sqrt(2); x is normal."""
    if x.dtype == tl.float64:
        return ((x.to(tl.int64, bitcast=True) + 0x00095F619980C433) >> 52) - 1023
    else:
        return ((x.to(tl.int32, bitcast=True) + 0x004AFB0D) >> 23) - 127


@triton.jit
def _mantissa(x, exponent):
    """m of the same."""
    if x.dtype == tl.float64:
        bits = x.to(tl.int64, bitcast=True) - (exponent << 52)
        return bits.to(tl.float64, bitcast=True) - 1.0
    else:
        bits = x.to(tl.int32, bitcast=True) - (exponent << 23)
        return bits.to(tl.float32, bitcast=True) - 1.0


@triton.jit
def _log1p_near(m):
    """log(1 + m) - m for |m| <= 0.42, by s = m / (2 + m): 2 atanh(s) - m."""
    s = _over(m, 2.0 + m)
    w = s * s
    square = 0.5 * m * m
    if m.dtype == tl.float64:
        total = 2.0 / 23.0 + w * (2.0 / 25.0)
        total = 2.0 / 21.0 + w * total
        total = 2.0 / 19.0 + w * total
        total = 2.0 / 17.0 + w * total
        total = 2.0 / 15.0 + w * total
        total = 2.0 / 13.0 + w * total
        total = 2.0 / 11.0 + w * total
        total = 2.0 / 9.0 + w * total
    else:
        total = 2.0 / 9.0 + w * (2.0 / 11.0)
    total = 2.0 / 7.0 + w * total
    total = 2.0 / 5.0 + w * total
    total = 2.0 / 3.0 + w * total
    return s * (square + w * total) - square


@triton.jit
def _log(x):
    """The logarithm, of subnormal numbers, too."""
    if x.dtype == tl.float64:
        small = x < 2.2250738585072014e-308
        normal = tl.where(small, x * 18014398509481984.0, x)
        exponent = _exponent(normal)
        k = exponent.to(tl.float64)
        n = tl.where(small, k - 54.0, k)
        m = _mantissa(normal, exponent)
        low = _log1p_near(m) + n * 1.9082149292705877e-10
        value = n * 0.69314718036912382 + (m + low)
    else:
        small = x < 1.1754943508222875e-38
        normal = tl.where(small, x * 33554432.0, x)
        exponent = _exponent(normal)
        k = exponent.to(tl.float32)
        n = tl.where(small, k - 25.0, k)
        m = _mantissa(normal, exponent)
        low = _log1p_near(m) + n * -2.1219444e-4
        value = n * 0.693359375 + (m + low)
    pole = tl.where(x == 0.0, -_INFINITE, _undefined(x))
    return tl.where(x < _INFINITE, tl.where(x > 0.0, value, pole), x)


@triton.jit
def _log1p(x):
    """log(1 + x)."""
    u = 1.0 + x
    lost = _over(tl.where(x > 1.0, 1.0 - (u - x), x - (u - 1.0)), u)
    exponent = _exponent(u)
    k = exponent.to(x.dtype)
    r = tl.where(k == 0.0, x, _mantissa(u, exponent))
    if x.dtype == tl.float64:
        rest = tl.where(k == 0.0, 0.0, k * 1.9082149292705877e-10 + lost)
        value = k * 0.69314718036912382 + (r + (_log1p_near(r) + rest))
    else:
        rest = tl.where(k == 0.0, 0.0, k * -2.1219444e-4 + lost)
        value = k * 0.693359375 + (r + (_log1p_near(r) + rest))
    pole = tl.where(x == -1.0, -_INFINITE, _undefined(x))
    value = tl.where(x > -1.0, value, pole)
    return tl.where(x < _INFINITE, tl.where(x == 0.0, x, value), x)
