"""Power series and tables of generated Triton modules, from exact coefficients."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from math import factorial

from mila_analysis.backends._error_functions import (
    erf_coefficients,
    erfcx_coefficients,
)
from mila_analysis.backends._turns import turn_digits
from mila_analysis.backends.c.close import leading
from mila_analysis.backends.c.series import (
    INVERSE_ROOT_PI,
    PI,
    arc_coefficients,
    atan,
    pair,
    wave_coefficients,
)

__all__ = ["series"]

BITS = 57
TERMS = 26
"""Of the rest of an exponential, up to 2."""


@lru_cache(maxsize=1)
def series() -> str:
    """Functions of blocks of float64, and constants, that other functions call."""
    right, rest = pair(PI / 2)
    first = leading(PI / 2, 33)
    second = leading(PI / 2 - first, 33)
    constants = {
        "RIGHT_ANGLE": right,
        "RIGHT_ANGLE_REST": rest,
        "ONE_BY_ROOT_PI": float(INVERSE_ROOT_PI),
        "QUADRANTS": float(2 / PI),
        "RIGHT_FIRST": float(first),
        "RIGHT_SECOND": float(second),
        "RIGHT_THIRD": float(first + second - PI / 2),  # to be added
    }
    sums = {
        "erf": erf_coefficients(BITS),
        "erfcx": erfcx_coefficients(BITS),
        "atan": arc_coefficients(BITS),
        "sin": wave_coefficients(3, BITS),
        "cos": wave_coefficients(2, BITS),
    }
    arcs = [pair(atan(Fraction(k, 4))) for k in range(1, 5)]
    parts = [
        "# Sums of powers, and tables.",
        "\n".join(f"_{n} = tl.constexpr({v!r})" for n, v in constants.items()),
        *(_sum(f"_{name}_sum", found) for name, found in sums.items()),
        *(_arcs(name, [a[i] for a in arcs]) for i, name in enumerate(("", "_rest"))),
        _rest_above(),
        _rest_below(),
        _turns(),
    ]
    return "\n\n\n".join(parts)


def _sum(name: str, coefficients: Sequence[Fraction]) -> str:
    """A sum of powers by Horner's rule; the lowest power is first."""
    *rest, last = (float(c) for c in coefficients)
    lines = [f"total = _full(s, {last!r})"]
    lines += [f"total = _plus(total, s, {c!r})" for c in reversed(rest)]
    return _function(f"{name}(s)", "A sum of powers of s.", lines, "total")


def _arcs(end: str, values: Sequence[float]) -> str:
    lines = ["found = k * 0.0"]
    for n, value in enumerate(values, 1):
        quarter = float(Fraction(n, 4))
        lines.append(f"found = tl.where(k == {quarter!r}, _full(k, {value!r}), found)")
    text = "What the arc of the same lacks." if end else "The arc of a quarter."
    return _function(f"_arc{end}(k)", text, lines, "found")


def _rest_above() -> str:
    """k!/x^k (exp(x) - 1 - x - ...) = 1 + x/(k+1) (1 + x/(k+2) (...)) for x >= 0."""
    lines = ["total = _full(x, 1.0)"]
    lines += [
        f"total = _plus(total, x * (1.0 / (k + {j}.0)), 1.0)"
        for j in reversed(range(1, TERMS))
    ]
    text = "k!/x**k (exp(x) less k terms of its series), 0 <= x <= 2."
    return _function("_rest_above(x, k: tl.constexpr)", text, lines, "total")


def _rest_below() -> str:
    """exp(x) times that of -x: k/k + k/(k+1) x + k/(k+2) x^2/2! + ..."""
    lines = ["total = _full(x, 0.0)"]
    for j in reversed(range(TERMS)):
        inverse = float(Fraction(1, factorial(j)))
        lines.append(f"total = _plus(total, x, k / (k + {j}.0) * {inverse!r})")
    text = "exp(x) times that of -x."
    return _function("_rest_below(x, k: tl.constexpr)", text, lines, "total")


def _turns() -> str:
    """1/(2π) = Σ part·2^(-48·(i + 1)), i = 0, 1, ..."""
    digits = turn_digits()
    parts = [a << 24 | b for a, b in zip(digits[::2], digits[1::2], strict=False)]
    lines = ["found = i * 0"]
    lines += [f"found = tl.where(i == {i}, {p}, found)" for i, p in enumerate(parts)]
    text = "Part i of the digits of 1 / (2 pi) to the base 2**48."
    return _function("_turn_part(i)", text, lines, "found")


def _function(head: str, text: str, lines: Sequence[str], found: str) -> str:
    inner = [f'"""{text}"""', *lines, f"return {found}"]
    return "\n".join(
        ["@triton.jit", f"def {head}:", *(f"    {line}" for line in inner)]
    )
