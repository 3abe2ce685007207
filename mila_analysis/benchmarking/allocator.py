"""glibc's malloc to one that keeps the pages which it was given back.

A result of 40 MB is fresh pages at each call otherwise, and the system clears each page
before it hands it out: that takes longer than to fill it. A program that trains asks
for the same sizes over and over; what its allocator does is its own affair, so speeds
are shown with both.
"""

from __future__ import annotations

import ctypes

__all__ = ["DEFAULT", "KEPT", "keep_pages"]

DEFAULT, KEPT = "default", "kept"

# Of malloc.h. Nothing is mapped on its own, and nothing at the top is handed back.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4
_HUGE = (1 << 31) - 1


def keep_pages() -> bool:
    """Tell malloc to keep what is freed, for the rest of this process.

    Returns:
        Whether there was a malloc that takes such advice.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(
        mallopt(_MMAP_MAX, 0)
        and mallopt(_TRIM_THRESHOLD, _HUGE)
        and mallopt(_TOP_PAD, 64 << 20)
    )
