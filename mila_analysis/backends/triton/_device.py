"""The part of a generated Triton module that runs on the device; copied as text."""

# mypy: ignore-errors
# ruff: noqa: PLR0124, RET505, SIM108, SLF001 - what Triton compiles is no Python
import triton
import triton.language as tl

# --- runtime ---
# What the arithmetic is made of. Nothing here is approximate: sums, products and
# quotients are those of IEEE 754, rounded once, and a product is fused with a sum where
# that is written and nowhere else (the kernels are launched so). Values are the same on
# every device; the interpreter, which fuses nothing, may have another last bit.

_INFINITE = tl.constexpr(float("inf"))


@triton.jit
def _full(like, value):
    """A number as a block."""
    return tl.full(like.shape, value, like.dtype)


@triton.jit
def _undefined(like):
    """NaN; as a constant it would be unequal to itself, which Triton does not take."""
    if like.dtype == tl.float64:
        bits = tl.full(like.shape, 0x7FF8000000000000, tl.int64)
        return bits.to(tl.float64, bitcast=True)
    else:
        bits = tl.full(like.shape, 0x7FC00000, tl.int32)
        return bits.to(tl.float32, bitcast=True)


_COMPILED = tl.constexpr(isinstance(_full, triton.runtime.JITFunction))


@triton.jit
def _minus(value):
    """-value; Triton's own - is 0 - value, which has no -0."""
    return value * -1.0


@triton.jit
def _over(a, b):
    """a / b rounded once; Triton's own / of float32 is not."""
    if b.dtype == tl.float64:
        return a / b
    else:
        return tl.div_rn(a, b)


@triton.jit
def _maximum(a, b):
    """The larger; NaN if either is."""
    return tl.where((b > a) | (b != b), b, a)


@triton.jit
def _step(z):
    """1 where z > 0, else 0."""
    return tl.where(z > 0.0, 1.0, 0.0).to(z.dtype)


@triton.jit
def _copysign(value, z):
    """|value| with the sign of z."""
    if z.dtype == tl.float64:
        size = value.to(tl.int64, bitcast=True) & 0x7FFFFFFFFFFFFFFF
        sign = z.to(tl.int64, bitcast=True) >> 63 << 63
        return (size | sign).to(tl.float64, bitcast=True)
    else:
        size = value.to(tl.int32, bitcast=True) & 0x7FFFFFFF
        sign = z.to(tl.int32, bitcast=True) >> 31 << 31
        return (size | sign).to(tl.float32, bitcast=True)


@triton.jit
def _within(value, bound):
    """Value between -bound and bound; NaN stays."""
    return tl.where(value > bound, bound, tl.where(value < -bound, -bound, value))


@triton.jit
def _finite(value):
    """Value with infinities replaced by the largest number: 0 times it is 0."""
    if value.dtype == tl.float64:
        return _within(value, 1.7976931348623157e308)
    else:
        return _within(value, 3.4028234663852886e38)


@triton.jit
def _modest(value, tail):
    """Value, but modest where what it is multiplied with has vanished anyway."""
    if value.dtype == tl.float64:  # the fourth root of the largest number
        return tl.where(tail > 0.0, value, _within(value, 1.130782121458166e74))
    else:
        return tl.where(tail > 0.0, value, _within(value, 4194304.0))


@triton.jit
def _capped(size):
    """Size, at most the cut; exp(-cut) is a normal number."""
    if size.dtype == tl.float64:
        return tl.where(size > 700.0, 700.0, size)
    else:
        return tl.where(size > 80.0, 80.0, size)


@triton.jit
def _tail(size, capped):
    """exp(capped - size), the part of exp(-size) that the cap left out."""
    return _exp(capped - size)


@triton.jit
def _swell(value, tail):
    """value / tail: what grows as the tail decays; nothing stays nothing."""
    return tl.where(value == 0.0, value, _over(value, tail))


@triton.jit
def _tame(error, size, capped):
    """Rounding error of a number, bounded where that is too large for it to matter."""
    bounded = tl.where(error > 0.0, 0.01, _full(error, -0.01))
    bounded = tl.where(tl.abs(error) < 0.01, error, bounded)
    return tl.where(size > capped, bounded, error)


@triton.jit
def _residue(like, high, low, single):  # noqa: ARG001 - for who reads it
    """What the constant high + low loses when it is rounded to float64 or float32."""
    if like.dtype == tl.float64:
        return tl.full(like.shape, low, like.dtype)
    else:
        return tl.full(like.shape, single, like.dtype)


@triton.jit
def _high(value):
    """The upper half of the digits, so that products of halves are exact."""
    if value.dtype == tl.float64:
        upper = (value.to(tl.int64, bitcast=True) + 0x4000000) >> 27 << 27
        return upper.to(tl.float64, bitcast=True)
    else:
        upper = value.to(tl.int32, bitcast=True) >> 12 << 12
        return upper.to(tl.float32, bitcast=True)


@triton.jit
def _product_error(a, b, product):
    """a*b - product, exactly; without fused operations, from products of halves."""
    if _COMPILED:
        return tl.fma(a, b, _minus(product))
    else:
        a_high = _high(a)
        b_high = _high(b)
        a_low = a - a_high
        b_low = b - b_high
        most = a_high * b_high - product
        return most + a_high * b_low + a_low * b_high + a_low * b_low


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


# Arithmetic where no power of an exponential leaves the floats.


@triton.jit
def _fused(a, b, c):
    """a b + c, rounded once."""
    return tl.fma(a, b, c)


@triton.jit
def _plus(a, b, number):
    """a b + a number, rounded once."""
    return tl.fma(a, b, _full(a, number))


@triton.jit
def _times(a, number, c):
    """a times a number + c, rounded once."""
    return tl.fma(a, _full(a, number), c)


@triton.jit
def _scaled_exp(r, shifted):
    """2^k exp(r) for |r| <= 0.3466 and k in the lowest bits of `shifted`."""
    if r.dtype == tl.float64:
        total = _plus(r, _full(r, 2.5100385561988063e-08), 2.762008853185553e-07)
        total = _plus(total, r, 2.7557268459857304e-06)
        total = _plus(total, r, 2.4801521295772637e-05)
        total = _plus(total, r, 0.00019841269863053707)
        total = _plus(total, r, 0.0013888888917213834)
        total = _plus(total, r, 0.008333333333330062)
        total = _plus(total, r, 0.04166666666662413)
        total = _plus(total, r, 0.16666666666666669)
        total = _plus(_plus(_plus(total, r, 0.5), r, 1.0), r, 1.0)
        power = shifted.to(tl.int64, bitcast=True) << 52
        return (total.to(tl.int64, bitcast=True) + power).to(tl.float64, bitcast=True)
    else:
        total = _plus(r, _full(r, 0.0013926184037700295), 0.008363178931176662)
        total = _plus(total, r, 0.041666556149721146)
        total = _plus(total, r, 0.16666576266288757)
        total = _plus(_plus(_plus(total, r, 0.5), r, 1.0), r, 1.0)
        power = shifted.to(tl.int32, bitcast=True) << 23
        return (total.to(tl.int32, bitcast=True) + power).to(tl.float32, bitcast=True)


@triton.jit
def _rest(x, k):
    """x - k log(2)."""
    if x.dtype == tl.float64:
        return _times(k, -1.9082149292705877e-10, _times(k, -0.69314718036912382, x))
    else:
        return _times(k, 2.1219444e-4, _times(k, -0.693359375, x))


@triton.jit
def _exp_near(x):
    """exp(x) where the result is a normal number; of other x, anything."""
    if x.dtype == tl.float64:
        shifted = _plus(x, _full(x, 1.4426950408889634), 6755399441055744.0)
        return _scaled_exp(_rest(x, shifted - 6755399441055744.0), shifted)
    else:
        shifted = _plus(x, _full(x, 1.442695), 12582912.0)
        return _scaled_exp(_rest(x, shifted - 12582912.0), shifted)


@triton.jit
def _exp_sum(a, b):
    """exp(a + b), the sum not rounded, where a, b and the result are in reach."""
    j = _binades(b)
    rest = _rest(b, j)
    if a.dtype == tl.float64:
        start = _times(rest, 1.4426950408889634, j)
        zero = 6755399441055744.0 + j
        shifted = _times(a, 1.4426950408889634, start) + 6755399441055744.0
        k = shifted - zero
        high = _times(k, -0.69314718036912382, a) + rest
        return _scaled_exp(_times(k, -1.9082149292705877e-10, high), shifted)
    else:
        start = _times(rest, 1.442695, j)
        zero = 12582912.0 + j
        shifted = _times(a, 1.442695, start) + 12582912.0
        k = shifted - zero
        high = _times(k, -0.693359375, a) + rest
        return _scaled_exp(_times(k, 2.1219444e-4, high), shifted)


@triton.jit
def _beyond(size, power):
    """1 where exp of a size, to a power, may leave the normal numbers, and of NaN."""
    if size.dtype == tl.float64:
        return tl.where(tl.abs(size) <= 700.0 / power, 0, 1)
    else:
        return tl.where(tl.abs(size) <= 80.0 / power, 0, 1)


@triton.jit
def _any(flags):
    """Whether any of a block is not 0."""
    return tl.reduce(flags, 0, tl.standard._sum_combine) > 0


# Memory. bfloat16 comes and goes as the int16 of its bits: Triton's interpreter would
# cut it off instead of rounding it to even.


@triton.jit
def _places(block: tl.constexpr, wide: tl.constexpr):
    """Which elements a program takes; with 64 bits where there are many."""
    first = tl.program_id(0)
    if wide:
        first = first.to(tl.int64)
    return first * block + tl.arange(0, block)


@triton.jit
def _read(at, places, n):
    """Numbers as float32 or float64."""
    raw = tl.load(at + places, mask=places < n, other=0)
    if raw.dtype == tl.int16:
        return (raw.to(tl.int32) << 16).to(tl.float32, bitcast=True)
    elif raw.dtype == tl.float16:
        return raw.to(tl.float32)
    else:
        return raw


@triton.jit
def _given(at, places, n, step: tl.constexpr):
    """A parameter: one value for all (step 0), or an array."""
    if step:
        return tl.load(at + places, mask=places < n, other=0)
    else:
        return tl.broadcast_to(tl.load(at), places.shape)


@triton.jit
def _write(at, places, n, value):
    """Store numbers, each rounded once."""
    if at.dtype.element_ty == tl.int16:
        if _COMPILED:
            stored = value.to(tl.bfloat16).to(tl.int16, bitcast=True)
        else:
            bits = value.to(tl.int32, bitcast=True)
            even = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
            stored = tl.where(value != value, 0x7FC0, even).to(tl.int16)
    else:
        stored = value.to(at.dtype.element_ty)
    tl.store(at + places, stored, mask=places < n)


@triton.jit
def _write_sum(at, places, n, values):
    """Store the sum of a block, at the place of its program."""
    known = tl.where(places < n, values, 0.0)
    tl.store(at + tl.program_id(0), tl.reduce(known, 0, tl.standard._sum_combine))
