"""Pieces of the line where one case holds, and where a partial changes its sign there.

On each piece a partial in x is a quotient; its zeros and poles are found, its tails
decided, and so its sign is known everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Any

import flint
import sympy

from mila_analysis.activation import Activation
from mila_analysis.analysis.bound import Polynomial, Quotient, bound
from mila_analysis.analysis.conditions import check_far
from mila_analysis.analysis.constants import ball_of
from mila_analysis.analysis.ends import End, end_of
from mila_analysis.analysis.meeting import around, is_zero_at_end
from mila_analysis.analysis.tails import Tails
from mila_analysis.analysis.undecided import UndecidedError
from mila_analysis.analysis.zeros import BITS, FINE_BITS, Zero, zeros_of
from mila_analysis.balls import series
from mila_analysis.continuity import Cut, Span, spans
from mila_analysis.derivation import derive
from mila_analysis.formula import parse

__all__ = ["NAMES", "Piece", "Segment", "pieces"]

NAMES = ("f", "f_x", "f_xx", "f_xxx")


@dataclass(frozen=True, slots=True)
class Segment:
    """An open interval on which a partial has one sign.

    Attributes:
        low, high: its ends; None is infinite.
        sign: -1, 1, or 0 where the partial is zero all over it.
    """

    low: Zero | None
    high: Zero | None
    sign: int

    @property
    def inner(self) -> Any:
        """A point of it, in as many digits as it takes to be inside."""
        with flint.ctx.workprec(4 * FINE_BITS):
            if self.low is None and self.high is None:
                return flint.arb(0)
            if self.low is None:
                found = (self.high.ball - 1).mid()  # type: ignore[union-attr]
            elif self.high is None:
                found = (self.low.ball + 1).mid()
            else:
                found = ((self.low.ball + self.high.ball) / 2).mid()
            above = self.low is None or found > self.low.ball
            below = self.high is None or found < self.high.ball
        if not (above and below):
            raise UndecidedError("two zeros were not told apart")
        return found


@dataclass(frozen=True, slots=True)
class Definition:
    """The formula of a case, with the parameters at their values.

    Attributes:
        expression: in x alone.
        x: its symbol.
    """

    expression: Any
    x: Any

    def over(self, ball: Any, length: int) -> Any:
        """Taylor series over a ball, by the rules of balls; narrower than a quotient.

        Raises:
            UndecidedError: it is not defined all over the ball, or not plainly so.
        """
        try:
            return series(self.expression, {self.x: ball}, length)
        except (ValueError, ZeroDivisionError, ArithmeticError):
            raise UndecidedError("a value was not enclosed") from None


@dataclass
class Piece:
    """An open interval of the line on which one case holds.

    Attributes:
        low, high: its ends; None is infinite.
        partials: f, f_x, f_xx and f_xxx on it, as derived.
        definition: f on it, as defined.
        vanishing: irrational ends at which f is exactly 0.
    """

    low: Zero | None
    high: Zero | None
    partials: Mapping[str, Quotient]
    definition: Definition
    vanishing: tuple[Zero, ...] = ()
    _segments: dict[str, tuple[Segment, ...] | UndecidedError] = field(
        default_factory=dict
    )
    _far: dict[tuple[str, int], End] = field(default_factory=dict)

    @cached_property
    def left(self) -> Tails:
        """The line far to the left."""
        return Tails(self.partials["f"].tower, -1)

    @cached_property
    def right(self) -> Tails:
        """The line far to the right."""
        return Tails(self.partials["f"].tower, 1)

    def end(self, name: str, side: int) -> End:
        """A partial at side·∞; raises as `end_of`."""
        key = (name, side)
        if key not in self._far:
            tails = self.left if side < 0 else self.right
            self._far[key] = end_of(tails, self.partials[name])
        return self._far[key]

    def value(self, name: str, at: Any) -> Any:
        """Ball of a partial at a point, by as many digits as are worth it.

        Raises:
            UndecidedError: it has no value there.
        """
        with flint.ctx.workprec(FINE_BITS):
            found = self.partials[name].over(at)[0]
        if not found.is_finite():
            raise UndecidedError(f"{name} has no value where two cases meet")
        return found

    def at_end(self, end: Zero) -> Any:
        """Ball of f at an end of its own; exactly 0 where that is proved."""
        is_zero = any(each is end for each in self.vanishing)
        return flint.arb(0) if is_zero else self.value("f", end.ball)

    def segments(self, name: str) -> tuple[Segment, ...]:
        """Intervals of one sign, from left to right, between zeros and poles.

        Raises:
            UndecidedError: they are not proved to be all.
        """
        if name not in self._segments:
            try:
                self._segments[name] = tuple(self._found(name))
            except UndecidedError as error:
                self._segments[name] = error
        found = self._segments[name]
        if isinstance(found, UndecidedError):
            raise found
        return found

    def zeros(self, name: str) -> tuple[Zero, ...]:
        """Zeros inside the piece; none where the partial is zero all over it."""
        return tuple(s.high for s in self.segments(name)[:-1] if s.high is not None)

    def _found(self, name: str) -> Iterator[Segment]:
        quotient = self.partials[name]
        if name != "f" and not self._is_smooth:
            raise UndecidedError("it has a root of 0, and may have no slope there")
        if quotient.is_zero:
            yield Segment(self.low, self.high, 0)
            return
        yield from self._cut_up(quotient)

    @cached_property
    def _is_smooth(self) -> bool:
        """Whether no root has a zero under it, at which slopes could cancel."""
        tower = self.partials["f"].tower
        for generator in tower.generators:
            under = Quotient(tower, ((generator.top, 1),), ())
            if generator.function != "sqrt" or _is_positive(under, generator.top):
                continue
            if generator.top.is_constant:
                continue
            try:
                if len(list(self._cut_up(under))) > 1:
                    return False
            except UndecidedError:
                return False
        return True

    def _cut_up(self, quotient: Quotient) -> Iterator[Segment]:
        """Segments of a quotient that is not zero."""
        first, last = self._ends(quotient)
        inner = self._boundaries(quotient, first, last)
        for low, high in pairwise([self.low, *inner, self.high]):
            segment = Segment(low, high, 1)
            yield Segment(low, high, self._sign(quotient, segment))

    def _ends(self, quotient: Quotient) -> tuple[Fraction, Fraction]:
        """Where to look for zeros; beyond that the tails have none."""
        first = None if self.low is None else _end(self.low, -1)
        last = None if self.high is None else _end(self.high, 1)
        if first is None:
            end, _ = self.left.nearest(lambda end: end.sign(quotient))
            first = -end.start if last is None else min(-end.start, last - 1)
        if last is None:
            end, _ = self.right.nearest(lambda end: end.sign(quotient))
            last = max(end.start, first + 1)
        return first, last

    def _boundaries(
        self, quotient: Quotient, first: Fraction, last: Fraction
    ) -> list[Zero]:
        """Zeros and poles inside the piece, in order."""
        found: list[Zero] = []
        for polynomial, n in quotient.above:
            zeros = zeros_of(quotient.tower, polynomial, first, last)
            found += [Zero(z.ball, z.order * n, z.exact) for z in zeros]
        for polynomial, _ in quotient.below:
            if not _is_positive(quotient, polynomial) and zeros_of(
                quotient.tower, polynomial, first, last
            ):
                raise UndecidedError("it has a pole")
        merged = _merged(found)
        if quotient is self.partials["f"]:
            merged = self._without_ends(merged)
        return [z for z in merged if self._is_inside(z)]

    def _without_ends(self, zeros: list[Zero]) -> list[Zero]:
        """Zeros of f that are no ends: all are known, so one is that at an end."""
        for end in self.vanishing:
            near = [z for z in zeros if z.ball.overlaps(around(end.ball))]
            if len(near) == 1:
                zeros = [z for z in zeros if z is not near[0]]
        return zeros

    def _is_inside(self, zero: Zero) -> bool:
        for end, side in ((self.low, 1), (self.high, -1)):
            if end is None or (zero.ball - end.ball) * side > 0:
                continue
            same = zero.exact is not None and zero.exact == end.exact
            if not same and zero.ball.overlaps(end.ball):
                raise UndecidedError(
                    "a zero was not told from a point where two cases meet"
                )
            return False
        return True

    def _sign(self, quotient: Quotient, segment: Segment) -> int:
        for bits in (BITS, FINE_BITS, 4 * FINE_BITS):
            with flint.ctx.workprec(bits):
                value = quotient.over(segment.inner)[0]
            if value > 0 or value < 0:
                return 1 if value > 0 else -1
        raise UndecidedError("the sign between two zeros was not decided")


def _end(zero: Zero, side: int) -> Fraction:
    """A rational at an end, or just outside of it."""
    if zero.exact is not None:
        return zero.exact
    ball = zero.ball.upper() if side > 0 else zero.ball.lower()
    mantissa, exponent = ball.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def _is_positive(quotient: Quotient, polynomial: Polynomial) -> bool:
    """Whether a look at its terms says that a denominator has no zero."""
    kinds = ("x", *(g.function for g in quotient.tower.generators))
    strict = False
    for powers, c in polynomial.terms:
        odd = any(
            n % 2 and kind not in ("exp", "pi", "sqrt")
            for kind, n in zip(kinds, powers, strict=True)
        )
        if odd or c < 0:
            return False
        strict = strict or all(
            kind in ("exp", "pi") or not n
            for kind, n in zip(kinds, powers, strict=True)
        )
    return strict


def _merged(found: Sequence[Zero]) -> list[Zero]:
    """Zeros of several factors in order; the same one has the sum of the orders."""
    merged: list[Zero] = []
    for zero in sorted(found, key=lambda z: z.ball.mid()):
        last = merged[-1] if merged else None
        if last is None or not last.ball.overlaps(zero.ball):
            merged.append(zero)
        elif last.exact is not None and last.exact == zero.exact:
            merged[-1] = Zero(zero.ball, last.order + zero.order, zero.exact)
        else:
            raise UndecidedError("two zeros were not told apart")
    return merged


def pieces(activation: Activation) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Pieces from left to right, and each cut between two as a piece of its own.

    Raises:
        UnsupportedError: the activation is undefined somewhere, or not derived.
    """
    merged = _joined(spans(activation))
    definitions, differences = _definitions(activation)
    check_far(differences, definitions[0].x)
    derivation = derive(activation, 3, along=("x",))
    cases = bound(derivation, activation.values)
    made = [_piece(s, cases[s.case], definitions[s.case], differences) for s in merged]
    wide, points = (
        tuple(p for p, s in zip(made, merged, strict=True) if s.is_point == is_point)
        for is_point in (False, True)
    )
    return wide, points


def _piece(
    span: Span,
    partials: Mapping[str, Quotient],
    own: Definition,
    differences: Sequence[Any],
) -> Piece:
    low, high = _point(span.low), _point(span.high)
    vanishing = tuple(
        end
        for end in (low, high)
        if end is not None
        and end.exact is None
        and is_zero_at_end(own.expression, differences, own.x, end.ball)
    )
    return Piece(low, high, partials, own, vanishing)


def _definitions(activation: Activation) -> tuple[list[Definition], list[Any]]:
    """Each case in x alone, and the differences whose signs tell which case holds."""
    parsed = parse(activation.formula, activation.variables)
    x, *parameters = parsed.variables
    values = {
        p: sympy.Rational(value.numerator, value.denominator)
        for p, value in zip(parameters, activation.values.values(), strict=True)
    }
    definitions = [Definition(c.expression.subs(values), x) for c in parsed.cases]
    differences = [
        r.difference.subs(values) for c in parsed.cases for r in c.conditions
    ]
    return definitions, differences


def _joined(spans_: Sequence[Span]) -> list[Span]:
    """Spans without cuts on both sides of which the same case holds."""
    kept: list[Span] = []
    for span in spans_:
        apart = len(kept) < 2 or not kept[-1].is_point
        if apart or not kept[-2].case == kept[-1].case == span.case:
            kept.append(span)
        else:
            kept[-2:] = [Span(kept[-2].low, span.high, span.case)]
    return kept


def _point(cut: Cut | None) -> Zero | None:
    if cut is None:
        return None
    if cut.is_exact:
        with flint.ctx.workprec(FINE_BITS):
            return Zero(ball_of(cut.at), 1, cut.at)
    return Zero(cut.ball, 1)
