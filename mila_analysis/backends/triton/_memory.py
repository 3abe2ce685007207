"""Loads and stores of a generated Triton module; copied as text."""

# mypy: ignore-errors
# ruff: noqa: PLR0124, RET505, SLF001 - what Triton compiles is no Python
import triton
import triton.language as tl

from mila_analysis.backends.triton._numbers import _COMPILED

# --- runtime ---
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
