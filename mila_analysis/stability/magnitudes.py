"""How large and how small the values of a short program get, for exponents in reach.

Errors are bounded relative to sizes as if exponents had no end. Here that is made good
for doubles and float32 variables: within reach nothing overflows, and what underflow
takes from any output is below a given number. Exponents are cut into pieces, and on
each piece every value has a range, as powers of two.

Let the unlimited run of a program make the same relative errors as the run in doubles,
and no others. The bounds of `rounding` hold for it, whatever those errors are, so it
is enough to bound the distance of the two runs: every operation adds the least
subnormal number to it, and passes on what came before by its slope.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from mila_analysis.errors import UnsupportedError
from mila_analysis.program import Constant, Expression, Name, Number, Operation
from mila_analysis.stability.carried import carried
from mila_analysis.stability.form import Program

__all__ = ["Extent", "extent"]

LEAST, GREATEST = -149.0, 128.0
"""Of the variables: sizes of float32 numbers, as powers of two."""

SUBNORMAL, ROUNDING = -1074.0, -52.0
NONE = -math.inf
PIECE = 8
"""Length of a piece of the exponents."""

SLACK = 1e-6
"""For roundings of the values and of this analysis: powers of two."""


@dataclass(frozen=True, slots=True)
class Range:
    """What is known of a value on a piece; powers of two.

    Attributes:
        low: of its size, where it is not 0.
        high: of its size.
        lost: of the distance between the two runs.
        zero: whether it may be 0.
        positive: whether it is never negative.
    """

    low: float
    high: float
    lost: float = NONE
    zero: bool = False
    positive: bool = True


@dataclass(frozen=True, slots=True)
class Extent:
    """What holds within reach.

    Attributes:
        high: no value is above this power of two.
        lost: for each output, the power of two that underflow takes at most.
        low: for each output, the power of two that it is above if it is not 0.
        zero: outputs that may be 0.
    """

    high: float
    lost: Mapping[str, float]
    low: Mapping[str, float]
    zero: frozenset[str]


def extent(program: Program, variables: tuple[str, ...], reach: Fraction) -> Extent:
    """Magnitudes of a short program while its exponent is within ± reach.

    Raises:
        UnsupportedError: there are several exponents, or an operation is not known.
    """
    found = [_Piece(program, variables, p) for p in _pieces(float(reach))]
    runs = [piece.run() for piece in found]
    names = program.outputs
    return Extent(
        max(piece.high for piece in found),
        {n: max(run[n].lost for run in runs) for n in names},
        {n: min(run[n].low for run in runs) for n in names},
        frozenset(n for n in names if any(run[n].zero for run in runs)),
    )


def _pieces(reach: float) -> Iterator[tuple[float, float]]:
    start = 0.0
    while start < reach:
        end = min(start + PIECE, reach)
        yield start, end
        yield -end, -start
        start = end


class _Piece:
    """Ranges of all values while the exponent is on one piece."""

    def __init__(
        self, program: Program, variables: tuple[str, ...], piece: tuple[float, float]
    ) -> None:
        self.program, self.piece = program, piece
        self.high = GREATEST
        variable = Range(LEAST, GREATEST, zero=True, positive=False)
        self.known = dict.fromkeys(variables, variable)
        self.exponents, self.errors = _exponents(program), carried(program).errors

    def run(self) -> Mapping[str, Range]:
        """Ranges of the outputs."""
        for binding in self.program.bindings:
            found = self._of(binding.value)
            if binding.name in self.exponents:
                found = self._exponent(found)
            if binding.name in self.errors:
                high = math.log2(max(map(abs, self.piece))) + ROUNDING + 1
                found = Range(NONE, high, SUBNORMAL, zero=True, positive=False)
            self.known[binding.name] = found
        return {n: self._of(e) for n, e in self.program.outputs.items()}

    def _exponent(self, found: Range) -> Range:
        low, high = sorted(abs(end) for end in self.piece)
        least = math.log2(low) if low else found.low
        most = min(found.high, math.log2(high))
        return replace(found, low=max(least, found.low), high=most)

    def _of(self, expression: Expression) -> Range:
        match expression:
            case Name(text):
                return self.known[text]
            case Number(value):
                size = _log(abs(value))
                return Range(size, size, NONE, not value, value >= 0)
            case Constant():
                return Range(0.0, 0.0)
        return self._noted(self._operation(expression))

    def _noted(self, found: Range) -> Range:
        self.high = max(self.high, found.high, found.lost)
        return replace(found, low=found.low - SLACK, high=found.high + SLACK)

    def _operation(self, value: Operation) -> Range:
        kind = value.kind
        if kind in ("exp", "exp_sum", "expm1"):
            return self._exponential(value)
        if kind in (">", ">=", "<", "<=", "=="):
            return Range(0.0, 0.0)
        args = [self._of(a) for a in value.args]
        match value:
            case Operation("fused", (_, Name(error), _)) if error in self.errors:
                return _corrected(*args)
        rule = _RULES.get(kind)
        if rule is None:
            raise UnsupportedError(f"accurate mode: how large is {kind}?")
        return rule(*args)

    def _exponential(self, value: Operation) -> Range:
        """exp(z), exp(a + b) or exp(z) - 1, of z as it is on this piece."""
        start, end = self.piece
        slack = 0.01  # the exponent is rounded, and so is what it is compared with
        whole = Range(start / math.log(2) - slack, end / math.log(2) + slack)
        if value.kind != "expm1":
            return whole
        sizes = sorted(abs(math.expm1(z)) for z in self.piece)
        (of,) = value.args
        low = math.log2(sizes[0]) if sizes[0] else self._of(of).low - 1
        return Range(
            low - slack, math.log2(sizes[1]) + slack, SUBNORMAL, not sizes[0], False
        )


def _exponents(program: Program) -> set[str]:
    """Name of the exponent, of which there may be one only; none of a sum."""
    found, names = set(), set()
    for binding in program.bindings:
        match binding.value:
            case Operation("exp" | "expm1", (Name(text),) as args):
                found.add(args)
                names.add(text)
            case Operation("exp" | "expm1" | "exp_sum", args):
                found.add(args)
    if len(found) != 1:
        raise UnsupportedError("accurate mode: not one exponent")
    return names - {"x"}


def _total(*powers: float) -> float:
    """The power of two that a sum of powers is at most."""
    top = max(powers)
    if top == NONE:
        return NONE
    return top + math.log2(sum(2.0 ** max(p - top, -1000.0) for p in powers))


def _sum(a: Range, b: Range) -> Range:
    lost, high = _total(a.lost, b.lost), _total(a.high, b.high)
    if not (a.positive and b.positive):
        for first, second in ((a, b), (b, a)):
            if not first.zero and first.low > second.high + 1:  # it leads
                return Range(first.low - 1, high, lost, False, first.positive)
        return Range(NONE, high, lost, True, False)
    lows = [r.low for r in (a, b) if not r.zero]
    low = max(lows) if lows else min(a.low, b.low)
    return Range(low, high, lost, not lows)


def _difference(a: Range, b: Range) -> Range:
    return _sum(a, _negative(b))


def _product(a: Range, b: Range) -> Range:
    lost = _total(a.lost + b.high, b.lost + a.high, a.lost + b.lost, SUBNORMAL)
    positive = a.positive and b.positive
    return Range(a.low + b.low, a.high + b.high, lost, a.zero or b.zero, positive)


def _fused(a: Range, b: Range, c: Range) -> Range:
    return _sum(c, _product(a, b))


def _corrected(a: Range, error: Range, of: Range) -> Range:
    """What a rounding error corrects is far larger than the correction."""
    lost = _total(of.lost, a.lost + error.high, error.lost + a.high, SUBNORMAL)
    return replace(of, low=of.low - 1, high=of.high + 1, lost=lost)


def _quotient(a: Range, b: Range) -> Range:
    if b.zero or b.lost > b.low - 1:
        raise UnsupportedError("accurate mode: a denominator may vanish")
    lost = _total(a.lost - b.low, a.high + b.lost - 2 * b.low) + 2
    positive = a.positive and b.positive
    return Range(
        a.low - b.high, a.high - b.low, _total(lost, SUBNORMAL), a.zero, positive
    )


def _negative(a: Range) -> Range:
    return replace(a, positive=False)


def _absolute(a: Range) -> Range:
    return replace(a, positive=True)


def _signed(a: Range, _: Range) -> Range:
    return replace(a, positive=False)


def _log1p(a: Range) -> Range:
    """Of a positive number: between half of it, or of 1, and it."""
    high = min(a.high, math.log2(1 + max(a.high, 0)) + 1)
    return Range(min(a.low, 0.0) - 1, high, _total(a.lost, SUBNORMAL))


def _choice(_: Range, a: Range, b: Range) -> Range:
    return Range(
        min(a.low, b.low),
        max(a.high, b.high),
        max(a.lost, b.lost),
        a.zero or b.zero,
        a.positive and b.positive,
    )


def _product_error(_: Range, __: Range, product: Range) -> Range:
    return Range(NONE, product.high + ROUNDING, SUBNORMAL, True, False)


def _residue(of: Range) -> Range:
    return Range(NONE, of.high + ROUNDING, NONE, True, False)


def _log(value: Fraction) -> float:
    return math.log2(value.numerator) - math.log2(value.denominator) if value else NONE


_RULES: Mapping[str, Callable[..., Range]] = {
    "add": _sum,
    "sub": _difference,
    "mul": _product,
    "div": _quotient,
    "fused": _fused,
    "neg": _negative,
    "abs": _absolute,
    "copysign": _signed,
    "log1p": _log1p,
    "select": _choice,
    "product_error": _product_error,
    "residue": _residue,
}
