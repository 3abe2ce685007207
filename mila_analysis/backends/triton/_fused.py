"""Arithmetic of a short program in a generated Triton module; copied as text."""

# mypy: ignore-errors
# ruff: noqa: RET505, SLF001 - what Triton compiles is no Python
import triton
import triton.language as tl

from mila_analysis.backends.triton._functions import _binades
from mila_analysis.backends.triton._numbers import _full

# --- runtime ---
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
