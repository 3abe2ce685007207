"""A SymPy expression to LaTeX as a mathematician writes it, nothing rearranged.

For the definition itself, and for what stands in exponents and under logarithms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import sympy

from mila_analysis.backends.latex.numerals import Numerals, is_negative
from mila_analysis.backends.latex.pieces import (
    Piece,
    Term,
    alone,
    argument,
    fraction,
    group,
    power,
    product,
    summed,
    total,
)
from mila_analysis.errors import UnsupportedError

__all__ = ["CALLS", "Glyph", "Letter", "Writer", "times"]

CALLS = {
    sympy.log: r"\ln",
    sympy.tanh: r"\tanh",
    sympy.erf: r"\operatorname{erf}",
    sympy.sin: r"\sin",
    sympy.cos: r"\cos",
    sympy.atan: r"\arctan",
}


class Glyph(Protocol):
    """How a variable or a generator is written."""

    @property
    def is_variable(self) -> bool:
        """Whether it stands for itself, and not for a function."""

    @property
    def inverts(self) -> bool:
        """Whether a negative power is written as such, and not in a denominator."""

    def raised(self, n: int) -> Piece:
        """Its n-th power, n ≥ 1."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A symbol written as a letter."""

    text: str
    is_variable: bool = True
    inverts: bool = False

    def raised(self, n: int) -> Piece:
        """Its n-th power, n ≥ 1."""
        return Piece(power(self.text, str(n)), bare=n == 1)


def times(n: Any, argument: Any) -> Any:
    """n·argument with the number in front of a sum: 2(x + β), (x + β)/2."""
    content, primitive = argument.as_content_primitive()
    terms = sympy.Add.make_args(primitive)
    if n == -1 and any(term.could_extract_minus_sign() for term in terms):
        return sympy.expand(-argument)
    if not primitive.is_Add:
        return n * argument
    units = all(abs(term.as_coeff_Mul()[0]) == 1 for term in primitive.args)
    if units:
        n, argument = n * content, primitive
    return argument if n == 1 else sympy.Mul(n, argument, evaluate=False)


@dataclass(frozen=True, slots=True)
class Writer:
    """LaTeX of expressions in given symbols.

    Attributes:
        glyphs: how each symbol is written, in their order within a product.
        numerals: how constants are.
    """

    glyphs: Mapping[Any, Glyph]
    numerals: Numerals

    def text(self, expression: Any, *, inline: bool = False) -> str:
        """LaTeX of an expression; with slashes for fractions in an exponent."""
        if expression == 0:
            return "0"
        parts = sorted(sympy.Add.make_args(expression), key=self._rank)
        terms = [self._term(part, inline) for part in parts]
        if terms[0].negative:
            terms.sort(key=lambda term: term.negative)
        return total(terms)

    def _rank(self, part: Any) -> tuple[int, int, str]:
        """Powers of variables falling, then constants, then functions."""
        symbols = part.free_symbols
        if not symbols:
            return 1, 0, ""
        if not all(self.glyphs[s].is_variable for s in symbols) or part.has(*_SPECIAL):
            return 2, 0, str(part)
        degrees = (
            sympy.Poly(part, *symbols).total_degree()
            if (part.is_polynomial(*symbols))
            else 0
        )
        order = list(self.glyphs)
        return 0, -degrees, str([-order.index(s) for s in symbols])

    def _term(self, part: Any, inline: bool) -> Term:
        constant, rest = self.numerals.separate(part)
        negative = is_negative(constant)
        top, bottom = self._sides(-constant if negative else constant, rest, inline)
        if not bottom:
            return Term(negative, product(top))
        if not inline:
            return Term(negative, fraction(alone(top), alone(bottom)))
        divisor = product(bottom)
        divisor = divisor if len(bottom) == 1 else group(divisor)
        return Term(negative, f"{product(top)}/{divisor}")

    def _sides(
        self, constant: Any, rest: Any, inline: bool
    ) -> tuple[list[Piece], list[Piece]]:
        """Factors above and below the line."""
        number, divisor = self.numerals.split(constant, exponent=inline)
        top: list[Piece] = []
        bottom = [Piece(divisor)] if divisor else []
        factors = [] if rest == 1 else sympy.Mul.make_args(rest)
        for factor in sorted(factors, key=self._order):
            base, exponent = _based(factor)
            below = exponent.is_Rational and exponent < 0
            (bottom if below else top).append(
                self._power(base, -exponent if below else exponent, inline)
            )
        if number != "1" or not top:
            top.insert(0, Piece(number))
        return top, bottom

    def _order(self, factor: Any) -> tuple[int, int, str]:
        """Constants, symbols in their order, then sums, then functions."""
        base, _ = _based(factor)
        names = list(self.glyphs)
        if base is sympy.pi or base.is_Rational:
            return -1, 0, str(base)
        if base in names:
            return 0, names.index(base), ""
        return (1 if base.is_Add else 2), 0, str(base)

    def _power(self, base: Any, exponent: Any, inline: bool) -> Piece:
        if exponent.is_Rational and exponent.q == 2:
            root = rf"\sqrt{{{self.text(base)}}}"
            if exponent.p == 1:
                return Piece(root)
        elif base in self.glyphs and exponent.is_Integer:
            return self.glyphs[base].raised(int(exponent))
        elif base is sympy.pi and exponent == 1:
            return Piece(self._pi())
        elif type(base) in CALLS:
            name = power(CALLS[type(base)], self.text(exponent, inline=True))
            return Piece(name + argument(self.text(base.args[0])))
        return self._general_power(base, self.text(exponent, inline=True), inline)

    def _pi(self) -> str:
        """π, which no variable may look like."""
        own = (g for g in self.glyphs.values() if g.is_variable)
        letters = [g.text for g in own if isinstance(g, Letter)]
        if r"\pi" in letters:
            raise UnsupportedError("in LaTeX the parameter 'pi' would be the number π")
        return r"\pi"

    def _general_power(self, base: Any, exponent: str, inline: bool) -> Piece:
        if base is sympy.E:
            return Piece(power("e", exponent))
        if base is sympy.pi:
            return Piece(power(self._pi(), exponent))
        if base in self.glyphs:
            return Piece(power(self.glyphs[base].raised(1).text, exponent))
        if base.is_Integer and base > 0:
            return Piece(power(str(base), exponent))
        if base.is_Add or base.is_Mul or base.is_Rational or base.is_Pow:
            return summed(self.text(base, inline=inline), exponent)
        raise UnsupportedError(f"LaTeX has no spelling for {base}")


_SPECIAL = (sympy.exp, *CALLS)


def _based(factor: Any) -> tuple[Any, Any]:
    """Base and exponent of a factor; exp(log(u)/2) is √u."""
    if isinstance(factor, sympy.exp):
        rate, rest = factor.args[0].as_coeff_Mul()
        if isinstance(rest, sympy.log):
            return rest.args[0], rate
        return sympy.E, times(1, factor.args[0])
    base, exponent = factor.as_base_exp()
    return base, exponent
