"""The operations of a program as torch expressions."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from mila_analysis.errors import UnsupportedError
from mila_analysis.program import Constant, Expression, Name, Number, number, op
from mila_analysis.stability import Program

__all__ = ["CALLS", "body", "literal", "single_residue", "spell"]

_INFIX = {
    "add": ("+", 1), "sub": ("-", 1), "mul": ("*", 2), "fade": ("*", 2),
    "div": ("/", 2),
    ">": (">", 0), ">=": (">=", 0), "<": ("<", 0), "<=": ("<=", 0), "==": ("==", 0),
}  # fmt: skip
CALLS = {
    "abs": "torch.abs({})", "exp": "torch.exp({})", "expm1": "_expm1({})",
    "log": "torch.log({})", "log1p": "_log1p({})",
    "maximum": "torch.maximum({}, {})", "copysign": "_copysign({}, {})",
    "select": "torch.where({}, {}, {})", "step": "_step({})",
    "finite": "_finite({}, _k)", "capped": "_capped({}, _k)", "tail": "_tail({}, {})",
    "swell": "_swell({}, {})", "modest": "_modest({}, {}, _k)",
    "tame": "_tame({}, {}, {})", "product_error": "_product_error({}, {}, {})",
}  # fmt: skip
_CONSTANTS = {"nan": "_NAN"}


def spell(expression: Expression, level: int = 0) -> str:
    """Expression in Python, with the parentheses that keep its order of operations."""
    match expression:
        case Name(text):
            return text
        case Constant(text):
            return _CONSTANTS[text]
        case Number(value):
            return literal(value, level)
    kind, args = expression.kind, expression.args
    if kind in _INFIX:
        sign, own = _INFIX[kind]
        left = spell(args[0], own)
        if own == 0 and all(isinstance(a, Number | Constant) for a in args):
            left = _full(left)  # a condition is a tensor
        text = f"{left} {sign} {spell(args[1], own + 1)}"
        return f"({text})" if own < level else text
    if kind == "neg":
        return f"-{spell(args[0], 3)}"
    if kind == "residue" and isinstance(args[0], Number):
        return _residue(args[0].value)
    if kind == "maximum" and isinstance(args[1], Number):
        return f"_at_least({spell(args[0])}, {spell(args[1])})"
    if kind not in CALLS:
        raise UnsupportedError(f"torch has no spelling for {kind}")
    return CALLS[kind].format(*_arguments(kind, args))


def _arguments(kind: str, args: Sequence[Expression]) -> list[str]:
    """Arguments of a call, numbers among them as tensors where torch wants those."""
    spelled = [spell(a) for a in args]
    plain = [isinstance(a, Number | Constant) for a in args]
    if kind == "select":  # one of them is enough, and gives the other its dtype
        plain = [False, plain[1] and plain[2], False]
    return [
        _full(text) if is_plain else text
        for text, is_plain in zip(spelled, plain, strict=True)
    ]


def _full(literal: str) -> str:
    return f"torch.full_like(x, {literal})"


def literal(value: Fraction, level: int = 0) -> str:
    """A float that is the number; else its quotient, which Python rounds once."""
    try:
        nearest = value.numerator / value.denominator
    except OverflowError:
        raise UnsupportedError("a coefficient is beyond the range of float64") from None
    if Fraction(nearest) == value:
        text = repr(nearest)
        return f"({text})" if value < 0 and level > 0 else text
    return f"({value.numerator} / {value.denominator})"


def _residue(value: Fraction) -> str:
    high = float(value)
    low = float(value - Fraction(high))
    return f"_residue({high!r}, {low!r}, {single_residue(value)!r}, _k)"


def single_residue(value: Fraction) -> float:
    """What a number loses when its float64 is rounded to float32."""
    return float(value - Fraction(float(np.float32(float(value)))))


def body(program: Program, wanted: Sequence[str], variables: Sequence[str]) -> str:
    """Statements that compute the wanted partials and return them.

    Each is a tensor of its own: what is a variable, or another partial, is copied.
    """
    lines = [f"{b.name} = {spell(b.value)}" for b in program.trimmed(wanted)]
    taken: set[Expression] = {Name(v) for v in variables}
    for name in wanted:
        value = program.outputs[name]
        if isinstance(value, Name):
            shared = value in taken
            taken.add(value)
            value = op("mul", value, number(1)) if shared else value
        lines.append(f"{name} = {spell(value)}")
    lines.append(f"return {', '.join(wanted)}")
    return "\n".join(f"    {line}" for line in lines)
