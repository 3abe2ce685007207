"""Expressions of a program in the Python of a generated NumPy module."""

from __future__ import annotations

from fractions import Fraction

from mila_analysis.errors import UnsupportedError
from mila_analysis.program import Constant, Expression, Name, Number

__all__ = ["INFIX", "spell"]

INFIX = {
    "add": ("+", 1), "sub": ("-", 1), "mul": ("*", 2), "div": ("/", 2),
    ">": (">", 0), ">=": (">=", 0), "<": ("<", 0), "<=": ("<=", 0), "==": ("==", 0),
}  # fmt: skip
_CALLS = {
    "abs": "np.abs({})", "exp": "np.exp({})", "expm1": "np.expm1({})",
    "log": "np.log({})", "log1p": "np.log1p({})", "maximum": "np.maximum({}, {})",
    "copysign": "np.copysign({}, {})", "select": "_select({}, {}, {})",
    "step": "_step({})", "finite": "_finite({}, _k)", "capped": "_capped({}, _k)",
    "tail": "_tail({}, {}, _k)", "fade": "_fade({}, {}, _k)",
    "swell": "_swell({}, {}, _k)", "modest": "_modest({}, {}, _k)",
    "tame": "_tame({}, {}, {})",
    "product_error": "_product_error({}, {}, {})",
}  # fmt: skip
_CONSTANTS = {"nan": "np.nan"}


def spell(expression: Expression, level: int = 0) -> str:
    """Expression in Python, with the parentheses that keep its order of operations."""
    match expression:
        case Name(text):
            return text
        case Constant(text):
            return _CONSTANTS[text]
        case Number(value):
            return _literal(value, level)
    kind, args = expression.kind, expression.args
    if kind in INFIX:
        sign, own = INFIX[kind]
        text = f"{spell(args[0], own)} {sign} {spell(args[1], own + 1)}"
        return f"({text})" if own < level else text
    if kind == "neg":
        return f"-{spell(args[0], 3)}"
    if kind == "residue" and isinstance(args[0], Number):
        return _residue(args[0].value)
    if kind not in _CALLS:
        raise UnsupportedError(f"numpy has no spelling for {kind}")
    spelled = [spell(a) for a in args]
    if kind == "select":  # a number there takes the dtype of the rest
        spelled[1:] = ["_k.one" if s == "1.0" else s for s in spelled[1:]]
    return _CALLS[kind].format(*spelled)


def _literal(value: Fraction, level: int) -> str:
    try:
        text = repr(float(value))
    except OverflowError:
        raise UnsupportedError("a coefficient is beyond the range of float64") from None
    return f"({text})" if value < 0 and level > 0 else text


def _residue(value: Fraction) -> str:
    high = float(value)
    return f"_residue({high!r}, {float(value - Fraction(high))!r}, _k)"
