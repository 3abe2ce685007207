"""The operations of a program as Triton expressions, for float32 and float64 alike."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from mila_analysis.backends.torch import spelling
from mila_analysis.errors import UnsupportedError
from mila_analysis.program import Constant, Expression, Name, Number
from mila_analysis.stability import Program

__all__ = ["CALLS", "UNDEFINED", "assignments", "returned", "spell"]

UNDEFINED = "_undefined(x)"
_INFIX = {
    "add": ("+", 1), "sub": ("-", 1), "mul": ("*", 2), "fade": ("*", 2),
    ">": (">", 0), ">=": (">=", 0), "<": ("<", 0), "<=": ("<=", 0), "==": ("==", 0),
}  # fmt: skip
CALLS = {
    "div": "_over", "neg": "_minus", "abs": "tl.abs", "exp": "_exp",
    "exp_normal": "_exp_normal", "expm1": "_expm1", "log": "_log", "log1p": "_log1p",
    "maximum": "_maximum", "copysign": "_copysign", "select": "tl.where",
    "step": "_step", "finite": "_finite", "capped": "_capped", "tail": "_tail",
    "swell": "_swell", "modest": "_modest", "tame": "_tame",
    "product_error": "_product_error", "fused": "_fused", "exp_sum": "_exp_sum",
    "exp_near": "_exp_near", "sqrt": "tl.sqrt", "erf": "_near_erf",
    "erfcx": "_flat_erfcx", "atan": "_near_atan", "sin": "_near_sin",
    "cos": "_near_cos", "exp_rest": "_near_exp_rest", "exp_error": "_near_exp_error",
}  # fmt: skip


def spell(expression: Expression, level: int = 0) -> str:
    """Expression in Triton, with the parentheses that keep its order of operations."""
    match expression:
        case Name() | Number():
            return spelling.spell(expression, level)
        case Constant():
            return UNDEFINED
    kind, args = expression.kind, expression.args
    if kind in _INFIX:
        sign, own = _INFIX[kind]
        left = spell(args[0], own)
        if own == 0 and all(isinstance(a, Number) for a in args):
            left = _full(args[0])  # a condition is a block
        text = f"{left} {sign} {spell(args[1], own + 1)}"
        return f"({text})" if own < level else text
    if kind == "residue" and isinstance(args[0], Number):
        return _residue(args[0].value)
    if kind == "exp_rest" and isinstance(args[1], Number):
        return f"{CALLS[kind]}({spell(args[0])}, {int(args[1].value)})"
    if kind not in CALLS:
        raise UnsupportedError(f"triton has no spelling for {kind}")
    return f"{CALLS[kind]}({', '.join(_arguments(kind, args))})"


def _arguments(kind: str, args: Sequence[Expression]) -> list[str]:
    """Arguments of a call: blocks, but for one number to choose."""
    plain = [isinstance(a, Number) for a in args]
    if kind == "select":  # one of them is enough, and gives the other its dtype
        plain = [False, plain[1] and plain[2], False]
    return [
        _full(a) if is_plain else spell(a)
        for a, is_plain in zip(args, plain, strict=True)
    ]


def _full(value: Expression) -> str:
    return f"_full(x, {spell(value)})"


def _residue(value: Fraction) -> str:
    high = float(value)
    low = float(value - Fraction(high))
    return f"_residue(x, {high!r}, {low!r}, {spelling.single_residue(value)!r})"


def assignments(program: Program, needed: Sequence[Expression]) -> list[str]:
    """Statements that bind what some expressions need."""
    return [f"{b.name} = {spell(b.value)}" for b in program.needed(needed)]


def returned(program: Program, wanted: Sequence[str]) -> list[str]:
    """Statements that compute the wanted partials and return them."""
    values = [program.outputs[name] for name in wanted]
    lines = assignments(program, values)
    for name, value in zip(wanted, values, strict=True):
        is_plain = isinstance(value, Number)
        lines.append(f"{name} = {_full(value) if is_plain else spell(value)}")
    return [*lines, f"return {', '.join(wanted)}"]
