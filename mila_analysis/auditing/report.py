"""An audit to lines that people read."""

from __future__ import annotations

from collections.abc import Iterator

from mila_analysis.auditing.audited import DIFFERENT, FAILS, HOLDS, PRINTED, Audit
from mila_analysis.auditing.line import Scan

__all__ = ["findings", "report"]


def report(audit: Audit, *, with_ulps: bool = True) -> str:
    """The verdict on the first line, and why below it.

    Args:
        audit: what was found.
        with_ulps: whether to tell the largest error too, which depends on the machine.
    """
    lines = [audit.heading]
    if audit.verdict not in (HOLDS, FAILS):
        lines.append(f"  {audit.evidence}")
    lines += [f"  {hint}" for hint in audit.hints]
    lines += [f"  note: {note}" for note in audit.notes]
    if audit.losses and audit.verdict != DIFFERENT:
        as_written = "" if audit.verdict in (HOLDS, FAILS) else "as written, "
        with_ulps = with_ulps and audit.verdict != PRINTED
        lines += [
            f"  {as_written}{line}" for line in findings(audit, with_ulps=with_ulps)
        ]
    return "\n".join(lines) + "\n"


def findings(audit: Audit, *, with_ulps: bool = True) -> Iterator[str]:
    """One line for each partial and dtype: what fails, and the largest error."""
    several = len(audit.losses) > 1 or audit.verdict in (HOLDS, FAILS)
    for name, scans in audit.losses.items():
        for scan in scans:
            parts = list(_parts(scan, with_ulps=with_ulps))
            if parts:
                head = f"{name}, {scan.format}" if several else scan.format
                yield f"{head}: {'; '.join(parts)}"


def _parts(scan: Scan, *, with_ulps: bool) -> Iterator[str]:
    said = [*map(str, scan.failures), *scan.limits]
    yield from said
    if with_ulps:
        at = f"{scan.ulp_at:.4g}".replace("-", "−")
        other = "else " if said else ""
        yield f"{other}up to {scan.ulp:.3g} ulp in |x| ≤ 10 (at x = {at})"
