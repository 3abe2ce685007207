"""The catalog and a survey of it to a page in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mila_analysis.activation import Activation
from mila_analysis.partials import parse
from mila_analysis.surveying.rows import Row, Survey
from mila_analysis.verification import AIMS

__all__ = ["above", "page"]

TITLE = "# The catalog"
INTRODUCTION = """\
Every activation that has a name here, with its source, and the worst errors of its
generated code in ulp, where κ ≤ 16 ([what that is](certificate.md)): of f, of its first
and of its second partials. `mila-analysis survey` measured them, and this page is
generated: `make survey`. `homogeneous` forms are arithmetic of floats; `wide` ones of
numbers with an exponent of their own, so that nothing overflows. All of them hold on
every float. `mila-analysis verify -a NAME -b BACKEND` gives the whole certificate."""

AIM = "aimed at: f {}, first partials {}, second {} ulp"
HEADINGS = ("f", "first", "second")


def page(activations: Sequence[Activation], found: Survey) -> str:
    """The page: entries, errors by backend and format, and what is above the aims."""
    parts = [
        TITLE,
        INTRODUCTION,
        "## Definitions",
        *map(_definition, activations),
        f"## Worst errors ({AIM.format(*AIMS)})",
        "\n".join(_table(activations, found)),
        "## Above that, and why",
        "\n".join(above(found)) or "Nothing.",
        f"Versions: {', '.join(f'{k} {v}' for k, v in found.versions.items())}.",
    ]
    return "\n\n".join(parts) + "\n"


def _definition(activation: Activation) -> str:
    lines = [
        f"### {activation.title or activation.name}",
        "",
        f"`{activation.name}`: `{activation.formula}`",
        "",
    ]
    lines += [
        f"- `{p.name}` = {float(p.value):g}: {p.meaning}" for p in activation.parameters
    ]
    if activation.convention:
        lines.append(f"- Convention: {activation.convention}.")
    lines.append(f"- Source: {activation.source}.")
    return "\n".join(lines)


def _table(activations: Sequence[Activation], found: Survey) -> Iterator[str]:
    kinds = list(dict.fromkeys((r.backend, r.dtype) for r in found.rows))
    rows = {row.key: row for row in found.rows}
    heads = [f"{backend} {dtype}" for backend, dtype in kinds]
    yield "| entry | strategy | " + " | ".join(heads) + " |"
    yield "|---" * (len(kinds) + 2) + "|"
    for activation in activations:
        mine = [rows.get((activation.name, *kind)) for kind in kinds]
        strategy = next((row.strategy for row in mine if row), "")
        cells = [_cell(row, activation) if row else "" for row in mine]
        yield f"| `{activation.name}` | {strategy} | " + " | ".join(cells) + " |"


def _cell(row: Row, activation: Activation) -> str:
    worst = [0.0, 0.0, 0.0]
    for name, error in row.worst.items():
        order = parse(name, activation.variables).order
        ulp = float("inf") if error.ulp is None else error.ulp
        worst[order] = max(worst[order], ulp)
    shown = " / ".join(f"{value:.1f}" for value in worst)
    return shown if row.passed else f"{shown} ✗"


def above(found: Survey) -> Iterator[str]:
    """A line for each error that is above what is aimed at."""
    for row in found.rows:
        for name, error in row.worst.items():
            if error.detail:
                ulp = "∞" if error.ulp is None else f"{error.ulp:.1f}"
                where = f"`{row.name}` {name}, {row.backend} {row.dtype}"
                yield f"- {where}: {ulp} ulp at x = {error.at}; {error.detail}."
        for remark in _broken(row):
            yield f"- `{row.name}`, {row.backend} {row.dtype}: {remark}."


def _broken(row: Row) -> Iterable[str]:
    """Remarks of a row that did not pass."""
    return () if row.passed else row.remarks
