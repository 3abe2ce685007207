"""A wish to stop, as those see it who grant it."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Halted", "Wish"]


class Wish(Protocol):
    """Whether somebody asked to stop."""

    @property
    def asked(self) -> bool:
        """Whether a signal came."""

    @property
    def signal(self) -> int:
        """Its number."""


class Halted(Exception):  # noqa: N818 - it is no error
    """Somebody asked to stop; every run is saved.

    Attributes:
        signal: by which.
    """

    def __init__(self, signal: int) -> None:
        super().__init__(signal)
        self.signal = signal
