"""Functions on a tail x ≥ R: a few terms C·scale, and a bound on all that is left.

    |f(x) - Σ C_i·s_i(x)| ≤ B·s(x)   for all x ≥ R

Sums, products and quotients of such expansions are expansions again, with bounds that
hold on the whole tail. That is what proves that nothing happens out there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cmp_to_key
from typing import Any

import flint

from mila_analysis.analysis.constants import Constant
from mila_analysis.analysis.scales import ONE, Scale, compared, largest
from mila_analysis.analysis.undecided import TooNearError, UndecidedError

__all__ = ["SERIES", "Expansion", "Tail"]

TERMS = 6
"""Terms that are kept; what comes after them is in the bound."""

SERIES = 3
"""Powers of what is small that are kept."""


_Term = tuple[Scale, Constant]
_Rest = tuple[Scale, Any]


def _falling(first: _Term, second: _Term) -> int:
    """Order of terms: what grows fastest comes first."""
    return compared(second[0], first[0])


@dataclass(frozen=True, slots=True)
class Expansion:
    """Terms in falling order, and the scale and bound of the rest; None is exact."""

    terms: tuple[_Term, ...]
    rest: _Rest | None = None

    @property
    def is_zero(self) -> bool:
        """Whether nothing is left, and nothing neglected."""
        return not self.terms and self.rest is None

    @property
    def leading(self) -> _Term:
        """Term that grows fastest.

        Raises:
            UndecidedError: there is only a bound.
        """
        if not self.terms:
            raise UndecidedError("it oscillates far out, or no bound was found there")
        return self.terms[0]


@dataclass(frozen=True)
class Tail:
    """Arithmetic of expansions for all x ≥ start.

    Attributes:
        start: a point of the line, above 2.
    """

    start: Any
    _largest: dict[Scale, Any] = field(default_factory=dict, compare=False, repr=False)

    def largest(self, scale: Scale) -> Any:
        """Upper bound of a scale that falls on the tail; raises as `scales.largest`."""
        if scale not in self._largest:
            self._largest[scale] = largest(scale, self.start)
        return self._largest[scale]

    def monomial(self, constant: Constant, scale: Scale = ONE) -> Expansion:
        """One term."""
        return self.collected([(scale, constant)])

    def number(self, value: Fraction | int) -> Expansion:
        """A rational number."""
        return self.monomial(Constant.of(value))

    def bounded(self, bound: Any, scale: Scale = ONE) -> Expansion:
        """Anything with |f| ≤ bound·scale."""
        return Expansion((), (scale, bound))

    def collected(
        self, terms: Iterable[_Term], rests: Iterable[_Rest] = ()
    ) -> Expansion:
        """Expansion of terms and bounds in any order."""
        merged: dict[Scale, Constant] = {}
        for scale, constant in terms:
            known = merged.get(scale)
            merged[scale] = constant if known is None else known + constant
        neglected = list(rests)
        kept = []
        for scale, constant in merged.items():
            if constant.sign:
                kept.append((scale, constant))
            elif constant.factor is None:
                neglected.append((scale, abs(constant.ball).upper()))
        kept.sort(key=cmp_to_key(_falling))
        neglected += [(s, abs(c.ball).upper()) for s, c in kept[TERMS:]]
        kept = kept[:TERMS]
        rest = self._joined(neglected)
        if rest is not None:
            top = rest[0]
            small = [t for t in kept if compared(t[0], top) <= 0]
            kept = kept[: len(kept) - len(small)]
            sizes = [(s, abs(c.ball).upper()) for s, c in small]
            rest = self._joined([rest, *sizes])
        return Expansion(tuple(kept), rest)

    def _joined(self, rests: Sequence[_Rest]) -> _Rest | None:
        """One bound for a sum of bounds."""
        rests = [(scale, bound) for scale, bound in rests if not bound.is_zero()]
        if not rests:
            return None
        top = rests[0][0]
        for scale, _ in rests[1:]:
            top = scale if compared(scale, top) > 0 else top
        total = flint.arb(0)
        for scale, bound in rests:
            total += bound * self.largest(scale / top)
        return top, total.upper()

    def sum(self, parts: Iterable[Expansion]) -> Expansion:
        """f + g + ..."""
        parts = list(parts)
        terms = [term for part in parts for term in part.terms]
        return self.collected(terms, [part.rest for part in parts if part.rest])

    def product(self, first: Expansion, second: Expansion) -> Expansion:
        """f·g."""
        terms = [(s * t, c * d) for s, c in first.terms for t, d in second.terms]
        rests: list[_Rest] = []
        for one, other in ((first, second), (second, first)):
            if one.rest:
                scale, bound = one.rest
                rests += [
                    (scale * s, bound * abs(c.ball).upper()) for s, c in other.terms
                ]
        if first.rest and second.rest:
            rests.append(
                (first.rest[0] * second.rest[0], first.rest[1] * second.rest[1])
            )
        return self.collected(terms, rests)

    def scaled(self, part: Expansion, constant: Constant) -> Expansion:
        """C·f."""
        return self.product(part, self.monomial(constant))

    def power(self, part: Expansion, n: int) -> Expansion:
        """f^n, n ≥ 0."""
        found = part if n else self.number(1)
        for _ in range(n - 1):
            found = self.product(found, part)
        return found

    def parted(self, part: Expansion) -> tuple[Scale, Constant, Expansion]:
        """s, C and w with f = C·s·(1 + w), where w vanishes far out."""
        scale, constant = part.leading
        inverse = Expansion(((scale**-1, constant.inverse()),))
        others = Expansion(part.terms[1:], part.rest)
        return scale, constant, self.product(others, inverse)

    def size(self, part: Expansion) -> tuple[Scale, Any]:
        """A scale, and a bound of |f| in it."""
        found = [(scale, abs(c.ball).upper()) for scale, c in part.terms]
        joined = self._joined([*found, *([part.rest] if part.rest else [])])
        return joined or (ONE, flint.arb(0))

    def smallness(self, part: Expansion) -> Any:
        """Bound of |w| for what vanishes far out, below 1.

        Raises:
            TooNearError: it is not as small as that yet.
        """
        scale, bound = self.size(part)
        if not bound.is_zero() and compared(scale, ONE) > 0:
            raise UndecidedError("no bound was found far out")
        found = (bound * self.largest(scale)).upper()
        if not found < 1:
            raise TooNearError
        return found

    def series(
        self, w: Expansion, coefficients: Sequence[Constant], bound: Any
    ) -> Expansion:
        """Σ a_k·w^k, and |rest| ≤ bound·|w|^n after the n coefficients."""
        power, parts = self.number(1), []
        for constant in coefficients:
            parts.append(self.scaled(power, constant))
            power = self.product(power, w)
        scale, size = self.size(w)
        n = len(coefficients)
        if not size.is_zero():
            parts.append(self.bounded((bound * size**n).upper(), scale**n))
        return self.sum(parts)

    def inverse(self, part: Expansion) -> Expansion:
        """1/f."""
        scale, constant, w = self.parted(part)
        small = self.smallness(w)
        found = self.series(w, [Constant.of(c) for c in (1, -1, 1)], 1 / (1 - small))
        return self.product(found, self.monomial(constant.inverse(), scale**-1))

    def sign(self, part: Expansion) -> int:
        """Sign of f for all x ≥ start; 0 where f is zero there.

        Raises:
            TooNearError: it may still change.
            UndecidedError: only a bound is known, so it may change everywhere.
        """
        if part.is_zero:
            return 0
        _, constant, w = self.parted(part)
        self.smallness(w)
        return constant.sign
