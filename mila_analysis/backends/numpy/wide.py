"""The NumPy backend for wide forms: their programs, and the runtime they need.

A program is a function `_whole_` of wide numbers and of a kit, `_k`: operators, and
methods of the kit for all else. It returns its partials in order.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import lru_cache

import flint

from mila_analysis.backends._copied import copied
from mila_analysis.backends._error_functions import (
    erf_coefficients,
    erfcx_coefficients,
)
from mila_analysis.backends._turns import turn_digits
from mila_analysis.backends.numpy.spelling import INFIX
from mila_analysis.errors import UnsupportedError
from mila_analysis.program import (
    Binding,
    Constant,
    Expression,
    Name,
    Number,
    Operation,
)
from mila_analysis.stability import Program, StableForm

__all__ = ["CALLS", "arithmetic", "floats", "imports", "runtime", "spell"]

CALLS = (
    "exp", "expm1", "log", "log1p", "sqrt", "erf", "erfcx", "sin", "cos", "atan",
    "maximum", "step", "select", "small", "product_error", "exp_error", "exp_rest",
)  # fmt: skip
"""What the kit offers; a residue is spelled by two numbers."""

Numeral = Callable[[Number, int], str]
"""The spelling of a number, in an operator of some level."""

_DIGITS = 100  # of an irrational number, known to 2^-300
_WIDTH = 190  # of a sum on one line
_BITS = 57  # of polynomials whose coefficients are rounded to float64


def imports(accuracy: str) -> tuple[str, ...]:
    """Import statements of a module that is fast or accurate."""
    if accuracy == "fast":
        return ("import numpy as np",)
    names = "MAX_EMAX, MIN_EMIN, ROUND_CEILING, ROUND_FLOOR, Context, Decimal"
    return (f"from decimal import {names}, localcontext", "import numpy as np")


def arithmetic(
    form: StableForm, names: Sequence[str], accuracy: str = "fast"
) -> list[str]:
    """Functions of each partial and of all together, and the table of them.

    Raises:
        UnsupportedError: the program has an operation that wide numbers lack.
    """
    groups = {**{n: [n] for n in names}, "partials": list(names)}
    rows = [f'    "{key}": _whole_{key},' for key in groups]
    numeral = literal if accuracy == "fast" else quotient
    return [
        *(_body(key, form, wanted, numeral) for key, wanted in groups.items()),
        "\n".join(["_WHOLE = {", *rows, "}"]),
    ]


def _body(key: str, form: StableForm, names: Sequence[str], numeral: Numeral) -> str:
    program = form.whole
    bound = [*program.trimmed(names), *(Binding(n, program.outputs[n]) for n in names)]
    lines = constants(program, names) if numeral is quotient else []
    for each in bound:
        lines += _assigned(each.name, spell(each.value, numeral=numeral))
    arguments = ", ".join([*form.variables, "_k"])
    lines += [f"return ({', '.join(names)},)"]
    return "\n".join(
        [f"def _whole_{key}({arguments}):", *(f"    {line}" for line in lines)]
    )


def _assigned(name: str, value: str) -> list[str]:
    """`name = value`; a long sum has a line for each term."""
    if len(name) + len(value) <= _WIDTH:
        return [f"{name} = {value}"]
    return [f"{name} = (", *(f"    {term}" for term in _terms(value)), ")"]


def _terms(text: str) -> list[str]:
    """The terms of a spelled sum, each but the first with its sign."""
    found, depth = [""], 0
    for part in re.split(r"( [+-] |[()])", text):
        depth += {"(": 1, ")": -1}.get(part, 0)
        if part in (" + ", " - ") and not depth:
            found.append(part.lstrip())
        else:
            found[-1] += part
    return found


def literal(number: Number, level: int) -> str:
    """The nearest float64.

    Raises:
        UnsupportedError: there is none.
    """
    value = number.value
    try:
        text = repr(float(value))
    except OverflowError:
        raise UnsupportedError("a coefficient is beyond the range of float64") from None
    if value and abs(value) < Fraction(2) ** -1022:
        raise UnsupportedError("a coefficient is below the range of float64")
    return f"({text})" if value < 0 and level > 0 else text


def constants(program: Program, names: Sequence[str]) -> list[str]:
    """Lines that name the irrational numbers of some partials."""
    kept = [b.value for b in program.trimmed(names)]
    kept += [program.outputs[n] for n in names]
    named = {n.name: n.value for e in kept for n in _numbers(e) if n.name}
    with localcontext() as context:
        context.prec = _DIGITS
        return [
            f'_{name} = _k.near("{Decimal(v.numerator) / v.denominator}")'
            for name, v in named.items()
        ]


def _numbers(expression: Expression) -> Iterator[Number]:
    match expression:
        case Number():
            yield expression
        case Operation(_, args):
            for arg in args:
                yield from _numbers(arg)


def quotient(number: Number, level: int) -> str:
    """The exact number, or the name of what is near an irrational one."""
    top, bottom = number.value.numerator, number.value.denominator
    if number.name:
        return f"_{number.name}"
    if bottom != 1:
        return f"_k.number({top}, {bottom})"
    return f"({top})" if top < 0 and level > 0 else str(top)


def spell(expression: Expression, level: int = 0, numeral: Numeral = literal) -> str:
    """Expression in Python: operators, and methods of the kit."""

    def inner(part: Expression, level: int = 0) -> str:
        return spell(part, level, numeral)

    match expression:
        case Name(text):
            return text
        case Constant(text):
            return f"_k.{text}"
        case Number():
            return numeral(expression, level)
    kind, args = expression.kind, expression.args
    if kind in INFIX:
        sign, own = INFIX[kind]
        text = f"{inner(args[0], own)} {sign} {inner(args[1], own + 1)}"
        return f"({text})" if own < level else text
    if kind == "neg":
        return f"-{inner(args[0], 3)}"
    if kind == "residue" and isinstance(args[0], Number):
        high = float(args[0].value)
        return f"_k.residue({high!r}, {float(args[0].value - Fraction(high))!r})"
    spelled = ", ".join(map(inner, args))
    if kind == "abs":
        return f"abs({spelled})"
    if kind not in CALLS:
        raise UnsupportedError(f"numpy has no wide spelling for {kind}")
    return f"_k.{kind}({spelled})"


def runtime(accuracy: str) -> str:
    """The constants, and the text that is the same in all modules of a kind."""
    shared = [("_accurate.py", "_elementwise")]
    shared += [("_runtime.py", n) for n in ("_together", "_flat", "_dtype")]
    own = ("_wide.py", "_wide_functions.py", "_wide_angles.py")
    parts = [_constants(), *(copied("numpy", file) for file in own)]
    blocks = copied("numpy", "_wide_blocks.py")
    if accuracy == "accurate":
        shared += [("_accurate.py", n) for n in ("_distinct", "_nearest")]
        parts.append(blocks[: blocks.index("\n\n\ndef _evaluate(")])
        spans = ("_spans.py", "_span_functions.py", "_wide_rounded.py")
        parts += (copied("numpy", file) for file in spans)
    else:
        parts.append(blocks)
    parts += (_function(copied("numpy", file), name) for file, name in shared)
    return "\n\n\n".join(parts)


def _function(text: str, name: str) -> str:
    """A function out of the text of a runtime."""
    parts = text.split("\n\n\n")
    return next(part for part in parts if part.startswith(f"def {name}("))


@lru_cache(maxsize=1)
def floats() -> Mapping[str, Sequence[float]]:
    """Constants of the runtime by name, rounded to float64.

    log 2 is in three parts, the first of 32 bits, a whole turn in two; the rest of the
    others is dropped.
    """
    with flint.ctx.workprec(400):
        log_2, turn = map(_rational, (flint.arb.const_log2(), 2 * flint.arb.pi()))
    first = Fraction(int(log_2 * 2**32), 2**32)
    second = Fraction(float(log_2 - first))
    return {
        "_LOG_2": tuple(map(float, (first, second, log_2 - first - second))),
        "_ERF": tuple(map(float, erf_coefficients(_BITS))),
        "_ERFCX": tuple(map(float, erfcx_coefficients(_BITS))),
        "_WHOLE_TURN": (float(turn), float(turn - Fraction(float(turn)))),
        "_TURN": tuple(map(float, turn_digits())),
    }


def _rational(value: flint.arb) -> Fraction:
    mantissa, exponent = map(int, value.mid().man_exp())
    return mantissa * Fraction(2) ** exponent


def _constants() -> str:
    lines = []
    for name, values in floats().items():
        rows = textwrap.wrap(f"{', '.join(map(repr, values))},", 84)
        lines += [f"{name} = (", *(f"    {row}" for row in rows), ")"]
    return "\n".join(lines)
