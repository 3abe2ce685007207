"""The record of a verification: what was checked, of which text, and what was found."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from importlib import metadata
from pathlib import Path
from typing import Any

from mila_analysis import __version__
from mila_analysis.errors import MilaAnalysisError, ParameterError
from mila_analysis.shown import Shown
from mila_analysis.verification.finding import FAILED, PASSED, RESERVED, Finding

__all__ = ["SCHEMA", "Certificate", "VerificationError", "machine", "versions"]

SCHEMA = 1
"""Version of the form of the JSON; it grows when a field changes its meaning."""


class VerificationError(MilaAnalysisError):
    """Code that is not what it is said to be, with the first finding that failed."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Certificate(Shown):
    """What a verification found; equal runs on equal machines give equal ones.

    Attributes:
        name, formula, parameters: the definition, its values as exact rationals.
        order: of the highest partials.
        backend, accuracy, strategy: of the code.
        digest: SHA-256 of the text, but for the digest that it states itself.
        dtypes, legs: what was checked.
        points, seed, exhaustive: how.
        findings: what came out.
        versions: of this program, Python and the libraries that took part.
        machine: processor and operating system.
    """

    name: str
    formula: str
    parameters: dict[str, str]
    order: int
    backend: str
    accuracy: str
    strategy: str
    digest: str
    dtypes: tuple[str, ...]
    legs: tuple[str, ...]
    points: int
    seed: int
    exhaustive: bool
    findings: tuple[Finding, ...]
    versions: dict[str, str]
    machine: dict[str, str]

    @property
    def passed(self) -> bool:
        """Whether nothing that is promised was found broken."""
        return bool(self.findings) and all(f.passed for f in self.findings)

    @property
    def failures(self) -> tuple[Finding, ...]:
        """Findings that break a promise."""
        return tuple(f for f in self.findings if f.status == FAILED)

    @property
    def reservations(self) -> tuple[Finding, ...]:
        """Findings of what is not promised, or could not be checked."""
        return tuple(f for f in self.findings if f.status == RESERVED)

    def raise_for_failure(self) -> None:
        """Raise the first finding that failed.

        Raises:
            VerificationError: one did.
        """
        for finding in self.failures:
            at = f" {finding.dtype}" if finding.dtype else ""
            more = len(self.failures) - 1
            rest = f" (and {more} more)" if more else ""
            again = f"; see: {finding.command}" if finding.command else ""
            raise VerificationError(
                f"{finding.leg}: {finding.subject}{at}: {finding.detail}{rest}{again}"
            )
        if not self.findings:
            raise VerificationError("nothing was checked")

    def to_json(self) -> str:
        """As JSON, in the form that `certificate.schema.json` describes."""
        known = asdict(self)
        whole = {"schema": SCHEMA, "passed": self.passed, **known}
        return json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Certificate:
        """Certificate of its JSON.

        Raises:
            ParameterError: it is none, or of a form unknown here.
        """
        try:
            known = json.loads(text)
            schema = known.pop("schema")
            passed = known.pop("passed")
            if schema != SCHEMA:
                raise ParameterError(f"a certificate of schema {schema}, not {SCHEMA}")
            findings = tuple(_finding(f) for f in known.pop("findings"))
            known |= {n: tuple(known[n]) for n in ("dtypes", "legs")}
            found = cls(findings=findings, **known)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            if isinstance(error, ParameterError):
                raise
            raise ParameterError(f"no certificate: {error}") from None
        if passed != found.passed:
            raise ParameterError(
                "the certificate says another result than its findings"
            )
        return found

    @staticmethod
    def schema() -> dict[str, Any]:
        """The JSON Schema of certificates."""
        text = Path(__file__).with_name("certificate.schema.json").read_text("utf-8")
        found: dict[str, Any] = json.loads(text)
        return found


def _finding(known: Mapping[str, Any]) -> Finding:
    missing = {f.name for f in fields(Finding)} - set(known)
    if missing:
        raise ParameterError(f"a finding without {', '.join(sorted(missing))}")
    if known["status"] not in (PASSED, FAILED, RESERVED):
        raise ParameterError(f"a finding that is {known['status']!r}")
    return Finding(**known)


def versions(*, torch: bool) -> dict[str, str]:
    """Versions of what took part."""
    names = ["numpy", "sympy", "python-flint", *(["torch"] if torch else [])]
    found = {"mila-analysis": __version__, "python": platform.python_version()}
    return found | {name: metadata.version(name) for name in names}


def machine() -> dict[str, str]:
    """Processor and operating system."""
    return {"processor": _processor(), "system": platform.system()} | {
        "architecture": platform.machine(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    named = [line for line in lines if line.startswith("model name")]
    return named[0].partition(":")[2].strip() if named else "unknown"
