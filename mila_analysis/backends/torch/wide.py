"""Wide forms in torch: their programs on numbers with an exponent of their own.

Such a number has operators, so a program is spelled as its mathematics; what else it
needs are the functions of `_wide` and `_wide_functions`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from fractions import Fraction

from mila_analysis.backends._copied import copied
from mila_analysis.backends._python_parts import only, without
from mila_analysis.backends._turns import turn_digits
from mila_analysis.backends.torch.shell import derivatives
from mila_analysis.backends.torch.spelling import literal
from mila_analysis.errors import UnsupportedError
from mila_analysis.program import Constant, Expression, Name, Number, Operation
from mila_analysis.stability import Program

__all__ = ["CALLS", "FULL", "body", "runtime", "walk"]

CALLS = {
    kind: f"_{kind}"
    for kind in (
        "exp", "expm1", "log", "log1p", "sqrt", "erf", "erfcx", "sin", "cos", "atan",
        "maximum", "step", "small", "product_error", "exp_error", "exp_rest",
    )
} | {"abs": "abs", "select": "_where"}  # fmt: skip
FULL = "_wide"  # makes a number of the text one of these
_INFIX = {
    "add": ("+", 1), "sub": ("-", 1), "mul": ("*", 2), "div": ("/", 2),
    ">": (">", 0), ">=": (">=", 0), "<": ("<", 0), "<=": ("<=", 0), "==": ("==", 0),
}  # fmt: skip
_REPLACED = ("_computed", "_settle")


def body(program: Program, wanted: Sequence[str], _variables: Sequence[str]) -> str:
    """Statements that compute the wanted partials and return them."""
    lines = [f"{b.name} = {_spell(b.value)}" for b in program.trimmed(wanted)]
    lines += [f"{name} = {_spell(program.outputs[name])}" for name in wanted]
    lines.append(f"return {', '.join(wanted)}")
    return "\n".join(f"    {line}" for line in lines)


def _spell(expression: Expression, level: int = 0) -> str:
    """Expression in Python, with the parentheses that keep its order of operations."""
    match expression:
        case Name(text):
            return text
        case Constant(text):
            return f"_{text.upper()}"
        case Number():
            return _number(expression, level)
    kind, args = expression.kind, expression.args
    if kind in _INFIX:
        return _operator(expression, level)
    if kind == "neg":
        return f"-{_spell(args[0], 3)}"
    if kind == "residue" and isinstance(args[0], Number):
        high, low = _parts(args[0])
        return f"_residue({high!r}, {low!r})"
    if kind not in CALLS:
        raise UnsupportedError(f"wide numbers in torch have no {kind}")
    return f"{CALLS[kind]}({', '.join(_spell(a) for a in args)})"


def _operator(operation: Operation, level: int) -> str:
    """An operation on two values, of which one at least is no number of the text."""
    left, right = operation.args
    sign, own = _INFIX[operation.kind]
    first = _spell(left, own)
    if all(isinstance(a, Number | Constant) for a in operation.args):
        first = f"{FULL}({_spell(left)})"
    text = f"{first} {sign} {_spell(right, own + 1)}"
    return f"({text})" if own < level else text


def _number(number: Number, level: int) -> str:
    if not number.name:
        return literal(number.value, level)
    text = repr(_parts(number)[0])
    return f"({text})" if number.value < 0 and level > 0 else text


def _parts(number: Number) -> tuple[float, float]:
    """The nearest float, and that of what it lacks."""
    try:
        high = float(number.value)
    except OverflowError:
        raise UnsupportedError("a coefficient is beyond the range of float64") from None
    return high, float(number.value - Fraction(high))


def runtime() -> str:
    """The part that is the same in all files of wide forms."""
    first = ["_wide.py", "_wide_functions.py"]
    last = ["_wide_angles.py", "_wide_results.py"]
    before, after = ([copied("torch", f) for f in part] for part in (first, last))
    parts = [*before, _turn(), *after]
    return "\n\n\n".join([without(derivatives(), _REPLACED), *parts])


def _turn() -> str:
    """The digits of 1/(2π), which the functions of angles need."""
    rows = textwrap.wrap(f"{', '.join(map(str, turn_digits()))},", 84)
    return "\n".join(["_TURN = (", *(f"    {row}" for row in rows), ")"])


def walk(blocks: str) -> str:
    """The part that goes through blocks of memory.

    Args:
        blocks: that of other files.
    """
    shared = only(blocks, ["_narrow", "_row", "_flat"])
    return f"{copied('torch', '_wide_blocks.py')}\n\n\n{shared}"
