"""What was measured, as data that JSON holds; ratios and verdicts follow from it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from mila_analysis.benchmarking.machine import Machine
from mila_analysis.benchmarking.targets import HELD, SMALL, Setting, Target
from mila_analysis.benchmarking.timing import Timing
from mila_analysis.benchmarking.titles import TITLES
from mila_analysis.errors import ParameterError

__all__ = [
    "BOUND_OF_MEMORY",
    "Bandwidth",
    "Finding",
    "Held",
    "Pair",
    "Quality",
    "Results",
    "Skip",
    "Speed",
    "finite",
]

FORMAT = "mila-analysis bench 1"
METHOD = {
    "inputs": "standard normal",
    "samples": "taken in turns, in one process, after a warm-up; medians and quartiles",
    "collector": "off",
    "allocators": "default: malloc as it is; kept: it keeps pages that were freed",
}


BOUND_OF_MEMORY = {"ours": HELD, "learnable": HELD}


@dataclass(frozen=True, slots=True)
class Pair:
    """Ours and the peer under one allocator, and memory alone where that is a bound."""

    allocator: str
    ours: Timing
    peer: Timing
    roofline: Timing | None = None

    @property
    def ratio(self) -> float:
        """What ours takes, as a part of what the peer takes."""
        return self.ours.median / self.peer.median

    @property
    def floor(self) -> float | None:
        """The ratio that moving the bytes alone would have."""
        if self.roofline is None:
            return None
        return self.roofline.median / self.peer.median


@dataclass(frozen=True, slots=True)
class Finding:
    """A target and what was measured for it.

    Attributes:
        target: what was to be reached.
        pairs: one an allocator; the last decides.
        reason: why there are none.
    """

    target: Target
    pairs: tuple[Pair, ...] = ()
    reason: str = ""

    @property
    def ratio(self) -> float | None:
        """Of the allocator that decides."""
        return self.pairs[-1].ratio if self.pairs else None

    @property
    def met(self) -> bool | None:
        """Whether the ratio is within the bound; `None` without either."""
        if self.ratio is None or self.target.bound is None:
            return None
        return self.ratio <= self.target.bound

    def shown(self, timing: Timing) -> tuple[float, str]:
        """A time and its unit: of an element, or of a call where only that counts."""
        if self.target.setting.size <= SMALL:
            return timing.median * 1e6, "µs"
        return timing.median / self.target.setting.size * 1e9, "ns"


@dataclass(frozen=True, slots=True)
class Held:
    """Bytes an element that an implementation keeps for backward."""

    implementation: str
    bytes: float
    bound: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether it is no more than the bound."""
        return None if self.bound is None else round(self.bytes, 2) <= self.bound


@dataclass(frozen=True, slots=True)
class Speed:
    """Time of an implementation at one size."""

    implementation: str
    setting: Setting
    allocator: str
    timing: Timing

    @property
    def ns(self) -> float:
        """Nanoseconds an element."""
        return self.timing.median / self.setting.size * 1e9


@dataclass(frozen=True, slots=True)
class Quality:
    """Worst error of an implementation in f or f_x, and what it takes.

    Attributes:
        implementation: its name.
        partial: `f` or `f_x`.
        ulp: worst error of normal results where κ ≤ 16; `None` for NaN or a wrong
            infinity.
        at: the x of it.
        subnormal: worst error of other results, in the least subnormal; `None` too.
        points: how many were tried.
        ns: nanoseconds an element, of forward for f, of both passes for f_x.
    """

    implementation: str
    partial: str
    ulp: float | None
    at: float
    subnormal: float | None
    points: int
    ns: float


@dataclass(frozen=True, slots=True)
class Bandwidth:
    """What memory brings and takes, by long arrays that are copied or added.

    Attributes:
        what: `copy` or `triad`.
        bytes: an element, that the program reads and writes.
        moved: an element, with what is read because it will be written.
        timing: of a call.
        size: elements.
    """

    what: str
    bytes: int
    moved: int
    timing: Timing
    size: int

    @property
    def rate(self) -> float:
        """Gigabytes a second of what the program reads and writes."""
        return self.bytes * self.size / self.timing.median * 1e-9


@dataclass(frozen=True, slots=True)
class Skip:
    """What could not be measured, and why."""

    implementation: str
    reason: str


@dataclass(frozen=True, slots=True)
class Results:
    """All that a run has found.

    Attributes:
        activation: as users type it.
        label: LaTeX of its name and parameter values.
        machine: where.
        is_quick: whether there were few samples.
        is_complete: whether nobody interrupted it.
    """

    activation: str
    label: str
    machine: Machine
    is_quick: bool = False
    is_complete: bool = True
    findings: tuple[Finding, ...] = ()
    held: tuple[Held, ...] = ()
    bandwidth: tuple[Bandwidth, ...] = ()
    speeds: tuple[Speed, ...] = ()
    qualities: tuple[Quality, ...] = ()
    skipped: tuple[Skip, ...] = field(default_factory=tuple)

    def record(self) -> dict[str, Any]:
        """As JSON has it: what was measured, and beside it what follows from that."""
        return {
            "format": FORMAT,
            "activation": self.activation,
            "label": self.label,
            "quick": self.is_quick,
            "complete": self.is_complete,
            "machine": asdict(self.machine),
            "method": METHOD,
            "targets": [_finding(f) for f in self.findings],
            "memory": [asdict(h) | {"met": h.met} | _title(h) for h in self.held],
            "bandwidth": [asdict(b) | {"gigabytes": b.rate} for b in self.bandwidth],
            "sizes": [asdict(s) | {"ns": s.ns} | _title(s) for s in self.speeds],
            "accuracy": [asdict(q) | _title(q) for q in self.qualities],
            "skipped": [asdict(s) | _title(s) for s in self.skipped],
        }

    def to_json(self) -> str:
        """Text of a file."""
        return json.dumps(self.record(), indent=1, allow_nan=False) + "\n"

    @staticmethod
    def from_json(text: str) -> Results:
        """Results of a text that `to_json` wrote.

        Raises:
            ParameterError: it is no such text.
        """
        try:
            record = json.loads(text)
            if record["format"] != FORMAT:
                raise ParameterError(f"these results are not of '{FORMAT}'")
            return _read(record)
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, ParameterError):
                raise
            raise ParameterError("this is no JSON of mila-analysis bench") from None


def finite(value: float) -> float | None:
    """A number that JSON has, or nothing."""
    return value if math.isfinite(value) else None


def _title(one: Held | Speed | Quality | Skip) -> dict[str, str]:
    return {"title": TITLES[one.implementation]}


def _finding(found: Finding) -> dict[str, Any]:
    verdict = {"ratio": found.ratio, "met": found.met, "reason": found.reason}
    measured = [
        asdict(pair) | {"ratio": pair.ratio, "floor": pair.floor}
        for pair in found.pairs
    ]
    return asdict(found.target) | {"measured": measured} | verdict


def _read(record: Mapping[str, Any]) -> Results:
    return Results(
        activation=record["activation"],
        label=record["label"],
        machine=Machine(**record["machine"]),
        is_quick=record["quick"],
        is_complete=record["complete"],
        findings=tuple(map(_read_finding, record["targets"])),
        held=tuple(
            Held(h["implementation"], h["bytes"], h["bound"]) for h in record["memory"]
        ),
        bandwidth=tuple(
            Bandwidth(b["what"], b["bytes"], b["moved"], _timing(b), b["size"])
            for b in record["bandwidth"]
        ),
        speeds=tuple(map(_read_speed, record["sizes"])),
        qualities=tuple(
            Quality(**{k: v for k, v in q.items() if k != "title"})
            for q in record["accuracy"]
        ),
        skipped=tuple(
            Skip(s["implementation"], s["reason"]) for s in record["skipped"]
        ),
    )


def _timing(record: Mapping[str, Any], key: str = "timing") -> Timing:
    return Timing(**record[key])


def _read_speed(record: Mapping[str, Any]) -> Speed:
    setting = Setting(**record["setting"])
    name = record["implementation"]
    return Speed(name, setting, record["allocator"], _timing(record))


def _read_finding(record: Mapping[str, Any]) -> Finding:
    r = record
    setting = Setting(**r["setting"])
    target = Target(r["name"], r["title"], r["ours"], r["peer"], setting, r["bound"])
    pairs = tuple(
        Pair(
            p["allocator"],
            _timing(p, "ours"),
            _timing(p, "peer"),
            _timing(p, "roofline") if p["roofline"] else None,
        )
        for p in r["measured"]
    )
    return Finding(target, pairs, r["reason"])
