"""Wide forms in Triton: their programs on numbers with an exponent of their own.

A number is a pair of blocks, and operations on pairs are functions of the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from mila_analysis.backends.torch.spelling import literal
from mila_analysis.errors import UnsupportedError
from mila_analysis.program import Constant, Expression, Name, Number
from mila_analysis.stability import Program

__all__ = ["CALLS", "NUMBER", "ORDER", "RESIDUE", "UNDEFINED", "parts", "returned"]

KINDS = (
    "add", "sub", "mul", "div", "neg", "abs", "maximum", "step", "exp", "expm1", "log",
    "log1p", "sqrt", "erf", "erfcx", "sin", "cos", "atan", "small", "product_error",
    "exp_error", "exp_rest",
)  # fmt: skip
CALLS = {kind: f"_wide_{kind}" for kind in KINDS} | {"select": "_wide_where"}
NUMBER, ORDER, RESIDUE = "_wide_number", "_wide_order", "_wide_residue"
UNDEFINED = "_wide_undefined(x)"
LARGEST, LEAST = Fraction(2) ** 1000, Fraction(2) ** -900
COMPARISONS = (">", ">=", "<", "<=", "==")


def returned(program: Program, wanted: Sequence[str]) -> list[str]:
    """Statements that compute the wanted partials and return them."""
    values = [program.outputs[name] for name in wanted]
    lines = [f"{b.name} = {_spell(b.value)}" for b in program.needed(values)]
    lines += [f"{n} = {_spell(v)}" for n, v in zip(wanted, values, strict=True)]
    return [*lines, f"return {', '.join(wanted)}"]


def _spell(expression: Expression) -> str:
    match expression:
        case Name(text):
            return text
        case Constant():
            return UNDEFINED
        case Number():
            return f"{NUMBER}(x, {_literal(expression)})"
    kind, args = expression.kind, expression.args
    if kind in COMPARISONS:
        return f"{ORDER}({', '.join(map(_spell, args))}) {kind} 0.0"
    if kind == "residue" and isinstance(args[0], Number):
        high, low = parts(args[0].value)
        return f"{RESIDUE}(x, {high!r}, {low!r})"
    if kind == "exp_rest" and isinstance(args[1], Number):
        return f"{CALLS[kind]}({_spell(args[0])}, {int(args[1].value)})"
    if kind not in CALLS:
        raise UnsupportedError(f"wide numbers in triton have no {kind}")
    return f"{CALLS[kind]}({', '.join(map(_spell, args))})"


def _literal(number: Number) -> str:
    """A rational as the float or quotient that it is; an irrational as its float."""
    high, _ = parts(number.value)
    return repr(high) if number.name else literal(number.value)


def parts(value: Fraction) -> tuple[float, float]:
    """The nearest float, and that of what it lacks."""
    if value and not LEAST < abs(value) < LARGEST:
        raise UnsupportedError("a coefficient is beyond the range of float64")
    high = float(value)
    return high, float(value - Fraction(high))
