"""Runs to sections of a table: sorted, ranked, the best of each block known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from mila_analysis.errors import ParameterError, suggestion
from mila_analysis.experiments.published.records import (
    SCORES,
    Block,
    Run,
    published_runs,
)
from mila_analysis.experiments.published.standing import best, blocks, ranks

__all__ = ["ORDERS", "Line", "Section", "arrange"]

ORDERS = (*SCORES, "depth", "activation")
FIRST = "top1"  # by which runs of a block are sorted and ranked unless said otherwise


@dataclass(frozen=True, slots=True)
class Line:
    """A run in a table.

    Attributes:
        run: itself.
        rank: among those of its block that are shown; None without a score.
        best: names of the scores by which it is the best of them, alone or with others.
    """

    run: Run
    rank: float | None
    best: frozenset[str]


@dataclass(frozen=True, slots=True)
class Section:
    """Lines under one heading.

    Attributes:
        title: of the block, or of the activation.
        lines: in order.
        is_block: whether it is a block; else it is an activation in several blocks.
    """

    title: str
    lines: tuple[Line, ...]
    is_block: bool = True


def arrange(runs: Iterable[Run], order: str = FIRST) -> tuple[Section, ...]:
    """Sort runs into sections.

    Args:
        runs: that are shown; best and ranks are among these.
        order: a score, by which the runs of each block are sorted and ranked, the
            best first; `depth`, for the blocks of a depth together; or `activation`,
            for a section an activation with its blocks.

    Raises:
        ParameterError: no such order; names the nearest.
    """
    if order not in ORDERS:
        hint = suggestion(order, ORDERS) or f"; choose from {', '.join(ORDERS)}"
        raise ParameterError(f"cannot sort by '{order}'{hint}")
    shown = tuple(runs)
    lines = _lines(shown, order if order in SCORES else FIRST)
    if order == "activation":
        lines.sort(key=lambda line: line.run.name.casefold())
        return _sections(lines, lambda run: run.name, is_block=False)
    if order == "depth":
        lines.sort(key=lambda line: line.run.block.depth)
    return _sections(lines, lambda run: run.block.title, is_block=True)


def _lines(runs: Sequence[Run], score: str) -> list[Line]:
    """Lines of block after block as they were published, the best first."""
    winners = {name: best(runs, name) for name in SCORES}
    found = []
    members = blocks(runs)
    for block in sorted(members, key=_published_order().index):
        ranked = zip(members[block], ranks(members[block], score), strict=True)
        for run, rank in sorted(ranked, key=lambda pair: pair[1] or len(runs) + 1):
            leads = frozenset(n for n, leaders in winners.items() if run in leaders)
            found.append(Line(run, rank, leads))
    return found


def _published_order() -> list[Block]:
    return [*blocks(published_runs())]


def _sections(
    lines: Sequence[Line], title: Callable[[Run], str], *, is_block: bool
) -> tuple[Section, ...]:
    grouped = groupby(lines, key=lambda line: title(line.run))
    return tuple(Section(head, tuple(members), is_block) for head, members in grouped)
