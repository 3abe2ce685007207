"""All 2³² float32 inputs of one activation through its C code, in native code.

Accurate results are held to the correctly rounded ones: wide numbers with a proven
bound of their own error decide, and what they leave open is decided by balls. Of fast
results the errors in ulp are measured. Balls also check the wide numbers, at many
inputs, so that a wrong constant in them does not pass.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from mila_analysis.activation import Activation
from mila_analysis.backends.backend import Source
from mila_analysis.backends.c import C
from mila_analysis.backends.c.reading import frame_in
from mila_analysis.derivation import derive
from mila_analysis.errors import UnsupportedError
from mila_analysis.kernels import GeneratedCode
from mila_analysis.stability import stabilize
from mila_analysis.verification.finding import FAILED, PASSED, RESERVED, Finding
from mila_analysis.verification.promises import promised
from mila_analysis.verification.sweep_balls import (
    expected,
    number_of,
    outside,
    pattern_of,
    same,
)
from mila_analysis.verification.sweep_code import sweeping
from mila_analysis.verification.sweep_run import Judge, Progress, Run, Tally

__all__ = ["PATTERNS", "PartialSweep", "Sweep", "Wrong", "judge_text", "sweep"]

PATTERNS = range(1 << 32)
BLOCK = 256
BALLS = 600
"""Inputs at which balls check the wide numbers."""

SHOWN = 20


@dataclass(frozen=True, slots=True)
class PartialSweep:
    """What was found of one partial.

    Attributes:
        partial: its name.
        wrong: results that are not correctly rounded; for fast code, not finite.
        undecided: results that wide numbers leave open, and balls did not look at.
        fallbacks: results that the bounds of the double arithmetic leave open.
        plain: results that the double arithmetic alone would have rounded wrongly.
        beyond: doubles that are farther from the exact value than their bound says, or
            have the wrong sign where it is said to be right.
        worst: for accurate code the least distance of an exact value to a midpoint
            between floats, in ulp; for fast code the largest error in ulp, κ ≤ 16.
        worst_at: the input of that.
        subnormal: for fast code, the largest error of a subnormal result, in its unit.
    """

    partial: str
    wrong: int = 0
    undecided: int = 0
    fallbacks: int = 0
    plain: int = 0
    beyond: int = 0
    worst: float = 0.0
    worst_at: float = 0.0
    subnormal: float = 0.0


@dataclass(frozen=True, slots=True)
class Wrong:
    """A result that is not what it should be; nothing is `expected` of fast code."""

    partial: str
    x: float
    computed: float
    expected: str


@dataclass(frozen=True, slots=True)
class Sweep:
    """All inputs, or a range of them, through the code of one activation.

    Attributes:
        activation: with the parameter values, exact in float32, that hold.
        accuracy: of the code.
        digest: of all text that was compiled.
        inputs: how many bit patterns were judged.
        partials: what was found, by partial.
        wrong: the first results that are wrong.
        balls: inputs at which balls looked, all of them right if `broken` is empty.
        broken: where the wide numbers are outside of their bounds: the judge is wrong.
        seconds: of all work, that of other runs before a resumption included.
    """

    activation: Activation
    accuracy: str
    digest: str
    inputs: int
    partials: tuple[PartialSweep, ...]
    wrong: tuple[Wrong, ...]
    balls: int
    broken: tuple[str, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether every result is what is promised of it."""
        return all(f.passed for f in self)

    @property
    def nanoseconds(self) -> float:
        """Of one input on one core, all partials and their judgement."""
        return 1e9 * self.seconds / max(self.inputs, 1)

    def __iter__(self) -> Iterator[Finding]:
        """One finding for each partial, and one for the judge itself."""
        for each in self.partials:
            yield _finding(self, each)
        yield Finding(
            leg="exhaustive",
            subject="the judge, by balls",
            status=FAILED if self.broken else PASSED,
            checked=self.balls,
            detail="; ".join(self.broken[:3]),
            dtype="float32",
            parameters=_shown(self.activation),
        )


def sweep(
    activation: Activation,
    *,
    dtype: str = "float32",
    accuracy: str = "accurate",
    progress: Progress | None = None,
    resume: Path | None = None,
    processes: int = 2,
    patterns: range = PATTERNS,
    text: str | None = None,
) -> Sweep:
    """Judge the C code of an activation at every input of a range of bit patterns.

    Args:
        activation: its parameter values, rounded to float32, hold for all inputs.
        dtype: float32, the one format that has so many numbers and so few.
        accuracy: `accurate`, or `fast`.
        progress: is told how many bit patterns of how many are done.
        resume: a file that keeps what was found; the same code goes on there.
        processes: threads of native code.
        patterns: bit patterns, from a multiple of 256 to another.
        text: of the judge, for those who plant faults in it; see `judge_text`.

    Raises:
        UnsupportedError: another dtype, a range that is none, code without such a mode.
    """
    if dtype != "float32":
        raise UnsupportedError(f"a sweep is over float32, not {dtype}")
    if patterns.start % BLOCK or patterns.stop % BLOCK or patterns.step != 1:
        raise UnsupportedError("a sweep is over whole blocks of 256 bit patterns")
    bound = _rounded(activation)
    code = text if text is not None else judge_text(bound, accuracy)
    judge = Judge(bound, accuracy, code)
    tally = Run(judge, patterns, resume, processes, progress or _silent).run()
    return _result(judge, tally, patterns)


def judge_text(activation: Activation, accuracy: str) -> str:
    """Text of the C code with its judge, as it is compiled."""
    derivation = derive(activation, 2)
    form = stabilize(derivation)
    text = C.emit(Source(activation, derivation, form, accuracy))
    is_accurate = accuracy == "accurate"
    return sweeping(text, frame_in(text), form.whole, accurate_code=is_accurate)


def _rounded(activation: Activation) -> Activation:
    values = {n: Fraction(float(np.float32(v))) for n, v in activation.values.items()}
    return activation.bind(**values)


def _silent(_: int, __: int) -> None:
    pass


def _shown(activation: Activation) -> dict[str, str]:
    return {n: repr(float(v)) for n, v in activation.values.items()}


# What was found


def _result(judge: Judge, tally: Tally, patterns: range) -> Sweep:
    """What was counted, with what balls say of it."""
    arrays = {name: values.tolist() for name, values in tally.arrays.items()}
    found = [
        PartialSweep(
            partial=name,
            wrong=arrays["wrong"][k],
            undecided=arrays["open"][k],
            fallbacks=arrays["fallbacks"][k],
            plain=arrays["plain"][k],
            beyond=arrays["beyond"][k],
            worst=arrays["worst"][k],
            worst_at=number_of(arrays["worst_at"][k]),
            subnormal=arrays["subnormal"][k],
        )
        for k, name in enumerate(judge.names)
    ]
    wrong, broken = _decided(judge, tally, found)
    points = _sampled(patterns, found)
    broken += [text for x in points for text in outside(judge, x)]
    return Sweep(
        judge.activation,
        judge.accuracy,
        judge.digest,
        len(patterns),
        tuple(found),
        tuple(wrong[:SHOWN]),
        len(points),
        tuple(broken),
        tally.seconds,
    )


def _decided(
    judge: Judge, tally: Tally, found: list[PartialSweep]
) -> tuple[list[Wrong], list[str]]:
    """What balls say of the results that were listed: right ones are not open.

    Returns:
        Results that are wrong, and faults of the judge.
    """
    wrong, broken = [], []
    for pattern, kind in tally.listed:
        k = kind if kind >= 0 else -1 - kind
        name, x = judge.names[k], number_of(pattern)
        value = judge.computed(pattern)[k]
        is_judged = judge.accuracy == "accurate" and math.isfinite(x)
        wanted = expected(judge.activation, name, x) if is_judged else None
        if wanted is None or not same(value, wanted):
            wrong.append(Wrong(name, x, value, "" if wanted is None else repr(wanted)))
        elif kind >= 0:
            broken.append(f"{name} at x = {x!r} is right")
        if kind < 0 and wanted is not None:
            more = int(not same(value, wanted))
            undecided, count = found[k].undecided - 1, found[k].wrong + more
            found[k] = replace(found[k], undecided=undecided, wrong=count)
    return wrong, broken


def _sampled(patterns: range, found: Sequence[PartialSweep]) -> list[float]:
    """Inputs for balls: near midpoints, in every binade, and where results change."""
    rng = np.random.default_rng(0)
    picked = rng.integers(patterns.start, patterns.stop, BALLS // 2).tolist()
    middle = rng.uniform(-30, 30, BALLS // 2).astype(np.float32).tolist()
    bulk = [x for x in middle if pattern_of(x) in patterns]
    hard = [p.worst_at for p in found if pattern_of(p.worst_at) in patterns]
    points = [*(number_of(p) for p in picked), *bulk, *hard]
    return [x for x in points if math.isfinite(x)]


# Findings


def _finding(found: Sweep, each: PartialSweep) -> Finding:
    is_accurate = found.accuracy == "accurate"
    code = GeneratedCode(found.activation, "c", "homogeneous", "", 2, found.accuracy)
    promise = promised(code, each.partial, "float32")
    limit = promise.ulp if promise else math.inf
    failed = each.wrong > 0 or each.undecided > 0 or each.beyond > 0
    if not is_accurate and promise is not None:
        failed = failed or each.worst > limit or each.subnormal > promise.subnormal
    more: dict[str, Any] = {"ns an input on one core": round(found.nanoseconds, 1)}
    if is_accurate:
        more |= {
            "misrounded": each.wrong,
            "undecided": each.undecided,
            "fallbacks": each.fallbacks,
            "misrounded by doubles alone": each.plain,
            "doubles beyond their bounds": each.beyond,
            "closest to a midpoint, in ulp": each.worst,
        }
    else:
        more |= {"not finite": each.wrong, "subnormal": each.subnormal}
    return Finding(
        leg="exhaustive",
        subject=each.partial,
        status=FAILED if failed else PASSED if promise else RESERVED,
        checked=found.inputs,
        detail=_detail(found, each),
        dtype="float32",
        parameters=_shown(found.activation),
        worst_at=repr(each.worst_at),
        error=None if is_accurate else each.worst,
        limit=None if is_accurate or not promise else limit,
        unit=None if is_accurate else "ulp where κ ≤ 16",
        more=more,
    )


def _detail(found: Sweep, each: PartialSweep) -> str:
    """The first wrong result, or how good all are."""
    for wrong in found.wrong:
        if wrong.partial == each.partial:
            right = f", {wrong.expected} is right" if wrong.expected else ""
            return f"{wrong.computed!r} at x = {wrong.x!r}{right}"
    if found.accuracy == "accurate" and not each.wrong and not each.undecided:
        return "every result is correctly rounded"
    return ""
