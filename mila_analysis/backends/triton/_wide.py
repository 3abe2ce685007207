"""Numbers with exponents of their own in a generated Triton module; copied as text."""

# mypy: ignore-errors
# ruff: noqa: PLR0124, RET505 - what Triton compiles is no Python
import triton
import triton.language as tl

from mila_analysis.backends.triton._numbers import (
    _INFINITE,
    _copysign,
    _full,
    _minus,
    _product_error,
    _undefined,
)

# --- runtime ---
# Wide numbers: m * 2**e as pairs of a float64 m, 1 <= |m| < 2, and an int64 e, which
# overflows nowhere. Zero has an exponent below all others. m may be infinite or NaN, by
# a division by 0 or beyond the domain of a function; then e counts too: of two summands
# more than 2**16 apart in their exponents the smaller is dropped.

_NOWHERE = tl.constexpr(-(1 << 52))
_BEYOND = tl.constexpr(1 << 52)


@triton.jit
def _clamped(e, low, high):
    """An integer, but between two others."""
    return tl.minimum(tl.maximum(e, low), high)


@triton.jit
def _power(n):
    """2**n for -1022 <= n <= 1023."""
    return ((n + 1023) << 52).to(tl.float64, bitcast=True)


@triton.jit
def _wide_normal(m, e):
    """The same number with 1 <= |m| < 2, or 0; m is not subnormal."""
    biased = (m.to(tl.int64, bitcast=True) >> 52) & 0x7FF
    safe = tl.minimum(biased, 2045)
    scale = ((2046 - safe) << 52).to(tl.float64, bitcast=True)
    shifted = tl.where(m == 0.0, _NOWHERE, e + safe - 1023)
    other = tl.where(m == m, _BEYOND, e)  # of an infinity, of NaN
    return m * scale, tl.where(biased > 2045, other, shifted)


@triton.jit
def _wide_plain(m):
    """A float64 that is not subnormal."""
    return _wide_normal(m, tl.full(m.shape, 0, tl.int64))


@triton.jit
def _wide_number(like, value):
    """A number of the text."""
    return _wide_plain(_full(like[0], value))


@triton.jit
def _wide_undefined(like):
    """NaN."""
    return _undefined(like[0]), tl.full(like[0].shape, 0, tl.int64)


@triton.jit
def _widened(x, end: tl.constexpr):
    """A float64; what is infinite or NaN is 2**end, beyond all of these."""
    size = tl.abs(x)
    large = size >= 1.0
    down = _full(x, 6.223015277861142e-61)  # 2**-200
    up = _full(x, 1.6069380442589903e60)
    near = x * tl.where(large, down, up)
    m, e = _wide_normal(near, tl.where(large, 200, -200).to(tl.int64))
    finite = size <= 1.7976931348623157e308
    one = _copysign(_full(x, 1.0), x)
    return tl.where(finite, m, one), tl.where(finite, e, end)


@triton.jit
def _wide_value(a):
    """The nearest float64: the product before the last one is exact."""
    e = _clamped(a[1], -2000, 2000)
    part = _clamped(e, -1000, 1000)
    return a[0] * _power(part) * _power(e - part)


@triton.jit
def _near_one(a):
    """The same, but no farther than 2**900 from 1."""
    return a[0] * _power(_clamped(a[1], -900, 900))


@triton.jit
def _wide_neg(a):
    """-a."""
    return _minus(a[0]), a[1]


@triton.jit
def _wide_abs(a):
    """|a|."""
    return tl.abs(a[0]), a[1]


@triton.jit
def _aligned(a, e):
    """m of a for an exponent e that is not smaller; 0 where a is far smaller."""
    gap = a[1] - e
    scaled = a[0] * _power(tl.maximum(gap, -300))
    return tl.where(gap < -65536, _copysign(_full(scaled, 0.0), a[0]), scaled)


@triton.jit
def _wide_add(a, b):
    """a + b, rounded once."""
    e = tl.maximum(a[1], b[1])
    return _wide_normal(_aligned(a, e) + _aligned(b, e), e)


@triton.jit
def _wide_sub(a, b):
    """a - b, rounded once."""
    return _wide_add(a, _wide_neg(b))


@triton.jit
def _bounded(m, e):
    """An exponent that stays in its bounds, and that of 0."""
    return tl.where(m == 0.0, _NOWHERE, _clamped(e, _NOWHERE, _BEYOND))


@triton.jit
def _wide_mul(a, b):
    """a * b, rounded once."""
    m = a[0] * b[0]
    e = a[1] + b[1]
    above = tl.abs(m) >= 2.0
    e = _bounded(m, tl.where(above, e + 1, e))
    return m * tl.where(above, 0.5, 1.0), e


@triton.jit
def _wide_div(a, b):
    """a / b, rounded once."""
    m = a[0] / b[0]
    e = a[1] - b[1]
    below = tl.abs(m) < 1.0
    e = _bounded(m, tl.where(below, e - 1, e))
    return m * tl.where(below, 2.0, 1.0), e


@triton.jit
def _wide_product_error(a, b, product):  # noqa: ARG001 - for who reads it
    """a * b - product, exactly."""
    return _wide_normal(_product_error(a[0], b[0], a[0] * b[0]), a[1] + b[1])


@triton.jit
def _wide_residue(like, high, low):  # noqa: ARG001 - for who reads it
    """What the constant high + low loses when it is rounded."""
    return _wide_number(like, low)


@triton.jit
def _wide_small(a):
    """A rounding error, or 0 where it is too large to be one."""
    size = tl.abs(a[0])
    fits = ((a[1] < -1) | ((a[1] == -1) & (size <= 1.0))) & (size == size)
    return tl.where(fits, a[0], 0.0), tl.where(fits, a[1], _NOWHERE)


@triton.jit
def _wide_order(a, b):
    """A float64 with the sign of a - b."""
    e = tl.maximum(a[1], b[1])
    return _aligned(a, e) - _aligned(b, e)


@triton.jit
def _wide_where(condition, a, b):
    """The first where a condition holds, else the second."""
    return tl.where(condition, a[0], b[0]), tl.where(condition, a[1], b[1])


@triton.jit
def _wide_maximum(a, b):
    """The larger."""
    return _wide_where(_wide_order(a, b) > 0.0, a, b)


@triton.jit
def _wide_step(z):
    """1 where z > 0, else 0."""
    return _wide_where(z[0] > 0.0, _wide_number(z, 1.0), _wide_number(z, 0.0))


# Results. Where an input is infinite, they are what values at two huge numbers tend to.


@triton.jit
def _wild(x):
    """1 where x is infinite, 2 where it is NaN."""
    return tl.where(tl.abs(x) <= 1.7976931348623157e308, 0, tl.where(x == x, 1, 2))


@triton.jit
def _settled(near, far, wild):
    """The limit of what is `near` at one huge number and `far` at a larger one."""
    close = tl.abs(near)
    beyond = tl.abs(far)
    rising = (wild > 0) & (beyond > 1.01 * close)
    value = tl.where(rising, _copysign(_full(far, _INFINITE), far), near)
    falling = (wild > 0) & (beyond < 0.99 * close)
    value = tl.where(falling, _copysign(_full(far, 0.0), far), value)
    return tl.where(wild > 1, _undefined(far), value)


@triton.jit
def _rounded(at, value):
    """A float64 as `_write` takes it: rounded once, to bfloat16 here."""
    if at.dtype.element_ty == tl.int16:
        scale = tl.abs(value)
        biased = (scale.to(tl.int64, bitcast=True) >> 52) & 0x7FF
        last = _clamped(biased - 1023 - 7, -133, 200)  # the last digit that is kept
        large = _power(last + 52) * 1.5
        kept = (scale + large) - large
        return _copysign(kept, value).to(tl.float32)
    else:
        return value
