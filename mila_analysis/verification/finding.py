"""What one check found: how much was checked, the worst, and how to see it again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["FAILED", "PASSED", "RESERVED", "Finding"]

PASSED, FAILED, RESERVED = "passed", "failed", "reserved"


@dataclass(frozen=True, slots=True)
class Finding:
    """Result of one check of one leg.

    Attributes:
        leg: `text`, `identity`, `accuracy`, `autograd`, `edges` or `exhaustive`.
        subject: what was checked: a partial, or a part of the text.
        status: `passed`, `failed`, or `reserved` for what is measured but not promised,
            or could not be checked here.
        checked: how many identities, points or cases.
        detail: one line for people.
        dtype: the format, where there is one.
        parameters: values at the worst point.
        worst_at: x of the worst point, a numeral that reads back exactly.
        error: the worst error, in `unit`.
        limit: what is promised of it.
        unit: such as `ulp where κ ≤ 16`.
        more: further measures by name.
        seed: of the random points.
        command: shows the worst point again, or runs the check again.
    """

    leg: str
    subject: str
    status: str
    checked: int
    detail: str = ""
    dtype: str | None = None
    parameters: dict[str, str] = field(default_factory=dict)
    worst_at: str | None = None
    error: float | None = None
    limit: float | None = None
    unit: str | None = None
    more: dict[str, Any] = field(default_factory=dict)
    seed: int | None = None
    command: str | None = None

    @property
    def passed(self) -> bool:
        """Whether nothing that is promised was broken."""
        return self.status != FAILED
