"""The whole line of an activation: pieces, and what happens between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import flint

from mila_analysis.activation import Activation
from mila_analysis.analysis.ends import End
from mila_analysis.analysis.pieces import Piece, Segment, pieces
from mila_analysis.analysis.zeros import Zero

__all__ = ["Joint", "Line", "Stretch", "same"]


def same(first: Any, second: Any) -> bool:
    """Whether two balls of many digits may be one number.

    At an inexact cut, and of two extrema, they are then taken for one: that they are
    equal to some 45 digits is proved, not more.
    """
    return bool(first.overlaps(second))


@dataclass(frozen=True, slots=True)
class Joint:
    """A point where a segment ends: a zero of a partial, or a cut between two cases.

    Attributes:
        at: where.
        left, here, right: f just before it, at it, and just after it.
        is_cut: whether another case holds on its other side.
        before, after: f_x on both sides of a cut.
    """

    at: Zero
    left: Any
    here: Any
    right: Any
    is_cut: bool = False
    before: Any = None
    after: Any = None

    @property
    def is_continuous(self) -> bool:
        """Whether f has no jump there."""
        return same(self.left, self.here) and same(self.here, self.right)

    @property
    def is_smooth(self) -> bool:
        """Whether f has a slope there."""
        return not self.is_cut or (self.is_continuous and same(self.before, self.after))


@dataclass(frozen=True, slots=True)
class Stretch:
    """A segment of one sign, and the piece that it is part of."""

    segment: Segment
    piece: Piece


@dataclass(frozen=True)
class Line:
    """The line of an activation, cut where another case holds.

    Attributes:
        pieces: from left to right.
        points: each cut as a piece of its own, of the case that holds at it alone.
    """

    pieces: tuple[Piece, ...]
    points: tuple[Piece, ...]

    @classmethod
    def of(cls, activation: Activation) -> Line:
        """Line of an activation; raises as `pieces`."""
        return cls(*pieces(activation))

    @cached_property
    def cuts(self) -> tuple[Joint, ...]:
        """What happens between the pieces, from left to right."""
        return tuple(self._cut(n) for n in range(len(self.pieces) - 1))

    def _cut(self, number: int) -> Joint:
        before, after = self.pieces[number : number + 2]
        alone = self.points[number]
        none = Zero(flint.arb(0))  # a piece beside a cut has an end
        at = before.high or none
        left, right = before.at_end(at), after.at_end(after.low or none)
        here = alone.at_end(alone.low or none)
        slopes = (before.value("f_x", at.ball), after.value("f_x", at.ball))
        return Joint(at, left, here, right, True, *slopes)

    def stretches(self, name: str) -> Iterator[Stretch]:
        """Segments of a partial on all pieces, from left to right.

        Raises:
            UndecidedError: on some piece they are not proved to be all.
        """
        for piece in self.pieces:
            for segment in piece.segments(name):
                yield Stretch(segment, piece)

    def joints(self, name: str) -> tuple[tuple[Stretch, ...], tuple[Joint, ...]]:
        """Stretches of one sign, and what is between each two of them."""
        stretches = tuple(self.stretches(name))
        cuts, found = iter(self.cuts), []
        for first, second in pairwise(stretches):
            at = first.segment.high
            if at is None or first.piece is not second.piece:
                found.append(next(cuts))
                continue
            value = first.piece.value("f", at.ball)
            found.append(Joint(at, value, value, value))
        return stretches, tuple(found)

    def end(self, name: str, side: int) -> End:
        """A partial at side·∞; raises as `end_of`."""
        return self.pieces[0 if side < 0 else -1].end(name, side)
