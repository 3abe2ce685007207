"""Work to its result, or to an error when its time is over; in any thread.

A watch in a thread of its own raises an exception in the one that works, as Ctrl-C
does. What works needs no checks of its own, and nothing is left running.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from typing import TypeVar

__all__ = ["within"]

T = TypeVar("T")
_here = threading.local()


class _OutOfTimeError(BaseException):
    """Never seen outside; no `except Exception` of others keeps it from going up."""


AGAIN = 0.05  # seconds until it is raised once more


class _Watch:
    """A time after which the thread that made it is interrupted, until it stops.

    Once is not always enough: an exception in a callback of the garbage collector is
    printed, and forgotten.
    """

    def __init__(self, seconds: float) -> None:
        self._thread = threading.get_ident()
        self._lock = threading.Lock()
        self._done = False
        self._seconds = seconds
        self._stopped = threading.Event()
        self._watching = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        self._watching.start()

    def stop(self) -> None:
        """From here on nothing is interrupted any more."""
        self._stopped.set()
        with self._lock:
            self._done = True
            _raise_in(self._thread, None)

    def _watch(self) -> None:
        pause = self._seconds
        while not self._stopped.wait(pause):
            pause = AGAIN
            with self._lock:
                if not self._done:
                    _raise_in(self._thread, _OutOfTimeError)


def _raise_in(thread: int, error: type[BaseException] | None) -> None:
    wanted = None if error is None else ctypes.py_object(error)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), wanted)


def within(seconds: float, work: Callable[[], T], late: Exception) -> T:
    """Result of the work, if it takes no longer than that.

    Work inside of work that is watched already shares its time. One operation of C,
    such as a product of two integers, ends first: sizes have limits of their own.

    Raises:
        late: the time is over.
    """
    if getattr(_here, "watched", False):
        return work()
    watch = _Watch(seconds)
    try:
        _here.watched = True
        try:
            watch.start()
            return work()
        finally:
            watch.stop()
    except _OutOfTimeError:
        watch.stop()
        raise late from None
    finally:
        _here.watched = False
