"""What a survey found, as data and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mila_analysis.errors import ParameterError

__all__ = ["Row", "Survey", "Worst"]

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Worst:
    """The worst error of one partial.

    Attributes:
        ulp: where κ ≤ 16; None if there is no bound.
        at: x, a numeral that reads back.
        detail: why it is above what is aimed at, or what is wrong.
    """

    ulp: float | None
    at: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One entry, backend and format.

    Attributes:
        name, backend, dtype: what was verified, with default parameters and two more.
        strategy: of its stable form.
        digest: of the text.
        passed: whether nothing that is promised was broken.
        worst: by partial.
        remarks: of findings that did not pass.
    """

    name: str
    backend: str
    dtype: str
    strategy: str
    digest: str
    passed: bool
    worst: Mapping[str, Worst]
    remarks: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells rows of a survey apart."""
        return self.name, self.backend, self.dtype


@dataclass(frozen=True, slots=True)
class Survey:
    """Rows, and the versions that they are of."""

    rows: tuple[Row, ...]
    versions: Mapping[str, str]

    def to_json(self) -> str:
        """One row a line, so that a change is seen as the change of a row."""
        head = {"schema": SCHEMA, "versions": dict(self.versions)}
        lines = [json.dumps(asdict(row), ensure_ascii=False) for row in self.rows]
        body = ",\n  ".join(lines)
        return json.dumps(head)[:-1] + ', "rows": [\n  ' + body + "\n]}\n"

    @classmethod
    def from_json(cls, text: str) -> Survey:
        """A survey from its JSON.

        Raises:
            ParameterError: it is not one.
        """
        try:
            found = json.loads(text)
            if found["schema"] != SCHEMA:
                raise ParameterError(f"a survey of schema {found['schema']}")
            rows = tuple(_row(item) for item in found["rows"])
            return cls(rows, found["versions"])
        except (ValueError, KeyError, TypeError) as error:
            raise ParameterError(f"not the JSON of a survey: {error}") from None


def _row(item: Mapping[str, Any]) -> Row:
    worst = {name: Worst(**value) for name, value in item["worst"].items()}
    return Row(**{**item, "worst": worst, "remarks": tuple(item["remarks"])})
