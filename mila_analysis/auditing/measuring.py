"""Pairs to the errors of torch's functions and of ours, on the same points.

`python -m mila_analysis.auditing.measuring FILE.json` measures every pair anew; names
of activations behind it measure those alone, and leave the rest of the file as it is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mila_analysis import catalog, files
from mila_analysis.activation import Activation
from mila_analysis.auditing.audited import Audit
from mila_analysis.auditing.implementation import (
    ORDERS,
    Implementation,
    audit_implementation,
    named,
    runner,
)
from mila_analysis.auditing.joints import joints
from mila_analysis.auditing.measurements import (
    Measurement,
    Worst,
    read,
    written,
)
from mila_analysis.auditing.pairs import PAIRS, Pair
from mila_analysis.errors import AccuracyError, ParameterError
from mila_analysis.kernels import generate_code, load
from mila_analysis.verification.accuracy import Errors
from mila_analysis.verification.certificate import machine
from mila_analysis.verification.formats import FORMATS, Format
from mila_analysis.verification.reference import Exact, reference
from mila_analysis.verification.search import climbed, line, measured
from mila_analysis.verification.subject import Subject, subject

__all__ = ["errors", "main", "measure"]

Array = np.ndarray[Any, Any]

DTYPES = ("float64", "float32", "float16", "bfloat16")
POINTS, SEED = 300, 0
ROOM = 0.02  # of a derivative: one float further it is another one
DIGITS = 4


@dataclass(frozen=True, slots=True)
class Theirs(Subject):
    """A function of others, and what autograd makes of it, measured as ours is."""

    implementation: Implementation
    partials: tuple[str, ...]

    def values(self, points: Any, **given: float) -> dict[str, Array]:
        """The function and its derivatives in x; `given` is for ours alone."""
        del given  # it has no parameters, or is named with them
        x = np.array(points, np.float64)
        found = {
            name: runner(self.implementation, ORDERS[name], self.kind.name)(x)
            for name in self.partials
        }
        for at in joints(self.activation) & set(x):
            self._allow(found, x == at, at)
        return found

    def _allow(self, found: dict[str, Array], where: Array, at: float) -> None:
        """Where two cases meet, a derivative between those of both sides is ours."""
        beside = self.kind.stepped(np.array([at, at, at]), np.array([-1, 0, 1]))
        known = Subject.values(self, beside)
        for name in set(found) - {"f"}:
            left, own, right = known[name]
            room = ROOM * max(abs(left), abs(right))
            low, high = min(left, right) - room, max(left, right) + room
            inside = where & (low <= found[name]) & (found[name] <= high)
            found[name] = np.where(inside, own, found[name])

    alone = values


def measure(pair: Pair, dtypes: Iterable[str] = DTYPES) -> tuple[Measurement, ...]:
    """Errors of a pair in the dtypes, forward, backward and doubly backward."""
    activation = catalog.resolve(pair.activation)
    implementation = named(pair.candidate)
    found = audit_implementation(
        pair.candidate, implementation, activation, None, activation.values
    )
    scans = {name: (found, _of_ours(activation, name)) for name in ORDERS}
    return tuple(
        each
        for dtype in dtypes
        for each in _in_format(activation, implementation, scans, FORMATS[dtype])
    )


def _of_ours(activation: Activation, name: str) -> Audit:
    """Our torch code, looked at as that of others is."""
    kernel = load(generate_code(activation, "torch"))
    implementation = Implementation("torch", kernel[name])
    return audit_implementation(
        "", implementation, activation, name, activation.values, differentiated=False
    )


def _in_format(
    activation: Activation,
    implementation: Implementation,
    scans: Mapping[str, tuple[Audit, Audit]],
    kind: Format,
) -> Iterator[Measurement]:
    has = [name for name, (found, _) in scans.items() if name in found.losses]
    ours, theirs = errors(activation, implementation, has, kind)
    for name, both in scans.items():
        said, ours_said = (_said(found, name, kind) for found in both)
        yield Measurement(
            kind.name, name, ours[name].points,
            _worst(theirs[name]) if name in theirs else None,
            _worst(ours[name]), said, ours_said,
        )  # fmt: skip


def _said(found: Audit, name: str, kind: Format) -> tuple[str, ...]:
    """Failures of a partial in a format, or the note that it cannot be run."""
    if name not in found.losses:
        return tuple(n for n in found.notes if n.startswith(f"{name}: "))
    (scan,) = (s for s in found.losses[name] if s.format == kind.name)
    return (*map(str, scan.failures), *scan.limits)


def errors(
    activation: Activation,
    implementation: Implementation,
    partials: Iterable[str],
    kind: Format,
    points: Array | None = None,
) -> tuple[dict[str, Errors], ...]:
    """Errors of our torch code, and of a function of torch, in one format.

    Args:
        activation: what both should compute. Parameters are rounded to what computes
            with them: ours to the format, those of torch to float32 at least.
        implementation: the function.
        partials: those that autograd has.
        kind: the format.
        points: to measure at; None: every number of 16 bits, and of the others some
            over the line and then uphill.
    """
    kernel = load(generate_code(activation, "torch"))
    ours = subject(kernel, kind)
    wider = subject(kernel, kind if kind.digits > 10 else FORMATS["float32"])
    theirs = Theirs(kernel, kind, wider.activation, {}, implementation, tuple(partials))
    if kind.digits > 10:
        x = line(ours, POINTS, SEED) if points is None else points
        both = (ours, theirs)
        if points is not None:
            return _pair(measured(each, x) for each in both)
        return _pair(climbed(each, x, SEED) for each in both)
    x = kind.all() if points is None else points
    return _pair(_everywhere(each, x) for each in (ours, theirs))


def _pair(found: Iterable[dict[str, Errors]]) -> tuple[dict[str, Errors], ...]:
    return tuple(found)


def _everywhere(each: Subject, points: Array) -> dict[str, Errors]:
    """Errors at numbers of 16 bits against our float64 code; the worst against balls.

    Raises:
        AccuracyError: the balls say otherwise.
    """
    x = np.unique(points[np.isfinite(points)])
    found = measured(each, x, _Doubles(each))
    for name, worst in found.items():
        by_balls = measured(each, np.unique([worst.worst_at, worst.subnormal_at]))[name]
        for a, b in (
            (worst.max_ulp, by_balls.max_ulp),
            (worst.max_subnormal, by_balls.max_subnormal),
        ):
            if a != b and not abs(a - b) < 1e-6 * max(a, 1.0):
                raise AccuracyError(f"{name}: {a} ulp by float64, {b} by balls")
    return found


@dataclass(frozen=True, slots=True)
class _Doubles:
    """Values of our float64 code in place of exact ones: 2⁻⁴⁰ of a 16-bit ulp off."""

    each: Subject

    def __call__(self, points: Array) -> dict[str, Exact]:
        """Values at points, by partial."""
        wide = subject(
            self.each.kernel, FORMATS["float64"], self.each.activation.values
        )
        found = {}
        for name, values in wide.values(points).items():
            if not np.isfinite(values).all():
                raise AccuracyError(f"our float64 {name} is not finite")
            high, exponent = np.frexp(values)
            found[name] = Exact(high, np.zeros_like(high), exponent)
        return found


def _worst(found: Errors) -> Worst:
    return Worst(_number(found.max_ulp), found.worst_at, _number(found.max_subnormal))


def _number(value: float) -> float | None:
    return float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None


def where() -> dict[str, str]:
    """What the numbers depend on."""
    return {
        "torch": torch.__version__,
        "capability": torch.backends.cpu.get_cpu_capability(),
        **machine(),
    }


def main(arguments: Sequence[str], progress: Callable[[str], None] = print) -> None:
    """Measure all pairs, or those of the activations named, and write the file."""
    target, *names = arguments
    known = {p.activation for p in PAIRS}
    if set(names) - known:
        raise ParameterError(f"no pair of {', '.join(sorted(set(names) - known))}")
    found: dict[Pair, tuple[Measurement, ...]] = {}
    if names and Path(target).exists():
        _, found = read(Path(target).read_text(encoding="utf-8"))
    for pair in PAIRS:
        if names and pair.activation not in names:
            continue
        progress(f"{pair.activation}: {pair.function}")
        found[pair] = measure(pair)
        reference.cache_clear()
    files.write(target, written(where(), found))


if __name__ == "__main__":
    main(sys.argv[1:])
