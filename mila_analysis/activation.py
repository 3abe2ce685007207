"""A name, a formula and parameters to one frozen activation: pure data, no SymPy."""

from __future__ import annotations

import decimal
import math
import numbers
import re
import reprlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from operator import ge, le

from mila_analysis.errors import ParameterError, suggestion
from mila_analysis.shown import Shown

__all__ = ["Activation", "Parameter", "exact", "swept_parameter", "typed"]

MAX_NUMBER_LENGTH = 400
MAX_DECIMAL_EXPONENT = 400
MAX_BITS = 4096  # an integer above some 14,000 cannot even be shown
_NUMBER = re.compile(
    r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,9})?|[+-]?\d+/\d+", re.ASCII
)

Number = int | float | str | Fraction | decimal.Decimal
_RULES = {"at least": ge, "at most": le}


def exact(value: Number, what: str = "value") -> Fraction:
    """Number or numeral to the exact rational it stands for.

    A float stands for its own binary value, a numeral such as `"-0.1"` for the
    decimal one. The exponent is bounded before anything is computed, so
    `"1e99999999"` is refused at once.

    Raises:
        ParameterError: not a finite number, or beyond the range of float64.
    """
    if isinstance(value, bool):
        raise ParameterError(f"{what} must be a number, not {value}")
    if isinstance(value, (str, decimal.Decimal)):
        return _exact_numeral(str(value).strip(), what)
    if isinstance(value, numbers.Rational) and _bits(value) > MAX_BITS:
        raise ParameterError(f"{what} is beyond the range of float64")
    shown = reprlib.repr(value)
    try:
        if isinstance(value, numbers.Rational):  # int(): NumPy's would overflow later
            fraction = Fraction(int(value.numerator), int(value.denominator))
        elif isinstance(value, numbers.Real):
            fraction = Fraction(float(value))
        else:
            raise TypeError
    except (TypeError, ValueError, OverflowError):
        raise ParameterError(f"{what} must be a finite number, not {shown}") from None
    return _in_range(fraction, shown, what)


def _bits(value: numbers.Rational) -> int:
    return max(int(part).bit_length() for part in (value.numerator, value.denominator))


def _exact_numeral(text: str, what: str) -> Fraction:
    shown = text if len(text) <= 40 else f"{text[:37]}..."
    if len(text) > MAX_NUMBER_LENGTH or not _NUMBER.fullmatch(text):
        raise ParameterError(f"{what} must be a finite number, not {shown!r}")
    _, _, exponent = text.lower().partition("e")
    if exponent and abs(int(exponent)) > MAX_DECIMAL_EXPONENT:
        raise ParameterError(f"{what} {shown} is beyond the range of float64")
    try:
        return _in_range(Fraction(text), shown, what)
    except ZeroDivisionError:
        raise ParameterError(f"{what} {shown} divides by zero") from None


def _in_range(fraction: Fraction, shown: str, what: str) -> Fraction:
    try:
        nearest = float(fraction)
    except OverflowError:
        nearest = math.inf
    if math.isinf(nearest) or (nearest == 0 and fraction != 0):
        raise ParameterError(f"{what} {shown} is beyond the range of float64")
    return fraction


@dataclass(frozen=True, slots=True)
class Parameter:
    r"""A parameter of an activation: its value, how it is written, what it means.

    Attributes:
        name: as in the formula and in generated code, such as `beta`.
        value: exact default.
        latex: as set in prose and pictures, such as `\beta`.
        meaning: one line for `list` and for docstrings.
        low, high: closed domain; `None` is unbounded.
    """

    name: str
    value: Fraction
    latex: str = ""
    meaning: str = ""
    low: Fraction | None = None
    high: Fraction | None = None

    def bind(self, value: Number) -> Parameter:
        """This parameter with another value, checked to be a number of its domain."""
        fraction = exact(value, self.name)
        for rule, end in self._rules():
            if not _RULES[rule](fraction, end):
                raise ParameterError(f"{self.name} must be {rule} {end}: {value}")
        return replace(self, value=fraction)

    def _rules(self) -> Iterator[tuple[str, Fraction]]:
        for rule, end in zip(_RULES, (self.low, self.high), strict=True):
            if end is not None:
                yield rule, end

    @property
    def domain(self) -> str:
        """The values it may have, such as `at least 0`; nothing if it may have any."""
        return " and ".join(f"{rule} {float(end):.6g}" for rule, end in self._rules())

    @property
    def label(self) -> str:
        r"""LaTeX of `name = value`, such as `\beta = -0.25`, without dollar signs."""
        return f"{self.latex or self.name} = {numeral(self.value)}"


def numeral(value: Fraction) -> str:
    """Shortest decimal that stands for a rational, or the quotient if none does.

    The quotient of a value that has no finite decimal, such as 1/3, is kept exact;
    a binary value with a long decimal is given by the numeral of its float.
    """
    shortest = repr(float(value))
    if Fraction(shortest) == value or Fraction(float(value)) == value:
        return shortest.removesuffix(".0")
    return str(value)


@dataclass(frozen=True, slots=True)
class Activation(Shown):
    """An activation function as data: x ↦ formula, with named real parameters.

    Attributes:
        name: identifier; also the name of generated functions and classes.
        formula: definition as text in `x` and the parameters.
        title: name for people, such as `Mila`.
        parameters: in the order in which they are written and differentiated.
        aliases: other names that find it.
        source: where the definition comes from.
        convention: what holds where the definition leaves a choice (a kink).
    """

    name: str
    formula: str
    title: str = ""
    parameters: tuple[Parameter, ...] = ()
    aliases: tuple[str, ...] = ()
    source: str = ""
    convention: str = ""

    @property
    def variables(self) -> tuple[str, ...]:
        """`x`, then the parameters: what partials are taken in."""
        return ("x", *(p.name for p in self.parameters))

    @property
    def values(self) -> Mapping[str, Fraction]:
        """Exact value of each parameter."""
        return {p.name: p.value for p in self.parameters}

    @property
    def spec(self) -> str:
        """Text that `catalog.resolve` reads back, such as `mila:beta=-0.25`."""
        bound = ",".join(f"{p.name}={numeral(p.value)}" for p in self.parameters)
        return f"{self.name}:{bound}" if bound else self.name

    @property
    def label(self) -> str:
        """Title with the parameter values, as a legend shows it (mathtext)."""
        shown = self.title or self.name
        bound = ", ".join(f"${p.label}$" for p in self.parameters)
        return f"{shown} ({bound})" if bound else shown

    def bind(self, /, **values: Number) -> Activation:
        """The same function with other parameter values.

        Raises:
            ParameterError: no such parameter, or a value outside its domain.
        """
        known = [p.name for p in self.parameters]
        for name in values:
            if name not in known:
                has = f"it has {', '.join(known)}" if known else "it has none"
                hint = suggestion(name, known)
                raise ParameterError(
                    f"{self.name} has no parameter '{name}' ({has}){hint}"
                )
        bound = tuple(
            p.bind(values[p.name]) if p.name in values else p for p in self.parameters
        )
        return replace(self, parameters=bound)


def swept_parameter(activation: Activation, name: str | None = None) -> Parameter:
    """The parameter of an activation that is swept: the one named, or the first.

    Raises:
        ParameterError: there is none, or none of that name.
    """
    label = activation.title or activation.name
    if not activation.parameters:
        raise ParameterError(f"{label} has no parameter to sweep")
    if name is None:
        return activation.parameters[0]
    known = {p.name: p for p in activation.parameters}
    if name not in known:
        hint = suggestion(name, known) or f"; choose from {', '.join(known)}"
        raise ParameterError(f"{label} has no parameter '{name}'{hint}")
    return known[name]


def typed(activation: Activation) -> str:
    """What to type for an activation: a formula of the user's own has no name."""
    if activation.name != "custom":
        return activation.spec
    bound = ",".join(f"{p.name}={numeral(p.value)}" for p in activation.parameters)
    return f"{activation.formula}:{bound}" if bound else activation.formula
