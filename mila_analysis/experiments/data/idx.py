"""Bytes in the IDX format of MNIST to an array.

A file is a number of four bytes (0, 0, 8 for bytes without sign, the number of
dimensions), the sizes, each in four bytes, the most significant first, and the bytes.
Source: LeCun, Cortes and Burges, "The MNIST database of handwritten digits", 1998.
"""

from __future__ import annotations

from math import prod

import numpy as np
import numpy.typing as npt

from mila_analysis.errors import DataError

__all__ = ["array"]

UNSIGNED = b"\0\0\x08"
WORD = 4


def array(
    content: bytes, shape: tuple[int, ...], what: object
) -> npt.NDArray[np.uint8]:
    """Bytes of a whole IDX file to an array that shares them.

    Args:
        content: of the file, nothing compressed.
        shape: that it must have.
        what: the file, for errors.

    Raises:
        DataError: not such a file, of another shape, cut off, or too long.
    """
    if content[:3] != UNSIGNED or len(content) < WORD:
        raise DataError(f"{what} is no IDX file of bytes: it begins {_shown(content)}")
    begin = WORD * (1 + content[3])
    if len(content) < begin:
        raise DataError(f"{what} is cut off in its first {begin} bytes")
    sizes = tuple(np.frombuffer(content[WORD:begin], dtype=">u4").tolist())
    if sizes != shape:
        raise DataError(f"{what} holds {_by(sizes)} bytes, not {_by(shape)}")
    missing = begin + prod(shape) - len(content)
    if missing:
        raise DataError(f"{what} {wrong_length(missing)}")
    return np.frombuffer(content, dtype=np.uint8, offset=begin).reshape(shape)


def wrong_length(missing: int) -> str:
    """What is wrong with a file that lacks bytes; one that has too many is not read on.

    Args:
        missing: bytes; negative if there are more than there should be.
    """
    if missing < 0:
        return "goes on after its end"
    return f"is cut off: {missing} byte{'s' * (missing != 1)} missing"


def _shown(content: bytes) -> str:
    return f"with {content[:WORD].hex(' ')}" if content else "with nothing"


def _by(sizes: tuple[int, ...]) -> str:
    return " × ".join(map(str, sizes)) or "0"
