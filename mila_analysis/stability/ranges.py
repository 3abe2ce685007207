"""Ranges of the values of a program in wide numbers, as powers of two: see `reach`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from mila_analysis.program import Constant, Expression, Name, Number, Operation, op
from mila_analysis.stability.form import Program

__all__ = [
    "COMPARISONS",
    "DOUBLE",
    "FLOAT",
    "Floats",
    "ImpossibleError",
    "Range",
    "Ranges",
    "Truths",
    "UnsafeError",
]

COMPARISONS = (">", ">=", "<", "<=")
PER_E = math.log2(math.e)
SLACK = 0.01
"""For the roundings of values and of this analysis."""


class ImpossibleError(Exception):
    """There are no such values."""


class UnsafeError(Exception):
    """Plain floats would not do there, or it is not known."""


@dataclass(frozen=True, slots=True)
class Floats:
    """A format: the powers of two of its normal numbers, and its digits."""

    least: int
    most: int
    digits: int


FLOAT, DOUBLE = Floats(-126, 127, 24), Floats(-1022, 1023, 53)


@dataclass(frozen=True, slots=True)
class Range:
    """What is known of a value.

    Attributes:
        low, high: of its size, where it is not 0.
        sign: 1 for 0 or more, -1 for 0 or less, 0 for anything.
        zero: whether it may be 0.
        error: whether it is a rounding error, or made of these.
    """

    low: float
    high: float
    sign: int = 1
    zero: bool = False
    error: bool = False


@dataclass(frozen=True, slots=True)
class Truths:
    """What a case takes for true.

    Attributes:
        signs: of expressions that are compared with 0.
        near: whether the size of an expression is below a number.
        pieces: ranges of expressions.
    """

    signs: Mapping[Expression, int]
    near: Mapping[tuple[Expression, Fraction], bool]
    pieces: Mapping[Expression, Range] = field(default_factory=dict)


@dataclass(slots=True)
class Ranges:
    """The values of a program in one case, each computed where it is needed.

    Attributes:
        program: in wide numbers.
        given: ranges of the variables.
        floats: what it is to be computed in.
        exponent: the largest size of an exponent.
        truths: of this case.
        angle: the largest size of an angle, as a power of two.
        exponents, angles: what may be larger, and is to be looked at.
    """

    program: Program
    given: Mapping[str, Range]
    floats: Floats
    exponent: int
    truths: Truths
    angle: int
    exponents: list[Expression] = field(default_factory=list)
    angles: list[Expression] = field(default_factory=list)
    _bound: dict[str, Expression] = field(default_factory=dict)
    _known: dict[Expression, Range] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._bound = {b.name: b.value for b in self.program.bindings}

    def of(self, value: Expression) -> Range:
        """Range of a value.

        Raises:
            UnsafeError: a value that it needs leaves the floats, or may do so.
        """
        if value not in self._known:
            self._known[value] = self._refined(value, self._found(value))
        return self._known[value]

    def _found(self, value: Expression) -> Range:
        match value:
            case Name(text):
                return self.given[text] if text in self.given else self._named(text)
            case Number(exact):
                size = _log(abs(exact))
                return Range(size, size, -1 if exact < 0 else 1, not exact)
            case Constant():
                return Range(0.0, 0.0)
            case Operation("select", (condition, yes, no)):
                return self._choice(condition, yes, no)
            case Operation(kind, args):
                if self._is_rest(value):
                    highs = [self.of(a).high for a in args]
                    return _error(max(highs) - self.floats.digits + 1)
                return self._safe(kind, self._operation(kind, args))

    def _named(self, text: str) -> Range:
        return self.of(self._bound[text])

    def _refined(self, value: Expression, found: Range) -> Range:
        sign = self.truths.signs.get(value, 0)
        if sign:
            found = Range(found.low, found.high, sign, found.zero, found.error)
        piece = self.truths.pieces.get(value)
        if piece is not None:
            found = _within(found, piece)
        for (of, limit), near in self.truths.near.items():
            if of != value:
                continue
            at = _log(limit)
            if near:
                found = Range(
                    min(found.low, at), min(found.high, at), found.sign, found.zero
                )
            else:
                found = Range(max(found.low, at), max(found.high, at), found.sign)
        return found

    def _safe(self, kind: str, found: Range) -> Range:
        """The range, if floats hold it."""
        if found.high > self.floats.most - 1:
            raise UnsafeError("overflow")
        exact = found.error or kind in ("add", "sub", "neg", "abs", "maximum")
        if not exact and found.low < self.floats.least:
            raise UnsafeError("underflow")
        return found

    def _choice(self, condition: Expression, yes: Expression, no: Expression) -> Range:
        truth = self._truth(condition)
        if truth is not None:
            return self.of(yes if truth else no)
        return _either(self.of(yes), self.of(no))

    def _truth(self, condition: Expression) -> bool | None:
        match condition:
            case Operation("==", (first, second)) if first == second:
                return True
            case Operation(kind, (of, Number(limit, ""))) if kind in COMPARISONS:
                above = kind in (">", ">=")
                if not limit:
                    return (self.truths.signs[of] > 0) == above
                if isinstance(of, Operation) and of.kind == "abs":
                    return self.truths.near[of.args[0], limit] != above
        return None

    def _is_rest(self, value: Operation) -> bool:
        """a - (s - p) or b - p of s = a + b and p = s - a: what the sum s lost."""
        match value:
            case Operation("sub", (a, Operation("sub", (s, Name(p))))):
                return self._bound.get(p) == op("sub", s, a)
            case Operation("sub", (b, Name(p))):
                match self._bound.get(p):
                    case Operation("sub", (Name() as s, a)):
                        total = self._bound.get(s.text)
                        return total in (op("add", a, b), op("add", b, a))
        return False

    def _operation(self, kind: str, args: tuple[Expression, ...]) -> Range:
        known = [self.of(a) for a in args]
        if kind in ("product_error", "residue", "exp_error"):
            return _error(known[-1].high - self.floats.digits)
        if kind == "mul":
            sign = 1 if args[0] == args[1] else known[0].sign * known[1].sign
            return _product(known[0], known[1], sign)
        if kind == "exp_rest":
            return _exp_rest(known[0], args[1])
        if kind in ("exp", "expm1"):
            return self._exponential(kind, args[0], known[0])
        if kind in ("sin", "cos"):
            return self._wave(kind, args[0], known[0])
        own: Mapping[str, Callable[..., Range]] = {
            "add": self._sum,
            "sub": self._difference,
            "log": self._log,
        }
        rule = own.get(kind) or _RULES.get(kind)
        if rule is None:
            raise UnsafeError(f"how large is {kind}?")
        return rule(*known)

    def _difference(self, a: Range, b: Range) -> Range:
        return self._sum(a, _negative(b))

    def _sum(self, a: Range, b: Range) -> Range:
        high = max(a.high, b.high) + 1
        if a.error and b.error:
            return _error(high)
        if a.error or b.error:
            of = b if a.error else a
            if of.low < self.floats.least + self.floats.digits + 2:
                raise UnsafeError("a rounding error underflows")
            return Range(of.low - 1, of.high + 1, of.sign, of.zero)
        if a.sign == b.sign != 0:
            lows = [r.low for r in (a, b) if not r.zero]
            low = max(lows) if lows else min(a.low, b.low)
            return Range(low, high, a.sign, not lows)
        for first, second in ((a, b), (b, a)):
            if not first.zero and first.low > second.high + 1:  # it leads
                return Range(first.low - 1, high, first.sign)
        return Range(min(a.low, b.low) - self.floats.digits, high, 0, True)

    def _exponential(self, kind: str, argument: Expression, z: Range) -> Range:
        if z.error:
            raise UnsafeError("an exponential of a rounding error")
        most = min(float(self.exponent), 2.0 ** min(z.high, 60.0))
        if most < 2.0 ** min(z.high, 60.0):
            self._note(self.exponents, argument)
        least = 2.0 ** min(z.low, 60.0) if z.sign and not z.zero else 0.0
        if least > most:
            raise ImpossibleError  # it is out of the box
        ends = sorted((z.sign * least, z.sign * most) if z.sign else (-most, most))
        low, high = ends[0] * PER_E - SLACK, ends[1] * PER_E + SLACK
        if kind == "exp":
            return Range(low, high)
        size = z.high + 1 if z.high < 0 else max(high, SLACK)
        return Range(min(z.low, 0.0) - 1.5, size, z.sign, z.zero)

    def _wave(self, kind: str, argument: Expression, z: Range) -> Range:
        if z.error:
            return z if kind == "sin" else Range(-1.0, SLACK)
        if z.high > self.angle:
            self._note(self.angles, argument)
        least = -2.0 * self.floats.digits - self.angle
        low = min(z.low, 0.0) - 1 if z.high < 1 else min(z.low, least)
        if kind == "sin":
            return Range(low, min(z.high, 0.0), z.sign if z.high < 1 else 0, True)
        return Range(least, 0.0, 0, True)

    def _log(self, a: Range) -> Range:
        if a.sign < 1 or a.zero:
            raise UnsafeError("a logarithm of what may be 0")
        size = max(abs(a.low), abs(a.high), 1.0)
        return Range(-float(self.floats.digits), math.log2(size), 0, True)

    def _note(self, among: list[Expression], argument: Expression) -> None:
        """The size of an exponent, without what does not change it."""
        while isinstance(argument, Operation) and argument.kind in ("neg", "abs"):
            argument = argument.args[0]
        among.append(argument)


def _log(value: Fraction) -> float:
    if not value:
        return 0.0
    return math.log2(value.numerator) - math.log2(value.denominator)


def _error(high: float) -> Range:
    return Range(-math.inf, high, 0, True, True)


def _within(found: Range, piece: Range) -> Range:
    low, high = max(found.low, piece.low), min(found.high, piece.high)
    if low > high or found.sign * piece.sign < 0:
        raise ImpossibleError
    return Range(low, high, piece.sign, found.zero and piece.zero, found.error)


def _either(a: Range, b: Range) -> Range:
    sign = a.sign if a.sign == b.sign else 0
    low, high = min(a.low, b.low), max(a.high, b.high)
    return Range(low, high, sign, a.zero or b.zero, a.error or b.error)


def _negative(a: Range) -> Range:
    return Range(a.low, a.high, -a.sign, a.zero, a.error)


def _absolute(a: Range) -> Range:
    return Range(a.low, a.high, 1, a.zero, a.error)


def _product(a: Range, b: Range, sign: int) -> Range:
    high = a.high + b.high + SLACK
    if a.error or b.error:
        return _error(high)
    return Range(a.low + b.low - SLACK, high, sign, a.zero or b.zero)


def _quotient(a: Range, b: Range) -> Range:
    if b.zero or b.error:
        raise UnsafeError("a denominator may vanish")
    high = a.high - b.low + SLACK
    if a.error:
        return _error(high)
    return Range(a.low - b.high - SLACK, high, a.sign * b.sign, a.zero)


def _maximum(a: Range, b: Range) -> Range:
    found = _either(a, b)
    sign = 1 if 1 in (a.sign, b.sign) else found.sign
    return Range(found.low, found.high, sign, found.zero)


def _step(_: Range) -> Range:
    return Range(0.0, 0.0, 1, True)


def _small(a: Range) -> Range:
    return _error(min(a.high, -1.0)) if a.error else a


def _log1p(w: Range) -> Range:
    if w.sign < 1 and w.high > -1:
        raise UnsafeError("a logarithm of what may be negative")
    high = max(w.high, math.log2(max(w.high, 1.0) + 1) if w.high > 0 else w.high)
    return Range(min(w.low, 0.0) - 1, min(high, w.high + 1), w.sign, w.zero)


def _root(a: Range) -> Range:
    if a.sign < 1:
        raise UnsafeError("a root of what may be negative")
    return Range(a.low / 2 - SLACK, a.high / 2 + SLACK, 1, a.zero)


def _erf(u: Range) -> Range:
    return Range(min(u.low, 0.0) - 0.5, min(u.high + 0.5, SLACK), u.sign, u.zero)


def _erfcx(u: Range) -> Range:
    if u.sign < 1:
        raise UnsafeError("erfcx of what may be negative")
    return Range(-max(u.high, 0.0) - 2, SLACK)


def _atan(u: Range) -> Range:
    return Range(min(u.low, 0.0) - 1, min(u.high, 1.0), u.sign, u.zero)


def _exp_rest(z: Range, k: Expression) -> Range:
    if not isinstance(k, Number):
        raise UnsafeError("a rest of a series of unknown length")
    n = int(k.value)
    scale = math.log2(math.factorial(n))
    sign = 1 if n % 2 == 0 else z.sign
    return Range(n * z.low - scale - 1, n * min(z.high, 1.0) - scale + 3, sign, z.zero)


_RULES: Mapping[str, Callable[..., Range]] = {
    "abs": _absolute,
    "atan": _atan,
    "div": _quotient,
    "erf": _erf,
    "erfcx": _erfcx,
    "log1p": _log1p,
    "maximum": _maximum,
    "neg": _negative,
    "small": _small,
    "sqrt": _root,
    "step": _step,
}
