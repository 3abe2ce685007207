"""A program to exact values: its operations in the field of a derivation.

What is there to save floats (caps, tails, rounding errors) has an exact meaning, and
drops out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy

from mila_analysis.derivation import Derivation
from mila_analysis.errors import FormulaError, UnsupportedError
from mila_analysis.program import (
    Constant,
    Expression,
    Name,
    Number,
)
from mila_analysis.stability import Program
from mila_analysis.tower import Reduction, Tower
from mila_analysis.verification.branches import (
    SIGNED,
    Branch,
    Exact,
    IdentityError,
    holds,
)
from mila_analysis.verification.combining import multiples_of

__all__ = ["Interpreter"]

MOST = 12
"""Powers of an exponential that stand in arithmetic of partials to the fourth order."""


class Interpreter:
    """Exact meaning of the operations of a program in one branch."""

    def __init__(
        self,
        derivation: Derivation,
        branch: Branch,
        constants: Mapping[str, Any] | None = None,
    ) -> None:
        first = next(iter(derivation.cases[0].partials.values()))
        self.field = first.field
        self.reduced = Reduction(self.field, derivation.generators)
        self.tower = Tower.closed(derivation.variables, derivation.generators)
        self.case = derivation.cases[branch.case]
        self.constants = constants or {}
        self.exponentials = []
        self.logarithms = []
        self.signs: list[tuple[Any, bool]] = []
        signs = iter(branch.positive)
        for generator in derivation.generators:
            symbol = self.field(generator.symbol)
            argument = self.reduced(self.field.from_expr(generator.argument))
            if generator.function in SIGNED:
                self.signs.append((argument, next(signs)))
            if generator.function == "exp":
                self.exponentials.append((symbol, argument, self.signs[-1][1]))
            elif generator.function == "log":
                self.logarithms.append((symbol, argument))
        self._calls: dict[Any, Exact | IdentityError] = {}
        self.names: dict[str, Exact | bool | IdentityError] = {
            str(v): self._plain(self.field(v)) for v in derivation.variables
        }

    def run(self, program: Program) -> Mapping[str, Exact]:
        """Exact values of the outputs; what a branch does not reach may have none."""
        for binding in program.bindings:
            try:
                self.names[binding.name] = self._value(binding.value)
            except IdentityError as error:
                self.names[binding.name] = error
            except ZeroDivisionError:
                self.names[binding.name] = IdentityError("a division by zero")
            except UnsupportedError as error:
                self.names[binding.name] = IdentityError(str(error))
        return {n: self._number(e) for n, e in program.outputs.items()}

    def is_equal(self, value: Exact, exact: Any) -> bool:
        """Whether a value is an element of the field."""
        return not value.exponent and self.reduced(value.element) == exact

    def is_zero_at_origin(self, value: Exact, exact: Any) -> bool:
        """Whether a value is the exact one where the only exponent is 0."""
        if value.exponent or len(self.exponentials) != 1:
            return False
        ((symbol, argument, _),) = self.exponentials
        one = {symbol.as_expr(): 1}
        top = (value.element - exact).numer.as_expr().subs(one)
        line = argument.numer.as_expr()
        _, rest = sympy.reduced(top, [line], *sorted(line.free_symbols, key=str))
        return bool(sympy.expand(rest) == 0)

    def _plain(self, element: Any) -> Exact:
        return Exact(self.field(element), self.field.zero)

    def _element(self, expression: Any) -> Exact:
        """SymPy expression in the symbols of the tower."""
        return self._plain(self.reduced(self.field.from_expr(expression)))

    def _number(self, expression: Expression) -> Exact:
        value = self._value(expression)
        if isinstance(value, bool):
            raise IdentityError("a condition stands where a number is needed")
        return value

    def _value(self, expression: Expression) -> Exact | bool:
        match expression:
            case Name(text):
                known = self.names.get(text, IdentityError(f"{text} has no value"))
                if isinstance(known, IdentityError):
                    raise known
                return known
            case Number(_, name) if name:
                if name not in self.constants:
                    raise IdentityError(f"{name} is no constant of the form")
                return self._element(self.constants[name])
            case Number(value):
                top = self.field(value.numerator)
                return self._plain(top / self.field(value.denominator))
            case Constant(text):
                raise IdentityError(f"{text} was reached in a case that exists")
        kind, args = expression.kind, expression.args
        if kind == "select":
            return self._select(*args)
        if kind in (">", ">=", "<", "<=", "=="):
            return self._holds(kind, *(self._number(a) for a in args))
        rule = getattr(self, f"_{kind}", None)
        if rule is None:
            raise IdentityError(f"no exact meaning of {kind}")
        result: Exact = rule(*(self._number(a) for a in args))
        return result

    def _select(
        self, condition: Expression, yes: Expression, no: Expression
    ) -> Exact | bool:
        """One of two values; either one if they are equal and nothing decides."""
        try:
            decided = self._value(condition)
        except IdentityError:
            first, second = self._number(yes), self._number(no)
            if self._is_same(first, second):
                return first
            raise
        return self._value(yes if decided is True else no)

    def _is_same(self, a: Exact, b: Exact) -> bool:
        return bool(a.exponent == b.exponent) and self.is_equal(
            Exact(a.element - b.element, self.field.zero), self.field.zero
        )

    # Arithmetic

    def _add(self, a: Exact, b: Exact) -> Exact:
        if not a.element or not b.element:
            return a if a.element else b
        if a.exponent != b.exponent:
            raise IdentityError("a sum of different exponentials")
        return Exact(a.element + b.element, a.exponent)

    def _neg(self, a: Exact) -> Exact:
        return Exact(-a.element, a.exponent)

    def _sub(self, a: Exact, b: Exact) -> Exact:
        return self._add(a, self._neg(b))

    def _mul(self, a: Exact, b: Exact) -> Exact:
        product = self.reduced(a.element * b.element)
        return self._normal(product, a.exponent + b.exponent)

    def _div(self, a: Exact, b: Exact) -> Exact:
        quotient = self.reduced(a.element / b.element)
        return self._normal(quotient, a.exponent - b.exponent)

    def _fused(self, a: Exact, b: Exact, c: Exact) -> Exact:
        return self._add(self._mul(a, b), c)

    def _normal(self, element: Any, exponent: Any) -> Exact:
        """exp(n·z) of a generator written as its power."""
        for symbol, argument, _ in self.exponentials:
            ratio = exponent / argument
            if ratio.numer.is_ground and ratio.denom == 1:
                power = int(ratio.numer.LC) if ratio else 0
                return Exact(element * symbol**power, self.field.zero)
        if self.reduced(exponent) != exponent:
            return self._normal(element, self.reduced(exponent))
        known = self._known_exponential(exponent)
        if known is not None:
            return Exact(element * known, self.field.zero)
        return Exact(element, exponent)

    def _known_exponential(self, exponent: Any) -> Any | None:
        """exp of a sum that the tower writes in its own generators."""
        try:
            return self._called(sympy.exp, exponent).element
        except IdentityError:
            powers = multiples_of([z for _, z, _ in self.exponentials], exponent)
        if powers is None:
            return None
        result = self.field.one
        for (symbol, _, _), n in zip(self.exponentials, powers, strict=True):
            result *= symbol**n
        return result

    def _called(self, function: Any, argument: Any) -> Exact:
        """Function of an element, lifted as the formula is, without a new generator."""
        key = (function, argument)
        if key not in self._calls:
            self._calls[key] = self._lifted(function, argument)
        found = self._calls[key]
        if isinstance(found, IdentityError):
            raise found
        return found

    def _lifted(self, function: Any, argument: Any) -> Exact | IdentityError:
        try:
            lifted = self.tower.lift(function(self.reduced(argument).as_expr()))
            return self._element(lifted)
        except (UnsupportedError, FormulaError) as error:
            return IdentityError(f"no value in the tower: {error}")

    def _plain_argument(self, a: Exact) -> Any:
        if a.exponent:
            raise IdentityError("a function of an exponential beyond the tower")
        return a.element

    # Functions

    def _exp(self, a: Exact) -> Exact:
        return self._normal(self.field.one, a.element)

    def _exp_sum(self, a: Exact, b: Exact) -> Exact:
        return self._exp(self._add(a, b))

    def _expm1(self, a: Exact) -> Exact:
        return self._sub(self._exp(a), self._plain(1))

    def _log(self, a: Exact) -> Exact:
        for symbol, argument in self.logarithms:
            if a.element == argument and not a.exponent:
                return self._plain(symbol)
        return self._called(sympy.log, self._plain_argument(a))

    def _log1p(self, a: Exact) -> Exact:
        """log(A·E^-n) = L - n·z for a generator L = log A."""
        for symbol, argument in self.logarithms:
            quotient = (1 + a.element) / argument
            for base, z, _ in self.exponentials:
                power = 0
                while quotient != 1 and power < MOST:
                    quotient, power = quotient * base, power + 1
                if quotient == 1:
                    return self._plain(symbol - power * z)
        return self._called(sympy.log, self._plain_argument(a) + 1)

    def _sqrt(self, a: Exact) -> Exact:
        return self._called(sympy.sqrt, self._plain_argument(a))

    def _erf(self, a: Exact) -> Exact:
        return self._called(sympy.erf, self._plain_argument(a))

    def _erfcx(self, a: Exact) -> Exact:
        u = self._plain_argument(a)
        complement = self._sub(self._plain(1), self._erf(a))
        return self._mul(self._exp(self._plain(u**2)), complement)

    def _sin(self, a: Exact) -> Exact:
        return self._called(sympy.sin, self._plain_argument(a))

    def _cos(self, a: Exact) -> Exact:
        return self._called(sympy.cos, self._plain_argument(a))

    def _atan(self, a: Exact) -> Exact:
        return self._called(sympy.atan, self._plain_argument(a))

    def _sign(self, z: Exact) -> bool:
        element = self.reduced(z.element)
        for argument, positive in self.signs:
            if element == argument:
                return bool(positive)
        raise IdentityError(f"the sign of {z.element} is not known")

    def _abs(self, z: Exact) -> Exact:
        return z if self._sign(z) else self._neg(z)

    def _step(self, z: Exact) -> Exact:
        return self._plain(int(self._sign(z)))

    def _maximum(self, a: Exact, b: Exact) -> Exact:
        """max(z, 0), and max(t, 0) or max(t, 1) for powers t of exp(-|z|)."""
        if b.element not in (0, 1):
            raise IdentityError(f"max({a.element}, {b.element}) is not known")
        if self._is_decay(a):
            return b if b.element == 1 else a
        return a if self._sign(a) else self._plain(0)

    def _is_decay(self, a: Exact) -> bool:
        """Whether a value is a power of t = exp(-|z|), and so in (0, 1]."""
        return any(
            a.element == (1 / symbol if positive else symbol) ** power
            for symbol, _, positive in self.exponentials
            for power in range(1, MOST)
        )

    def _copysign(self, a: Exact, z: Exact) -> Exact:
        """E - 1, which has the sign of z; and ±a for a = 1 - t, which has none."""
        if any(z.element == e and a.element == s - 1 for s, e, _ in self.exponentials):
            return a
        if not self._is_decay(self._sub(self._plain(1), a)):
            raise IdentityError(f"the sign of {a.element} is not known")
        return a if self._sign(z) else self._neg(a)

    # What saves floats and is nothing in exact arithmetic

    def _finite(self, a: Exact) -> Exact:
        return a

    _capped = _finite
    _small = _finite

    def _modest(self, value: Exact, _: Exact) -> Exact:
        return value

    def _tail(self, size: Exact, capped: Exact) -> Exact:
        return self._exp(self._sub(capped, size))

    def _fade(self, value: Exact, tail: Exact) -> Exact:
        return self._mul(value, tail)

    def _swell(self, value: Exact, tail: Exact) -> Exact:
        return self._div(value, tail)

    def _tame(self, error: Exact, *_: Exact) -> Exact:
        return error

    def _product_error(self, a: Exact, b: Exact, rounded: Exact) -> Exact:
        return self._sub(self._mul(a, b), rounded)

    def _exp_error(self, z: Exact, rounded: Exact) -> Exact:
        return self._sub(self._exp(z), rounded)

    def _exp_rest(self, z: Exact, k: Exact) -> Exact:
        rest, term = self._exp(z), self._plain(1)
        for j in range(int(k.element.as_expr())):
            term = self._mul(term, self._div(z, self._plain(j))) if j else term
            rest = self._sub(rest, term)
        return rest

    def _residue(self, _: Exact) -> Exact:
        return self._plain(0)

    def _holds(self, comparison: str, a: Exact, b: Exact) -> bool:
        """Whether a comparison is true in this branch."""
        element = self.reduced(a.element - b.element)
        difference = element.as_expr()
        if difference.is_Rational:
            return holds(difference, comparison)
        for relation in self.case.conditions:
            known = self.reduced(self.field.from_expr(relation.difference))
            if known == element and relation.comparison == comparison:
                return True
            if known == element and relation.negated().comparison == comparison:
                return False
        if comparison in (">", "<="):
            return self._sign(self._plain(element)) is (comparison == ">")
        raise IdentityError(f"{difference} {comparison} 0 is not known")
