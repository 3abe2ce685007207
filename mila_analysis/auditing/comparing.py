"""A tree and a partial to the points where they provably differ, by balls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from mila_analysis.activation import numeral
from mila_analysis.auditing.enclosing import (
    BITS,
    Point,
    Reference,
    lacks_value,
    value_at,
)
from mila_analysis.notation.tree import Node

__all__ = ["Comparison", "Difference", "compare", "shown", "telling"]

FAINT = 1e-3
"""A relative difference that a reader of four digits does not see."""

NEAR = 5


@dataclass(frozen=True, slots=True)
class Difference:
    """A point where a candidate has another value than the partial: a proof.

    Attributes:
        point: value of each variable.
        value: of the candidate; None where it has none.
        exact: of the partial.
        gap: |value - exact|.
    """

    point: Point
    value: float | None
    exact: float
    gap: float

    @property
    def relative(self) -> float:
        """Difference relative to the larger of the exact value and a tiny number."""
        if self.value is None:
            return float("inf")
        size = abs(self.exact)
        return self.gap / size if size else float("inf")

    def __str__(self) -> str:
        where = shown_point(self.point)
        if self.value is None:
            exact = f"{self.exact:.4g}".replace("-", "−")
            return f"at {where} it has no value, the exact value is {exact}"
        given, exact = shown(self.value, self.exact, self.gap)
        return f"at {where} it gives {given}, the exact value is {exact}"


def shown_point(point: Point) -> str:
    """`x = −2, β = 1`."""
    letters = {"beta": "β", "alpha": "α", "gamma": "γ", "theta": "θ"}
    return ", ".join(
        f"{letters.get(n, n)} = {numeral(v).replace('-', '−')}"
        for n, v in point.items()
    )


def shown(value: float, exact: float, gap: float) -> tuple[str, str]:
    """Two numbers with as many digits as it takes to see the difference."""
    for form in _forms(value, exact):
        pair = f"{value:{form}}", f"{exact:{form}}"
        if pair[0] != pair[1]:
            break
    else:
        pair = f"{exact:.6g} and {gap:.2g} off", f"{exact:.6g}"
    return pair[0].replace("-", "−"), pair[1].replace("-", "−")


def _forms(value: float, exact: float) -> list[str]:
    plain = [".4f"] if all(0.01 <= abs(v) < 1000 for v in (value, exact)) else []
    return [*plain, *(f".{digits}g" for digits in range(4, 18))]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a look at many points found.

    Attributes:
        agreeing: points where the two balls overlap.
        differences: points where they do not, or the candidate has no value.
        gaps: points without a value beside which there are values.
    """

    agreeing: int
    differences: tuple[Difference, ...]
    gaps: tuple[Point, ...]


def compare(
    tree: Node,
    reference: Reference,
    partial: str,
    points: Iterable[Point],
    *,
    bits: int = BITS,
) -> Comparison:
    """Look at a candidate at points; each difference found is proven."""
    agreeing = 0
    differences: list[Difference] = []
    gaps: list[Point] = []
    for point in points:
        exact = reference(partial, point, bits=bits)
        if exact is None:
            continue
        value = value_at(tree, point, bits=bits)
        if value is None and not lacks_value(tree, point):
            continue  # it would take more digits than are worth it
        if value is None and _is_gap(tree, point):
            gaps.append(point)
        elif value is None:
            inf = float("inf")
            differences.append(Difference(point, None, _float(exact), inf))
        elif value.overlaps(exact):
            agreeing += 1
        else:
            gap = _float(abs(value - exact))
            differences.append(Difference(point, _float(value), _float(exact), gap))
    return Comparison(agreeing, tuple(differences), tuple(gaps))


def _is_gap(tree: Node, point: Point) -> bool:
    """Whether a formula lacks a value at a point only, as x/x does at 0."""
    near = ({**point, "x": point["x"] + step} for step in _STEPS)
    return all(value_at(tree, beside, bits=64) is not None for beside in near)


_STEPS = (Fraction(-1, 1009), Fraction(1, 1013))


def _float(ball: Any) -> float:
    return float(ball.mid())


def telling(differences: Sequence[Difference]) -> Difference | None:
    """The difference that says most: at a plain point, of the wrong sign, large."""
    if not differences:
        return None
    return max(enumerate(differences), key=_weight)[1]


def _weight(numbered: tuple[int, Difference]) -> tuple[Any, ...]:
    place, found = numbered
    x = found.point["x"]
    plain = x.denominator == 1 and abs(x) <= NEAR
    wrong_sign = found.value is not None and found.value * found.exact < 0
    seen = found.relative > FAINT
    return (
        found.value is not None and seen,
        plain,
        _plainness(found.point),
        wrong_sign,
        min(found.relative, 1e6) if found.value is not None else 0.0,
        -place,
    )


def _plainness(point: Mapping[str, Fraction]) -> int:
    """The first parameter values tried are preferred, so that x tells most."""
    return -sum(v.denominator > 1 for n, v in point.items() if n != "x")
