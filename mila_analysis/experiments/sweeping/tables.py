"""How far runs are, and their scores, to CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from mila_analysis.experiments.sweeping.states import Standing

__all__ = ["record", "to_csv", "to_json"]

CONFIG = ("dataset", "model", "activation", "seed")
SCORES = (
    "last_top1",
    "best_top1",
    "best_epoch",
    "last_macro_f1",
    "best_macro_f1",
    "last_loss",
    "seconds",
)


def record(standing: Standing) -> dict[str, Any]:
    """A run in one row: what it is, its state, and scores of the validation set.

    Parts are from 0 to 1. The best epoch is that of the best top-1. What is not known,
    or is no number, is None.
    """
    config = standing.config
    return {
        "run": standing.folder.name,
        **{name: getattr(config, name) for name in CONFIG},
        "state": standing.state,
        "epochs": standing.epochs,
        **_scores(standing),
        "reason": _reason(standing),
    }


def _scores(standing: Standing) -> dict[str, float | None]:
    result = standing.result
    if result is None:
        return dict.fromkeys(SCORES)
    last, best = result.last.validation, result.best.validation
    seconds = sum(epoch.seconds for epoch in result.epochs)
    values = (
        last.top1, best.top1, result.best.number, last.macro_f1, best.macro_f1,
        last.loss, round(seconds, 3),
    )  # fmt: skip
    finite = [value if math.isfinite(value) else None for value in values]
    return dict(zip(SCORES, finite, strict=True))


def _reason(standing: Standing) -> str:
    result = standing.result
    if result is not None and result.diverged:
        return f"diverged: the loss is no number in epoch {result.last.number}"
    return standing.reason


def to_csv(standings: Sequence[Standing]) -> str:
    """A row a run, with all digits; what is not known is empty."""
    records = [record(standing) for standing in standings]
    stream = io.StringIO()
    headings = list(records[0]) if records else ["run"]
    rows = csv.DictWriter(stream, headings, lineterminator="\n")
    rows.writeheader()
    rows.writerows(records)
    return stream.getvalue()


def to_json(standings: Sequence[Standing]) -> str:
    """An object a run: its row, and its whole configuration as `config`."""
    rows = [record(s) | {"config": asdict(s.config)} for s in standings]
    return json.dumps(rows, indent=1, ensure_ascii=False) + "\n"
