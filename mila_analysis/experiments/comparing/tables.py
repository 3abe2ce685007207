"""A comparison to rows of text under headings."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mila_analysis.experiments.comparing.comparison import Comparison, Pair
from mila_analysis.experiments.comparing.estimate import Estimate
from mila_analysis.experiments.comparing.measures import MEASURES, WHEN, Measure
from mila_analysis.experiments.comparing.naming import plain
from mila_analysis.experiments.comparing.sentences import p_text, signed
from mila_analysis.experiments.config import RunConfig

__all__ = ["NOTHING", "Table", "costs", "differences", "scores", "tables"]

NOTHING = "-"
Name = Callable[[RunConfig], str]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings.

    Attributes:
        title: of the table.
        headings: one a column; the first column is text, numbers stand to the right.
        rows: of texts.
    """

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables(comparison: Comparison, score: Measure, name: Name = plain) -> list[Table]:
    """Scores, time and memory of each activation; differences of each pair.

    Args:
        comparison: finished runs.
        score: of which differences are shown.
        name: of an activation.
    """
    made = [
        scores(comparison, MEASURES[:2], name),
        scores(comparison, MEASURES[2:], name),
    ]
    made += [costs(comparison, name)]
    made += [differences(comparison, score, when, name) for when in WHEN]
    return [table for table in made if table.rows]


def scores(
    comparison: Comparison, measures: Sequence[Measure], name: Name = plain
) -> Table:
    """Mean ± half of its interval, of the last and the best epoch side by side."""
    columns = [(m, when) for m in measures for when in WHEN]
    heads = [f"{m.title}{m.unit if m.factor != 1 else ''}, {w}" for m, w in columns]
    rows = [
        (
            name(comparison.of(a)[0].config),
            *(_mean(comparison.score(a, m, w), m.digits) for m, w in columns),
        )
        for a in comparison.activations
    ]
    title = "validation: mean ± half of the 95 % interval, of the last and best epoch"
    return Table(title, ("activation", *heads), tuple(rows))


def costs(comparison: Comparison, name: Name = plain) -> Table:
    """Time, memory, and how many runs came to their end."""
    total = len(comparison.seeds)
    rows = []
    for a in comparison.activations:
        runs = comparison.of(a)
        best = sorted(run.best.number for run in runs if not run.diverged)
        ends = dict.fromkeys((best[0], best[-1]) if best else (NOTHING,))
        epochs = " to ".join(map(str, ends))
        lasted = f"{total - comparison.diverged(a)} of {total}"
        seconds = _mean(comparison.seconds(a), 3)
        kept = f"{runs[0].saved_bytes:,.0f}"
        rows.append((name(runs[0].config), seconds, kept, epochs, lasted))
    heads = ("s an epoch", "bytes kept an example", "best epoch", "seeds not diverged")
    return Table("cost", ("activation", *heads), tuple(rows))


def differences(
    comparison: Comparison, score: Measure, when: str, name: Name = plain
) -> Table:
    """A row a pair: difference, interval, tests, effect, seeds for and against."""
    named = {a: name(comparison.of(a)[0].config) for a in comparison.activations}
    rows = [
        (f"{named[p.first]} - {named[p.second]}", *_row(p, score))
        for p in comparison.pairs(score, when)
    ]
    title = f"differences in {score.title}, {score.step.strip()}, of the {when} epoch"
    heads = ("mean", "95 % CI", "p", "p, Holm", "p, signs", "g (95 % CI)", "> = <")
    return Table(title, ("pair", *heads), tuple(rows))


def _row(pair: Pair, score: Measure) -> tuple[str, ...]:
    d = pair.difference
    mean = d.mean.times(score.factor)
    interval = _ends(mean.low, mean.high, score.digits)
    effect = NOTHING
    if math.isfinite(d.effect):
        effect = f"{d.effect:.2f} ({_ends(d.effect_low, d.effect_high, 2)})"
    p = (_p(value) for value in (d.p, d.adjusted, d.signs))
    counts = f"{d.higher} {d.equal} {d.lower}"
    return _signed(mean.mean, score.digits), interval, *p, effect, counts


def _p(value: float) -> str:
    return NOTHING if math.isnan(value) else p_text(value)[2:].removeprefix("= ")


def _signed(value: float, digits: int) -> str:
    return signed(value, digits) if math.isfinite(value) else NOTHING


def _ends(low: float, high: float, digits: int) -> str:
    if not math.isfinite(low):
        return NOTHING
    return f"{signed(low, digits)} to {signed(high, digits)}"


def _mean(found: Estimate, digits: int) -> str:
    if not found.count:
        return NOTHING
    mean = f"{found.mean:.{digits}f}"
    return f"{mean} ± {found.half:.{digits}f}" if found.count > 1 else mean
