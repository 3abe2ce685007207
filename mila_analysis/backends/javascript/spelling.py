"""Operations of a program as JavaScript, on doubles or on wide numbers.

Signs of JavaScript stand for arithmetic on doubles. Of wide numbers all is a call, but
for choices: their conditions compare what `_compare` returns with 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from mila_analysis.errors import UnsupportedError
from mila_analysis.program import Constant, Expression, Name, Number, Operation

__all__ = [
    "DOUBLES", "ORDER", "SIGNS", "WIDE", "Spelling", "identifier", "literal",
    "original",
]  # fmt: skip

SIGNS = {"add": ("+", 2), "sub": ("-", 2), "mul": ("*", 3), "div": ("/", 3)}
"""Signs of arithmetic, and how tightly they bind."""
ORDER = (">", ">=", "<", "<=", "==")
"""Comparisons; equal is `===` in JavaScript."""
CHOICE, UNARY = 0, 4

_MATH = {k: f"Math.{k}" for k in ("abs", "exp", "expm1", "log", "log1p")}
_OURS = ("step", "copysign", "finite", "modest", "capped", "tail", "swell", "tame")
_WIDE_CALLS = (
    "add", "sub", "mul", "div", "neg", "abs", "exp", "expm1", "log", "log1p", "sqrt",
    "erf", "erfcx", "sin", "cos", "atan", "maximum", "step", "small", "exp_error",
    "exp_rest", "product_error",
)  # fmt: skip

_KEYWORDS = """
await break case catch class const continue debugger default delete do else enum export
extends false finally for function if implements import in instanceof interface let new
null package private protected public return static super switch this throw true try
typeof var void while with yield arguments eval undefined Infinity NaN Math Number Array
DataView ArrayBuffer parseInt all
"""
RESERVED = frozenset(_KEYWORDS.split())


@dataclass(frozen=True, slots=True)
class Spelling:
    """How the operations of one kind of number are written.

    Attributes:
        name: of the kind of number.
        calls: operation to function.
        signs: those that are signs, with how tightly they bind.
        number: what makes a double one of these numbers; "" if it is one.
        compare: what two numbers are compared by; "" if they are as they stand.
        scale: what multiplies a moderate double and a number, if there is that.
    """

    name: str
    calls: Mapping[str, str]
    signs: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    number: str = ""
    compare: str = ""
    scale: str = ""

    def spell(self, expression: Expression, level: int = 0) -> str:
        """Expression with the parentheses that keep its order of operations.

        Raises:
            UnsupportedError: an operation that these numbers do not have.
        """
        match expression:
            case Name(text):
                return identifier(text)
            case Constant():
                return self._made("NaN")
            case Number(value):
                return self._made(literal(value))
        if self.number:
            return self._called(expression, level)
        return self._signed(expression, level)

    def _signed(self, operation: Operation, level: int) -> str:
        """An operation on doubles."""
        match operation:
            case Operation("neg", (value,)):
                text = self.spell(value, UNARY)
                return f"-({text})" if text.startswith("-") else f"-{text}"
            case Operation(kind, (left, right)) if kind in self.signs:
                sign, own = self.signs[kind]
                text = f"{self.spell(left, own)} {sign} {self.spell(right, own + 1)}"
                return _bound(text, own, level)
        return self._called(operation, level)

    def _called(self, operation: Operation, level: int) -> str:
        """An operation that is a call, or a choice."""
        match operation:
            case Operation("select", (condition, yes, no)):
                choice = f"{self._condition(condition)} ? {self.spell(yes, 1)}"
                return _bound(f"{choice} : {self.spell(no, 1)}", CHOICE, level)
            case Operation("residue", (Number(value),)):
                low = literal(value - Fraction(float(value)))
                return f"_residue({literal(value)}, {low})"
            case Operation("mul", (Number(value), other) | (other, Number(value))) if (
                self.scale and _is_moderate(value)
            ):
                return f"{self.scale}({literal(value)}, {self.spell(other)})"
        return self._call(operation)

    def _made(self, double: str) -> str:
        return f"{self.number}({double})" if self.number else double

    def _call(self, operation: Operation) -> str:
        if operation.kind not in self.calls:
            raise UnsupportedError(f"JavaScript has no {operation.kind} of {self.name}")
        given = ", ".join(self.spell(a) for a in operation.args)
        return f"{self.calls[operation.kind]}({given})"

    def _condition(self, condition: Expression) -> str:
        match condition:
            case Operation(kind, (left, right)) if kind in ORDER:
                sign = "===" if kind == "==" else kind
                if self.compare:
                    given = f"{self.spell(left)}, {self.spell(right)}"
                    return f"{self.compare}({given}) {sign} 0"
                return f"{self.spell(left, 2)} {sign} {self.spell(right, 2)}"
        raise UnsupportedError("JavaScript chooses by comparisons only")


def _bound(text: str, own: int, level: int) -> str:
    return f"({text})" if own < level else text


def _is_moderate(value: Fraction) -> bool:
    """Whether a number times a mantissa is sure to be a normal double."""
    return Fraction(1, 10**30) < abs(value) < 10**30


def literal(value: Fraction) -> str:
    """The double nearest to a number, as short as JavaScript reads it.

    Raises:
        UnsupportedError: there is none.
    """
    try:
        text = repr(float(value))
    except OverflowError:
        raise UnsupportedError("a coefficient is beyond the range of float64") from None
    if value and not float(value):
        raise UnsupportedError("a coefficient is below the range of float64")
    return text.removesuffix(".0")


def identifier(name: str) -> str:
    """A name of a program in JavaScript: the same, or with `_` where that is taken."""
    taken = name.rstrip("_") in RESERVED or name.startswith("_")
    return f"{name}_" if taken else name


def original(word: str) -> str:
    """The name that `identifier` gave that word for."""
    shorter = word.removesuffix("_")
    return shorter if shorter != word and identifier(shorter) == word else word


DOUBLES = Spelling(
    "doubles",
    _MATH
    | {kind: f"_{kind}" for kind in _OURS}
    | {"maximum": "Math.max", "product_error": "_product_error"},
    {**SIGNS, "fade": ("*", 3)},
)
WIDE = Spelling(
    "wide numbers",
    {kind: f"_{kind}" for kind in _WIDE_CALLS},
    number="_number",
    compare="_compare",
    scale="_scaled",
)
