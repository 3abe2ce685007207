"""Wide numbers with limits, as one more arithmetic of programs.

What accurate files compute forms of the strategy `wide` with: double-double numbers,
whose digits need no compensation of rounding errors, with exponents of their own. The
functions are in `_wide.h` and `_extended.h`, their constants are computed.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from mila_analysis.backends.c.arithmetic import Arithmetic
from mila_analysis.backends.c.broad import COMPARISONS, KINDS, checked
from mila_analysis.backends.c.frame import resource
from mila_analysis.backends.c.series import PI, arcs, pair, quadrant_bits, rests, sums
from mila_analysis.errors import UnsupportedError
from mila_analysis.program import Binding, Expression, Operation, op
from mila_analysis.stability import Program
from mila_analysis.stability.uncompensated import uncompensated

__all__ = ["EXTENDED", "TIED", "runtime", "without_errors"]

ERRORS = ("small", "product_error", "exp_error", "residue")
"""Operations whose results are below the last digits of these numbers."""

SAME = ("neg", "abs", "maximum", "step")
"""Operations that limits need nothing new for."""


def _literal(value: Fraction) -> str:
    high, low = pair(checked(value))
    return f"ma_ext_constant({high!r}, {low!r})"


def _no_residue(value: Fraction) -> str:
    raise UnsupportedError(f"accurate C needs no residue of {value}")


EXTENDED = Arithmetic(
    name="ext",
    type="ma_wide",
    flag="int64_t",
    infix={},
    calls={
        **{k: f"ma_wide_{k}" if k in SAME else f"ma_ext_{k}" for k in KINDS},
        **{sign: f"ma_wide_{word}" for sign, word in COMPARISONS.items()},
        "exp_normal": "ma_ext_exp",
        "select": "ma_ext_choose",
    },
    literal=_literal,
    residue=_no_residue,
    constants={"nan": "ma_ext_constant((double)NAN, 0.0)"},
    constant="ma_ext_constant",
    read="ma_ext_from({0})",
    write="ma_ext_nearest({0}, &out[{1}][i])",
)

TIED = replace(
    EXTENDED,
    calls={
        **EXTENDED.calls,
        **{k: f"ma_ext_{k}_tied" for k in ("expm1", "log1p", "log", "atan", "sin")},
    },
)
"""With functions whose rests decide ties; those are in `_extended_ties.h`."""


def without_errors(program: Program) -> Program:
    """The program without the rounding errors that it carries along."""
    bindings = tuple(Binding(b.name, _tamed(b.value)) for b in program.bindings)
    outputs = {n: _tamed(e) for n, e in program.outputs.items()}
    return uncompensated(Program(bindings, outputs))


def _tamed(value: Expression) -> Expression:
    match value:
        case Operation(kind, (error, *_)) if kind in ERRORS:
            return op("tame", error, error, error)
        case Operation(kind, args):
            return Operation(kind, tuple(map(_tamed, args)))
    return value


def runtime() -> str:
    """The functions in C that the spelling calls, but those in `_wide.h`."""
    values = {"RIGHT_ANGLE": PI / 2, "QUADRANTS": 2 / PI}
    defined = [
        f"#define MA_EXT_{name} {high!r}, {low!r}"
        for name, value in values.items()
        for high, low in [pair(value)]
    ]
    parts = [
        "\n".join(defined),
        resource("_horner.h").strip(),
        sums("ext"),
        arcs("ext"),
        rests("ext"),
    ]
    parts.append(quadrant_bits())
    return "\n\n".join([*parts, resource("_extended.h").strip()])
