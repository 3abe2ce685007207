"""What an audit says: the verdict, and the evidence for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from mila_analysis.activation import Activation, numeral
from mila_analysis.auditing.comparing import Difference
from mila_analysis.auditing.decimals import Constant
from mila_analysis.auditing.line import Scan

__all__ = ["AGREES", "DIFFERENT", "EQUAL", "FAILS", "HOLDS", "PRINTED", "Audit"]

EQUAL = "equal"
PRINTED = "equal to its printed digits"
AGREES = "agrees"
DIFFERENT = "different"
HOLDS = "holds"
FAILS = "fails"


@dataclass(frozen=True, slots=True)
class Audit:
    """Result of one audit.

    Attributes:
        candidate: what was audited, as given.
        activation: what it was compared with.
        partial: of the activation.
        values: parameters that have a value; the others are free.
        verdict: `equal`, `equal to its printed digits`, `agrees`, `different`; for an
            implementation `holds` or `fails`.
        proved: whether the verdict is a proof.
        evidence: the reason, in words.
        counterexample: a point where it provably differs.
        hints: what is probably wrong, each checked.
        constants: of the decimals, where they are roundings.
        notes: what else should be known.
        losses: where floats lose it: as written, or as implemented.
    """

    candidate: str
    activation: Activation
    partial: str
    values: Mapping[str, Fraction]
    verdict: str
    proved: bool
    evidence: str = ""
    counterexample: Difference | None = None
    hints: tuple[str, ...] = ()
    constants: tuple[Constant, ...] = ()
    notes: tuple[str, ...] = ()
    losses: Mapping[str, tuple[Scan, ...]] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether nothing speaks against the candidate."""
        return self.verdict not in (DIFFERENT, FAILS)

    @property
    def heading(self) -> str:
        """The verdict on one line."""
        if self.verdict == EQUAL:
            return f"equal to {self.partial}: proved{self._scope()}"
        if self.verdict == PRINTED:
            return f"equal to {self.partial} to its printed digits{self._scope()}"
        if self.verdict == AGREES:
            return f"agrees with {self.partial}, not proved{self._scope()}"
        if self.verdict == DIFFERENT:
            at = f": {self.counterexample}" if self.counterexample else ""
            return f"different from {self.partial}{at}"
        return f"{self.verdict}: {self.evidence}"

    def _scope(self) -> str:
        free = [p.name for p in self.activation.parameters if p.name not in self.values]
        return f" for every {', '.join(map(_letter, free))}" if free else ""

    def record(self) -> dict[str, Any]:
        """The audit as JSON holds it."""
        found = self.counterexample
        return {
            "candidate": self.candidate,
            "activation": self.activation.name,
            "values": {n: numeral(v) for n, v in self.values.items()},
            "partial": self.partial,
            "verdict": self.verdict,
            "proved": self.proved,
            "passed": self.passed,
            "evidence": self.evidence,
            "counterexample": None
            if found is None
            else {
                "point": {n: numeral(v) for n, v in found.point.items()},
                "value": found.value,
                "exact": found.exact,
            },
            "hints": list(self.hints),
            "constants": [
                {
                    "printed": c.printed,
                    "exact": c.exact,
                    "is_rounding": c.is_rounding,
                }
                for c in self.constants
            ],
            "notes": list(self.notes),
            "losses": [
                _scan_record(name, scan)
                for name, scans in self.losses.items()
                for scan in scans
            ],
        }


def _scan_record(name: str, scan: Scan) -> dict[str, Any]:
    return {
        "partial": name,
        "dtype": scan.format,
        "failures": [
            {"kind": f.kind, "first": f.first, "last": f.last} for f in scan.failures
        ],
        "limits": list(scan.limits),
        "ulp": scan.ulp,
        "ulp_at": scan.ulp_at,
        "points": scan.points,
    }


def _letter(name: str) -> str:
    return {"beta": "β", "alpha": "α", "gamma": "γ", "theta": "θ"}.get(name, name)
