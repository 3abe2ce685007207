"""Functions of a box around 0 in a generated Triton module; copied as text."""

# mypy: ignore-errors
import triton
import triton.language as tl

from mila_analysis.backends.triton._functions import _two_to
from mila_analysis.backends.triton._fused import _exp_near, _fused, _plus, _times
from mila_analysis.backends.triton._numbers import _copysign, _full, _minus, _within
from mila_analysis.backends.triton._wide_functions import (
    _exp_pair,
    _flat_atan,
    _flat_erfcx,
)

# What generated parts of the file define.
_erf_sum = _sin_sum = _cos_sum = _rest_above = _rest_below = None
_QUADRANTS = _RIGHT_FIRST = _RIGHT_SECOND = _RIGHT_THIRD = None

# --- runtime ---
# Plain float64 in a box around 0, where no wide numbers are needed. Elsewhere results
# are anything, and not taken.


@triton.jit
def _outside_any(value, low, high):
    """1 where a size is neither 0 nor between two limits, and of NaN."""
    size = tl.abs(value)
    return tl.where(((size >= low) & (size <= high)) | (value == 0.0), 0, 1)


@triton.jit
def _outside_positive(value, low, high):
    """1 where a number is not between two limits, and of NaN."""
    return tl.where((value >= low) & (value <= high), 0, 1)


@triton.jit
def _outside_least(value, low, high):
    """The same, but 0 is inside; not -0."""
    zero = value.to(tl.int64, bitcast=True) == 0
    return tl.where(zero, 0, _outside_positive(value, low, high))


@triton.jit
def _above(value, limit):
    """1 where a size is above a limit, and of NaN."""
    return tl.where(tl.abs(value) <= limit, 0, 1)


@triton.jit
def _near_erf(z):
    """The error function."""
    u = tl.abs(_within(z, 6.5))
    square = u * u
    far = 1.0 - _exp_near(_minus(square)) * _flat_erfcx(u)
    near = z * _erf_sum(tl.where(square > 1.0, 1.0, square))
    return tl.where(u > 1.0, _copysign(far, z), near)


@triton.jit
def _near_atan(z):
    """The arc of a tangent."""
    return _copysign(_flat_atan(tl.abs(z)), z)


@triton.jit
def _near_exp_rest(z, k: tl.constexpr):
    """exp(z) less k terms of its series, for |z| <= 2: by sums of one sign."""
    size = tl.abs(z)
    below = _rest_below(size, k) * _exp_near(z)
    total = tl.where(z > 0.0, _rest_above(size, k), below)
    for j in tl.static_range(1, k + 1):
        total = total * (z * (1.0 / j))
    return total


@triton.jit
def _near_exp_error(z, rounded):
    """exp(z) - rounded, for what exp(z) was rounded to."""
    one, rest, n = _exp_pair(z)
    power = _two_to(n)
    return (one * power - rounded) + rest * power


@triton.jit
def _near_wave(z, more):
    """sin(z + a quarter of a turn for each of more), for |z| <= 2**20."""
    shifted = _plus(z, _full(z, _QUADRANTS), 6755399441055744.0)
    k = shifted - 6755399441055744.0
    r = (z - k * _RIGHT_FIRST) - k * _RIGHT_SECOND
    r = _times(k, _RIGHT_THIRD, r)
    turn = shifted.to(tl.int64, bitcast=True) + more
    s = r * r
    sine = _fused(r * s, _sin_sum(s), r)
    cosine = _plus(s, _cos_sum(s), 1.0)
    value = tl.where((turn & 1) == 1, cosine, sine)
    return tl.where((turn & 2) == 2, _minus(value), value)


@triton.jit
def _near_sin(z):
    """The sine."""
    return tl.where(z == 0.0, z, _near_wave(z, 0))


@triton.jit
def _near_cos(z):
    """The cosine."""
    return _near_wave(z, 1)
