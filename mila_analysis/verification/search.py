"""The accuracy leg: all partials over the line, then uphill from the worst points."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf
from typing import Any

import numpy as np

from mila_analysis.derivation import derive
from mila_analysis.kernels import Kernel
from mila_analysis.verification.accuracy import Errors, Measured, errors_of
from mila_analysis.verification.finding import FAILED, PASSED, RESERVED, Finding
from mila_analysis.verification.formats import Format
from mila_analysis.verification.points import around, binades, places, roots
from mila_analysis.verification.promises import Promise, aimed_at, promised
from mila_analysis.verification.reference import Exact
from mila_analysis.verification.subject import Subject, spelled, subjects

__all__ = ["accuracy", "climbed", "judged", "line", "measured"]

Array = np.ndarray[Any, Any]
Progress = Callable[[str], None]
Source = Callable[[Array], dict[str, Exact]]
"""Points to exact values, by partial."""

ROUNDS = 4
STARTS = 2


def accuracy(
    kernel: Kernel, kind: Format, *, points: int, seed: int, progress: Progress
) -> list[Finding]:
    """Errors of all partials in one format, held to what is promised of them.

    Args:
        kernel: functions of generated code.
        kind: the format.
        points: random ones in the bulk; those of binades and limits come on top.
        seed: of the random numbers.
        progress: is told what is measured.
    """
    found: dict[str, tuple[Errors, Subject]] = {}
    for each in subjects(kernel, kind):
        progress(f"accuracy, {kind.name}{_said(each)}")
        x = line(each, points, seed) if not each.given else _bulk(each, points, seed)
        for name, errors in climbed(each, x, seed).items():
            if name in found and errors.points:
                known, where = found[name]
                whole = known.worse(errors)
                found[name] = whole, (each if whole.max_ulp > known.max_ulp else where)
            elif name not in found:
                found[name] = errors, each
    return [judged(e, where, "accuracy", seed) for e, where in found.values()]


def _said(each: Subject) -> str:
    values = ", ".join(f"{n} = {v}" for n, v in each.shown.items())
    return f", {values}" if each.given else ""


def line(each: Subject, points: int, seed: int) -> Array:
    """Every binade, the bulk, and around limits and roots."""
    kind, rng = each.kind, np.random.default_rng(seed)
    derivation = derive(each.activation, each.code.order)
    centres = [*places(derivation, each.activation), *roots(each.values)]
    near = around(centres, kind, each=max(2, points // 40), rng=rng)
    return np.unique(
        np.concatenate([binades(kind, seed), near, _random(each, points, rng)])
    )


def _bulk(each: Subject, points: int, seed: int) -> Array:
    rng = np.random.default_rng(seed + 1)
    derivation = derive(each.activation, each.code.order)
    centres = places(derivation, each.activation)
    near = around(centres, each.kind, each=1, rng=rng)[::5]
    return np.unique(np.concatenate([near, _random(each, points // 3, rng)]))


def _random(each: Subject, points: int, rng: np.random.Generator) -> Array:
    third = -(-points // 3)
    spread = [
        rng.normal(0, 4, third),
        rng.uniform(-40, 40, third),
        rng.normal(0, 1, third) * 10 ** rng.uniform(-3, 3, third),
    ]
    found = each.kind.near(np.concatenate(spread))
    return found[np.isfinite(found)]


def measured(
    each: Subject, x: Array, source: Source | None = None
) -> dict[str, Errors]:
    """Errors of all partials at points, by the shared reference or another.

    Where the function of one partial gives something else than all of them together,
    both are measured.
    """
    derivation = derive(each.activation, each.code.order)
    together, alone = each.values(x), each.alone(x)
    exact = (source or each.reference)(x)
    found = {}
    for name, values in ((n, v) for n, v in exact.items() if n in together):
        promise = promised(each.code, name, each.kind.name)
        partial = Measured(derivation, name, each.activation, each.kind)
        condition, reach = (promise.condition, promise.reach) if promise else (16, inf)
        rules = (condition, reach)
        errors = errors_of(partial, x, together[name], values, *rules)
        if not np.array_equal(together[name], alone[name], equal_nan=True):
            errors = errors.worse(errors_of(partial, x, alone[name], values, *rules))
        found[name] = errors
    return found


def climbed(each: Subject, x: Array, seed: int) -> dict[str, Errors]:
    """Errors at points, then around the worst of each partial, and so on."""
    rng = np.random.default_rng(seed + 2)
    found = measured(each, x)
    steps = 2 if each.given else ROUNDS
    for size in range(steps):
        starts = {at for e in found.values() for at in (e.worst_at, e.terms_at) if at}
        if not starts:
            break
        near = _neighbours(np.array(sorted(starts)), each.kind, rng, size)
        for name, errors in measured(each, near).items():
            found[name] = found[name].worse(errors)
    return found


def _neighbours(
    starts: Array, kind: Format, rng: np.random.Generator, size: int
) -> Array:
    """Floats beside points, from the next ones to a twentieth of the point away."""
    each = 8
    middle = np.repeat(starts, each)
    reach = rng.uniform(0, kind.digits - 4, middle.size)
    steps = np.ceil(2**reach).astype(np.int64) * rng.choice([-1, 1], middle.size)
    steps[::each] = 1 + size
    steps[1::each] = -1 - size
    return np.unique(kind.stepped(middle, steps))


def judged(errors: Errors, where: Subject, leg: str, seed: int | None) -> Finding:
    """Errors as a finding: whether they keep what is promised."""
    promise = promised(where.code, errors.partial, where.kind.name)
    at, broken = _broken(errors, promise)
    more: Mapping[str, Any] = {
        "units of the least subnormal": _number(errors.max_subnormal),
        "subnormal_at": spelled(errors.subnormal_at),
        "ulp of Σ|terms|": _number(errors.max_ulp_of_terms),
        "of_terms_at": spelled(errors.terms_at),
    }
    if _is_above(errors, where):
        more = {**more, "κ": round(_condition(errors, where), 1)}
    if promise is not None and promise.excess < np.inf:
        more = {**more, "over ½ ulp, in Σ|terms|": _number(errors.max_excess)}
    if promise is not None and promise.reach < np.inf:
        more = {**more, "ulp beyond the reach": _number(errors.max_beyond)}
    status = FAILED if broken else PASSED
    if promise is None or (not broken and errors.max_beyond > promise.ulp):
        status = RESERVED
    return Finding(
        leg=leg,
        subject=errors.partial,
        status=status,
        checked=errors.points,
        detail=broken or _stated(errors, promise) or _above(errors, where),
        dtype=where.kind.name,
        parameters=where.shown,
        worst_at=spelled(at),
        error=_number(errors.max_ulp),
        limit=promise.ulp if promise else None,
        unit=promise.rule if promise else "ulp where κ ≤ 16",
        more=dict(more),
        seed=seed,
        command=where.command("--at", spelled(at)),
    )


def _is_above(errors: Errors, where: Subject) -> bool:
    """Whether the worst error of fast code is more than is aimed at."""
    goal = aimed_at(errors.partial, where.code.activation)
    return where.code.accuracy == "fast" and goal < errors.max_ulp < np.inf


def _condition(errors: Errors, where: Subject) -> float:
    """κ at the point of the worst error."""
    derivation = derive(where.activation, where.code.order)
    partial = Measured(derivation, errors.partial, where.activation, where.kind)
    (value,) = where.reference([errors.worst_at])[errors.partial].rounded()
    return float(partial.size(errors.worst_at)) / abs(float(value))


def _above(errors: Errors, where: Subject) -> str:
    """Why an error is more than is aimed at: how much its terms cancel there."""
    if not _is_above(errors, where):
        return ""
    goal = aimed_at(errors.partial, where.code.activation)
    kappa = _condition(errors, where)
    why = " beside a root: its terms cancel there" if kappa > 2 else ""
    return f"above {goal} ulp{why}, κ = {kappa:.1f}"


def _number(value: float) -> float | None:
    """A number as JSON has it: infinitely wrong is null."""
    return value if np.isfinite(value) else None


def _broken(errors: Errors, promise: Promise | None) -> tuple[float, str]:
    """The worst point, and what is broken there, if anything is."""
    e, p = errors, promise
    if p is None:
        return e.worst_at, ""
    checks = (
        (e.max_ulp, p.ulp, e.worst_at, p.rule),
        (e.max_subnormal, p.subnormal, e.subnormal_at, "units of the least subnormal"),
        (e.max_ulp_of_terms, p.of_terms, e.terms_at, "ulp of Σ|terms|"),
        (e.max_excess, p.excess, e.excess_at, "Σ|terms| over ½ ulp"),
    )
    for error, limit, at, unit in checks:
        if error > limit:
            if not np.isfinite(error):
                return at, f"not finite, or far off, at x = {spelled(at)}"
            said = f"{error:.4g} {unit} at x = {spelled(at)}, {limit:.4g} promised"
            return at, said
    return e.worst_at, ""


def _stated(errors: Errors, promise: Promise | None) -> str:
    if promise is not None and errors.max_beyond <= promise.ulp:
        return ""
    if promise is not None:
        return f"wrong near the largest numbers: at x = {spelled(errors.beyond_at)}"
    if not np.isfinite(errors.max_ulp):
        return f"not promised: not finite at x = {spelled(errors.worst_at)}"
    return "not promised"
