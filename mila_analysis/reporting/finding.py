"""Features and certificates to sections of a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mila_analysis.activation import Activation
from mila_analysis.analysis import Features
from mila_analysis.analysis.rows import Row, rows
from mila_analysis.analysis.theorems import theorems
from mila_analysis.partials import parse
from mila_analysis.reporting.blocks import (
    Block,
    Code,
    Math,
    Paragraph,
    Rich,
    Section,
    Table,
    rich,
)
from mila_analysis.reporting.defining import at_values
from mila_analysis.verification import Certificate, Finding

__all__ = ["Verified", "analysis", "verification"]

BACKENDS = {"numpy": "NumPy", "torch": "PyTorch", "c": "C", "triton": "Triton"}
WORDS = {
    "sup |f_x|": "Lipschitz constant",
    "sup |f_xx|": "smoothness constant",
    "f_xx there": "curvature there",
    "rises and falls": "monotone on",
    "curvature": "convexity",
    "E f(X), X ~ N(0, 1)": "mean, X normal",
    "Var f(X)": "variance",
    "E f(X)²": "mean square",
    "E f_x(X)²": "mean square slope",
    "gain 1/√E f(X)²": "gain, forward",
    "gain 1/√E f_x(X)²": "gain, backward",
}
"""What a label that repeats its symbol means, in words."""

ENCLOSED = (
    "very number is enclosed by interval arithmetic on the whole real line, and "
    "printed in digits that are proved: the true value rounds to what is shown."
)
PLAIN = {"asymptote", "rises and falls", "curvature"}
"""Labels whose symbol says less than the words."""


def analysis(found: Features) -> Section:
    """All that is proved, and what is not."""
    given = at_values(found.activation)
    lead: Rich = (*(("With ", *given, ": e") if given else ("E",)), ENCLOSED)
    body = tuple(_row(row) for row in rows(found))
    table = Table((("Quantity",), ("Symbol",), ("Value",)), body)
    blocks: list[Block] = [Paragraph(lead), table]
    proved = theorems(found.activation)
    if proved:
        blocks.append(Paragraph(("Proved by exact algebra:",)))
    blocks += [
        Paragraph(rich(t.latex.replace(r"\frac", r"\dfrac")), "Theorem") for t in proved
    ]
    return Section("Analysis", tuple(blocks))


def _row(row: Row) -> tuple[Rich, ...]:
    label = row.label.strip()
    words = "dead slope" if label.startswith("|f_x| <") else WORDS.get(label, label)
    if not row.proved:
        return ((words,), (), (row.text,))
    symbol: Rich = (Math(row.symbol),) if label and label not in PLAIN else ()
    return ((words.replace("-∞", "−∞"),), symbol, (Math(row.latex, row.text),))


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of the verification of one backend.

    Attributes:
        backend: its name.
        certificate: the record; None where nothing could be checked.
        reason: why not.
    """

    backend: str
    certificate: Certificate | None
    reason: str = ""


def verification(activation: Activation, found: Sequence[Verified]) -> Section:
    """Worst errors of the generated code, and what else was checked."""
    done = [v.certificate for v in found if v.certificate is not None]
    blocks: list[Block] = []
    if not found:
        blocks.append(Paragraph(("The generated code was not verified.",)))
    if done:
        blocks.append(Paragraph(_lead(done)))
        blocks.append(_errors(activation, done))
    blocks += [_passed(c) for c in done]
    for missing in (v for v in found if v.certificate is None):
        label = BACKENDS.get(missing.backend, missing.backend)
        blocks.append(Paragraph((f"Not verified: {missing.reason}.",), label))
    if done:
        blocks.append(_machine(done[0]))
    return Section("Verification of the code", tuple(blocks))


def _lead(done: Sequence[Certificate]) -> Rich:
    units = sorted({f.unit or "" for c in done for f in c.findings if _is_error(f)})
    condition = next((u.partition("ulp ")[2] for u in units if "≤" in u), "")
    bounded: Rich = ()
    if condition.startswith("where κ ≤ "):
        bounded = (" where the condition number ", Math(r"\kappa"), " is at most ",
                   Math(condition.removeprefix("where κ ≤ ")))  # fmt: skip
    return (
        "Worst error found, in units in the last place, against proven enclosures",
        *bounded,
        "; beside it, in brackets, what is promised. ",
        "An error of 0.50 is a correctly rounded result.",
    )


def _is_error(finding: Finding) -> bool:
    return finding.leg == "accuracy"


def _errors(activation: Activation, done: Sequence[Certificate]) -> Table:
    columns = [(c, dtype) for c in done for dtype in c.dtypes]
    found = {
        (c.backend, f.dtype, f.subject): f
        for c in done
        for f in c.findings
        if _is_error(f)
    }
    subjects = list(dict.fromkeys(subject for _, _, subject in found))
    body = []
    for subject in subjects:
        cells = [found.get((c.backend, d, subject)) for c, d in columns]
        body.append(((_partial(activation, subject),), *map(_cell, cells)))
    head: list[Rich] = [("Partial",)]
    head += [(f"{BACKENDS[c.backend]} {dtype}",) for c, dtype in columns]
    return Table(tuple(head), tuple(body), tuple(range(1, len(head))))


def _partial(activation: Activation, name: str) -> Math:
    found = parse(name, activation.variables)
    letters = {p.name: p.latex for p in activation.parameters if p.latex}
    below = " ".join(letters.get(v, v) for v in found.variables)
    return Math(f"f_{{{below}}}" if below else "f")


def _cell(finding: Finding | None) -> Rich:
    if finding is None:
        return ("–",)
    error = "∞" if finding.error is None else f"{finding.error:.2f}"
    limit = "" if finding.limit is None else f" ({finding.limit:g})"
    failed = "" if finding.passed else " FAILED"
    return (f"{error}{limit}{failed}",)


def _passed(done: Certificate) -> Paragraph:
    """One sentence on what a certificate says."""
    counts = [f"{n:,} {what}" for n, what in _counts(done.findings) if n]
    verdict = "Passed" if done.passed else "FAILED"
    parts: list[str] = [f"{verdict}: {', '.join(counts)}."]
    parts += [
        f" {f.leg} {f.subject} {f.dtype or ''}".rstrip() + f": {f.detail}."
        for f in (*done.failures, *done.reservations)
    ]
    label = f"{BACKENDS[done.backend]}, {done.accuracy}, {done.strategy}"
    return Paragraph((*parts, " SHA-256 of the text: ", Code(done.digest), "."), label)


def _counts(findings: Sequence[Finding]) -> Iterator[tuple[int, str]]:
    names = {
        "identity": "identities proved",
        "accuracy": "points measured",
        "autograd": "points beside other derivatives",
        "edges": "special values",
    }
    for leg, what in names.items():
        yield sum(f.checked for f in findings if f.leg == leg), what


def _machine(done: Certificate) -> Paragraph:
    versions = ", ".join(f"{name} {text}" for name, text in done.versions.items())
    return Paragraph((f"{done.machine['processor']}; {versions}.",), "Measured on")
