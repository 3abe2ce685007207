"""An activation to its equations: what stands left and right of each equals sign."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sympy

from mila_analysis import derivation, formula
from mila_analysis.activation import Activation
from mila_analysis.backends.latex import glyphs as signs
from mila_analysis.backends.latex.conditions import region
from mila_analysis.backends.latex.constants import named
from mila_analysis.backends.latex.expression import Glyph, Writer
from mila_analysis.backends.latex.lifting import bound, lift, plain_in_variables
from mila_analysis.backends.latex.normalized import normalized
from mila_analysis.backends.latex.numerals import Exact, Numerals, Rounded, Slot
from mila_analysis.backends.latex.quotient import split, tidied
from mila_analysis.backends.latex.symbols import spellings
from mila_analysis.backends.latex.typeset import Printed, Typesetter
from mila_analysis.derivation import Derivation
from mila_analysis.errors import ParameterError, UnsupportedError
from mila_analysis.partials import Partial, parse, up_to

__all__ = ["FORMS", "Equation", "Row", "System", "system"]

FORMS = ("closed", "substituted", "numeric")
MAX_DIGITS = 30


@dataclass(frozen=True, slots=True)
class Row:
    """One case of a right side.

    Attributes:
        printed: its LaTeX.
        region: where it holds; nothing is everywhere.
        slots: its rounded numerals.
        cases: numbers of the cases of the definition that it stands for.
    """

    printed: Printed
    region: str = ""
    slots: tuple[Slot, ...] = ()
    cases: tuple[int, ...] = (0,)


@dataclass(frozen=True, slots=True)
class Equation:
    """left = side = side, each side in cases.

    Attributes:
        name: of the partial.
        left: LaTeX of what is defined.
        sides: right sides: one, or the definition as written and then its closed form.
    """

    name: str
    left: str
    sides: tuple[tuple[Row, ...], ...]


@dataclass(frozen=True, slots=True)
class System:
    r"""The equations of an export.

    Attributes:
        activation: what is exported.
        form: one of `FORMS`.
        given: LaTeX of what the equations presuppose: `E = e^{x}`, `\beta = -0.25`.
        equations: one for each partial.
        definition: the definition as written.
        constants: LaTeX of what stands for its long decimals: `c = 1.0507...`.
        rounded_to: significant digits of rounded numerals, or None if none is.
    """

    activation: Activation
    form: str
    given: tuple[str, ...]
    equations: tuple[Equation, ...]
    definition: Equation
    constants: tuple[str, ...]
    rounded_to: int | None


def system(
    activation: Activation,
    partials: Sequence[str] | None = None,
    *,
    form: str = "closed",
    digits: int = 6,
    normalize: bool = True,
    mark: Callable[[str, int], str] | None = None,
) -> System:
    """Equations of an activation; arguments as in `to_latex`.

    Args:
        activation: its parameter values matter in the numeric form only.
        partials: names, or None for all up to the second order.
        form: one of `FORMS`.
        digits: of the numeric form.
        normalize: whether sums of the numeric form are divided through.
        mark: replaces rounded numerals; for checks.

    Raises:
        ParameterError: no such form, or too many digits.
        PartialError: a partial that the activation does not have.
        UnsupportedError: a formula for which LaTeX has no spelling.
    """
    if form not in FORMS:
        raise ParameterError(f"no LaTeX form '{form}'; choose from {', '.join(FORMS)}")
    if not 2 <= digits <= MAX_DIGITS:
        raise ParameterError(f"digits must be 2 to {MAX_DIGITS}, not {digits}")
    twin, constants = named(activation)
    chosen = _chosen(activation, partials)
    order = max((p.order for p in chosen), default=0)
    derived = derivation.derive(twin, max(order, 2))
    author = _Author(twin, constants, derived, form, digits if normalize else 0, mark)
    left = _lefts(activation, [Partial(), *chosen], form)
    equations = tuple(Equation(p.name, left[p.name], author.sides(p)) for p in chosen)
    definition = Equation("f", left["f"], (author.definition(),))
    slots = any(r.slots for e in equations for side in e.sides for r in side)
    return System(
        activation,
        form,
        author.given(chosen),
        equations,
        definition,
        author.constants,
        digits if slots else None,
    )


def _chosen(
    activation: Activation, partials: Sequence[str] | None
) -> Sequence[Partial]:
    """Partials asked for, each once; all up to the second order unless told."""
    if partials is None:
        return up_to(2, activation.variables)
    return list(dict.fromkeys(parse(n, activation.variables) for n in partials))


def _lefts(
    activation: Activation, chosen: Sequence[Partial], form: str
) -> dict[str, str]:
    """Left sides: primes for a function of x alone, else Leibniz notation."""
    single = form == "numeric" or not activation.parameters
    if single and all(set(p.variables) <= {"x"} for p in chosen):
        return {p.name: f"f{_primes(p.order)}(x)" for p in chosen}
    spelled = spellings(activation)
    return {p.name: p.latex(spelled) for p in chosen}


def _primes(order: int) -> str:
    return "'" * order if order < 4 else f"^{{({order})}}"


@dataclass(frozen=True, slots=True)
class _Author:
    """Writes the right sides of one export.

    Attributes:
        activation: with parameters for its long decimals.
        letters: names of those.
        derived: its derivation.
        form: one of `FORMS`.
        digits: of rounded coefficients; 0 rounds none.
        mark: replaces rounded numerals.
    """

    activation: Activation
    letters: tuple[str, ...]
    derived: Derivation
    form: str
    digits: int
    mark: Callable[[str, int], str] | None

    def sides(self, partial: Partial) -> tuple[tuple[Row, ...], ...]:
        closed = self._rows(lambda case: self._printed(partial.name, case))
        if partial.order or self.form == "numeric":
            return (closed,)
        written = self.definition()
        texts = [[row.printed.text for row in side] for side in (written, closed)]
        told = texts[0] == texts[1] or self._is_letter(partial)
        return (written,) if told else (written, closed)

    def _is_letter(self, partial: Partial) -> bool:
        """Whether substitution leaves nothing but a letter, as in softplus: f = L."""
        elements = [c.partials[partial.name] for c in self.derived.cases]
        symbols = {g.symbol for g in self.derived.generators}
        return all(
            element.as_expr() in symbols and self.form == "substituted"
            for element in elements
        )

    def definition(self) -> tuple[Row, ...]:
        """The formula as written; with its parameter values in the numeric form."""
        parsed = formula.parse(self.activation.formula, self.activation.variables)
        writer = self._writer()
        return self._rows(
            lambda case: Row(
                Printed(writer.text(self._bound(parsed.cases[case].expression)))
            )
        )

    def given(self, chosen: Sequence[Partial]) -> tuple[str, ...]:
        """What the equations presuppose: meanings of letters, values of parameters."""
        if self.form == "numeric":
            return (*self._told(self._values), *(() if self.digits else self.constants))
        if self.form == "closed":
            return self.constants
        _, meanings = self._lettered
        used: set[Any] = set()
        for partial in chosen:
            if self._is_letter(partial) and not partial.order:
                continue
            for case in range(len(self.derived.cases)):
                element = self.derived.cases[case].plain[partial.name]
                used |= split(element, self.derived.generators).used
        for generator in reversed(self.derived.generators):
            if generator.symbol in used:
                used |= generator.argument.free_symbols
        meant = (text for symbol, text in meanings.items() if symbol in used)
        return (*self.constants, *meant)

    @property
    def constants(self) -> tuple[str, ...]:
        """What each letter for a long decimal stands for."""
        return self._told(self._decimals)

    def _told(self, values: Mapping[Any, Any]) -> tuple[str, ...]:
        spelled, writer = spellings(self.activation), self._writer()
        return tuple(
            f"{spelled[str(symbol)]} = "
            + writer.text(sympy.Rational(value.numerator, value.denominator))
            for symbol, value in values.items()
        )

    @property
    def _values(self) -> dict[Any, Any]:
        return self._bindings(lambda name: name not in self.letters)

    @property
    def _decimals(self) -> dict[Any, Any]:
        return self._bindings(lambda name: name in self.letters)

    def _bindings(self, chosen: Callable[[str], bool]) -> dict[Any, Any]:
        exact = self.activation.values
        symbols = self.derived.variables[1:]
        return {v: exact[str(v)] for v in symbols if chosen(str(v))}

    def _bound(self, expression: Any) -> Any:
        return bound(expression, self._values) if self.form == "numeric" else expression

    def _writer(self) -> Writer:
        return Writer(self._variables, Exact(decimals=self.form == "numeric"))

    @property
    def _variables(self) -> dict[Any, Glyph]:
        return signs.variables(self.derived.variables, spellings(self.activation))

    @property
    def _lettered(self) -> tuple[dict[Any, Glyph], dict[Any, str]]:
        return signs.lettered(self._variables, self.derived.generators, Exact())

    def _rows(self, write: Callable[[int], Row]) -> tuple[Row, ...]:
        """Rows of all cases that hold somewhere; one row if they are all the same."""
        parsed = formula.parse(self.activation.formula, self.activation.variables)
        writer, rows = self._writer(), []
        for number, case in enumerate(parsed.cases):
            relations = [
                formula.Relation(self._bound(r.difference), r.comparison)
                for r in case.conditions
            ]
            where = region(relations, parsed.variables[0], writer)
            if where is not None:
                rows.append(replace(write(number), region=where, cases=(number,)))
        if all(row.printed == rows[0].printed for row in rows):
            cases = tuple(row.cases[0] for row in rows)
            return (replace(rows[0], region="", cases=cases),)
        return tuple(rows)

    def _printed(self, name: str, case: int) -> Row:
        if self.form == "numeric":
            return self._numeric(name, case)
        quotient = tidied(
            split(self.derived.cases[case].plain[name], self.derived.generators)
        )
        if self.form == "substituted":
            glyphs, _ = self._lettered
        else:
            glyphs = signs.closed(self._variables, self.derived.generators, Exact())
        return Row(Typesetter(glyphs, Exact()).printed(quotient))

    def _numeric(self, name: str, case: int) -> Row:
        symbols = [self.derived.variables[0]]
        expression = self._bound(plain_in_variables(self.derived, name, case))
        if self.digits:
            expression = bound(expression, self._decimals)
        else:
            symbols += self._decimals
        if expression.has(sympy.zoo, sympy.nan):
            raise UnsupportedError(f"{name} is singular for these parameter values")
        element, generators = lift(expression, symbols, plain=True)
        quotient = split(element, generators)
        numerals: Numerals = Exact(decimals=True)
        if self.digits:
            quotient, generators = normalized(quotient, generators)
            numerals = Rounded(self.digits, mark=self.mark or _unmarked)
        else:
            quotient = tidied(quotient)
        spelled = signs.variables(symbols, spellings(self.activation))
        glyphs = signs.closed(spelled, generators, numerals)
        printed = Typesetter(glyphs, numerals).printed(quotient)
        slots = tuple(numerals.slots) if isinstance(numerals, Rounded) else ()
        return Row(printed, slots=slots)


def _unmarked(numeral: str, _: int) -> str:
    return numeral
