"""The doubles of an accurate file: what bounds them, and where their sign is sure.

A bound is written as a negative number where the sign of the value is right: everywhere
if nothing cancels in it; else where the value before its last decay is larger than the
bound of that. So a result that vanishes has its sign without wide numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from mila_analysis.backends.c.arithmetic import F64, LONG_F64
from mila_analysis.backends.c.near import Reach, fused, reach_of
from mila_analysis.errors import UnsupportedError
from mila_analysis.program import Expression, Name, Number, Operation, op
from mila_analysis.stability import Near, Program
from mila_analysis.stability.magnitudes import Extent, extent
from mila_analysis.stability.rounding import DOUBLE, Arithmetic, bounded

__all__ = [
    "ARITHMETIC",
    "FAR",
    "Room",
    "flat",
    "room",
    "short",
    "short_rows",
    "values",
    "whole_rows",
]

ARITHMETIC = replace(DOUBLE, tiny=Fraction(1, 10**120))
"""Of doubles; a number that is no result of float32 stands for underflow."""

TINY = math.log2(ARITHMETIC.tiny)

FAR = replace(LONG_F64, calls={**F64.calls, "capped": "ma_capped_far"})
"""Of a whole program: its cap leaves room for powers of what it caps. Bounds count one
rounding of each number."""

CUT, TRIES = 700, 12
LARGEST, LEAST, NOTHING = 1022, -980, Number(Fraction(1, 10**307))
"""Powers of two: no value is above, no bound of an unlimited exponent below."""

VARIABLE, SUBNORMAL, ROOM, SMALL = 128, -1074, 128, -200
"""Powers of two: variables, least number, what constants and powers multiply to, what
is no result of float32."""


def values(program: Program, names: Sequence[str]) -> Program:
    """A program without its bounds."""
    outputs = {n: program.outputs[n] for n in names}
    return Program(Program(program.bindings, outputs).trimmed(names), outputs)


def flat(program: Program, variables: tuple[str, ...]) -> Program:
    """The program with a name for every operation."""
    return bounded(program, variables, ARITHMETIC).program


@dataclass(frozen=True, slots=True)
class Room:
    """Where a short program neither overflows nor loses anything to underflow.

    Attributes:
        reach: where that is.
        vanishing: partials that may be 0, or too small to tell their sign.
    """

    reach: Reach
    vanishing: frozenset[str]


def short(near: Near | None, variables: tuple[str, ...]) -> Program | None:
    """The short program of a form, if there are bounds for it and room for them."""
    if near is None:
        return None
    try:
        named = flat(fused(near.program), variables)
        program = values(named, list(near.program.outputs))
        room(near, program, variables)
    except UnsupportedError:
        return None
    return program


def room(near: Near, program: Program, variables: tuple[str, ...]) -> Room:
    """Where a short program of a form holds in doubles.

    Raises:
        UnsupportedError: that is too small to be of use, or nowhere.
    """
    bounds = bounded(program, variables, ARITHMETIC).program
    reach, found = reach_of(near), []
    for power in range(reach.power, reach.power + TRIES):
        known = extent(bounds, variables, Fraction(CUT, power))
        if _is_safe(known):
            here = replace(reach, power=power)
            found.append(Room(here, frozenset(_vanishing(known, program.outputs))))
    if not found:
        raise UnsupportedError("accurate mode: doubles have no room for this program")
    return min(found, key=lambda each: (len(each.vanishing), each.reach.power))


def _is_safe(found: Extent) -> bool:
    """Whether `tiny` covers underflow, and no bound is lost to it."""
    limits = [p for n, p in found.low.items() if n.endswith("_inner_bound")]
    lost, least = max(found.lost.values()), min(limits, default=0.0)
    return found.high <= LARGEST and least >= LEAST and lost <= TINY - 2


def _vanishing(found: Extent, names: Iterable[str]) -> Iterator[str]:
    """Partials with a bound that may be 0, or less than 2^-40 of `tiny`."""
    for name in names:
        limit = f"{name}_inner_bound"
        if limit in found.zero or found.low.get(limit, 0.0) < TINY - 40:
            yield name


def whole_rows(
    program: Program, variables: tuple[str, ...], names: Sequence[str]
) -> Program:
    """A whole program with the bounds of its errors, as a file has them."""
    degrees: dict[str, float] = {}
    for binding in program.bindings:
        degrees[binding.name] = _degree(binding.value, degrees)

    def doubt(inner: Expression, limit: Expression) -> Expression | None:
        lost = _underflow(_degree(inner, degrees))
        if lost is None:
            return None
        return op("sub", op("add", limit, Number(lost)), op("abs", inner))

    most = _underflow(max(_degree(program.outputs[n], degrees) for n in names))
    tiny = max(ARITHMETIC.tiny, 4 * most) if most else ARITHMETIC.tiny
    return _rows(program, variables, names, doubt, replace(ARITHMETIC, tiny=tiny))


def short_rows(
    program: Program, variables: tuple[str, ...], names: Sequence[str], room: Room
) -> Program:
    """A short program with its bounds.

    No limit but 0 is below 2^`LEAST`, and where it is 0 the value is, of any sign.
    """
    vanishing = [program.outputs[n] for n in room.vanishing if n in names]

    def doubt(inner: Expression, limit: Expression) -> Expression | None:
        if inner not in vanishing:
            return None
        return op("sub", limit, op("add", op("abs", inner), NOTHING))

    return fused(_rows(program, variables, names, doubt, ARITHMETIC))


Doubt = Callable[[Expression, Expression], Expression | None]
"""From a value before its last decay, and its bound, to what is negative where the sign
is sure; None where that is of no use."""


def _rows(
    program: Program,
    variables: tuple[str, ...],
    names: Sequence[str],
    doubt: Doubt,
    arithmetic: Arithmetic,
) -> Program:
    found = bounded(program, variables, arithmetic)
    known = found.program.outputs
    outputs = {n: known[n] for n in names}
    for n in names:
        bound = known[f"{n}_bound"]
        if n in found.signed:
            outputs[f"{n}_bound"] = _negative(bound)
            continue
        inner, limit = known[f"{n}_inner"], known[f"{n}_inner_bound"]
        sign = doubt(inner, limit)
        outputs[f"{n}_bound"] = bound if sign is None else op("copysign", bound, sign)
    return Program(found.program.bindings, outputs)


def _negative(bound: Expression) -> Expression:
    return Number(-bound.value) if isinstance(bound, Number) else op("neg", bound)


def _underflow(degree: float) -> Fraction | None:
    """What underflow takes at most from a product of so many variables.

    In a whole program each product may lose the least subnormal number, and is
    multiplied with variables after that. Exponentials and tails are at most 1,
    denominators at least that, and a tame error is small. None where that says nothing:
    for more variables, whose products are large only where the powers of exponentials
    beside them are far from underflow.
    """
    power = SUBNORMAL + VARIABLE * degree + ROOM
    return Fraction(1, 10 ** int(-power * math.log10(2))) if power < SMALL else None


def _degree(value: Expression, known: Mapping[str, float]) -> float:
    """How many variables a value is a product of."""
    match value:
        case Name(text):
            return known.get(text, 1.0)
        case Operation("mul" | "fade", (a, b)):
            return _degree(a, known) + _degree(b, known)
        case Operation("exp" | "expm1" | "tail" | "step" | "residue" | "tame", _):
            return 0.0
        case Operation("swell", _):
            return math.inf
        case Operation("div", (a, b)):
            return _degree(a, known) if not _degree(b, known) else math.inf
        case Operation(_, args):
            return max(_degree(a, known) for a in args)
    return 0.0
