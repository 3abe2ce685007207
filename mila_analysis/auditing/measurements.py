"""What was measured of torch and of ours, as data, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mila_analysis.auditing.pairs import PAIRS, Pair

__all__ = ["Measurement", "Worst", "read", "written"]

Found = Mapping[Pair, Sequence["Measurement"]]


@dataclass(frozen=True, slots=True)
class Worst:
    """Largest errors of a function; None for one that has no bound.

    Attributes:
        ulp: where κ ≤ 16 and the value is normal, and at: its x.
        subnormal: in units of the least subnormal, where the value is below normal.
    """

    ulp: float | None
    at: float
    subnormal: float | None


@dataclass(frozen=True, slots=True)
class Measurement:
    """A partial in a dtype: torch's errors and ours.

    Attributes:
        dtype: of the numbers.
        partial: `f` forward, `f_x` backward, `f_xx` doubly backward.
        points: how many numbers were tried; all of a 16-bit format.
        theirs, ours: errors. `theirs` is None where autograd raises.
        said: where torch is NaN, infinite or half wrong, and what is wrong at ±∞; or
            why there is nothing to measure.
        ours_said: the same of our code.
    """

    dtype: str
    partial: str
    points: int
    theirs: Worst | None
    ours: Worst
    said: tuple[str, ...]
    ours_said: tuple[str, ...] = ()


def read(text: str) -> tuple[Mapping[str, str], dict[Pair, tuple[Measurement, ...]]]:
    """JSON to where it was measured, and the measurements of the pairs there are."""
    record = json.loads(text)
    found = {
        (item["activation"], item["function"]): tuple(map(_read, item["results"]))
        for item in record["pairs"]
    }
    known = {p: (p.activation, p.function) for p in PAIRS}
    return record["where"], {p: found[k] for p, k in known.items() if k in found}


def _read(item: Mapping[str, Any]) -> Measurement:
    theirs = Worst(**item["theirs"]) if item["theirs"] else None
    more: dict[str, Any] = {"theirs": theirs, "ours": Worst(**item["ours"])}
    more |= {name: tuple(item[name]) for name in ("said", "ours_said")}
    return Measurement(**{**item, **more})


def written(where: Mapping[str, str], found: Found) -> str:
    """The JSON: one line a measurement, so that changes can be read."""
    blocks = []
    for pair in (p for p in PAIRS if p in found):
        rows = ",\n".join(f"    {_line(asdict(m))}" for m in found[pair])
        head = f'"activation": {_line(pair.activation)}, "function": '
        head += _line(pair.function)
        blocks.append(f'  {{{head}, "results": [\n{rows}\n  ]}}')
    body = ",\n".join(blocks)
    return f'{{"where": {_line(where)},\n"pairs": [\n{body}\n]}}\n'


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
