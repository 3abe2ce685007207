"""Generators of a tower to what is printed: letters, or what they stand for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from mila_analysis.backends.latex.expression import (
    CALLS,
    Glyph,
    Letter,
    Writer,
    times,
)
from mila_analysis.backends.latex.numerals import Numerals
from mila_analysis.backends.latex.pieces import Piece, argument, power
from mila_analysis.backends.latex.symbols import EXPONENTIALS, LOGARITHMS, letters
from mila_analysis.primitives import PRIMITIVES
from mila_analysis.tower import Generator, is_constant

__all__ = ["closed", "lettered", "radical", "variables"]


@dataclass(frozen=True, slots=True)
class Exponential:
    """A generator written e^{...}."""

    argument: Any
    writer: Writer
    is_variable: bool = False
    inverts: bool = True

    def raised(self, n: int) -> Piece:
        """Its n-th power, of either sign."""
        exponent = self.writer.text(times(sympy.Integer(n), self.argument), inline=True)
        return Piece(power("e", exponent))


@dataclass(frozen=True, slots=True)
class Call:
    r"""A generator written as a function of its argument, such as \ln(...)."""

    name: str
    argument: Any
    writer: Writer
    is_variable: bool = False
    inverts: bool = False

    def raised(self, n: int) -> Piece:
        """Its n-th power, n ≥ 1."""
        return Piece(
            power(self.name, str(n)) + argument(self.writer.text(self.argument))
        )


@dataclass(frozen=True, slots=True)
class Root:
    """A generator that is the power p/q of a base."""

    base: Any
    rate: Any
    writer: Writer
    is_variable: bool = False
    inverts: bool = False

    def raised(self, n: int) -> Piece:
        """Its n-th power, n ≥ 1."""
        base = sympy.exp(n * self.rate * sympy.log(self.base), evaluate=False)
        return Piece(self.writer.text(base))


def variables(symbols: Sequence[Any], spelled: Mapping[str, str]) -> dict[Any, Glyph]:
    """Glyphs of the variables: parameters before x, as in βx."""
    x, *parameters = symbols
    return {v: Letter(spelled[str(v)]) for v in (*parameters, x)}


def radical(
    generator: Generator, generators: Sequence[Generator]
) -> tuple[Any, Any] | None:
    """Base and rational exponent of a root or of exp(r·log(base)); None for others."""
    if generator.function == "sqrt":
        return generator.argument, sympy.Rational(1, 2)
    if generator.function != "exp":
        return None
    rate, rest = generator.argument.as_coeff_Mul()
    logs = [g for g in generators if g.function == "log"]
    return next(((g.argument, rate) for g in logs if g.symbol == rest), None)


def closed(
    glyphs: dict[Any, Glyph], generators: Sequence[Generator], numerals: Numerals
) -> dict[Any, Glyph]:
    """Glyphs in which every generator is written out."""
    for generator in generators:
        glyphs[generator.symbol] = _glyph(generator, generators, glyphs, numerals)
    return _constants_first(glyphs, generators)


def _glyph(
    generator: Generator,
    generators: Sequence[Generator],
    glyphs: Mapping[Any, Glyph],
    numerals: Numerals,
) -> Glyph:
    """A generator written out, given how all before it are written."""
    writer = Writer(dict(glyphs), numerals)
    root = radical(generator, generators)
    if root is not None:
        return Root(*root, writer)
    argument = _with_constants(generator, generators)
    if generator.function == "exp":
        return Exponential(argument, writer)
    if generator.function == "pi":
        return Letter(writer.text(sympy.pi), is_variable=False)
    name = CALLS[PRIMITIVES[generator.function].symbol]
    return Call(name, argument, writer)


def _constants_first(
    glyphs: dict[Any, Glyph], generators: Sequence[Generator]
) -> dict[Any, Glyph]:
    """Glyphs in the order of a product: √2, √π, and only then x."""
    known = {g.symbol: g for g in generators}
    constants = [g.symbol for g in generators if is_constant(g, known)]
    return {s: glyphs[s] for s in dict.fromkeys([*constants, *glyphs])}


def _with_constants(generator: Generator, generators: Sequence[Generator]) -> Any:
    """Argument of a generator with roots and π as such: √2/√π, and not √2·√π/π."""
    known = {g.symbol: g for g in generators}
    argument = generator.argument
    for each in reversed(generators):
        if each.function in ("sqrt", "pi") and is_constant(each, known):
            argument = argument.subs(each.symbol, each.definition)
    changed = argument != generator.argument
    return sympy.factor_terms(argument.expand()) if changed else argument


def lettered(
    glyphs: dict[Any, Glyph], generators: Sequence[Generator], numerals: Numerals
) -> tuple[dict[Any, Glyph], dict[Any, str]]:
    """Glyphs in which generators are letters, and what each letter stands for.

    Letters are for exponentials and logarithms; a root stays a root, and a logarithm
    that stands nowhere but under roots gets no letter.
    """
    taken = [glyph.raised(1).text for glyph in glyphs.values()]
    names = {
        "exp": letters(EXPONENTIALS, taken),
        "log": letters(LOGARITHMS, taken),
    }
    meanings: dict[Any, str] = {}
    for generator in generators:
        written = _glyph(generator, generators, glyphs, numerals)
        if generator.function not in names or radical(generator, generators):
            glyphs[generator.symbol] = written
            continue
        letter = next(names[generator.function])
        glyphs[generator.symbol] = Letter(letter, is_variable=False)
        meanings[generator.symbol] = f"{letter} = {written.raised(1).text}"
    return _constants_first(glyphs, generators), meanings
