"""Programs of wide numbers in plain arithmetic, for elements in a box around 0.

Three arithmetics: of doubles, of floats, and of doubles on rows of floats, where floats
have too little room or digits. What is out of the box is computed by wide numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial

from mila_analysis.backends._error_functions import (
    erf_coefficients,
    erfcx_coefficients,
)
from mila_analysis.backends.c.arithmetic import F32, F64, Arithmetic, rounded
from mila_analysis.backends.c.extended import without_errors
from mila_analysis.backends.c.frame import resource, single
from mila_analysis.backends.c.near import NEAR, fused
from mila_analysis.backends.c.series import (
    PI,
    arc_coefficients,
    horner,
    wave_coefficients,
)
from mila_analysis.errors import UnsupportedError
from mila_analysis.program import Binding, Expression, Name, Number, Operation
from mila_analysis.stability import Program, StableForm
from mila_analysis.stability.reach import DOUBLE, FLOAT, Box, box

__all__ = ["Close", "close", "leading", "runtime"]

OURS = (
    "expm1",
    "erf",
    "erfcx",
    "atan",
    "sin",
    "cos",
    "maximum",
    "exp_rest",
    "exp_error",
)
ROOM, HIGH, LOW = 20, 5, -12
"""What exponents and sizes of x a box of floats has room for, to be of use."""


def _literal(value: Fraction, digits: int, suffix: str) -> str:
    """The nearest number, in decimals: which constant that is, the form says."""
    if value and not 2.0**-100 < abs(value) < 2.0**100:
        raise UnsupportedError("a coefficient is beyond the range of a box")
    return f"{float(rounded(value, digits))!r}{suffix}"


def _residue(value: Fraction, digits: int, suffix: str) -> str:
    return f"{float(value - rounded(value, digits))!r}{suffix}"


def _arithmetic(base: Arithmetic, digits: int, suffix: str) -> Arithmetic:
    near, end = NEAR[base.name], base.name
    return replace(
        near,
        calls={
            **near.calls,
            **{kind: f"ma_close_{kind}_{end}" for kind in OURS},
            "select": f"ma_chosen_{end}",
            "sqrt": f"sqrt{suffix}",
        },
        literal=partial(_literal, digits=digits, suffix=suffix),
        residue=partial(_residue, digits=digits, suffix=suffix),
    )


DOUBLES, SINGLES = _arithmetic(F64, 53, ""), _arithmetic(F32, 24, "f")
MIXED = replace(DOUBLES, write="ma_narrow({0})")


@dataclass(frozen=True, slots=True)
class Close:
    """The plain program for rows of one format.

    Attributes:
        rows: arithmetic of the numbers in the rows.
        arithmetic: how the program is spelled.
        program: with fused operations.
        box: where it holds.
    """

    rows: Arithmetic
    arithmetic: Arithmetic
    program: Program
    box: Box

    def held(self, value: Number) -> Fraction:
        """What a literal of the program holds of a number."""
        return rounded(value.value, 24 if self.arithmetic is SINGLES else 53)

    def cuts(
        self,
        row: Callable[[int], str],
        variables: int,
        spelled: Callable[[Expression], str],
    ) -> str:
        """What is negative where an element is out of the box."""
        end, found = self.rows.name, []
        for k in range(variables):
            sign = self.box.parameters if k else self.box.sign
            low, high = self.box.ends(k)
            ends = f"{self._power(low)}, {self._power(high)}"
            found.append(f"ma_outside_{sign}_{end}({row(k)}, {ends})")
        for size, limit in self.box.sizes:
            value = spelled(size)
            if self.arithmetic is MIXED:
                value = f"ma_narrow({value})"
            found.append(f"ma_beyond_{end}({value}, {self.rows.literal(limit)})")
        return " | ".join(found)

    def _power(self, exponent: int) -> str:
        return (
            self.rows.literal(Fraction(2) ** exponent)
            if abs(exponent) < 60
            else f"{2.0**exponent!r}{'f' if self.rows is F32 else ''}"
        )


def close(form: StableForm, rows: Arithmetic) -> Close | None:
    """The plain program of a wide form, if there is a box of use for it."""
    if rows is F64:
        return _close(form.whole, form.variables, rows, DOUBLES)
    narrow = _close(form.whole, form.variables, rows, SINGLES)
    if narrow is not None and _is_roomy(narrow.box):
        return narrow
    return _close(without_errors(form.whole), form.variables, rows, MIXED) or narrow


def _is_roomy(found: Box) -> bool:
    fits = found.sign == "any" and found.low <= LOW and found.high >= HIGH
    return fits and (not found.exponents or found.exponent >= ROOM)


def _close(
    program: Program,
    variables: tuple[str, ...],
    rows: Arithmetic,
    arithmetic: Arithmetic,
) -> Close | None:
    found = box(program, variables, FLOAT if arithmetic is SINGLES else DOUBLE)
    if found is None:
        return None
    if arithmetic is MIXED:
        found = replace(found, low=max(found.low, -126), high=min(found.high, 100))
    return Close(rows, arithmetic, fused(_plain(program), _accounted(program)), found)


def _plain(program: Program) -> Program:
    """The program without `small`: in the box rounding errors are."""
    bindings = tuple(Binding(b.name, _bare(b.value)) for b in program.bindings)
    return Program(bindings, {n: _bare(e) for n, e in program.outputs.items()})


def _bare(value: Expression) -> Expression:
    match value:
        case Operation("small", (error,)):
            return _bare(error)
        case Operation(kind, args):
            return Operation(kind, tuple(map(_bare, args)))
    return value


def _accounted(program: Program) -> frozenset[str]:
    """Products whose rounding errors are computed: these stay what they are."""
    found: set[str] = set()
    waiting: list[Expression] = [b.value for b in program.bindings]
    while waiting:
        match waiting.pop():
            case Operation("product_error", (_, _, Name(of))):
                found.add(of)
            case Operation(_, args):
                waiting += args
    return frozenset(found)


def runtime() -> str:
    """The functions in C that the spellings call."""
    right = PI / 2
    first = leading(right, 33)
    second = leading(right - first, 33)
    values = {
        "QUADRANTS": 1 / right,
        "RIGHT_FIRST": first,
        "RIGHT_SECOND": second,
        "RIGHT_THIRD": right - first - second,
    }
    defined = [f"#define MA_CLOSE_{n} {float(v)!r}" for n, v in values.items()]
    text = resource("_close_f64.h").strip()
    parts = ["\n".join(defined)]
    for end, bits, terms in (("f64", 57, 25), ("f32", 28, 14)):
        known = {
            "erf_sum": erf_coefficients(bits),
            "erfcx_sum": erfcx_coefficients(bits),
        }
        if end == "f64":
            known |= {
                "atan_sum": tuple(arc_coefficients(bits)),
                "sin_sum": tuple(wave_coefficients(3, bits)),
                "cos_sum": tuple(wave_coefficients(2, bits)),
            }
        parts += [horner(f"ma_close_{n}_{end}", c, end) for n, c in known.items()]
        parts.append(_rest_sum(end, terms))
        parts.append(text if end == "f64" else single(text))
    parts.append(resource("_close.h").strip())
    far = resource("_far_items.h").strip()
    parts += [resource("_far.h").strip(), far, _far_single(far)]
    return "\n\n".join(parts)


def _far_single(text: str) -> str:
    """Text about rows of doubles, about rows of floats; wide numbers stay doubles."""
    for double, narrow in (
        ("const double *const *in", "const float *const *in"),
        ("double *const *out", "float *const *out"),
        ("(double)row", "(float)row"),
        ("int64", "int32"),
        ("_f64", "_f32"),
        ("(const float *const *)row", "(const double *const *)row"),
    ):
        text = text.replace(double, narrow)
    return text


def _rest_sum(end: str, terms: int) -> str:
    """1 + z/(k + 1) (1 + z/(k + 2) (...)), what a rest of exp is a multiple of."""
    kind, f = ("double", "") if end == "f64" else ("float", "f")
    call = f"ma_fused_{end}(sum, z * (1.0{f} / (k + {{}}.0{f})), 1.0{f})"
    lines = [f"    {kind} sum = 1.0{f};"]
    lines += [f"    sum = {call.format(j)};" for j in reversed(range(1, terms))]
    head = f"MA_INLINE {kind} ma_close_exp_rest_sum_{end}({kind} z, {kind} k)"
    return "\n".join([head, "{", *lines, "    return sum;", "}"])


def leading(value: Fraction, bits: int) -> Fraction:
    """The first bits of a positive number."""
    shift = 0
    while value * 2**shift < 2 ** (bits - 1):
        shift += 1
    return Fraction(int(value * 2**shift), 2**shift)
