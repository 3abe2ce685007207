"""Entries and backends to the rows of a survey, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mila_analysis.activation import Activation
from mila_analysis.kernels import GeneratedCode, generate_code
from mila_analysis.surveying.rows import Row, Survey, Worst
from mila_analysis.verification import Certificate, Finding, verify

__all__ = ["DTYPES", "survey"]

DTYPES = ("float64", "float32")
LEGS = ("text", "identity", "accuracy", "edges")


def survey(
    activations: Sequence[Activation],
    backends: Sequence[str],
    *,
    dtypes: Sequence[str] = DTYPES,
    known: Survey | None = None,
) -> Iterator[tuple[Row, ...]]:
    """Rows of each activation in each backend, as they are found.

    Args:
        activations: with their default parameters.
        backends: such as `numpy`, `torch` and `c`.
        dtypes: formats to measure.
        known: an earlier survey; rows of the same text that passed are taken from it.
    """
    rows = {row.key: row for row in known.rows} if known else {}
    for activation in activations:
        for backend in backends:
            code = generate_code(activation, backend)
            found = [rows.get((activation.name, backend, d)) for d in dtypes]
            same = [
                row for row in found if row and row.passed and row.digest == code.digest
            ]
            if len(same) == len(dtypes):
                yield tuple(same)
            else:
                yield _rows(code, dtypes)


def _rows(code: GeneratedCode, dtypes: Sequence[str]) -> tuple[Row, ...]:
    found = verify(code, dtype=tuple(dtypes), legs=LEGS)
    return tuple(_row(code, found, dtype) for dtype in dtypes)


def _row(code: GeneratedCode, found: Certificate, dtype: str) -> Row:
    mine = [f for f in found.findings if f.dtype in (dtype, None)]
    return Row(
        name=code.activation.name,
        backend=code.backend,
        dtype=dtype,
        strategy=code.strategy,
        digest=code.digest,
        passed=all(f.passed for f in mine),
        worst={f.subject: _worst(f) for f in mine if f.leg == "accuracy"},
        remarks=tuple(_remarks(mine)),
    )


def _worst(finding: Finding) -> Worst:
    ulp = None if finding.error is None else round(finding.error, 2)
    return Worst(ulp, finding.worst_at or "", finding.detail)


def _remarks(findings: Iterable[Finding]) -> Iterator[str]:
    for finding in findings:
        if finding.status != "passed":
            yield f"{finding.leg} {finding.subject}: {finding.detail}"
