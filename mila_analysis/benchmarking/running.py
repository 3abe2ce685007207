"""A plan to results: everything is measured here, and an interrupt keeps what is."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch

from mila_analysis.benchmarking import accuracy
from mila_analysis.benchmarking.allocator import DEFAULT, KEPT, keep_pages
from mila_analysis.benchmarking.calls import TorchCalls, UnavailableError
from mila_analysis.benchmarking.groups import (
    ACCURATE_ONES,
    Group,
    of_accuracy,
    of_sizes,
    of_targets,
)
from mila_analysis.benchmarking.implementations import IMPLEMENTATIONS, made
from mila_analysis.benchmarking.machine import cores, here
from mila_analysis.benchmarking.memory import held
from mila_analysis.benchmarking.plan import Plan, shift
from mila_analysis.benchmarking.results import (
    BOUND_OF_MEMORY,
    Bandwidth,
    Finding,
    Held,
    Pair,
    Quality,
    Results,
    Skip,
    Speed,
    finite,
)
from mila_analysis.benchmarking.targets import (
    BOTH,
    CACHED,
    FORWARD,
    LARGE,
    Setting,
    Target,
)
from mila_analysis.benchmarking.timing import (
    Budget,
    Call,
    Clock,
    Timing,
    interleaved,
)
from mila_analysis.benchmarking.titles import TITLES

__all__ = ["Watch", "run"]

Watch = Callable[[str, float], object]
"""Told what is being measured, and what part of everything is over."""

KEEPING = ("ours", "learnable", "plain", "relu", "silu", "gelu", "mish", "eager")
"""Of which the memory held for backward is of interest."""

ROOFLINE = "roofline"
POINTS, QUICK_POINTS = 300, 40


@dataclass(frozen=True, slots=True)
class _Timed:
    """One implementation of a group that was timed."""

    part: str
    speed: Speed


_Piece = _Timed | Held | Bandwidth | accuracy.Error | Skip


def run(
    plan: Plan,
    watch: Watch = lambda *_: None,
    clock: Clock = time.perf_counter,
) -> Results:
    """Measure what a plan names.

    glibc's malloc keeps its pages from then on, in this process. What an interrupt
    (Ctrl-C) leaves undone is not in the results, and they say that they lack it.

    Args:
        plan: what.
        watch: told how far it is.
        clock: seconds.
    """
    found: list[_Piece] = []
    is_complete = True
    try:
        with _quiet():
            for piece in _pieces(plan, watch, clock):
                found.append(piece)  # noqa: PERF402 - an interrupt keeps those before
    except KeyboardInterrupt:
        is_complete = False
    return _results(plan, found, is_complete=is_complete)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what NumPy and torch remark on the code of others."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


# --- what is done, in its order


def _pieces(plan: Plan, watch: Watch, clock: Clock) -> Iterator[_Piece]:
    """Everything, one after the other.

    First with malloc as it is: its pages, once kept, are not let go again.
    """
    compared = of_targets(plan) if "targets" in plan.parts else []
    sized = of_sizes(plan) if "sizes" in plan.parts else []
    exact = of_accuracy(plan) if "accuracy" in plan.parts else []
    course = _Course(watch, 2 * len(compared) + len(sized) + len(exact) + 1)
    for group in compared:
        yield from _timed("targets", group, DEFAULT, plan, course, clock)
    if "memory" in plan.parts:
        yield from _memory(plan)
    allocator = KEPT if keep_pages() else DEFAULT
    if compared:
        yield from _bandwidth(plan, clock)
    for part, groups in (
        ("targets", compared if allocator == KEPT else []),
        ("sizes", sized),
        ("accuracy", exact),
    ):
        for group in groups:
            yield from _timed(part, group, allocator, plan, course, clock)
    if exact:
        course.say("errors against balls")
        yield from _errors(plan)
        course.step()


class _Course:
    """How far it is."""

    def __init__(self, watch: Watch, total: int) -> None:
        self.watch, self.total, self.done, self.text = watch, total, 0, ""

    def say(self, text: str) -> None:
        """What comes now."""
        self.text = text
        self.part(0.0)

    def part(self, over: float) -> None:
        """How much of it is over."""
        self.watch(self.text, (self.done + over) / self.total)

    def step(self) -> None:
        """It is over."""
        self.done += 1
        self.part(0.0)


def _timed(
    part: str, group: Group, allocator: str, plan: Plan, course: _Course, clock: Clock
) -> Iterator[_Piece]:
    setting = group.setting
    course.say(
        f"{setting.passes}, {setting.size:,} {setting.dtype}, {allocator} malloc"
    )
    with _threads(setting.threads):
        ready: dict[str, Call] = {}
        for name, call in _ready(plan, group):
            if isinstance(call, Skip):
                yield call
            else:
                ready[name] = call
        if not ready:
            return
        timings = interleaved(ready, group.budget, clock, course.part)
    for name, timing in timings.items():
        yield _Timed(part, Speed(name, setting, allocator, timing))
    course.step()


@contextmanager
def _threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _ready(plan: Plan, group: Group) -> Iterator[tuple[str, Call | Skip]]:
    """Calls of a group, each called once: what is compiled at first use, is."""
    setting = group.setting
    if setting.threads > cores():
        for name in group.implementations:
            yield name, Skip(name, f"{setting.threads} threads need as many cores")
        return
    try:
        x, g = _inputs(setting)
    except RuntimeError as error:  # no memory
        for name in group.implementations:
            yield name, Skip(name, _line(error))
        return
    for name in group.implementations:
        try:
            if plan.is_quick and IMPLEMENTATIONS[name].is_compiled:
                raise UnavailableError("left out by --quick")
            call = made(name, plan.activation, setting.dtype).call(setting.passes, x, g)
            call()
        except (
            UnavailableError,
            RuntimeError,
        ) as error:
            yield name, Skip(name, _line(error))  # RuntimeError: no such kernel
        else:
            yield name, call


def _line(error: Exception) -> str:
    """The first line of an error."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:200]


def _inputs(setting: Setting) -> tuple[torch.Tensor, torch.Tensor]:
    """Points and a gradient, as of a normalised layer."""
    rng = torch.Generator().manual_seed(0)
    dtype = getattr(torch, setting.dtype)
    x, g = (torch.randn(setting.size, generator=rng).to(dtype) for _ in range(2))
    return x, g


def _memory(plan: Plan) -> Iterator[_Piece]:
    x, _ = _inputs(Setting(BOTH, CACHED))
    for name in KEEPING:
        try:
            calls = made(name, plan.activation, "float32")
        except UnavailableError as error:
            yield Skip(name, str(error))
            continue
        if isinstance(calls, TorchCalls):
            yield Held(name, held(calls, x), BOUND_OF_MEMORY.get(name))


def _bandwidth(plan: Plan, clock: Clock) -> Iterator[_Piece]:
    """Two streams of memory and three, into what is held already."""
    a, b = _inputs(Setting(FORWARD, LARGE))
    out = torch.empty_like(a)
    budget = Budget(0.1 if plan.is_quick else 1.0)
    with _threads(1):
        timings = interleaved(
            {"copy": lambda: out.copy_(a), "triad": lambda: torch.add(a, b, out=out)},
            budget,
            clock,
        )
    yield Bandwidth("copy", 8, 12, timings["copy"], LARGE)
    yield Bandwidth("triad", 12, 16, timings["triad"], LARGE)


def _errors(plan: Plan) -> Iterator[_Piece]:
    each = QUICK_POINTS if plan.is_quick else POINTS
    for name in ACCURATE_ONES:
        if plan.is_quick and IMPLEMENTATIONS[name].is_compiled:
            continue
        if name == "mish" and shift(plan.activation) != 0:
            yield Skip(name, "it has no β: errors are shown at β = 0 only")
            continue
        try:
            calls = made(name, plan.activation, accuracy.DTYPE)
            yield from accuracy.errors(name, calls, plan.activation, each)
        except (UnavailableError, RuntimeError) as error:
            yield Skip(name, _line(error))


# --- what was found, put together


def _results(plan: Plan, found: Sequence[_Piece], *, is_complete: bool) -> Results:
    timed = [piece for piece in found if isinstance(piece, _Timed)]
    skips = dict.fromkeys(piece for piece in found if isinstance(piece, Skip))
    compared = [t.speed for t in timed if t.part == "targets"]
    beside = [t.speed for t in timed if t.part == "accuracy"]
    targets = plan.targets if "targets" in plan.parts else ()
    return Results(
        activation=plan.activation.spec,
        label=plan.activation.label or plan.activation.name,
        machine=here(),
        is_quick=plan.is_quick,
        is_complete=is_complete,
        findings=tuple(_finding(t, compared, list(skips)) for t in targets),
        held=tuple(piece for piece in found if isinstance(piece, Held)),
        bandwidth=tuple(piece for piece in found if isinstance(piece, Bandwidth)),
        speeds=tuple(t.speed for t in timed if t.part == "sizes"),
        qualities=tuple(_qualities(found, beside)),
        skipped=tuple(skips),
    )


def _finding(target: Target, speeds: Iterable[Speed], skips: Sequence[Skip]) -> Finding:
    by_allocator: dict[str, dict[str, Timing]] = {}
    for speed in speeds:
        if speed.setting == target.setting:
            row = by_allocator.setdefault(speed.allocator, {})
            row[speed.implementation] = speed.timing
    pairs = tuple(
        Pair(allocator, row[target.ours], row[target.peer], row.get(ROOFLINE))
        for allocator, row in by_allocator.items()
        if target.ours in row and target.peer in row
    )
    return Finding(target, pairs, "" if pairs else _reason(target, skips))


def _reason(target: Target, skips: Sequence[Skip]) -> str:
    for skip in skips:
        if skip.implementation in (target.ours, target.peer):
            return f"{TITLES[skip.implementation]}: {skip.reason}"
    return "not measured"


def _qualities(found: Iterable[_Piece], speeds: Iterable[Speed]) -> Iterator[Quality]:
    ns: Mapping[tuple[str, str], float] = {
        (s.implementation, s.setting.passes): s.ns for s in speeds
    }
    for e in found:
        if not isinstance(e, accuracy.Error):
            continue
        passes = FORWARD if e.partial == "f" else BOTH
        if (e.implementation, passes) in ns:
            yield Quality(
                e.implementation, e.partial, finite(e.ulp), e.at, finite(e.subnormal),
                e.points, ns[e.implementation, passes],
            )  # fmt: skip
