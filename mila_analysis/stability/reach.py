"""Where plain floats do what wide numbers do: a box around the origin.

In the box every variable is 0, or of a size between two powers of two, and so is every
exponent. What follows for the other values of a program is known as ranges of sizes, in
powers of two. A box is safe where nothing overflows, no product, quotient or function
falls below the normal numbers, no denominator vanishes, and no root or logarithm leaves
its domain. Three things are easier than that:

- A sum may be anything, as underflow leaves sums exact; of what is multiplied with it
  later, 0 apart, it is at least the last digit of the smaller summand.
- Rounding errors may underflow, where what they correct is far above the least number.
- Of a choice only the side that is taken counts. So a program is looked at once for
  each combination of the signs that it asks for.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise, product

from mila_analysis.program import Expression, Name, Number, Operation
from mila_analysis.stability.form import Program
from mila_analysis.stability.ranges import (
    COMPARISONS,
    DOUBLE,
    FLOAT,
    Floats,
    ImpossibleError,
    Range,
    Ranges,
    Truths,
    UnsafeError,
)

__all__ = ["DOUBLE", "FLOAT", "Box", "Floats", "box"]

PARAMETER = 10
"""Sizes of parameters: 2^-10 to 2^10."""

ANGLE = 20
"""Largest size of an angle, as a power of two."""

HIGHS = (3, 6, 10, 30, 60)
EXPONENTS = (6, 8, 10, 12, 16, 20, 24, 28, 33, 40, 50, 60, 80, 120, 170, 340, 500, 690)
LOWS = ((200, 60), (149, 40), (32, 24), (20, 20), (12, 6))
"""How near to 0 a box begins, and the least exponents that are enough there."""

PIECES = (2, 4)
"""Powers of two at which an exponent is cut."""

WIDE_ENOUGH, STEEP_ENOUGH = 6, 40
MOST_TRUTHS = 6

SIGNS = (
    ("any", "any"),
    ("any", "least"),
    ("any", "positive"),
    ("positive", "positive"),
)
"""Of x and of the parameters: `least` is 0 or more."""


@dataclass(frozen=True, slots=True)
class Box:
    """Where plain arithmetic holds.

    Attributes:
        low, high: powers of two, the least and the largest size of x; it may be 0.
        sign, parameters: which signs x and the parameters may have.
        exponent: the largest size of an exponent.
        exponents: those that may be larger for a variable in the box.
        angles: of sines and cosines that may be above 2^ANGLE.
    """

    low: int
    high: int
    sign: str
    parameters: str
    exponent: Fraction
    exponents: tuple[Expression, ...]
    angles: tuple[Expression, ...]

    def ends(self, k: int) -> tuple[int, int]:
        """Powers of two that the size of variable k is between, or it is 0."""
        return (-PARAMETER, PARAMETER) if k else (self.low, self.high)

    @property
    def sizes(self) -> tuple[tuple[Expression, Fraction], ...]:
        """What is to be looked at besides the variables, and how large it may be."""
        limits = [(e, self.exponent) for e in self.exponents]
        return (*limits, *((a, Fraction(2) ** ANGLE) for a in self.angles))


@lru_cache(maxsize=256)
def box(program: Program, variables: tuple[str, ...], floats: Floats) -> Box | None:
    """The largest box that is safe, or None where there is none of use."""
    cases = list(_cases(program))
    if not cases:
        return None
    found: list[Box] = []
    for sign, parameters in SIGNS:
        asked = _Asked(program, variables, floats, sign, parameters, cases, None)
        asked = replace(asked, leading=asked.any_exponent())
        if asked.tried(LOWS[-1][0], HIGHS[0], EXPONENTS[0]) is None:
            continue
        for low, least in LOWS:
            found += [
                each for high in HIGHS for each in asked.largest(low, high, least)
            ]
            if found and found[-1].high > WIDE_ENOUGH:
                break
        if found:
            return max(found, key=_worth)
    return None


def _worth(found: Box) -> tuple[Fraction, ...]:
    high, steep = (
        min(found.high, WIDE_ENOUGH),
        min(found.exponent, Fraction(STEEP_ENOUGH)),
    )
    return (
        Fraction(high),
        steep,
        Fraction(-found.low),
        Fraction(found.high),
        found.exponent,
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    program: Program
    variables: tuple[str, ...]
    floats: Floats
    sign: str
    parameters: str
    cases: Sequence[Truths]
    leading: Expression | None

    def largest(self, low: int, high: int, least: int) -> Iterator[Box]:
        """The box with the largest exponents, if one is safe: by bisection."""
        if -low < self.floats.least:
            return
        sizes = [e for e in EXPONENTS if least <= e <= 0.69 * self.floats.most]
        found, start = None, 0
        while start < len(sizes):
            middle = (start + len(sizes)) // 2 if found else start
            tried = self.tried(low, high, sizes[middle])
            if tried is None:
                sizes = sizes[:middle]
            else:
                found, start = tried, middle + 1
                if not tried.exponents:
                    break
        if found:
            yield found

    def any_exponent(self) -> Expression | None:
        """The first exponent that may have any sign."""
        given = self._variables(-LOWS[-1][0], HIGHS[0])
        run = Ranges(self.program, given, DOUBLE, EXPONENTS[0], self.cases[0], ANGLE)
        for value in _operations(self.program):
            match value:
                case Operation("exp", (Name() as argument,)):
                    try:
                        if run.of(argument).sign == 0:
                            return argument
                    except UnsafeError:
                        continue
        return None

    def tried(self, low: int, high: int, exponent: int) -> Box | None:
        """A box, if it is safe."""
        given = self._variables(-low, high)
        try:
            runs = [
                run
                for case in self.cases
                for piece in self._pieces(exponent)
                for run in self._run(given, exponent, replace(case, pieces=piece))
            ]
        except UnsafeError:
            return None
        leading = [self.leading] if self.leading is not None else []
        exponents = dict.fromkeys(
            [*leading, *(e for run in runs for e in run.exponents)]
        )
        angles = dict.fromkeys(e for run in runs for e in run.angles)
        return Box(
            -low, high, self.sign, self.parameters,
            Fraction(exponent), tuple(exponents), tuple(angles),
        )  # fmt: skip

    def _run(
        self, given: Mapping[str, Range], exponent: int, case: Truths
    ) -> Iterator[Ranges]:
        run = Ranges(self.program, given, self.floats, exponent, case, ANGLE)
        try:
            for output in self.program.outputs.values():
                run.of(output)
        except ImpossibleError:
            return
        yield run

    def _pieces(self, exponent: int) -> Iterator[dict[Expression, Range]]:
        """Ranges that the first exponent of any sign is cut into."""
        if self.leading is None:
            yield {}
            return
        ends = [-math.inf, *(p for p in PIECES if 2**p < exponent), math.log2(exponent)]
        for sign in (1, -1):
            for low, high in pairwise(ends):
                yield {self.leading: Range(low, high, sign, low < PIECES[0])}

    def _variables(self, least: int, high: int) -> dict[str, Range]:
        found = {}
        for k, name in enumerate(self.variables):
            sign = self.parameters if k else self.sign
            low, top = (-PARAMETER, PARAMETER) if k else (least, high)
            found[name] = Range(
                low, top, int(sign != "any"), sign in ("any", "least"), False
            )
        return found


def _cases(program: Program) -> Iterator[Truths]:
    """All combinations of the signs, and of what is below a number."""
    signs: dict[Expression, None] = {}
    sizes: dict[tuple[Expression, Fraction], None] = {}
    for value in _operations(program):
        match value:
            case Operation(kind, (of, Number(limit, ""))) if kind in COMPARISONS:
                match of:
                    case _ if not limit:
                        signs[of] = None
                    case Operation("abs", (inner,)):
                        sizes[inner, limit] = None
    if len(signs) + len(sizes) > MOST_TRUTHS:
        return
    for chosen in product((1, -1), repeat=len(signs)):
        for near in product((True, False), repeat=len(sizes)):
            yield Truths(
                dict(zip(signs, chosen, strict=True)),
                dict(zip(sizes, near, strict=True)),
            )


def _operations(program: Program) -> Iterator[Operation]:
    waiting: list[Expression] = [b.value for b in program.bindings]
    waiting += program.outputs.values()
    while waiting:
        value = waiting.pop()
        if isinstance(value, Operation):
            yield value
            waiting += value.args
