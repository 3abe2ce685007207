"""A program to the same program that also bounds its own rounding errors.

Every value v of the program has a count n of roundings and a size S, with

    |computed - exact| <= n·u·S·(1 + small)        (u: the unit of the arithmetic).

S is the value of the same expression with every cancellation taken out: differences
become sums, coefficients and factors their absolute values (Higham's running bound). A
sum of terms of one sign, a product or a quotient of such is its own size, and costs
nothing more. Sizes are arithmetic of the program, so the bound is sharp near roots,
where the value is small and the size is not.

What the rules know of the programs they are for:

- An exponent whose error is `carried` is exact: the error corrects each exponential
  of it to the first order; what the second order leaves, (u·|z|)², is far below u.
  Where a sum of several may cancel the error may be large: a guard widens the bounds.
- A cap bounds what an exponential sees; past it results have vanished, or have their
  limit. `finite`, `modest` and the caps change nothing for variables below 2^200.
- A number that is a function of `step` alone has one value on each side of z = 0, both
  known here: it is exact where both are floats.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from mila_analysis.errors import UnsupportedError
from mila_analysis.program import Expression, Name, Number, Operation, mul, number, op
from mila_analysis.stability.carried import carried
from mila_analysis.stability.form import Program
from mila_analysis.stability.propagation import ERROR, Propagation
from mila_analysis.stability.quantities import (
    DOUBLE,
    DOUBLE_DOUBLE,
    Arithmetic,
    Quantity,
)

__all__ = ["DOUBLE", "DOUBLE_DOUBLE", "Arithmetic", "Bounded", "bounded"]

SLACK = 3
"""Units more: for r ± bound, for the sizes, and for n·u in place of n·u/(1 - n·u)."""


@dataclass(frozen=True, slots=True, eq=False)
class Bounded:
    """A program with bounds.

    Attributes:
        program: outputs are the partials and, for each, `<partial>_bound`. A partial
            that is not in `signed` has `<partial>_inner` and `<partial>_inner_bound`
            too, its value before the last decay: they tell the sign of what vanished.
            In an arithmetic of pairs there is `<partial>_tail` instead, 1 or a `tail`,
            a factor that the value and its bound both lack.
        signed: partials that are free of cancellation: the sign of the computed value
            is right everywhere, that of an underflowed zero too.
        guarded: whether an exponent may cancel, which widens the bounds.
    """

    program: Program
    signed: frozenset[str]
    guarded: bool = False


def bounded(
    program: Program, variables: tuple[str, ...], arithmetic: Arithmetic = DOUBLE
) -> Bounded:
    """The program, operation by operation as it was, and bounds of its errors.

    Raises:
        UnsupportedError: there is no bound, as when a denominator may vanish.
    """
    analysis = _Analysis(program, Propagation(variables, arithmetic))
    found = analysis.run()
    outputs: dict[str, Expression] = {}
    for name, (quantity, tail) in found.items():
        outputs |= analysis.outputs(name, quantity, tail)
    whole = Program(tuple(analysis.rules.builder.bindings), outputs)
    kept = Program(whole.trimmed(outputs), outputs)
    signed = frozenset(n for n, (q, _) in found.items() if q.size is None)
    return Bounded(kept, signed, bool(analysis.rules.guards))


@dataclass(frozen=True, slots=True)
class _Analysis:
    program: Program
    rules: Propagation

    def run(self) -> dict[str, tuple[Quantity, Quantity]]:
        """The outputs before their last decay, and that decay."""
        for name in self.rules.variables:
            self.rules.known[name] = Quantity(Name(name), single=True)
        outputs = self.program.outputs
        for suffix in ("", "_bound", "_tail", "_inner", "_inner_bound"):
            self.rules.builder.reserve(
                *self.rules.variables, *(n + suffix for n in outputs)
            )
        kept = carried(self.program)
        for binding in self.program.bindings:
            found = self.rules.visit(binding.value, binding.name)
            if binding.name in kept.exact:
                found = replace(found, count=0, size=None)
            if binding.name in kept.exponents and not self.rules.is_small(
                op("abs", found.value)
            ):
                raise UnsupportedError("accurate mode: a rounded exponent cancels")
            if binding.name in kept.errors:
                found = Quantity(found.value, corrects=ERROR)
            self.rules.known[binding.name] = found
        return {name: self._split(e) for name, e in outputs.items()}

    def _split(self, output: Expression) -> tuple[Quantity, Quantity]:
        last = output
        if isinstance(output, Name):  # of a flat program
            named = {b.name: b.value for b in self.program.bindings}
            last = named.get(output.text, output)
        match last:
            case Operation("fade", (inner, outer)):
                value, tail = (
                    self.rules.visit(inner, "value"),
                    self.rules.visit(outer, "tail"),
                )
                count = value.count + tail.count + 1
                return replace(value, count=count, sides=None), tail
        one = self.rules.on_sides(number(1), Fraction(1), Fraction(1))
        return self.rules.visit(output, "value"), one

    def outputs(
        self, name: str, inner: Quantity, tail: Quantity
    ) -> Mapping[str, Expression]:
        """What the program says of one partial."""
        bound = self._bound(inner)
        if self.rules.arithmetic.pairs:
            return {
                name: inner.value,
                f"{name}_bound": bound,
                f"{name}_tail": tail.value,
            }
        found = {
            name: self._faded(inner.value, tail, "value"),
            f"{name}_bound": self._with_tiny(self._faded(bound, tail, "bound")),
        }
        if inner.size is not None:
            found |= {f"{name}_inner": inner.value, f"{name}_inner_bound": bound}
        return found

    def _faded(self, value: Expression, tail: Quantity, hint: str) -> Expression:
        if tail.value == number(1) or value == number(0):
            return value
        return self.rules.builder.bind(hint, op("fade", value, tail.value))

    def _with_tiny(self, bound: Expression) -> Expression:
        tiny = Number(self.rules.arithmetic.tiny)
        return (
            tiny
            if bound == number(0)
            else self.rules.builder.bind("bound", op("add", bound, tiny))
        )

    def _bound(self, of: Quantity) -> Expression:
        """Bound of |computed - exact|, underflow apart."""
        if of.count == 0:
            return number(0)
        scale = Number((of.count + SLACK) * self.rules.arithmetic.unit)
        guarded = mul(scale, self.rules.size(of), *self.rules.guards)
        return self.rules.builder.bind("bound", guarded)
