"""A wrong candidate to what it is instead, where that can be shown.

Another partial, another β, a multiple, the reciprocal: each is tried at points, and a
single change of the formula that makes it right is looked for in `repair`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import isfinite
from typing import Any

import flint

from mila_analysis.activation import numeral
from mila_analysis.auditing.enclosing import Point, Reference, as_ball, value_at
from mila_analysis.auditing.repair import Repair, repairs
from mila_analysis.derivation import Derivation
from mila_analysis.notation.tree import Node, walk

__all__ = ["diagnose", "is_akin"]

ENOUGH = 12
TRIED = ("0", "-1/4", "1", "1/2", "3/2", "2", "-1", "1/4", "-1/2")


def diagnose(
    tree: Node,
    reference: Reference,
    partial: str,
    points: Sequence[Point],
    *,
    derived: Derivation,
    fixed: Mapping[str, Fraction],
    is_right: Callable[[Node], bool],
) -> tuple[str, ...]:
    """Explanations that hold at all points, the most telling first; or none."""
    sample = [p for p in points if _known(tree, reference, partial, p)][:ENOUGH]
    if len(sample) < ENOUGH // 2:
        return ()
    found = [
        *_other_partial(tree, reference, partial, sample, derived),
        *_other_value(tree, reference, partial, sample, fixed),
        *_multiple(tree, reference, partial, sample),
        *_rescaled(tree, reference, partial, sample),
    ]
    if found:
        return tuple(found[:2])
    repair = _repair(tree, reference, partial, points, derived, fixed, is_right)
    return (f"one change makes it right: {repair.said}",) if repair else ()


def _known(tree: Node, reference: Reference, partial: str, point: Point) -> bool:
    exact = reference(partial, point)
    return exact is not None and value_at(tree, point) is not None


def _agrees(tree: Node, point: Point, exact: Any) -> bool:
    value = value_at(tree, point)
    return exact is not None and value is not None and bool(value.overlaps(exact))


def _other_partial(
    tree: Node,
    reference: Reference,
    partial: str,
    sample: Sequence[Point],
    derived: Derivation,
) -> list[str]:
    return [
        f"it is {name}, not {partial}"
        for name in derived.names
        if name != partial and all(_agrees(tree, p, reference(name, p)) for p in sample)
    ]


def _other_value(
    tree: Node,
    reference: Reference,
    partial: str,
    sample: Sequence[Point],
    fixed: Mapping[str, Fraction],
) -> list[str]:
    """The same formula with another β, where the candidate holds no β of its own."""
    used = {n.text for n in walk(tree) if n.kind == "name"}
    parameters = [p for p in reference.activation.parameters if p.name not in used]
    if len(parameters) != 1 or len(reference.activation.parameters) != 1:
        return []
    name = parameters[0].name
    letter = "β" if name == "beta" else name
    for text in TRIED:
        value = Fraction(text)
        if fixed.get(name) == value:
            continue
        moved = [{**p, name: value} for p in sample]
        if all(_agrees(tree, p, reference(partial, p)) for p in moved):
            option = f"--beta {numeral(value)}" if name == "beta" else ""
            hint = f" (try {option})" if option else ""
            return [f"it is {partial} for {letter} = {numeral(value)}{hint}"]
    return []


def _multiple(
    tree: Node, reference: Reference, partial: str, sample: Sequence[Point]
) -> list[str]:
    pairs = _pairs(tree, reference, partial, sample)
    if pairs is None:
        return []
    at = [as_ball(p["x"]) for p in sample]
    ratio = _constant([v / e for v, e in pairs])
    if ratio == 1:
        return [f"it is {partial} where it has a value"]
    if ratio == -1:
        return [f"it is −{partial}: the sign is wrong"]
    if ratio is not None:
        return [f"it is {ratio} times {partial}"]
    if _constant([v * e for v, e in pairs]) == 1:
        return [f"it is the reciprocal, 1/{partial}"]
    if _constant([v / e * x for (v, e), x in zip(pairs, at, strict=True)]) == 1:
        return [f"it is {partial}/x: a factor x is missing"]
    if _constant([v / e / x for (v, e), x in zip(pairs, at, strict=True)]) == 1:
        return [f"it is x times {partial}"]
    return []


def _pairs(
    tree: Node, reference: Reference, partial: str, sample: Sequence[Point]
) -> list[tuple[Any, Any]] | None:
    """Values of the candidate and of the partial; None if one is missing or 0."""
    found = []
    for point in sample:
        value, exact = value_at(tree, point), reference(partial, point)
        if value is None or exact is None or exact.contains(0):
            return None
        found.append((value, exact))
    return found


def _rescaled(
    tree: Node, reference: Reference, partial: str, sample: Sequence[Point]
) -> list[str]:
    """The right function of another argument."""
    scales = (("x/2", Fraction(1, 2)), ("2x", Fraction(2)), ("−x", Fraction(-1)))
    for spelled, scale in scales:
        moved = [reference(partial, {**p, "x": p["x"] * scale}) for p in sample]
        if all(_agrees(tree, p, e) for p, e in zip(sample, moved, strict=True)):
            return [f"it is {partial} at {spelled}"]
    return []


def is_akin(
    tree: Node, reference: Reference, partial: str, sample: Sequence[Point]
) -> bool:
    """Whether a candidate is a multiple of a partial, its reciprocal, or the like."""
    return bool(_multiple(tree, reference, partial, sample))


def _constant(values: Sequence[Any]) -> Fraction | None:
    """The rational that all values are, if they are one."""
    first = float(values[0].mid())
    if not isfinite(first):
        return None
    guess = Fraction(first).limit_denominator(64)
    with flint.ctx.workprec(320):
        ball = as_ball(guess)
        return guess if all(v.overlaps(ball) for v in values) else None


def _repair(
    tree: Node,
    reference: Reference,
    partial: str,
    points: Sequence[Point],
    derived: Derivation,
    fixed: Mapping[str, Fraction],
    is_right: Callable[[Node], bool],
) -> Repair | None:
    z = next(
        (
            g.argument
            for g in derived.generators
            if g.function == "exp" and g.argument.free_symbols <= set(derived.variables)
        ),
        derived.variables[0],
    )
    spelled = str(z.subs({v: 0 for v in derived.variables if str(v) in fixed}))

    def exponent(point: Point) -> Fraction:
        free = z.subs({v: 0 for v in derived.variables if str(v) in fixed})
        value = free.subs({v: _rational(point[str(v)]) for v in derived.variables})
        return Fraction(int(value.p), int(value.q))

    found = repairs(tree, reference, partial, points, exponent, spelled, is_right)
    return next(found, None)


def _rational(value: Fraction) -> Any:
    import sympy

    return sympy.Rational(value.numerator, value.denominator)
