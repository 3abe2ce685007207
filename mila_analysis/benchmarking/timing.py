"""Calls to the seconds that each takes, in turns, so that noise falls on all alike."""

from __future__ import annotations

import gc
import math
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

__all__ = ["Budget", "Call", "Clock", "Timing", "interleaved"]

Call = Callable[[], object]
Clock = Callable[[], float]

SHORTEST = 2e-3  # seconds of a sample: caches are then as the call itself leaves them
WARM = 3  # calls before anything is measured: what is compiled at first use is not
LONG = 2e-2  # seconds of a call that is warm after one


@dataclass(frozen=True, slots=True)
class Budget:
    """How long to measure.

    Attributes:
        seconds: for all calls of a group together.
        least, most: samples of each call, whatever the time.
    """

    seconds: float
    least: int = 7
    most: int = 400


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds that a call takes: the median of the samples and both quartiles.

    Attributes:
        median: as many samples are faster as are slower.
        low, high: a quarter is faster, a quarter slower.
        samples: how many there were.
        calls: in each sample.
    """

    median: float
    low: float
    high: float
    samples: int
    calls: int = 1


def interleaved(
    calls: Mapping[str, Call],
    budget: Budget,
    clock: Clock = time.perf_counter,
    tick: Callable[[float], object] = lambda _: None,
) -> dict[str, Timing]:
    """Time all calls in turns: each sample of one is followed by one of the next.

    A machine that slows down for a while then slows all of them, and ratios stay. A
    short call is repeated within its sample. Python's collector of circles rests.

    Args:
        calls: by name; warmed up here.
        budget: when to stop.
        clock: seconds.
        tick: told after each round what part of the time is over.
    """
    repeated = {name: _repeated(call, clock) for name, call in calls.items()}
    times: dict[str, list[float]] = {name: [] for name in calls}
    with _uncollected():
        start = clock()
        for rounds in range(1, budget.most + 1):
            for name, call in calls.items():
                times[name].append(_sample(call, repeated[name], clock))
            over = clock() - start
            tick(min(1.0, over / budget.seconds))
            if over >= budget.seconds and rounds >= budget.least:
                break
    return {name: summary(t, repeated[name]) for name, t in times.items()}


def summary(times: list[float], calls: int = 1) -> Timing:
    """Median and quartiles of samples."""
    if len(times) == 1:
        return Timing(times[0], times[0], times[0], 1, calls)
    low, _, high = statistics.quantiles(times, n=4, method="inclusive")
    return Timing(statistics.median(times), low, high, len(times), calls)


def _repeated(call: Call, clock: Clock) -> int:
    """Calls that make up a sample which the clock can measure."""
    once = 0.0
    for _ in range(WARM):
        once = _sample(call, 1, clock)
        if once > LONG:
            break
    return max(1, math.ceil(SHORTEST / once)) if once > 0 else 1


def _sample(call: Call, count: int, clock: Clock) -> float:
    start = clock()
    for _ in range(count):
        call()
    return (clock() - start) / count


@contextmanager
def _uncollected() -> Iterator[None]:
    was_enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
