"""Results to rows of text, one table a part: for a terminal, for lines, for a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mila_analysis.benchmarking.results import Finding, Quality, Results
from mila_analysis.benchmarking.targets import BOTH, FORWARD
from mila_analysis.benchmarking.timing import Timing
from mila_analysis.benchmarking.titles import BRIEF, TITLES

__all__ = ["Table", "count", "markdown", "tables"]

NOTHING = "-"
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings.

    Attributes:
        part: whose table it is, in one word.
        title: for people.
        headings: one a column; the first is text, numbers stand to the right.
        rows: of texts.
    """

    part: str
    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables(results: Results) -> list[Table]:
    """A table of each part that was measured."""
    made = (_targets, _bandwidth, _memory, _sizes, _accuracy)
    return [table for make in made if (table := make(results)).rows]


def count(size: int) -> str:
    """Elements, as a power of ten where they are one."""
    digits = str(size)
    if size > 10 and digits.strip("0") == "1":
        return "10" + str(len(digits) - 1).translate(_RAISED)
    return f"{size:,}"


def markdown(table: Table, columns: Sequence[str]) -> str:
    """Some columns of a table as Markdown."""
    chosen = [table.headings.index(name) for name in columns]
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    lines += [
        "| " + " | ".join(row[i].replace("|", r"\|") for i in chosen) + " |"
        for row in table.rows
    ]
    return "\n".join(lines)


TARGET_COLUMNS = (
    "target", "size", "work", "ours", "beside", "ratio", "bound", "met",
    "default malloc", "memory alone",
)  # fmt: skip


def _targets(results: Results) -> Table:
    rows = tuple(_target(found) for found in results.findings)
    return Table(
        "targets",
        "time of ours as a part of that of another",
        TARGET_COLUMNS,
        rows,
    )


def _target(found: Finding) -> tuple[str, ...]:
    target = found.target
    head = (target.name, count(target.setting.size), target.title)
    bound = NOTHING if target.bound is None else f"≤ {target.bound:.2f}"
    peer = BRIEF[target.peer]
    if not found.pairs:
        return (*head, NOTHING, peer, NOTHING, bound, *[NOTHING] * 3)
    pair = found.pairs[-1]
    return (
        *head,
        _time(found, pair.ours),
        f"{peer} {_time(found, pair.peer)}",
        _ratio(pair.ratio),
        bound,
        {True: "yes", False: "no", None: NOTHING}[found.met],
        _ratio(found.pairs[0].ratio) if len(found.pairs) > 1 else NOTHING,
        NOTHING if pair.floor is None else _ratio(pair.floor),
    )


def _time(found: Finding, timing: Timing) -> str:
    value, unit = found.shown(timing)
    return f"{_number(value)} {unit}"


def _number(value: float) -> str:
    """Three digits, as far as that says anything."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _ratio(value: float) -> str:
    return f"{value:.3f}" if value < 0.0995 else f"{value:.2f}"


def _bandwidth(results: Results) -> Table:
    rows = tuple(
        (
            b.what,
            f"{b.rate:.1f}",
            _number(b.timing.median / b.size * 1e9),
            str(b.bytes),
            str(b.moved),
        )
        for b in results.bandwidth
    )
    headings = (
        "streams", "GB/s", "ns an element", "bytes an element", "with write-allocate",
    )  # fmt: skip
    title = "what memory brings and takes: copy for forward, triad for backward"
    return Table("bandwidth", title, headings, rows)


def _memory(results: Results) -> Table:
    rows = tuple(
        (
            TITLES[h.implementation],
            f"{h.bytes:.2f}",
            NOTHING if h.bound is None else f"≤ {h.bound:g}",
            {True: "yes", False: "no", None: NOTHING}[h.met],
        )
        for h in results.held
    )
    title = "bytes an element that are kept for backward"
    return Table("memory", title, ("implementation", "bytes", "bound", "met"), rows)


def _sizes(results: Results) -> Table:
    speeds = results.speeds
    sizes = sorted({s.setting.size for s in speeds})
    ns = {(s.implementation, s.setting.passes, s.setting.size): s.ns for s in speeds}
    names = dict.fromkeys(s.implementation for s in speeds)
    rows = tuple(
        (
            passes,
            TITLES[name],
            *(
                _number(ns[name, passes, n]) if (name, passes, n) in ns else NOTHING
                for n in sizes
            ),
        )
        for passes in dict.fromkeys(s.setting.passes for s in speeds)
        for name in names
    )
    kind = f" ({speeds[0].setting.dtype})" if speeds else ""
    headings = ("passes", "implementation", *map(count, sizes))
    return Table("sizes", f"ns an element{kind}, by elements", headings, rows)


def _accuracy(results: Results) -> Table:
    found: dict[str, dict[str, Quality]] = {}
    for q in results.qualities:
        found.setdefault(q.implementation, {})[q.partial] = q
    rows = tuple(
        (TITLES[name], *_quality(row.get("f")), *_quality(row.get("f_x")))
        for name, row in found.items()
    )
    headings = (
        "implementation", "f, ulp", f"{FORWARD}, ns", "f_x, ulp", f"{BOTH}, ns",
    )  # fmt: skip
    title = "worst error, and ns an element of 10⁵ (float32)"
    return Table("accuracy", title, headings, rows)


def _quality(q: Quality | None) -> tuple[str, str]:
    if q is None:
        return NOTHING, NOTHING
    ulp = "NaN or ∞" if q.ulp is None else f"{q.ulp:.4g}"
    return ulp, _number(q.ns)
