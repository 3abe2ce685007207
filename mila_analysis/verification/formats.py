"""Floating-point formats as data, bfloat16 too, which NumPy does not have.

Every value of them is a float64, so that points and results of all are compared there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from mila_analysis.errors import UnknownNameError, suggestion

__all__ = ["FORMATS", "Format", "of_dtype"]

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Format:
    """A binary floating-point format.

    Attributes:
        name: as NumPy and Torch call it.
        digits: bits of the fraction.
        lowest, highest: exponents of the least normal number, and above the largest.
        bits: a number to its bit pattern, of an unsigned integer dtype.
        number: a bit pattern to the number.
    """

    name: str
    digits: int
    lowest: int
    highest: int
    bits: Callable[[Array], Array]
    number: Callable[[Array], Array]

    @property
    def max(self) -> float:
        """Largest finite number."""
        return float((2.0 - 2.0**-self.digits) * 2.0 ** (self.highest - 1))

    @property
    def tiny(self) -> float:
        """Least normal number."""
        return float(2.0**self.lowest)

    @property
    def least(self) -> float:
        """Least positive number, a subnormal."""
        return float(2.0 ** (self.lowest - self.digits))

    def near(self, values: Any) -> Array:
        """Numbers of the format at values: next to each, as float64."""
        with np.errstate(over="ignore"):
            return self.number(self.bits(np.asarray(values, np.float64)))

    def stepped(self, values: Array, steps: Array) -> Array:
        """The numbers so many steps up or down from others, without leaving the line.

        Both zeros are one place here.
        """
        width = self.bits(np.zeros(1)).dtype.itemsize * 8
        sign = np.uint64(1 << (width - 1))
        pattern = self.bits(values).astype(np.uint64)
        size = (pattern & (sign - np.uint64(1))).astype(np.int64)
        place = np.where(pattern & sign, -size, size) + steps
        top = int(self.bits(np.array([self.max]))[0])
        place = np.clip(place, -top, top)
        found = np.abs(place).astype(np.uint64) | np.where(
            place < 0, sign, np.uint64(0)
        )
        return self.number(found.astype(self.bits(np.zeros(1)).dtype))

    def all(self) -> Array:
        """Every number of a 16-bit format, infinities and NaN included."""
        with np.errstate(invalid="ignore"):  # NaN that signals
            return self.number(np.arange(1 << 16, dtype=np.uint16))


def _native(dtype: Any) -> Format:
    info = np.finfo(dtype)
    unsigned = np.dtype(f"u{np.dtype(dtype).itemsize}")
    return Format(
        np.dtype(dtype).name,
        int(info.nmant),
        int(info.minexp),
        int(info.maxexp),
        lambda values: values.astype(dtype).view(unsigned),
        lambda bits: bits.astype(unsigned).view(dtype).astype(np.float64),
    )


def _upper_half(bits: Array) -> Array:
    """Bits of float32 rounded to the nearest bfloat16, to an even one if between."""
    even = (bits >> np.uint32(16)) & np.uint32(1)
    is_nan = (bits & np.uint32(0x7FFFFFFF)) > np.uint32(0x7F800000)
    rounded = np.where(is_nan, bits, bits + np.uint32(0x7FFF) + even)
    return (rounded >> np.uint32(16)).astype(np.uint16)


_SINGLE = _native(np.float32)
_BRAIN = Format(
    "bfloat16",
    7,
    -126,
    128,
    lambda values: _upper_half(_SINGLE.bits(values)),
    lambda bits: _SINGLE.number(bits.astype(np.uint32) << np.uint32(16)),
)

FORMATS = {
    each.name: each
    for each in (_native(np.float64), _SINGLE, _native(np.float16), _BRAIN)
}


def of_dtype(name: str) -> Format:
    """Format of a dtype's name.

    Raises:
        UnknownNameError: no such format.
    """
    if name not in FORMATS:
        hint = suggestion(name, FORMATS) or f" (there are: {', '.join(FORMATS)})"
        raise UnknownNameError(f"no dtype '{name}'{hint}")
    return FORMATS[name]
