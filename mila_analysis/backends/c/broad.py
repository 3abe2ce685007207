"""Doubles with exponents of their own, as one more arithmetic of programs.

What fast files compute forms of the strategy `wide` with: nothing overflows before the
last rounding. The functions are in `_broad.h`, their constants are computed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from mila_analysis.backends.c.arithmetic import Arithmetic, decimal
from mila_analysis.backends.c.frame import resource
from mila_analysis.backends.c.series import INVERSE_ROOT_PI, PI, arcs, pair, rests, sums
from mila_analysis.errors import UnsupportedError

__all__ = ["BROAD", "KINDS", "runtime"]

KINDS = (
    "add", "sub", "mul", "div", "neg", "abs", "maximum", "step", "exp", "expm1", "log",
    "log1p", "sqrt", "erf", "erfcx", "sin", "cos", "atan", "exp_rest",
)  # fmt: skip
COMPARISONS: Mapping[str, str] = {
    ">": "greater", ">=": "at_least", "<": "less", "<=": "at_most", "==": "equal",
}  # fmt: skip

_LARGEST, _LEAST = Fraction(2) ** 1000, Fraction(2) ** -900


def checked(value: Fraction) -> Fraction:
    """A coefficient that doubles hold.

    Raises:
        UnsupportedError: it is too large or too small.
    """
    if value and not _LEAST < abs(value) < _LARGEST:
        raise UnsupportedError("a coefficient is beyond the range of C's doubles")
    return value


def _written(value: Fraction) -> str:
    """A double, with all digits of the number that it stands for if these are few."""
    known = decimal(checked(value))
    is_short = max(abs(value.numerator), value.denominator) <= 2**53
    if known is None and is_short:
        return f"{value.numerator}.0 / {value.denominator}.0"
    return known or repr(float(value))


def _literal(value: Fraction) -> str:
    return f"ma_broad_constant({_written(value)})"


def _residue(value: Fraction) -> str:
    return repr(pair(value)[1])


BROAD = Arithmetic(
    name="broad",
    type="ma_broad",
    flag="int64_t",
    infix={},
    calls={
        **{kind: f"ma_broad_{kind}" for kind in KINDS},
        **{sign: f"ma_broad_{word}" for sign, word in COMPARISONS.items()},
        "exp_normal": "ma_broad_exp",
        "product_error": "ma_broad_product_error",
        "residue": "ma_broad_residue",
        "exp_error": "ma_broad_exp_error",
        "small": "ma_broad_small",
        "select": "ma_broad_choose",
    },
    literal=_literal,
    residue=_residue,
    constants={"nan": "ma_broad_constant((double)NAN)"},
    constant="ma_broad_constant",
    read="ma_broad_from({0})",
    write="ma_broad_value({0})",
)


def runtime() -> str:
    """The functions in C that the spelling calls."""
    right, rest = pair(PI / 2)
    values = {
        "INVERSE_ROOT_PI": float(INVERSE_ROOT_PI),
        "RIGHT_ANGLE": right,
        "RIGHT_ANGLE_REST": rest,
    }
    defined = [f"#define MA_BROAD_{n} {v!r}" for n, v in values.items()]
    parts = ["\n".join(defined), sums("broad"), arcs("broad"), rests("broad")]
    return "\n\n".join([*parts, resource("_broad.h").strip()])
