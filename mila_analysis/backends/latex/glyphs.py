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
from mila_analysis.errors import UnsupportedError
from mila_analysis.primitives import PRIMITIVES
from mila_analysis.tower import Generator

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
        writer = Writer(dict(glyphs), numerals)
        root = radical(generator, generators)
        if root is not None:
            glyph: Glyph = Root(*root, writer)
        elif generator.function == "exp":
            glyph = Exponential(generator.argument, writer)
        elif generator.function == "pi":
            glyph = _pi(glyphs)
        else:
            name = CALLS[PRIMITIVES[generator.function].symbol]
            glyph = Call(name, generator.argument, writer)
        glyphs[generator.symbol] = glyph
    return glyphs


def _pi(glyphs: Mapping[Any, Glyph]) -> Glyph:
    """π, which no variable may look like."""
    if any(isinstance(g, Letter) and g.text == r"\pi" for g in glyphs.values()):
        raise UnsupportedError("in LaTeX the parameter 'pi' would be the number π")
    return Letter(r"\pi", is_variable=False)


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
        writer = Writer(dict(glyphs), numerals)
        written = closed(dict(glyphs), [generator], numerals)[generator.symbol]
        root = radical(generator, generators)
        if root is not None:
            glyphs[generator.symbol] = Root(*root, writer)
            continue
        if generator.function not in names:
            glyphs.update(closed(dict(glyphs), [generator], numerals))
            continue
        letter = next(names[generator.function])
        glyphs[generator.symbol] = Letter(letter, is_variable=False)
        meanings[generator.symbol] = f"{letter} = {written.raised(1).text}"
    return glyphs, meanings
