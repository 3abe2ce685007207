"""A ranking to text, Markdown, LaTeX, CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from itertools import groupby

from mila_analysis.experiments.published.pages import PAGES, Cell, Grid, Page
from mila_analysis.experiments.published.ranking import Ranking
from mila_analysis.experiments.published.records import DATASETS, SCORES, SOURCE, Block

__all__ = ["CHOSEN", "FORMATS", "networks", "p_value", "page", "remarks", "verdict"]

BEST = "best average rank"
NOT_INDEPENDENT = (
    "The tests take blocks for independent; these share their images and their author, "
    "so p-values are too small if anything."
)
CHOSEN = (
    "Activations that are named after seeing the results give p-values that are too "
    "small."
)
LEAST = 0.001  # below this a p-value is only bounded


def verdict(found: Ranking) -> str:
    """Whether the data show that some activation differs, in a sentence."""
    shown = f"p = {p_value(found.friedman.cautious)}".replace("= <", "< ")
    if found.rejects:
        return f"That all are alike by {_score(found)} is rejected ({shown})."
    return (
        f"The data do not show that any of them differs by {_score(found)} ({shown}): "
        "the order may be chance."
    )


def p_value(p: float) -> str:
    """Three decimals, or that it is less."""
    return f"{p:.3f}" if p >= LEAST else f"<{LEAST}"


def _score(found: Ranking) -> str:
    return SCORES[found.score].title


def remarks(found: Ranking) -> tuple[str, ...]:
    """What the tests say, and what they say it of."""
    f = found.friedman
    told = f"χ²({f.freedom}) = {f.chi2:.2f}, p = {p_value(f.p)}"
    less = f"F({f.freedom}, {f.freedom2}) = {f.f:.2f}, p = {p_value(f.f_p)}"
    return (
        verdict(found),
        f"Friedman: {told}; Iman-Davenport: {less}.".replace("= <", "< "),
        *_nemenyi(found),
        _wilcoxon(found),
        f"Blocks: {networks(found.blocks)}.",
        *_left_out(found),
        NOT_INDEPENDENT,
    )


def _nemenyi(found: Ranking) -> list[str]:
    """Critical difference, and what it is worth."""
    wide = f"Nemenyi: ranks differ from {found.difference:.2f} on (α = {found.alpha:g})"
    if not found.rejects:
        return [f"{wide}; this test is only for where the first one rejects."]
    ranked, width = found.ranked, found.difference
    apart = [
        f"{a.name} and {b.name}"
        for i, a in enumerate(ranked)
        for b in ranked[i + 1 :]
        if b.rank - a.rank >= width
    ]
    return [f"{wide}: {', '.join(apart) or 'none do'}."]


def _wilcoxon(found: Ranking) -> str:
    """Pairs that differ by Wilcoxon's test, corrected by Holm's method."""
    apart = [p for p in found.pairs if p.holm < found.alpha]
    many = "Wilcoxon"
    if len(found.pairs) > 1:
        many += f" with Holm's correction for {len(found.pairs)} pairs"
    if not apart:
        least = min(p.holm for p in found.pairs)
        return f"{many}: no two differ (smallest p = {p_value(least)})."
    told = (f"{p.first} and {p.second} (p = {p_value(p.holm)})" for p in apart)
    return f"{many}: {', '.join(told)} differ."


def networks(blocks: Sequence[Block]) -> str:
    """How many blocks there are, and which: `2 (CIFAR-10 v1 of depth 20, 32)`."""
    told = []
    for (dataset, version), members in groupby(blocks, key=lambda b: b[:2]):
        depths = ", ".join(str(block.depth) for block in members)
        told.append(f"{DATASETS[dataset]} {version} of depth {depths}")
    return f"{len(blocks)} ({'; '.join(told)})"


def _left_out(found: Ranking) -> list[str]:
    """Blocks and activations that cannot be compared with the others."""
    told = []
    if found.unused:
        told.append(f"Blocks without all of these: {networks(found.unused)}.")
    if found.omitted:
        told.append(f"In too few blocks: {', '.join(found.omitted)}.")
    return told


def page(found: Ranking, notes: Sequence[str] = ()) -> Page:
    """Average ranks as a table, and the tests below it."""
    top = found.ranked[0].rank
    rows = tuple(
        (Cell(r.name), Cell(f"{r.rank:.2f}", r.rank == top), Cell(str(r.first)))
        for r in found.ranked
    )
    title = f"Average ranks by {_score(found)} in {len(found.blocks)} blocks"
    grid = Grid(title, ("activation", "average rank", "times best"), rows)
    return Page((grid,), (*remarks(found), *notes, f"Source: {SOURCE}."), BEST)


def to_csv(found: Ranking) -> str:
    """Average ranks as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["name", "activation", "average_rank", "times_best"])
    writer.writerows(
        [r.name, r.activation, f"{r.rank:.12g}", r.first] for r in found.ranked
    )
    return text.getvalue()


def to_json(found: Ranking, notes: Sequence[str]) -> str:
    """All of a ranking as JSON."""
    told = {"rejected": found.rejects, "notes": [*remarks(found), *notes]}
    body = asdict(found) | {
        "blocks": [block._asdict() for block in found.blocks],
        "unused": [block._asdict() for block in found.unused],
    }
    if math.isinf(found.friedman.f):  # JSON has no infinity
        body["friedman"]["f"] = None
    whole = {"source": SOURCE, **told, **body}
    return json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


FORMATS: Mapping[str, Callable[[Ranking, Sequence[str]], str]] = {
    "text": lambda found, notes: PAGES["text"](page(found, notes)),
    "csv": lambda found, _: to_csv(found),
    "json": to_json,
    "markdown": lambda found, notes: PAGES["markdown"](page(found, notes)),
    "latex": lambda found, notes: PAGES["latex"](page(found, notes)),
}
"""A ranking, and more that must be known of it, to text."""
