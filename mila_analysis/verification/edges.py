"""The edges leg: zeros, the ends of the format, infinities and NaN, signs included.

What is right there is not written down: enclosures say it, at the point, and far out
on the line for the limits at infinity. Results at and above the largest numbers are
promised for the formulas of the catalog, signs of zeros for those that are one
expression in one exponential; for all others they are checked and said.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from mila_analysis import balls
from mila_analysis.activation import Activation
from mila_analysis.balls import Enclosure
from mila_analysis.derivation import derive
from mila_analysis.errors import AccuracyError, ParameterError
from mila_analysis.kernels import Kernel
from mila_analysis.verification.finding import FAILED, PASSED, RESERVED, Finding
from mila_analysis.verification.formats import Format
from mila_analysis.verification.promises import is_known
from mila_analysis.verification.subject import Subject, spelled, subjects

__all__ = ["edges", "limit"]

FAR = ((1e150, 1e300), (1e4, 1e5), (50.0, 500.0))
"""Pairs of points whose values tell the limit; the nearer where the farther fail."""

DECIDED = (1e300, 1e150, 1e30, 1e6, 1e5, 1e4, 1e3, 500.0, 200.0, 100.0, 50.0)
SWINGING = tuple(1e300 * (1 + 0.7 * i) for i in range(16))
"""Points that have to agree on a limit; by chance waves do so once in 2^15 times."""
LEAST = 5e-324
"""Beside zero, in every format; a value there that no float is near has no sign."""

ULP = 4
"""Units in the last place that a finite limit may be off."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a result has to be: a value, or only its sign.

    Attributes:
        value: NaN, an infinity, zero, or a number to be met within some ulp.
        sign: of it, +1 or -1; 0 where it is free.
        only_sign: whether any number of that sign will do, 0 included.
    """

    value: float
    sign: int
    only_sign: bool = False

    def met(self, found: float, kind: Format) -> bool:
        """Whether a result is that."""
        if math.isnan(self.value):
            return math.isnan(found)
        if math.isnan(found) or (self.sign and math.copysign(1, found) != self.sign):
            return False
        if self.only_sign:
            return math.isfinite(found) or abs(self.value) > kind.max
        if math.isinf(self.value) or self.value == 0:
            return found == self.value
        return abs(found - self.value) <= ULP * 2.0**-kind.digits * abs(self.value)

    def met_but_for_the_sign(self, found: float) -> bool:
        """Whether a result is that but for the sign of zero."""
        return found == 0 and (self.value == 0 or self.only_sign)

    def __str__(self) -> str:
        sign = {1: "positive", -1: "negative", 0: "finite"}[self.sign]
        return (
            sign if self.only_sign else repr(math.copysign(self.value, self.sign or 1))
        )


@dataclass(slots=True)
class _Checked:
    """What was found of one partial so far."""

    count: int = 0
    first: str = ""
    at: float | None = None
    where: Subject | None = None
    broken: int = 0
    unpromised: int = 0


def edges(
    kernel: Kernel, kind: Format, *, progress: Callable[[str], None]
) -> list[Finding]:
    """Results of all partials at the edges of one format."""
    found: dict[str, _Checked] = {}
    last = None
    for each in subjects(kernel, kind):
        progress(f"edges, {kind.name}")
        for x in _inputs(kind):
            together, alone = each.values([x]), each.alone([x])
            for name in together:
                if math.isnan(x) and not _follows_nan(each, name):
                    continue
                wanted = _wanted(each.activation, name, x, each.code.order)
                checked = found.setdefault(name, _Checked())
                for values in (together[name], alone[name]):
                    _check(checked, each, x, values[0], wanted)
        _nan_parameters(each, found)
        last = last or each
    assert last is not None  # noqa: S101 - there is one at least
    return [_finding(name, checked, last) for name, checked in found.items()]


def _follows_nan(each: Subject, name: str) -> bool:
    """Whether NaN for x has to give NaN: a constant partial may forget it."""
    return is_known(each.activation) or _depends(each, name, "x")


def _inputs(kind: Format) -> Iterator[float]:
    yield math.nan
    for size in (0.0, kind.least, kind.tiny, kind.max, math.inf):
        yield -size
        yield size


def _check(
    checked: _Checked, each: Subject, x: float, found: float, wanted: Wanted | None
) -> None:
    if wanted is None:
        return
    checked.count += 1
    if not wanted.met(float(found), each.kind):
        if _is_free_sign(float(found), wanted, each) or (
            not is_known(each.activation) and _is_excused(x, float(found), wanted, each)
        ):
            checked.unpromised += 1
        else:
            checked.broken += 1
        if not checked.first or checked.broken == 1:
            checked.first = f"{float(found)!r} at x = {x!r}, where it is {wanted}"
            checked.at, checked.where = x, each


def _is_free_sign(found: float, wanted: Wanted, each: Subject) -> bool:
    """Whether only the sign of a zero is wrong, and nothing promises it."""
    cases = derive(each.activation, each.code.order).cases
    promised = each.code.strategy == "homogeneous" and len(cases) == 1
    return not promised and wanted.met_but_for_the_sign(found)


def _is_excused(x: float, found: float, wanted: Wanted, each: Subject) -> bool:
    """Whether a result is wrong in a way that own formulas do not promise to avoid."""
    huge = each.kind.max / 2.0**41
    if abs(x) == each.kind.max or wanted.met_but_for_the_sign(found):
        return True
    return math.isinf(wanted.value) and found * wanted.sign > huge


def _nan_parameters(each: Subject, found: dict[str, _Checked]) -> None:
    wanted = Wanted(math.nan, 0)
    for p in each.activation.parameters:
        for name, values in each.values([1.0], **{p.name: math.nan}).items():
            if _depends(each, name, p.name):
                _check(found[name], each, 1.0, values[0], wanted)


def _depends(each: Subject, name: str, variable: str) -> bool:
    """Whether a partial depends on a variable in every case of the definition."""
    derivation = derive(each.activation, each.code.order)
    elements = [case.partials[name] for case in derivation.cases]
    return all(
        variable in map(str, derivation.in_variables(e.as_expr()).free_symbols)
        for e in elements
    )


def _finding(name: str, checked: _Checked, first: Subject) -> Finding:
    where = checked.where or first
    promises = where.code.holds_everywhere
    status = FAILED if promises and checked.broken else RESERVED
    at = None if checked.at is None else spelled(checked.at)
    return Finding(
        leg="edges",
        subject=name,
        status=status if checked.broken or checked.unpromised else PASSED,
        checked=checked.count,
        detail=checked.first,
        dtype=where.kind.name,
        parameters=where.shown,
        worst_at=at,
        error=float(checked.broken),
        limit=0.0 if promises else None,
        unit="wrong results",
        command=where.command(*(("--at", at) if at else ("--leg", "edges"))),
    )


def _wanted(activation: Activation, name: str, x: float, order: int) -> Wanted | None:
    if math.isnan(x):
        return Wanted(math.nan, 0)
    if math.isinf(x):
        return limit(activation, name, 1 if x > 0 else -1, order)
    exact = _enclosed(activation, name, x, order)
    if exact is None:
        return None
    if exact.low == exact.high == 0:
        beside = math.copysign(LEAST, x) if x == 0 else x
        known = _enclosed(activation, name, beside, order)
        clear = known is not None and (known.low > 0 or known.high < 0)
        return Wanted(0.0, _sign(known) if known and clear else 0)
    try:
        value = float(exact.mid)
    except OverflowError:
        value = math.inf * _sign(exact)
    return Wanted(value, _sign(exact), only_sign=True)


def _sign(enclosure: Enclosure) -> int:
    """Sign of the exact value; 0 where it is not known, or the value is zero."""
    if enclosure.low >= 0 and enclosure.high > 0:
        return 1
    return -1 if enclosure.high <= 0 and enclosure.low < 0 else 0


def _enclosed(
    activation: Activation, name: str, x: float, order: int
) -> Enclosure | None:
    return _all_enclosed(activation, x, order).get(name)


@lru_cache(maxsize=4096)
def _all_enclosed(
    activation: Activation, x: float, order: int
) -> Mapping[str, Enclosure]:
    """Enclosures of all partials at a point, or of none where there are none."""
    try:
        return balls.enclose_all(activation, x, order=order)
    except (AccuracyError, ParameterError):
        return {}


def limit(
    activation: Activation, name: str, side: int, order: int = 2
) -> Wanted | None:
    """Limit of a partial at ±∞ and its sign, by enclosures far out; None if unclear.

    Between the two points of a pair a value that vanishes or grows does so by half at
    least: the slowest that formulas make is log x, which doubles from 1e150 to 1e300.
    """
    if _swings(activation, order):
        return _limit_of_what_swings(activation, name, side, order)
    return _limit(activation, name, side, order, FAR)


def _swings(activation: Activation, order: int) -> bool:
    functions = {g.function for g in derive(activation, order).generators}
    return bool(functions & {"sin", "cos"})


def _limit_of_what_swings(
    activation: Activation, name: str, side: int, order: int
) -> Wanted | None:
    """The limit that several far points agree on, if they do."""
    found = set()
    for far in SWINGING:
        known = _enclosed(activation, name, side * far, order)
        told = _limit(activation, name, side, order, ((far**0.5, far),))
        found.add((told, _sign(known) if known is not None else 0))
        if len(found) > 1:
            return None
    ((told, _),) = found
    return told


def _limit(
    activation: Activation,
    name: str,
    side: int,
    order: int,
    pairs: tuple[tuple[float, float], ...],
) -> Wanted | None:
    for near, far in pairs:
        a, b = (_enclosed(activation, name, side * x, order) for x in (near, far))
        if a is None or b is None:
            continue
        first, second = abs(a.mid), abs(b.mid)
        if first == second == 0 and a.low == a.high == b.low == b.high:
            return Wanted(0.0, 0)
        sign = _decided(activation, name, side, order)
        if second < 1e-200 or second * 2 < first:
            return Wanted(math.copysign(0.0, sign or 1), sign)
        if second * 2 > 3 * first:
            return Wanted(math.copysign(math.inf, sign or 1), sign)
        if abs(second - first) * 1000 < first:
            return Wanted(float(b.mid), sign)
        return None
    return None


def _decided(activation: Activation, name: str, side: int, order: int) -> int:
    """Sign far out: of the farthest point where an enclosure tells it."""
    for x in DECIDED:
        known = _enclosed(activation, name, side * x, order)
        if known is not None and _sign(known):
            return _sign(known)
    return 0
