"""The result of a run to a page of plain text."""

from __future__ import annotations

from collections.abc import Sequence

from mila_analysis.experiments.models import as_text
from mila_analysis.experiments.results import Epoch, RunResult, Scores

__all__ = ["confusion", "line", "scores", "summary", "table"]

SCORES = (
    ("top-1", "top1"),
    ("top-3", "top3"),
    ("top-5", "top5"),
    ("macro-F1", "macro_f1"),
)
FEW = 20  # classes of which a whole confusion matrix can be read
MISTAKES = 10  # of more classes, that are listed
SHORT = 12  # letters of the name of a class


def summary(result: RunResult) -> str:
    """Layers, scores of the last and the best epoch, confusion matrix, time, memory."""
    parts = [_head(result), as_text(result.layers).rstrip(), scores(result)]
    parts += [_learned(result)] if result.last.parameters else []
    parts += [confusion(result), _cost(result)]
    return "\n\n".join(parts) + "\n"


def _head(result: RunResult) -> str:
    c = result.config
    line = f"{c.dataset}, {c.model} ({c.build}), {c.activation} in {c.placement} layer"
    line += "s" if c.placement == "all" else ""
    line += f", seed {c.seed}"
    if result.diverged:
        line += f"\nDIVERGED: the loss is no number since epoch {result.last.number}"
    return line


def scores(result: RunResult) -> str:
    """Scores of the last epoch and of the best side by side, in percent and nats."""
    last, best = result.last, result.best
    columns = [
        [f"last epoch ({last.number})", *_column(last.validation)],
        [f"best epoch ({best.number})", *_column(best.validation)],
        [f"training ({last.number})", *_column(last.train)],
    ]
    names = ["validation", *(title for title, _ in SCORES), "loss"]
    return _grid([names, *columns])


def _column(of: Scores) -> list[str]:
    parts = [f"{100 * getattr(of, name):.2f} %" for _, name in SCORES]
    return [*parts, f"{of.loss:.4f}"]


def _learned(result: RunResult) -> str:
    first, last = result.epochs[0], result.last
    rows = [["learned"], [f"after epoch {first.number}"], [f"{last.number}"]]
    for name in last.parameters:
        cells = (name, *(f"{epoch.parameters[name]:.4f}" for epoch in (first, last)))
        for row, cell in zip(rows, cells, strict=True):
            row.append(cell)
    return _grid(rows)


def confusion(result: RunResult) -> str:
    """Confusion matrix of the last epoch; of many classes, the commonest mistakes."""
    names = [name[:SHORT] for name in result.classes]
    if len(names) > FEW:
        return _mistakes(result, names)
    heads = [str(i) for i in range(len(names))]
    columns = [
        ["true \\ predicted", *(f"{i} {name}" for i, name in enumerate(names))],
        *(
            [h, *map(str, column)]
            for h, column in zip(heads, _turned(result), strict=True)
        ),
    ]
    return _grid(columns)


def _turned(result: RunResult) -> list[tuple[int, ...]]:
    return list(zip(*result.confusion, strict=True))


def _mistakes(result: RunResult, names: Sequence[str]) -> str:
    found = sorted(
        (-count, true, said)
        for true, row in enumerate(result.confusion)
        for said, count in enumerate(row)
        if true != said and count
    )[:MISTAKES]
    columns = [
        ["true", *(names[true] for _, true, _ in found)],
        ["predicted", *(names[said] for _, _, said in found)],
        ["times", *(str(-count) for count, _, _ in found)],
    ]
    return "most frequent mistakes\n" + _grid(columns)


def _cost(result: RunResult) -> str:
    where = result.versions.get("gpu") or result.versions.get("processor", "")
    threads = result.versions.get("threads", "?")
    return (
        f"{_mean_seconds(result):.2f} s an epoch of training ({where}, {threads} "
        f"thread{'s' * (threads != '1')}); "
        f"{result.saved_bytes:,.0f} bytes an example kept for the backward pass"
    )


def _grid(columns: Sequence[Sequence[str]]) -> str:
    """Columns to lines; the first is flush left, numbers are flush right."""
    widths = [max(map(len, column)) for column in columns]
    lines = []
    for first, *others in zip(*columns, strict=True):
        cells = [o.rjust(w) for o, w in zip(others, widths[1:], strict=True)]
        lines.append("  ".join([first.ljust(widths[0]), *cells]).rstrip())
    return "\n".join(lines)


def table(named: Sequence[tuple[str, RunResult]]) -> str:
    """Runs by their names, a line each: validation of the last and the best epoch."""
    heads = ("run", "epochs", "top-1", "best", "macro-F1", "loss", "s/epoch")
    rows = [(name, *_cells(result)) for name, result in named]
    return _grid(list(zip(heads, *rows, strict=True))) + "\n"


def _cells(result: RunResult) -> tuple[str, ...]:
    last = result.last.validation
    return (
        f"{len(result.epochs)}",
        f"{100 * last.top1:.2f} %",
        f"{100 * result.best.validation.top1:.2f} %",
        f"{100 * last.macro_f1:.2f} %",
        "diverged" if result.diverged else f"{last.loss:.4f}",
        f"{_mean_seconds(result):.2f}",
    )


def _mean_seconds(result: RunResult) -> float:
    return sum(epoch.seconds for epoch in result.epochs) / len(result.epochs)


def line(epoch: Epoch, epochs: int) -> str:
    """An epoch on one line."""
    t, v = epoch.train, epoch.validation
    return (
        f"epoch {epoch.number}/{epochs}: "
        f"loss {t.loss:.4f}, top-1 {100 * t.top1:.2f} %; "
        f"validation loss {v.loss:.4f}, top-1 {100 * v.top1:.2f} %, "
        f"macro-F1 {100 * v.macro_f1:.2f} %; {epoch.seconds:.1f} s"
    )
