"""How each operation passes rounding errors on: the rules of the error analysis.

`rounding` says what they prove.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from mila_analysis.errors import UnsupportedError
from mila_analysis.program import (
    Builder,
    Constant,
    Expression,
    Name,
    Number,
    Operation,
    number,
    op,
)
from mila_analysis.stability.quantities import Arithmetic, Quantity

__all__ = ["ERROR", "Propagation"]

GUARD = 1 << 34
"""An error of an exponent times this, to the 32nd power, is added to 1: nothing below
2^-35; where the second order counts, a factor that leaves no doubt but to doubt."""

_EXACT = ("product_error", "residue")
ERROR = Constant("error")
"""What a rounding error corrects: something, not known yet what."""


@dataclass(slots=True)
class Propagation:
    """A program bound anew, operation by operation, with what is known of each value.

    Attributes:
        guards: factors of every bound, 1 but where an exponent cancels.
    """

    variables: tuple[str, ...]
    arithmetic: Arithmetic
    builder: Builder = field(default_factory=Builder)
    known: dict[str, Quantity] = field(default_factory=dict)
    guards: list[Expression] = field(default_factory=list)

    # Sizes

    def size(self, of: Quantity) -> Expression:
        """Its size, as a value of the program."""
        if of.size is not None:
            return of.size
        if of.sides is not None:
            return self._size_of_sides(*of.sides, of.value)
        if self.arithmetic.pairs:
            return self.builder.bind("size", op("rough", of.value))
        if of.sign > 0:
            return of.value
        return self.builder.bind("size", op("abs", of.value))

    def _size_of_sides(
        self, low: Fraction, high: Fraction, value: Expression
    ) -> Expression:
        if abs(low) == abs(high):
            return Number(abs(low))
        if min(low, high) >= 0:
            return value
        return self.builder.bind("size", op("abs", value))

    def _bind_size(self, kind: str, *sizes: Expression) -> Expression:
        return self.builder.bind("size", op(kind, *sizes))

    # Values

    def visit(self, expression: Expression, hint: str) -> Quantity:
        """Bind an expression, and say what is known of its value."""
        match expression:
            case Name(text):
                return self.known[text]
            case Number(value):
                return self.on_sides(expression, value, value)
            case Constant():
                return Quantity(expression, sign=1, single=True)
        if expression.kind in _EXACT:
            return Quantity(self.builder.bind(hint, expression), corrects=ERROR)
        args = [self.visit(a, "part") for a in expression.args]
        return self._operation(expression.kind, args, hint)

    def _operation(self, kind: str, args: list[Quantity], hint: str) -> Quantity:
        value = self.builder.bind(hint, op(kind, *(a.value for a in args)))
        sided = self._on_both_sides(kind, args, value)
        if sided is not None:
            return sided
        rule = self._rules().get(kind)
        if rule is None:
            raise UnsupportedError(f"accurate mode has no error bound for {kind}")
        return rule(kind, value, *args)

    def _rules(self) -> Mapping[str, Callable[..., Quantity]]:
        return {
            **dict.fromkeys(("add", "sub"), self._sum),
            **dict.fromkeys(("mul", "fade"), self._product),
            **dict.fromkeys(("div", "swell"), self._quotient),
            **dict.fromkeys(("finite", "modest", "capped"), self._unchanged),
            **dict.fromkeys(("exp", "tail"), self._exponential),
            "exp_sum": self._exponential_of_sum,
            "fused": self._fused,
            **dict.fromkeys((">", ">=", "<", "<=", "=="), self._comparison),
            "neg": self._negative,
            "abs": self._absolute,
            "step": self._step,
            "tame": self._error,
            "copysign": self._with_sign,
            "maximum": self._maximum,
            "select": self._choice,
            "expm1": self._expm1,
            "log1p": self._log1p,
        }

    # Numbers known on both sides of z = 0

    def on_sides(self, value: Expression, low: Fraction, high: Fraction) -> Quantity:
        """A number that has one exact value where z ≤ 0 and one where z > 0."""
        inexact = not (_is_float(low) and _is_float(high))
        sign = 1 if min(low, high) >= 0 else -1 if max(low, high) <= 0 else 0
        return Quantity(value, int(inexact), sign, None, (low, high), not inexact)

    def _on_both_sides(
        self, kind: str, args: list[Quantity], value: Expression
    ) -> Quantity | None:
        sides = [a.sides for a in args if a.sides is not None and not a.count]
        if len(sides) < len(args) or kind not in _EXACTLY:
            return None
        low, high = (_EXACTLY[kind](*(s[i] for s in sides)) for i in (0, 1))
        return self.on_sides(value, low, high)

    # Arithmetic

    def _fused(
        self, _: str, value: Expression, a: Quantity, b: Quantity, c: Quantity
    ) -> Quantity:
        """A product and a sum: machines without a fused operation round both."""
        product = self._product("mul", op("mul", a.value, b.value), a, b)
        return self._sum("add", value, c, product)

    def _sum(self, kind: str, value: Expression, a: Quantity, b: Quantity) -> Quantity:
        if b.corrects is not None or a.corrects is not None:
            return self._corrected(value, a, b)
        signs = {a.sign, b.sign if kind == "add" else -b.sign}
        sign = signs.pop() if len(signs) == 1 else 0
        count = max(a.count, b.count) + 1
        if a.count == b.count == 0:  # the error is relative to the sum itself
            exact = self.arithmetic.pairs and a.single and b.single
            return Quantity(value, 0 if exact else 1, sign)
        if sign and a.size is None and b.size is None:
            return Quantity(value, count, sign)
        size = self._bind_size("add", self.size(a), self.size(b))
        return Quantity(value, count, sign, size)

    def _corrected(self, value: Expression, a: Quantity, b: Quantity) -> Quantity:
        """A value with its first-order correction, which is small against it.

        For t - t·e that is so by definition; for (1 - t) + t·e because t·|z| ≤ 1 - t
        and |e| ≤ u·|z|; for (E - 1) + E·e because E·|z| ≤ (1 + |z|)·|E - 1|. Elsewhere
        the correction counts as a term of its own.
        """
        if a.corrects is not None and b.corrects is not None:
            return Quantity(value, corrects=ERROR)
        if a.corrects is not None:
            a, b = b, a
        is_near = b.corrects != ERROR and a.size is None
        if b.corrects == a.value or (
            is_near and (a.sign or self._have_one_exponent(a, b.corrects))
        ):
            return replace(a, value=value, count=a.count + 2, sides=None)
        lost = self.builder.bind("size", op("abs", b.value))
        size = self._bind_size("add", self.size(a), lost)
        return Quantity(value, a.count + 2, 0, size)

    def _have_one_exponent(self, a: Quantity, base: Expression | None) -> bool:
        """Whether one is exp(z) and the other exp(z) - 1, or both are either."""
        known = self.known.get(base.text) if isinstance(base, Name) else None
        return known is not None and a.of is not None and known.of == a.of

    def _product(
        self, kind: str, value: Expression, a: Quantity, b: Quantity
    ) -> Quantity:
        if a.corrects is not None or b.corrects is not None:
            base = a.value if b.corrects is not None else b.value
            sided = (a if b.corrects is not None else b).sides is not None
            old = b.corrects if b.corrects is not None else a.corrects
            return Quantity(value, corrects=old if sided else base)
        exact = _is_scaling(a) or _is_scaling(b)
        if a.count == b.count == 0 and self.arithmetic.pairs:
            exact = exact or (a.single and b.single)
        count, sign = a.count + b.count + (not exact), a.sign * b.sign
        if a.size is None and b.size is None:
            single = a.single and b.single and (_is_scaling(a) or _is_scaling(b))
            return Quantity(value, count, sign, single=single)
        size = self._bind_size(kind, self.size(a), self._scale(kind, b))
        return Quantity(value, count, sign, size)

    def _scale(self, kind: str, factor: Quantity) -> Expression:
        """Size of a factor; a tail is a factor as it is."""
        return factor.value if kind in ("fade", "swell") else self.size(factor)

    def _quotient(
        self, kind: str, value: Expression, a: Quantity, b: Quantity
    ) -> Quantity:
        if b.size is not None or not b.sign or (b.sides and 0 in b.sides):
            raise UnsupportedError("accurate mode: a denominator may vanish")
        count, sign = a.count + b.count + 1, a.sign * b.sign
        if a.size is None:
            return Quantity(value, count, sign)
        size = self._bind_size(kind, a.size, self._scale(kind, b))
        return Quantity(value, count, sign, size)

    # What changes no size

    def _unchanged(
        self, _: str, value: Expression, a: Quantity, *__: object
    ) -> Quantity:
        return replace(a, value=value)

    def _negative(self, _: str, value: Expression, a: Quantity) -> Quantity:
        return replace(a, value=value, sign=-a.sign, sides=None)

    def _absolute(self, _: str, value: Expression, a: Quantity) -> Quantity:
        return replace(a, value=value, sign=1, sides=None)

    def _step(self, _: str, value: Expression, __: Quantity) -> Quantity:
        return self.on_sides(value, Fraction(0), Fraction(1))

    def _error(
        self,
        _: str,
        value: Expression,
        error: Quantity,
        size: Quantity,
        __: Quantity,
    ) -> Quantity:
        if not self.is_small(size.value):
            scaled = op("mul", number(GUARD), error.value)
            guard = self.builder.bind("guard", scaled)
            for _again in range(5):
                guard = self.builder.bind("guard", op("mul", guard, guard))
            self.guards.append(self.builder.bind("guard", op("add", number(1), guard)))
        return Quantity(value, corrects=ERROR)

    def is_small(self, size: Expression) -> bool:
        """Whether the error of an exponent is surely within u·|z|: one rounding of z.

        Products multiply their relative errors; of sums, only one of floats is safe.
        """
        known = {b.name: b.value for b in self.builder.bindings}

        def is_product(expression: Expression) -> bool:
            match expression:
                case Name(text) if text not in known:
                    return True
                case Number():
                    return True
                case Name(text):
                    return is_product(known[text])
                case Operation("mul" | "finite" | "abs" | "neg", args):
                    return all(map(is_product, args))
            return False

        def is_float(expression: Expression) -> bool:
            return isinstance(expression, Number) or (
                isinstance(expression, Name) and expression.text in self.variables
            )

        match known[size.text] if isinstance(size, Name) else size:
            case Operation("abs", (Name(text),)):
                match known.get(text):
                    case Operation("add" | "sub", terms):
                        return all(map(is_float, terms))
        return is_product(size)

    def _comparison(
        self, _: str, value: Expression, a: Quantity, b: Quantity
    ) -> Quantity:
        """Exact of floats; against 0 also of what is wrong by a part of itself only."""
        one, other = (b, a) if _is_zero(a) else (a, b)
        if other.count or (one.count and not (_is_zero(other) and one.size is None)):
            raise UnsupportedError(
                "accurate mode: a case is chosen by a rounded number"
            )
        return Quantity(value, single=True)

    def _with_sign(
        self, _: str, value: Expression, a: Quantity, b: Quantity
    ) -> Quantity:
        """copysign(|v|, z): a sign of its own, the error of v.

        That of z for E - 1 only ever brings the value nearer to the exact one.
        """
        if a.of == b.value and a.size is None and not b.count:
            return replace(a, value=value)
        if a.sign <= 0 or (b.count and b.size is not None):
            raise UnsupportedError("accurate mode: the sign of a number is replaced")
        return replace(a, value=value, sign=0, sides=None)

    # Choices and functions

    def _maximum(self, _: str, value: Expression, a: Quantity, b: Quantity) -> Quantity:
        count, sign = max(a.count, b.count), max(a.sign, b.sign)
        if a.size is None and b.size is None and (sign > 0 or not count):
            return Quantity(value, count, sign)
        size = self._bind_size("add", self.size(a), self.size(b))
        return Quantity(value, count, sign, size)

    def _choice(
        self,
        _: str,
        value: Expression,
        condition: Quantity,
        a: Quantity,
        b: Quantity,
    ) -> Quantity:
        sign = a.sign if a.sign == b.sign else 0
        count = max(a.count, b.count)
        if a.size is None and b.size is None:
            return Quantity(value, count, sign, single=a.single and b.single)
        size = self._bind_size("select", condition.value, self.size(a), self.size(b))
        return Quantity(value, count, sign, size)

    def _exponential(
        self, _: str, value: Expression, a: Quantity, *__: Quantity
    ) -> Quantity:
        """An absolute error of the exponent is a relative one of the exponential."""
        count = _relative(a) * self.arithmetic.reach + self.arithmetic.exp
        return Quantity(value, count, 1, of=a.value)

    def _exponential_of_sum(
        self, _: str, value: Expression, a: Quantity, b: Quantity
    ) -> Quantity:
        """That of the exact sum, or the product of two exponentials."""
        if a.count or b.count:
            raise UnsupportedError("accurate mode: an exponent is rounded")
        return Quantity(value, 2 * self.arithmetic.exp + 1, 1)

    def _expm1(self, _: str, value: Expression, a: Quantity) -> Quantity:
        """expm1 of a number that is never positive amplifies no relative error."""
        if a.sign >= 0 and a.count:
            raise UnsupportedError("accurate mode: expm1 of a rounded positive number")
        count = _relative(a) + self.arithmetic.expm1
        return Quantity(value, count, a.sign, of=a.value)

    def _log1p(self, _: str, value: Expression, a: Quantity) -> Quantity:
        """log1p of a positive number amplifies no relative error."""
        if a.sign <= 0:
            raise UnsupportedError(
                "accurate mode: log1p of a number that is not positive"
            )
        return Quantity(value, _relative(a) + self.arithmetic.log1p, 1)


def _relative(of: Quantity) -> int:
    """Roundings of an argument, relative to itself."""
    if of.count and of.size is not None:
        raise UnsupportedError("accurate mode: the argument of a function cancels")
    return of.count


_EXACTLY: Mapping[str, Callable[..., Fraction]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "neg": lambda a: -a,
    "abs": abs,
    "maximum": max,
}


def _is_float(value: Fraction) -> bool:
    return Fraction(float(value)) == value


def _is_zero(of: Quantity) -> bool:
    return of.sides is not None and not any(of.sides)


def _is_scaling(of: Quantity) -> bool:
    """Whether a product with this number is exact: 0 or ± a power of two."""
    return of.sides is not None and all(
        s.numerator & (s.numerator - 1) == 0
        and s.denominator & (s.denominator - 1) == 0
        for s in map(abs, of.sides)
    )
