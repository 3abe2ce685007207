"""A computed function to the places on the float line where it fails.

Points of every binade on both sides, then bisection to the very first float where NaN
or a value that is half wrong comes out. Exact values are balls.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

__all__ = ["FORMATS", "Failure", "Format", "Scan", "scan"]

AWAY = 0.5
"""No ulps are counted nearer to a root: there no formula in the dtype has few."""

Array = np.ndarray[Any, Any]
Evaluate = Callable[[Array], Array]
Exact = Callable[[float], Fraction | None]


@dataclass(frozen=True, slots=True)
class Format:
    """A binary floating-point format: all its numbers are float64 numbers too."""

    name: str
    precision: int
    low: int  # exponent of the least normal number
    high: int  # exponent of the largest number

    @property
    def least(self) -> Fraction:
        """The least normal number."""
        return Fraction(2) ** self.low

    @property
    def largest(self) -> float:
        """The largest finite number."""
        return float((2 - Fraction(2) ** (1 - self.precision)) * 2**self.high)

    def ulp(self, value: Fraction) -> Fraction:
        """Unit in the last place at an exact value."""
        exponent = self.low
        if value:
            exponent = max(self.low, _exponent(abs(value)))
        return Fraction(2) ** (exponent - self.precision + 1)

    def rounded(self, value: float) -> float:
        """Nearest number of the format, for a finite float64."""
        unit = self.ulp(Fraction(value))
        return float(min(round(Fraction(value) / unit) * unit, Fraction(self.largest)))


def _exponent(value: Fraction) -> int:
    guess = value.numerator.bit_length() - value.denominator.bit_length()
    return guess if value >= Fraction(2) ** guess else guess - 1


FORMATS = {
    f.name: f
    for f in (
        Format("float64", 53, -1022, 1023),
        Format("float32", 24, -126, 127),
        Format("float16", 11, -14, 15),
        Format("bfloat16", 8, -126, 127),
    )
}


@dataclass(frozen=True, slots=True)
class Failure:
    """An interval of floats on which something goes wrong.

    Attributes:
        kind: `NaN`, `±inf` or `≥ 50 % wrong`.
        first: the float nearest to zero where it does.
        last: the furthest one, of those looked at; None if it never ends.
    """

    kind: str
    first: float
    last: float | None = None

    def __str__(self) -> str:
        if self.last == self.first:
            return f"{self.kind} at x = {_shown(self.first)}"
        if self.last is not None:
            return (
                f"{self.kind} between x = {_shown(self.first)} and {_shown(self.last)}"
            )
        side = "from" if self.first > 0 else "below"
        return f"{self.kind} {side} x = {_shown(self.first)}"


def _shown(x: float) -> str:
    return f"{x:.4g}".replace("-", "−")


@dataclass(frozen=True, slots=True)
class Scan:
    """What was found on the whole line.

    Attributes:
        format: name of the dtype.
        failures: where results are NaN, infinite or half wrong.
        limits: what is wrong at ±∞.
        ulp: largest error where |x| ≤ 10, nothing fails and no root is near.
        ulp_at: where.
        points: how many were compared with exact values.
    """

    format: str
    failures: tuple[Failure, ...]
    limits: tuple[str, ...]
    ulp: float
    ulp_at: float
    points: int

    @property
    def passed(self) -> bool:
        """Whether nothing is NaN or half wrong anywhere."""
        return not self.failures and not self.limits


def grid(form: Format) -> list[float]:
    """Positive points of few bits, so that every format has them; dense to 1024."""
    points = [2.0**e for e in range(form.low, form.high + 1, _step(form))]
    for low, high, count in _DENSITY:
        points += [
            (count + m) * 2.0**e / count for e in range(low, high) for m in range(count)
        ]
    lowest = float(form.least)
    return sorted({p for p in points if lowest <= p <= form.largest})


_DENSITY = ((-24, 3, 16), (3, 7, 128), (7, 10, 64))
"""Binades from, to, and points in each; exponentials leave all formats below 1024."""


def _step(form: Format) -> int:
    return 1 if form.high < 200 else 24


class _Judge:
    """Exact values, and what is to be said of a computed one."""

    def __init__(self, form: Format, evaluate: Evaluate, exact: Exact) -> None:
        self.form = form
        self.evaluate = evaluate
        self.exact = exact
        self.points = 0

    def faults(self, points: list[float]) -> list[str]:
        """Kind of failure at each point, '' for none."""
        with np.errstate(all="ignore"):
            values = np.asarray(self.evaluate(np.array(points)), np.float64)
        return [self._fault(x, float(v)) for x, v in zip(points, values, strict=True)]

    def _fault(self, x: float, value: float) -> str:
        exact = self.exact(x)
        if exact is None:
            return ""
        self.points += 1
        if np.isnan(value):
            return "NaN"
        if np.isinf(value):
            return "" if abs(exact) > Fraction(self.form.largest) else "±inf"
        gap, size = abs(Fraction(value) - exact), abs(exact)
        if size < self.form.least:
            return "≥ 50 % wrong" if gap > 2 * self.form.least else ""
        return "≥ 50 % wrong" if gap >= size / 2 else ""

    def errors(self, points: list[float]) -> list[tuple[float, float]]:
        """(error in ulp, x) at points where nothing fails, away from roots."""
        with np.errstate(all="ignore"):
            values = np.asarray(self.evaluate(np.array(points)), np.float64)
        found = []
        roots = self._roots(points)
        for x, value in zip(points, values, strict=True):
            exact = self.exact(x)
            if exact is None or self._fault(x, float(value)):
                continue
            if any(abs(x - root) < AWAY for root in roots):
                continue
            unit = self.form.ulp(exact)
            found.append((float(abs(Fraction(float(value)) - exact) / unit), x))
        return found

    def _roots(self, points: list[float]) -> list[float]:
        """Where exact values change their sign, or are 0."""
        known = [(x, e) for x in sorted(points) if (e := self.exact(x)) is not None]
        return [
            (a + b) / 2
            for (a, low), (b, high) in pairwise(known)
            if low * high <= 0 and b - a < 1
        ]


def scan(
    form: Format,
    evaluate: Evaluate,
    exact: Exact,
    *,
    limits: Callable[[], tuple[str, ...]] = tuple,
    seed: int = 0,
    dense: int = 150,
) -> Scan:
    """Look for failures along the whole float line.

    Args:
        form: format of the numbers.
        evaluate: float64 array of numbers of the format to results, as float64.
        exact: exact value at a point, or None where there is none.
        limits: what is wrong at ±∞.
        seed: of the points where ulps are counted.
        dense: how many such points.
    """
    judge = _Judge(form, evaluate, exact)
    failures: list[Failure] = []
    for sign in (1.0, -1.0):
        points = [sign * p for p in grid(form)]
        faults = judge.faults(points)
        failures += _failures(judge, points, faults)
    zero = judge.faults([0.0])[0]
    if zero:
        failures.insert(0, Failure(zero, 0.0, 0.0))
    rng = np.random.default_rng(seed)
    near = [form.rounded(float(x)) for x in rng.uniform(-10, 10, dense)]
    worst, at = max(judge.errors(near), default=(0.0, 0.0))
    return Scan(form.name, tuple(failures), limits(), worst, at, judge.points)


def _failures(judge: _Judge, points: list[float], faults: list[str]) -> list[Failure]:
    """The first and the longest stretch of anything wrong, and of NaN or infinities."""
    found: dict[Failure, None] = {}
    for kinds in (("≥ 50 % wrong", "±inf", "NaN"), ("±inf", "NaN")):
        runs = [
            (start, end)
            for start, end in _runs(faults, kinds)
            if not _is_root(judge, points, faults, start, end)
        ]
        longest = max(runs, key=lambda run: run[1] - run[0], default=None)
        for run in dict.fromkeys([*runs[:1], *([longest] if longest else [])]):
            found[_failure(judge, points, faults, run, kinds)] = None
    return sorted(found, key=lambda failure: abs(failure.first))


def _runs(faults: list[str], kinds: tuple[str, ...]) -> list[tuple[int, int]]:
    """First and last index of each stretch of failures."""
    runs: list[tuple[int, int]] = []
    for place, fault in enumerate(faults):
        if fault not in kinds:
            continue
        if runs and runs[-1][1] == place - 1:
            runs[-1] = (runs[-1][0], place)
        else:
            runs.append((place, place))
    return runs


def _is_root(
    judge: _Judge, points: list[float], faults: list[str], start: int, end: int
) -> bool:
    """Whether values are only wrong because the exact one passes through 0 there."""
    if any(f != "≥ 50 % wrong" for f in faults[start : end + 1]):
        return False
    if not start or end + 1 == len(points):
        return False
    before, after = judge.exact(points[start - 1]), judge.exact(points[end + 1])
    return before is not None and after is not None and before * after < 0


def _failure(
    judge: _Judge,
    points: list[float],
    faults: list[str],
    run: tuple[int, int],
    kinds: tuple[str, ...],
) -> Failure:
    start, end = run
    first, kind = points[start], faults[start]
    if start:
        first, kind = _edge(judge, points[start - 1], points[start], kinds)
    last: float | None = None
    if end + 1 < len(points):
        last, _ = _edge(judge, points[end + 1], points[end], kinds)
    return Failure(kind, first, last)


def _edge(
    judge: _Judge, good: float, bad: float, kinds: tuple[str, ...]
) -> tuple[float, str]:
    """The float at which a failure begins, between one that is right and one not."""
    kind = judge.faults([bad])[0]
    while True:
        middle = judge.form.rounded((good + bad) / 2)
        if middle in (good, bad):
            return bad, kind
        fault = judge.faults([middle])[0]
        if fault in kinds:
            bad, kind = middle, fault
        else:
            good = middle
