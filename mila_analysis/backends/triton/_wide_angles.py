"""Sines and cosines of wide numbers in a generated Triton module; copied as text."""

# mypy: ignore-errors
# ruff: noqa: PLR0124 - what Triton compiles is no Python
import triton
import triton.language as tl

from mila_analysis.backends.triton._functions import _nearest
from mila_analysis.backends.triton._numbers import (
    _full,
    _minus,
    _product_error,
    _undefined,
)
from mila_analysis.backends.triton._wide import (
    _clamped,
    _power,
    _wide_plain,
    _wide_where,
)
from mila_analysis.backends.triton._wide_functions import _fast_two_sum, _two_sum

# What generated parts of the file define.
_sin_sum = _cos_sum = _turn_part = None

# --- runtime ---
# Angles are reduced to an eighth of a turn: of the product with 1 / (2 pi) those digits
# are left out that are whole turns. From 2**4096 on there is no sine: NaN.

_WHOLE_TURN = tl.constexpr(6.283185307179586)
_WHOLE_TURN_REST = tl.constexpr(2.4492935982947064e-16)


@triton.jit
def _with_turns(total, low, value):
    """A sum of turns and its rounding error, with what is no whole turn of a value."""
    total, lost = _two_sum(total, value - tl.floor(value))
    return total, low + lost


@triton.jit
def _turned(m, e):
    """m * 2**e > 0 as quarters of a turn, an integer, and an angle, the sum of two."""
    e = _clamped(e, -100, 4095)
    upper = (m.to(tl.int64, bitcast=True) >> 27 << 27).to(tl.float64, bitcast=True)
    lower = m - upper
    first = tl.maximum(e - 52, 0) // 48
    total = m * 0.0
    low = m * 0.0
    for k in range(5):
        part = _turn_part(first + k)
        unit = _power(e - 48 * (first + (k + 1)))
        digit = (part >> 24).to(tl.float64) * 16777216.0 * unit
        total, low = _with_turns(total, low, upper * digit)
        total, low = _with_turns(total, low, lower * digit)
        digit = (part & 0xFFFFFF).to(tl.float64) * unit
        total, low = _with_turns(total, low, upper * digit)
        total, low = _with_turns(total, low, lower * digit)
    quarters = _nearest(total * 4.0)
    high, low = _two_sum(total - quarters * 0.25, low)
    angle = high * _WHOLE_TURN
    lost = _product_error(high, _full(high, _WHOLE_TURN), angle)
    rest = lost + high * _WHOLE_TURN_REST + low * _WHOLE_TURN
    angle, rest = _fast_two_sum(angle, rest)
    return quarters, angle, rest


@triton.jit
def _wave(z, more):
    """sin(|z| + a quarter of a turn for each of more)."""
    quarters, r, low = _turned(tl.abs(z[0]), z[1])
    turn = tl.where(quarters == quarters, quarters, 0.0).to(tl.int64) + more
    s = r * r
    sine = r + r * s * _sin_sum(s)
    cosine = 1.0 + s * _cos_sum(s)
    sine, cosine = sine + low * cosine, cosine - low * sine
    value = tl.where((turn & 1) == 1, cosine, sine)
    value = tl.where((turn & 2) == 2, _minus(value), value)
    value = tl.where(z[1] < 4096, value, _undefined(value))
    m, e = _wide_plain(value)
    return m, tl.where(m == m, e, 1)


@triton.jit
def _wide_sin(z):
    """The sine."""
    m, e = _wave(z, 0)
    signed = tl.where(z[0] < 0.0, _minus(m), m)
    return _wide_where(z[1] < -60, z, (signed, e))


@triton.jit
def _wide_cos(z):
    """The cosine."""
    return _wave(z, 1)
