"""Straight-line arithmetic as data: what a stable form says and a backend spells.

A program is a list of bindings, each an expression over names bound before it. There is
no control flow: a choice is `select(condition, if_true, if_false)` on values. The order
of operations is the order of rounding, so nothing here is simplified or reordered.

Meaning of the operations that are not plain arithmetic, in exact mathematics:

- `step(z)` is 1 where z > 0, else 0.
- `finite(v)` is v; in floats, infinities become a huge number, so that 0·v is 0.
- `modest(v, tail)` is v; where the tail of a decay is 0, a bounded number of its sign.
- `capped(a)` is a, but at most a bound whose exp(-bound) is a normal float;
  `tail(a, c)` is exp(c - a), what the cap left out; `fade(v, tail)` is v·tail.
- `tame(e, a, c)` is e, the rounding error of a number of size a; where a is beyond its
  cap c the error may be large, or NaN, and no longer matters.
- `fused(a, b, c)` is a·b + c; `exp_sum(a, b)` is exp(a + b).
- `product_error(a, b, p)` is a·b - p; `residue(c)` is c minus its float.

Programs in numbers that neither overflow nor underflow (strategy `wide`) know also:

- `sqrt(u)`, `erf(u)`, `sin(u)`, `cos(u)`, `atan(u)`; for u ≥ 0 `erfcx(u)` is
  exp(u²)·erfc(u).
- `small(e)` is e, the rounding error of an exponent; where |e| > 1/2, or NaN, it no
  longer matters and is 0.
- `exp_error(z, e)` is exp(z) - e; `exp_rest(z, k)` is exp(z) without the first k terms
  of its series.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

__all__ = [
    "NAN",
    "Binding",
    "Builder",
    "Constant",
    "Expression",
    "Name",
    "Number",
    "Operation",
    "add",
    "mul",
    "number",
    "op",
    "used_names",
]


@dataclass(frozen=True, slots=True)
class Name:
    """A variable, or a value bound before."""

    text: str


@dataclass(frozen=True, slots=True)
class Number:
    """An exact rational; a backend rounds it to its dtype.

    With a name it stands for an irrational constant of the form, and `value` is a
    rational within 2^-300 of that.
    """

    value: Fraction
    name: str = ""


@dataclass(frozen=True, slots=True)
class Constant:
    """A float that is no rational: `nan`."""

    text: str


@dataclass(frozen=True, slots=True)
class Operation:
    """A function or operator on expressions."""

    kind: str
    args: tuple[Expression, ...]


Expression = Name | Number | Constant | Operation

NAN = Constant("nan")


@dataclass(frozen=True, slots=True)
class Binding:
    """`name = value`."""

    name: str
    value: Expression


def op(kind: str, *args: Expression) -> Operation:
    """Operation of a kind on arguments."""
    return Operation(kind, args)


def number(value: int | Fraction) -> Number:
    """Exact number."""
    return Number(Fraction(value))


def add(*terms: Expression) -> Expression:
    """Sum from the left; a negative number times something is subtracted."""
    total, *rest = terms
    for term in rest:
        match term:
            case Operation("mul", (Number(value, ""), factor)) if value < 0:
                total = op("sub", total, mul(Number(-value), factor))
            case _:
                total = op("add", total, term)
    return total


def mul(*factors: Expression) -> Expression:
    """Product from the left, without factors that are 1."""
    kept = [f for f in factors if f != Number(Fraction(1))]
    if not kept:
        return Number(Fraction(1))
    total = kept[0]
    for factor in kept[1:]:
        total = op("mul", total, factor)
    return total


def used_names(expression: Expression) -> Iterator[str]:
    """Names that an expression reads."""
    match expression:
        case Name(text):
            yield text
        case Operation(_, args):
            for arg in args:
                yield from used_names(arg)


@dataclass(slots=True)
class Builder:
    """Bindings in the order in which they are made; equal values are bound once."""

    bindings: list[Binding] = field(default_factory=list)
    _known: dict[Expression, Name] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=set)

    def reserve(self, *names: str) -> None:
        """Keep names for variables and outputs."""
        self._taken.update(names)

    def bind(self, hint: str, value: Expression) -> Expression:
        """Name for a value: a new one like the hint, or the one that it has."""
        if isinstance(value, Name | Number | Constant):
            return value
        if value not in self._known:
            name = self._fresh(hint)
            self.bindings.append(Binding(name, value))
            self._known[value] = Name(name)
        return self._known[value]

    def knows(self, value: Expression) -> bool:
        """Whether a value is bound already."""
        return value in self._known

    def power(self, base: Expression, n: int) -> Expression:
        """base^n for n ≥ 0, each power bound once and shared."""
        if n < 2:
            return base if n else Number(Fraction(1))
        stem = base.text if isinstance(base, Name) else "power"
        hint = stem + {2: "_squared", 3: "_cubed"}.get(n, f"_{n}")
        return self.bind(hint, Operation("mul", (self.power(base, n - 1), base)))

    def _fresh(self, hint: str) -> str:
        name, count = hint, 2
        while name in self._taken:
            name, count = f"{hint}_{count}", count + 1
        self._taken.add(name)
        return name
