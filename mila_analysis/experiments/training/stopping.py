"""Ctrl-C, and the signal that ends a job, to a wish granted between two steps."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

__all__ = ["Interrupted", "Stop"]

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(KeyboardInterrupt):
    """A run that was stopped and can go on.

    Attributes:
        folder: where it is kept; None if nowhere.
        epoch: that it was in.
        step: of that epoch, that it will go on with.
        signal: that stopped it.
    """

    def __init__(self, folder: Path | None, epoch: int, step: int, number: int) -> None:
        super().__init__(f"stopped in epoch {epoch}")
        self.folder, self.epoch, self.step = folder, epoch, step
        self.signal = number


class Stop:
    """Whether someone asked to stop; the second time Ctrl-C ends the program at once.

    Signals are heard in the main thread only, as Python has it.
    """

    def __init__(self) -> None:
        self.signal = 0
        self._before: dict[int, Any] = {}

    @property
    def asked(self) -> bool:
        """Whether a signal came."""
        return self.signal != 0

    def __enter__(self) -> Stop:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _hear(self, number: int, _: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.signal = number
