"""Every number of a format through the code: 65,536 of 16 bits, or 2³² of float32."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from mila_analysis.errors import UnsupportedError
from mila_analysis.kernels import GeneratedCode, Kernel
from mila_analysis.verification.accuracy import Errors
from mila_analysis.verification.finding import FAILED, PASSED, Finding
from mila_analysis.verification.formats import FORMATS, Format
from mila_analysis.verification.reference import Reference
from mila_analysis.verification.search import judged, measured
from mila_analysis.verification.subject import Subject, spelled, subject

__all__ = ["BETAS", "check_float32", "every_float32", "every_number"]

BETAS = tuple(Fraction(n, 4) for n in (-1, 0, 2, 4, 6))
"""Values of β that an exhaustive run takes, beside the default one."""

CHUNK = 4096


def every_number(
    kernel: Kernel, kind: Format, *, progress: Callable[[str], None]
) -> list[Finding]:
    """Errors over all 65,536 numbers of a 16-bit format, for each of the betas.

    Args:
        kernel: functions of generated code.
        kind: float16 or bfloat16.
        progress: is told how far it is.
    """
    findings = []
    for each in _subjects(kernel, kind):
        found: dict[str, Errors] = {}
        numbers = kind.all()
        finite = np.unique(numbers[np.isfinite(numbers)])
        for start in range(0, finite.size, CHUNK):
            progress(f"every {kind.name}, {_bound(each)}: {start:,} of {finite.size:,}")
            part = finite[start : start + CHUNK]
            once = Reference(each.activation, each.code.order)  # too many to keep
            for name, errors in measured(each, part, once).items():
                found[name] = found[name].worse(errors) if name in found else errors
        findings += [judged(e, each, "exhaustive", None) for e in found.values()]
        findings.append(_nan_stays(each, numbers[np.isnan(numbers)]))
    return findings


def _bound(each: Subject) -> str:
    return ", ".join(f"{n} = {v}" for n, v in each.shown.items())


def _subjects(kernel: Kernel, kind: Format) -> list[Subject]:
    """The code as it is, and where β is its one parameter, with the other values."""
    found = [subject(kernel, kind)]
    if [p.name for p in kernel.code.activation.parameters] == ["beta"]:
        own = kernel.code.activation.values["beta"]
        found += [subject(kernel, kind, {"beta": b}) for b in BETAS if b != own]
    return found


def _nan_stays(each: Subject, numbers: Any) -> Finding:
    computed = each.values(numbers)
    broken = [n for n, values in computed.items() if not np.isnan(values).all()]
    return Finding(
        leg="exhaustive",
        subject="NaN",
        status=FAILED if broken else PASSED,
        checked=int(numbers.size),
        detail=f"{', '.join(broken)} of NaN is a number" if broken else "",
        dtype=each.kind.name,
        parameters=each.shown,
        worst_at=spelled(float("nan")),
        command=each.command("--leg", "edges"),
    )


def check_float32(code: GeneratedCode) -> None:
    """Refuse code that cannot be run through all of float32 in native code.

    Raises:
        UnsupportedError: code of another backend, or of another order than two.
    """
    if code.backend != "c" or code.order != 2:
        raise UnsupportedError("every float32 is run through C code of order 2 (-b c)")


def every_float32(
    kernel: Kernel, *, progress: Callable[[str], None], resume: Path | None
) -> list[Finding]:
    """All 2³² float32 values through C code, in native code; see `sweep`."""
    from mila_analysis.verification.sweep import sweep

    code = kernel.code
    check_float32(code)

    def said(done: int, total: int) -> None:
        progress(f"every float32: {100 * done / total:.1f} %")

    found = sweep(code.activation, accuracy=code.accuracy, progress=said, resume=resume)
    again = subject(kernel, FORMATS["float32"]).command("--exhaustive")
    return [replace(finding, command=again) for finding in found]
