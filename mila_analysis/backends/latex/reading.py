"""Printed LaTeX back to SymPy, by its own parser, and to a proof that nothing changed.

Needs `antlr4-python3-runtime`, which SymPy's `parse_latex` imports.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import flint
import sympy

from mila_analysis import derivation
from mila_analysis.activation import Activation
from mila_analysis.backends.latex.equations import Row, System, system
from mila_analysis.backends.latex.lifting import bound, in_variables, same
from mila_analysis.backends.latex.numerals import Slot, ball
from mila_analysis.backends.latex.symbols import spellings
from mila_analysis.errors import FormulaError
from mila_analysis.partials import parse

__all__ = ["is_rounding", "read", "unproved"]

FIRST_MARK = 900_000_001
"""An integer that no formula holds; the n-th rounded numeral is marked by this + n."""

UNPRINTED = r"\sinh"
"""Stands for erf, which the parser does not know; it is never printed itself."""

_INDEXED_WORD = re.compile(r"\\mathit\{\w+\}_\{\w+\}")


def unproved(
    activation: Activation,
    partials: Sequence[str] | None = None,
    *,
    form: str = "closed",
    digits: int = 6,
    normalize: bool = True,
) -> list[str]:
    """Names of the exported equations that are not proved right; none, that is to say.

    Every right side is parsed back and compared with the exact partial by algebra. In
    the numeric form this is done with the exact constants in the place of their
    numerals, each of which is then shown to be the correct rounding.
    """
    shown, marked = (
        system(
            activation,
            partials,
            form=form,
            digits=digits,
            normalize=normalize,
            mark=mark,
        )
        for mark in (None, _marked)
    )
    reader = _Reader(marked)
    return [
        equation.name
        for equation, twin in zip(shown.equations, marked.equations, strict=True)
        for side, marks in zip(equation.sides, twin.sides, strict=True)
        for row, mark in zip(side, marks, strict=True)
        if not (_agree(row, mark, digits) and reader.proves(equation.name, mark))
    ]


def _marked(_: str, number: int) -> str:
    return str(FIRST_MARK + number)


def _agree(row: Row, mark: Row, digits: int) -> bool:
    """Whether the text is that of the marks with right numerals in their places."""
    text = mark.printed.text
    for number, slot in enumerate(row.slots):
        text = text.replace(str(FIRST_MARK + number), slot.numeral)
    return text == row.printed.text and all(is_rounding(s, digits) for s in row.slots)


def is_rounding(slot: Slot, digits: int) -> bool:
    """Whether a numeral is the rounding of its constant to so many digits, proved."""
    mantissa, _, power = slot.numeral.partition(r" \times ")
    printed = Fraction(mantissa if power else _unpowered(mantissa))
    if power:
        printed *= Fraction(_unpowered(power))
    size = 0
    while Fraction(10) ** (size + 1) <= printed:
        size += 1
    while Fraction(10) ** size > printed:
        size -= 1
    half = Fraction(10) ** (size - digits + 1) / 2
    if slot.value.is_Rational:
        return abs(Fraction(int(slot.value.p), int(slot.value.q)) - printed) <= half
    with flint.ctx.workprec(4096):
        middle = flint.arb(flint.fmpq(printed.numerator, printed.denominator))
        room = flint.arb(flint.fmpq(half.numerator, half.denominator))
        return bool(abs(ball(slot.value) - middle) <= room)


def _unpowered(text: str) -> str:
    """`10^{-8}` as Python's fractions read it."""
    return re.sub(r"^10\^\{(-?\d+)\}$", r"1e\1", text)


class _Reader:
    """What the LaTeX of one system means."""

    def __init__(self, written: System) -> None:
        activation = written.activation
        self.form = written.form
        orders = [parse(e.name, activation.variables).order for e in written.equations]
        self.derived = derivation.derive(activation, max(orders))
        spelled = spellings(activation)
        self.symbols = {spelled[str(v)]: v for v in self.derived.variables}
        for constant in written.constants:
            letter, _, decimal = constant.partition(" = ")
            self.symbols[letter] = read(decimal, {})
        self.values: dict[Any, Any] = {}
        if self.form == "numeric":
            exact = activation.values
            self.values = {v: exact[str(v)] for v in self.derived.variables[1:]}
        elif self.form == "substituted":
            for given in written.given:
                letter, _, meaning = given.partition(" = ")
                self.symbols[letter] = read(meaning, self.symbols)

    def proves(self, name: str, row: Row) -> bool:
        """Whether a printed row is the partial in all the cases it stands for."""
        marks = {
            sympy.Integer(FIRST_MARK + n): slot.value
            for n, slot in enumerate(row.slots)
        }
        meant = read(row.printed.text, self.symbols, marks)
        return all(
            same(
                bound(in_variables(self.derived, name, case), self.values),
                bound(meant, self.values),
                self.derived.variables,
            )
            for case in row.cases
        )


def read(
    text: str, symbols: Mapping[str, Any], marks: Mapping[Any, Any] | None = None
) -> Any:
    """LaTeX to a SymPy expression, as SymPy's parser reads it.

    Args:
        text: a right side on one line, without cases.
        symbols: LaTeX of a letter to what it means.
        marks: integers to the constants they stand for.

    Raises:
        FormulaError: a product that reads as a call, or an unknown letter.
    """
    from sympy.parsing.latex import parse_latex

    text = text.replace(r"\operatorname{erf}", UNPRINTED)
    # The parser knows no index on a word, so such a name gets another one.
    words = {w: f"v_{{{n}}}" for n, w in enumerate(_INDEXED_WORD.findall(text))}
    for word, short in words.items():
        text = text.replace(word, short)
    meanings: dict[Any, Any] = {
        sympy.Symbol("e"): sympy.E,
        sympy.Symbol("pi"): sympy.pi,
    }
    for letter, meaning in symbols.items():
        meanings[parse_latex(words.get(letter, letter))] = meaning
    return _meant(parse_latex(text), meanings, marks or {})


def _meant(node: Any, meanings: Mapping[Any, Any], marks: Mapping[Any, Any]) -> Any:
    if node in meanings:
        return meanings[node]
    if node in marks or -node in marks:
        return marks[node] if node in marks else -marks[-node]
    if node.is_Float:
        return sympy.Rational(str(node))
    if node.is_Symbol or isinstance(node, sympy.core.function.AppliedUndef):
        raise FormulaError(f"LaTeX that reads as something else: {node}")
    if not node.args:
        return node
    args = list(_arguments(node, meanings, marks))
    if isinstance(node, sympy.sinh):
        return sympy.erf(*args)
    return node.func(*args)


def _arguments(
    node: Any, meanings: Mapping[Any, Any], marks: Mapping[Any, Any]
) -> Iterator[Any]:
    """Arguments by their meaning; the parser's ln(u) is a logarithm of u to base e."""
    natural = isinstance(node, sympy.log) and node.args[1:] == (sympy.E,)
    for arg in node.args[:1] if natural else node.args:
        yield _meant(arg, meanings, marks)
