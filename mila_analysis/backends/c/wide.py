"""Double-double arithmetic with a wide exponent, as one more arithmetic of programs.

No number underflows or overflows there, so what saves floats from that in a program has
nothing to do: `without_care` leaves it out. The functions are in `_wide.h`; their
constants are computed here, from the series that define them, and not typed.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from importlib.resources import files
from typing import Any

from mila_analysis.backends.c.arithmetic import Arithmetic, is_decimal
from mila_analysis.backends.c.plain import plain
from mila_analysis.errors import UnsupportedError
from mila_analysis.program import (
    Binding,
    Expression,
    Name,
    Number,
    Operation,
    number,
    op,
)
from mila_analysis.stability import Program
from mila_analysis.stability.uncompensated import uncompensated

__all__ = [
    "EXACT",
    "TIED",
    "WIDE",
    "runtime",
    "with_choices",
    "without_care",
    "without_hexadecimals",
]

_HEXADECIMAL = re.compile(r"\b0x1p[-+]\d+")

_Sides = tuple[Fraction, Fraction, str]
"""Values where a step is 0 and where it is 1, and the name of that step."""

_EXACTLY: Mapping[str, Callable[..., Fraction]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "neg": operator.neg,
    "abs": abs,
    "maximum": max,
}

LOG_2 = sum(
    (Fraction(2, (2 * k + 1) * 3 ** (2 * k + 1)) for k in range(80)), Fraction(0)
)
"""2 atanh(1/3), up to 2^-250."""

_LARGEST = 2**53


def without_care(program: Program) -> Program:
    """The program without corrections of rounding errors, caps and tails."""
    return with_choices(plain(uncompensated(program)))


def with_choices(program: Program) -> Program:
    """The program with a choice of two numbers for each function of a step alone."""
    known: dict[str, _Sides] = {}
    bindings = []
    for binding in program.bindings:
        value, sides = binding.value, _sides(binding.value, known)
        match value:
            case Operation("step"):
                known[binding.name] = Fraction(0), Fraction(1), binding.name
            case Operation() if sides is not None:
                known[binding.name] = sides
                low, high, step = sides
                positive = op(">", Name(step), number(0))
                value = op("select", positive, Number(high), Number(low))
        bindings.append(Binding(binding.name, value))
    whole = Program(tuple(bindings), program.outputs)
    return Program(whole.trimmed(program.outputs), program.outputs)


def _sides(value: Expression, known: Mapping[str, _Sides]) -> _Sides | None:
    """Both values of an expression in numbers and the results of one step."""
    match value:
        case Number(exact):
            return exact, exact, ""
        case Name(text):
            return known.get(text)
        case Operation(kind, args) if kind in _EXACTLY:
            found = [s for a in args if (s := _sides(a, known)) is not None]
            steps = {step for *_, step in found if step}
            if len(found) == len(args) and len(steps) == 1:
                low, high = (_EXACTLY[kind](*(s[i] for s in found)) for i in (0, 1))
                return low, high, steps.pop()
    return None


def _literal(value: Fraction) -> str:
    top, bottom = value.numerator, value.denominator
    if max(abs(top), bottom) <= _LARGEST:
        return _exact_literal(value)
    if not is_decimal(value):  # doubles would round it more than once
        raise UnsupportedError(f"accurate C has no number {value}")
    exponent = math.frexp(value)[1] - 1
    high, low = map(float, _pair(value / Fraction(2) ** exponent))
    return f"ma_wide_of({high!r}, {low!r}, {exponent})"


def _exact_literal(value: Fraction) -> str:
    """A number of integers that doubles hold."""
    top, bottom = value.numerator, value.denominator
    if max(abs(top), bottom) > _LARGEST:
        raise UnsupportedError(f"accurate C has no number {value}")
    if bottom == 1:
        return f"ma_wide_from({float(top)!r})"
    return f"ma_wide_ratio({float(top)!r}, {float(bottom)!r})"


def _no_residue(value: Fraction) -> str:
    raise UnsupportedError(f"accurate C needs no residue of {value}")


WIDE = Arithmetic(
    name="wide",
    type="ma_wide",
    flag="int64_t",
    infix={},
    calls={
        ">": "ma_wide_greater", ">=": "ma_wide_at_least", "<": "ma_wide_less",
        "<=": "ma_wide_at_most", "==": "ma_wide_equal", "exp_normal": "ma_wide_exp",
        **{kind: f"ma_wide_{kind}" for kind in (
            "add", "sub", "mul", "div", "neg", "abs", "exp", "expm1", "log", "log1p",
            "maximum", "copysign", "step", "finite",
        )},
    },
    literal=_literal,
    residue=_no_residue,
    constants={"nan": "ma_wide_from(0.0)"},
)  # fmt: skip
"""A NaN is chosen only where an input is NaN; such elements are taken from doubles."""

EXACT = replace(
    WIDE, calls={**WIDE.calls, "div": "ma_wide_exact_div"}, literal=_exact_literal
)
"""For sums over an integer, which may be ties: see `near_origin`."""

TIED = replace(
    WIDE,
    calls={
        **WIDE.calls,
        "expm1": "ma_wide_expm1_tied",
        "exact_div": "ma_wide_exact_div",
    },
)
"""For forms without such sums. Its functions are in `_ties.h` too."""


def runtime() -> str:
    """The functions in C that the spelling calls."""
    text = files("mila_analysis.backends.c").joinpath("_wide.h").read_text("utf-8")
    return "\n".join([*_constants(), "", text.strip()])


def without_hexadecimals(text: str) -> str:
    """C with decimal floats of the same value: C++ before 17 has no others."""
    return _HEXADECIMAL.sub(lambda found: repr(float.fromhex(found[0])), text)


def _constants() -> list[str]:
    first = _leading(LOG_2, 40)
    second = _leading(LOG_2 - first, 40)
    values: dict[str, Sequence[Any]] = {
        "INVERSE_LOG_2": [1 / LOG_2],
        "LOG_2": _pair(LOG_2),
        "LOG_2_FIRST": [first],
        "LOG_2_SECOND": [second],
        "LOG_2_THIRD": [LOG_2 - first - second],
    }
    for n in range(3, 12):
        term = Fraction(1, math.factorial(n))
        values[f"INVERSE_FACTORIAL_{n}"] = _pair(term) if n < 7 else [term]
    return [
        f"#define MA_{name} {', '.join(repr(float(v)) for v in numbers)}"
        for name, numbers in values.items()
    ]


def _pair(value: Fraction) -> tuple[Fraction, Fraction]:
    """The nearest double, and what it lacks."""
    high = Fraction(float(value))
    return high, value - high


def _leading(value: Fraction, bits: int) -> Fraction:
    """The first bits of a number in (0, 1)."""
    shift = bits
    while value * 2**shift < 2 ** (bits - 1):
        shift += 1
    return Fraction(int(value * 2**shift), 2**shift)
