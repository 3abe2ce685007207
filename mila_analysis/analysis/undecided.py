"""What ends an attempt at a proof: it is not decided, or not yet."""

from __future__ import annotations

__all__ = ["TooNearError", "UndecidedError"]


class UndecidedError(Exception):
    """Something that is asked for is not proved, and more precision does not help."""


class TooNearError(Exception):
    """A bound on a tail of the line does not hold yet from this point on."""
