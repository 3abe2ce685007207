"""How a program is spelled in C: one record for each arithmetic, and the spelling.

The tables are read in both directions: `spell` writes an expression, and
`reading.expression` makes it again from a syntax tree of C. An arithmetic without
operators (double-double) has an empty `infix` and names a function for everything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from mila_analysis.errors import UnsupportedError
from mila_analysis.program import Constant, Expression, Name, Number, Operation

__all__ = [
    "F32",
    "F64",
    "INFIX",
    "LONG_F64",
    "Arithmetic",
    "decimal",
    "identifier",
    "is_decimal",
    "spell",
]

INFIX = {
    "add": ("+", 2), "sub": ("-", 2), "mul": ("*", 3), "div": ("/", 3),
    ">": (">", 1), ">=": (">=", 1), "<": ("<", 1), "<=": ("<=", 1), "==": ("==", 0),
}  # fmt: skip
"""Operators of C, and how tightly they bind."""

UNARY = 4
MAX_DIGITS = 60
ALL_DIGITS = 1100
"""More than a decimal of so many bits as a literal may have."""


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """A type of C that programs can be spelled in.

    Attributes:
        name: the end of the names of its functions, `f64`.
        type: of a value, `double`.
        flag: an integer type of the same width, in which cuts are gathered.
        infix: operations that C has operators for, with their strength.
        calls: the function for each other operation.
        literal: exact number to its constant, rounded once.
        residue: exact number to what its constant lacks.
        constants: `nan`.
        constant: the function that a literal is a call of, if it is one.
        read: a number of an array, in curly brackets, to a value.
        write: a value, and a row of rests, to a number of an array.
    """

    name: str
    type: str
    flag: str
    infix: Mapping[str, tuple[str, int]]
    calls: Mapping[str, str]
    literal: Callable[[Fraction], str]
    residue: Callable[[Fraction], str]
    constants: Mapping[str, str]
    constant: str = ""
    read: str = "{0}"
    write: str = "{0}"


def spell(expression: Expression, arithmetic: Arithmetic, level: int = 0) -> str:
    """Expression in C, with the parentheses that keep its order of operations."""
    match expression:
        case Name(text):
            return identifier(text)
        case Constant(text):
            return arithmetic.constants[text]
        case Number(value):
            text = arithmetic.literal(value)
            atom = value >= 0 and "/" not in text
            return text if atom or level == 0 else f"({text})"
    return _operation(expression, arithmetic, level)


def _operation(expression: Operation, arithmetic: Arithmetic, level: int) -> str:
    kind, args = expression.kind, expression.args
    if kind in arithmetic.infix:
        sign, own = arithmetic.infix[kind]
        first, second = (spell(arg, arithmetic, own + i) for i, arg in enumerate(args))
        text = f"{first} {sign} {second}"
        return f"({text})" if own < level else text
    if kind == "neg" and kind not in arithmetic.calls:
        text = f"-{spell(args[0], arithmetic, UNARY + 1)}"
        return f"({text})" if level > UNARY else text
    if kind == "select" and kind not in arithmetic.calls:
        condition, yes, no = (spell(a, arithmetic, 1) for a in args)
        return f"({condition} ? {yes} : {no})"
    if kind == "residue" and isinstance(args[0], Number):
        rounded = arithmetic.literal(args[0].value)
        return (
            f"{arithmetic.calls[kind]}({rounded}, {arithmetic.residue(args[0].value)})"
        )
    if kind not in arithmetic.calls:
        raise UnsupportedError(f"C has no spelling for {kind}")
    spelled = ", ".join(spell(a, arithmetic) for a in args)
    return f"{arithmetic.calls[kind]}({spelled})"


def _literal(
    suffix: str, dtype: str, digits: int, most: int = MAX_DIGITS
) -> Callable[[Fraction], str]:
    """Constants of a binary type with that many bits, rounded by the compiler.

    A number with a finite decimal, not too long, is written so, another one as a
    quotient: the text says which number is meant. It is rounded once, but for
    quotients of long numbers: those of floats are formed in double.
    """
    top = 128 if dtype == "float" else 1024

    def literal(value: Fraction) -> str:
        size = abs(value.numerator).bit_length(), value.denominator.bit_length()
        if value and (abs(size[0] - size[1]) >= top - 1 or max(size) > 1024):
            raise UnsupportedError(f"a coefficient is beyond the range of {dtype}")
        written = decimal(value, most)
        if written is not None:
            return f"{written}{suffix}"
        if digits == 53 or _is_short(value, digits):
            return _quotient(value, suffix)
        return f"({dtype})({_quotient(value, '')})"

    return literal


def _is_short(value: Fraction, digits: int) -> bool:
    return max(abs(value.numerator), value.denominator).bit_length() <= digits


def _quotient(value: Fraction, suffix: str) -> str:
    return f"{value.numerator}.0{suffix} / {value.denominator}.0{suffix}"


def is_decimal(value: Fraction) -> bool:
    """Whether the digits of a number end."""
    return decimal(value, ALL_DIGITS) is not None


def decimal(value: Fraction, most: int = MAX_DIGITS) -> str | None:
    """All digits of a number, or None where they do not end, or are too many."""
    shortest = repr(float(value))
    if Fraction(shortest) == value:
        return shortest
    scale = 0
    while (value * 10**scale).denominator != 1 and scale <= most:
        scale += 1
    digits = str(abs(int(value * 10**scale)))
    if scale > most or len(digits) > most:
        return None
    digits = digits.rjust(scale + 1, "0")
    point = len(digits) - scale
    return f"{'-' if value < 0 else ''}{digits[:point]}.{digits[point:] or '0'}"


def _residue(
    suffix: str, digits: int, most: int = MAX_DIGITS
) -> Callable[[Fraction], str]:
    def residue(value: Fraction) -> str:
        lost = float(value - _computed(value, digits, most))
        return f"{lost!r}{suffix}"

    return residue


def _computed(value: Fraction, digits: int, most: int) -> Fraction:
    """What the compiler makes of a literal."""
    if decimal(value, most) is not None:
        return rounded(value, digits)
    inner = digits if _is_short(value, digits) else 53
    above, below = Fraction(value.numerator), Fraction(value.denominator)
    quotient = rounded(rounded(above, inner) / rounded(below, inner), inner)
    return rounded(quotient, digits)


def rounded(value: Fraction, digits: int) -> Fraction:
    """Nearest binary number of so many digits, to even in a tie."""
    if not value:
        return value
    size = abs(value)
    exponent = size.numerator.bit_length() - size.denominator.bit_length() - digits
    while size / Fraction(2) ** exponent >= 1 << digits:
        exponent += 1
    return round(value / Fraction(2) ** exponent) * Fraction(2) ** exponent


def _calls(name: str, ends: str) -> dict[str, str]:
    """Functions of libm that compilers open up, and those of the runtime."""
    ours = (
        "exp", "exp_normal", "expm1", "log", "log1p", "maximum", "step", "finite",
        "capped", "tail", "fade", "swell", "modest", "tame", "product_error", "residue",
    )  # fmt: skip
    theirs = {"abs": f"fabs{ends}", "copysign": f"copysign{ends}"}
    return {**{kind: f"ma_{kind}_{name}" for kind in ours}, **theirs}


F64 = Arithmetic(
    name="f64",
    type="double",
    flag="int64_t",
    infix=INFIX,
    calls=_calls("f64", ""),
    literal=_literal("", "double", 53),
    residue=_residue("", 53),
    constants={"nan": "(double)NAN"},
)
LONG_F64 = replace(
    F64,
    literal=_literal("", "double", 53, ALL_DIGITS),
    residue=_residue("", 53, ALL_DIGITS),
)
"""With decimals of any length, so that each of them is rounded once."""

F32 = Arithmetic(
    name="f32",
    type="float",
    flag="int32_t",
    infix=INFIX,
    calls=_calls("f32", "f"),
    literal=_literal("f", "float", 24),
    residue=_residue("f", 24),
    constants={"nan": "NAN"},
)

_KEYWORDS = """
    alignas alignof and and_eq asm atomic auto bitand bitor bool break case catch char
    class compl complex concept const constexpr continue decltype default delete do
    double else enum explicit export extern false float for friend fortran generic goto
    if imaginary inline int long mutable namespace new noexcept noreturn not not_eq
    nullptr operator or or_eq private protected public register restrict return short
    signed sizeof static struct switch template this throw true try typedef typeid
    typename typeof union unsigned using virtual void volatile wchar_t while xor xor_eq
    linux unix i386
"""
_LIBRARY = """
    acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh double_t drem erf
    erfc exp exp2 expm1 fabs fdim float_t floor fma fmax fmin fmod frexp gamma hypot
    ilogb isfinite isinf isnan isnormal j0 j1 jn ldexp lgamma lgamma_r llrint llround
    log log10 log1p log2 logb lrint lround modf nan nearbyint nextafter nexttoward pow
    pow10 remainder remquo rint round scalb scalbln scalbn signbit signgam significand
    sin sincos sinh sqrt tan tanh tgamma trunc y0 y1 yn exp10 finite
    memcpy memmove memset memchr memcmp strlen index rindex size_t ptrdiff_t max_align_t
    main signal
"""
_OURS = "n in out i cut given steps rows results each cuts task g gx sums"
RESERVED = frozenset(f"{_KEYWORDS} {_LIBRARY} {_OURS}".split())


def identifier(name: str) -> str:
    """A name of a program in C: the same, or with `_` where that is taken.

    Taken are keywords of C and C++, names of the libraries, what the generated
    functions use themselves, and what looks like a macro or a type.
    """
    stem = name.rstrip("_")
    floating = stem[:-1] if stem[-1:] in ("f", "l") else stem
    taken = stem in RESERVED or floating in RESERVED or not stem
    odd = stem.startswith(("ma_", "_", "one_")) or stem.endswith("_t") or stem.isupper()
    return f"{name}_" if taken or odd else name


def original(word: str) -> str:
    """The name that `identifier` gave that word for."""
    shorter = word.removesuffix("_")
    return shorter if shorter != word and identifier(shorter) == word else word
