"""Measurements of torch and of ours to a section of the museum's page."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from textwrap import fill

from mila_analysis.auditing.measurements import Measurement, Worst
from mila_analysis.auditing.pairs import Pair

__all__ = ["exhibits", "section", "table", "worse"]

Found = Mapping[Pair, Sequence[Measurement]]

TIMES = 4
"""An error is worse than another if it is so many times that, and so many ulp."""

GRAVE = (("NaN", "NaN"), ("±inf", "∞"), ("≥ 50 % wrong", "≥ 50 %"))
"""What a table says in place of ulp, the gravest first."""

INTRODUCTION = """\
PyTorch's own functions beside our code for torch (`-b torch`, fast): f forward, f_x
backward by autograd, f_xx doubly backward. Errors are in units in the last place,
where κ ≤ 16 and the exact value is a normal number. Points are every number of
float16 and bfloat16, compared with our float64 code and the worst of them with proven
enclosures; in float64 and float32 some of every binade and both signs, around roots
and where exponentials leave the format, then uphill from the worst, all compared with
enclosures. Where two cases of a definition meet, a derivative between those of both
sides is right.

A cell is torch / ours. Where it happens it says instead NaN, ∞ (infinite where the
value is not) or ≥ 50 % (so wrong, at any κ). What is worse or wrong stands below the
table, with what comes out at ±∞; worse is an error {times} times ours and more than
{times} ulp.

Measured with torch {torch} on CPU, {capability}, {processor}. Arrays are multiples of
64 numbers, so that all pass through vector kernels; with other vector widths last
digits, and where something overflows, may differ. `make museum` measures all of it
again."""


def section(where: Mapping[str, str], found: Found) -> str:
    """The section, in Markdown."""
    version = ".".join(where["torch"].split(".")[:2])
    said = INTRODUCTION.format(**where, times=TIMES).split("\n\n")
    parts = [f"## What PyTorch {version} computes", *map(_wrapped, said), table(found)]
    right, shown = [], set()
    for pair, each in found.items():
        lines = tuple(exhibits(each))
        if not lines:
            right.append(f"`{pair.function}`")
        elif (pair.function, lines) not in shown:
            remark = [f"    # {pair.remark}"] if pair.remark else []
            text = [f"    $ {_command(pair)}", *remark, *(f"    {s}" for s in lines)]
            parts += [f"### {_shown(pair)}", "\n".join(text)]
            shown.add((pair.function, lines))
    if right:
        listed = f"Nothing that is worse was found in {', '.join(right)}."
        parts += ["### As right as ours", _wrapped(listed)]
    ours = [f"{p.activation}: {said}" for p, e in found.items() for said in _of_ours(e)]
    if ours:
        listed = "\n".join(f"- {line}" for line in ours)
        parts += ["### Where ours is worse", listed]
    return "\n\n".join(parts)


def _wrapped(text: str) -> str:
    return fill(text, 88, break_long_words=False, break_on_hyphens=False)


def _shown(pair: Pair) -> str:
    return f"{pair.activation}, `{pair.function}`"


def _command(pair: Pair) -> str:
    return shlex.join(
        ["mila-analysis", "audit", "-a", pair.activation, "--", pair.candidate]
    )


def table(found: Found) -> str:
    """One row a dtype: torch / ours of each partial."""
    rows = ["| activation | dtype | f | f_x | f_xx |", "|---|---|---|---|---|"]
    for pair, each in found.items():
        name = pair.activation
        for dtype, group in groupby(each, key=lambda m: m.dtype):
            cells = " | ".join(map(_cell, group))
            rows.append(f"| {name} | {dtype} | {cells} |")
            name = ""
    return "\n".join(rows)


def _cell(m: Measurement) -> str:
    theirs = _grave(m.said) or _number(m.theirs)
    return f"{theirs} / {_grave(m.ours_said) or _number(m.ours)}"


def _grave(said: Sequence[str]) -> str:
    found = [short for kind, short in GRAVE if any(_is(s, kind) for s in said)]
    return found[0] if found else ""


def _is(said: str, kind: str) -> bool:
    """Whether a text tells of finite x: `NaN from x = 88`, not `NaN at ∞`."""
    return said.startswith(kind) and "the limit is" not in said


def _number(found: Worst | None) -> str:
    if found is None:
        return "raises"
    return "∞" if found.ulp is None else _short(found.ulp)


def _short(value: float) -> str:
    return f"{value:.2g}" if value < 1000 else f"{value:.1e}"


def exhibits(each: Sequence[Measurement]) -> Iterator[str]:
    """One line for each partial and dtype in which torch is worse or wrong."""
    for m in sorted(each, key=lambda m: len(m.partial)):
        parts = [s.removeprefix(f"{m.partial}: ") for s in m.said]
        if m.theirs and not _grave(m.said):
            parts += _larger(m.theirs, m.ours, "ours")
        if parts:
            yield f"{m.partial}, {m.dtype}: {'; '.join(dict.fromkeys(parts))}"


def _of_ours(each: Sequence[Measurement]) -> Iterator[str]:
    for m in sorted(each, key=lambda m: len(m.partial)):
        parts = list(m.ours_said)
        if m.theirs and not _grave(m.ours_said):
            parts += _larger(m.ours, m.theirs, "torch")
        if parts:
            yield f"{m.partial}, {m.dtype}: {'; '.join(parts)}"


def _larger(one: Worst, other: Worst, whose: str) -> Iterator[str]:
    """How much larger errors are than those of the other, if they are."""
    at = f"{one.at:.4g}".replace("-", "−")
    if one.ulp is None and other.ulp is not None:
        yield f"not finite at x = {at}, {whose} {_short(other.ulp)} ulp"
    elif one.ulp is not None and worse(one.ulp, other.ulp):
        than = "" if other.ulp is None else f", {whose} {_short(other.ulp)}"
        yield f"{_short(one.ulp)} ulp at x = {at}{than}"
    if one.subnormal is not None and worse(one.subnormal, other.subnormal):
        than = "" if other.subnormal is None else f", {whose} {_short(other.subnormal)}"
        yield (
            f"below the normal numbers {_short(one.subnormal)} times the least{than}"
        )


def worse(one: float | None, other: float | None) -> bool:
    """Whether an error is much larger than another; None is one without bound."""
    if other is None:
        return False
    return one is None or one > TIMES * max(1.0, other)
