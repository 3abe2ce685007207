"""A quotient without parameters to one whose sums have the leading coefficient 1.

E = exp(x - 1/4) is split into exp(-1/4)·exp(x); the constants of all factors are
gathered in front. Every coefficient stays exact; only its numeral is rounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sympy

from mila_analysis.backends.latex.quotient import Factor, Quotient
from mila_analysis.tower import Generator

__all__ = ["normalized"]


def normalized(
    quotient: Quotient, generators: Sequence[Generator]
) -> tuple[Quotient, tuple[Generator, ...]]:
    """Quotient with monic sums, and its generators without constant factors."""
    scales, split = _scales(generators)
    constant, factors = quotient.constant, []
    kept = {g.symbol for g in split}
    symbols = tuple(s for s in quotient.symbols if s in kept or s not in scales)
    for factor in quotient.factors:
        terms = _rescaled(factor, quotient.symbols, scales, symbols)
        leading = terms[max(terms)]
        exponent = sympy.Rational(
            factor.exponent.numerator, factor.exponent.denominator
        )
        constant *= leading**exponent
        if len(terms) > 1 or any(max(terms)):
            monic = {powers: c / leading for powers, c in terms.items()}
            factors.append(replace(factor, terms=monic))
    return Quotient(symbols, constant, tuple(factors)), split


def _scales(
    generators: Sequence[Generator],
) -> tuple[dict[Any, Any], tuple[Generator, ...]]:
    """Constant factor of each generator, and the generators without it."""
    scales: dict[Any, Any] = {}
    rest: list[Generator] = []
    for generator in generators:
        kept = {g.symbol for g in rest}
        argument = generator.argument.subs(
            {s: scale * s if s in kept else scale for s, scale in scales.items()}
        )
        if not argument.free_symbols:
            scales[generator.symbol] = Generator(
                generator.symbol, generator.function, argument
            ).definition
            continue
        shift = sympy.Integer(0)
        if generator.function == "exp":
            shift, argument = argument.expand().as_independent(
                *argument.free_symbols, as_Add=True
            )
        scales[generator.symbol] = sympy.exp(shift)
        rest.append(Generator(generator.symbol, generator.function, argument))
    return scales, tuple(rest)


def _rescaled(
    factor: Factor,
    symbols: Sequence[Any],
    scales: dict[Any, Any],
    kept: Sequence[Any],
) -> dict[tuple[int, ...], Any]:
    """Terms in the symbols that are kept."""
    terms: dict[tuple[int, ...], Any] = {}
    for powers, coefficient in factor.terms.items():
        exponents = dict(zip(symbols, powers, strict=True))
        scale = sympy.Mul(*(c ** exponents[symbol] for symbol, c in scales.items()))
        key = tuple(exponents[symbol] for symbol in kept)
        terms[key] = terms.get(key, sympy.Integer(0)) + coefficient * scale
    return {powers: c for powers, c in terms.items() if c != 0}
