"""Operations on blocks of numbers in a generated Triton module; copied as text."""

# mypy: ignore-errors
# ruff: noqa: PLR0124, RET505 - what Triton compiles is no Python
import triton
import triton.language as tl

_exp = None  # what another part of the file defines

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
