"""A formula of the user's own to the activation of the catalog that it is, if it is.

Floats at a few points leave few candidates; what is said is proved, by the canonical
form of the difference in the tower. Parameters of the catalog are tried with numbers
that stand in the formula, and with its own parameters.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import islice, product
from typing import Any

import sympy

from mila_analysis.activation import Activation, numeral
from mila_analysis.budget import within
from mila_analysis.catalog import CATALOG
from mila_analysis.errors import MilaAnalysisError, UnsupportedError
from mila_analysis.formula import Case, Formula, parse
from mila_analysis.formula.cases import contradict, single_point
from mila_analysis.formula.floats import value_of
from mila_analysis.letters import GREEK
from mila_analysis.tower import Calculus, lift_all

__all__ = ["recognised"]

MAX_SECONDS = 5.0
MAX_CHOICES = 4000
POINTS = (0.6875, -1.3125, 2.84375, -0.28125, -5.1, 7.3)
CLOSE = 1e-9
PLAIN = tuple(map(sympy.Rational, ("0", "1", "-1", "2", "-2", "1/2", "-1/2")))
_LETTER = {name.rstrip("_"): letter for letter, name in reversed(GREEK.items())}

_Choice = tuple[tuple[Any, Any], ...]  # parameters of an entry, and what they are


def recognised(activation: Activation) -> str | None:
    """Sentence such as `this is Swish with β = 1`; None where no entry is the same.

    The function is that of x, with the values of the parameters; where it is the same
    for all values, the parameters themselves are named.
    """
    late = UnsupportedError("time")
    try:
        found = within(MAX_SECONDS, lambda: _recognised(activation), late)
    except MilaAnalysisError:
        return None
    return f"this is {found}" if found else None


def _recognised(activation: Activation) -> str:
    parsed = parse(activation.formula, activation.variables)
    values = {
        v: sympy.Rational(value.numerator, value.denominator)
        for v, value in zip(
            parsed.variables[1:], activation.values.values(), strict=True
        )
    }
    forms = [parsed.cases, _with(parsed.cases, values)] if values else [parsed.cases]
    for cases in forms:
        matches = [m for entry in CATALOG for m in islice(_matches(cases, entry), 1)]
        if matches:
            plain = [m for m in matches if " with " not in m]
            rest = [m for m in matches if m not in plain]
            return ", which is ".join([*plain[:1], *rest[:1]])
    return ""


def _matches(cases: Sequence[Case], entry: Activation) -> Iterator[str]:
    """The entry with each choice of its parameters that makes it the same."""
    known = parse(entry.formula, entry.variables)
    for choice in _choices(cases, known, entry):
        if _agree(cases, known, choice) and _is_same(
            cases, _with(known.cases, dict(choice))
        ):
            yield _named(entry, choice)


def _choices(
    cases: Sequence[Case], known: Formula, entry: Activation
) -> Iterator[_Choice]:
    parameters = known.variables[1:]
    defaults = [sympy.Rational(str(p.value)) for p in entry.parameters]
    found = dict.fromkeys((*defaults, *_constants(tuple(cases)), *PLAIN))
    every = product(list(found), repeat=len(parameters))
    for values in islice(every, MAX_CHOICES):
        yield tuple(zip(parameters, values, strict=True))


@lru_cache(maxsize=8)
def _constants(cases: tuple[Case, ...]) -> tuple[Any, ...]:
    """Numbers and parameters of a formula, with their opposites and reciprocals."""
    parts = [
        p for c in cases for p in (c.expression, *(r.difference for r in c.conditions))
    ]
    symbols = {s for p in parts for s in p.free_symbols if str(s) != "x"}
    numbers = {n for p in parts for n in p.atoms(sympy.Rational) if n}
    found: dict[Any, None] = {}
    for value in (*sorted(symbols, key=str), *sorted(numbers)):
        found.update(dict.fromkeys((value, -value, 1 / value, 2 * value, value / 2)))
    return tuple(found)


def _with(cases: Sequence[Case], values: Mapping[Any, Any]) -> tuple[Case, ...]:
    """Cases with values for parameters."""
    return tuple(
        Case(
            tuple(
                type(r)(r.difference.subs(values), r.comparison) for r in c.conditions
            ),
            c.expression.subs(values),
        )
        for c in cases
    )


# --- floats


def _agree(cases: Sequence[Case], known: Formula, choice: _Choice) -> bool:
    """Whether values agree at a few points, with anything for the user's parameters."""
    settled = _settled(cases)
    own = {s: value_of(v, settled) for s, v in choice}
    x = known.variables[0]
    for point in POINTS:
        one = _at(cases, {**settled, x: point})
        other = _at(known.cases, {**own, x: point})
        if not math.isclose(one, other, rel_tol=CLOSE, abs_tol=1e-12):
            return False
    return True


def _settled(cases: Sequence[Case]) -> dict[Any, float]:
    symbols = set().union(*(c.expression.free_symbols for c in cases))
    names = sorted((s for s in symbols if str(s) != "x"), key=str)
    return {s: 0.734 + 0.391 * n for n, s in enumerate(names)}


def _at(cases: Sequence[Case], names: Mapping[Any, float]) -> float:
    """Value of the case that holds; NaN where there is none."""
    for case in cases:
        found = [(value_of(r.difference, names), r.comparison) for r in case.conditions]
        if all((v > 0 if c[0] == ">" else v < 0) for v, c in found):
            return value_of(case.expression, names)
    return math.nan


# --- proof


def _is_same(cases: Sequence[Case], others: Sequence[Case]) -> bool:
    """Whether two definitions are one function, by canonical forms."""
    for one, other in product(cases, others):
        conditions = (*one.conditions, *other.conditions)
        if contradict(conditions):
            continue
        first, second = one.expression, other.expression
        point = single_point(conditions)
        if point is not None:
            first, second = first.subs(*point), second.subs(*point)
        if first != second and not _is_zero(first - second):
            return False
    return True


def _is_zero(difference: Any) -> bool:
    variables = tuple(sorted(difference.free_symbols, key=str))
    (lifted,), generators = lift_all([difference], variables)
    return not Calculus(variables, generators).element(lifted)


def _named(entry: Activation, choice: _Choice) -> str:
    """`Swish with β = 1`."""
    values = [f"{_letters(symbol)} = {_shown(value)}" for symbol, value in choice]
    return f"{entry.title} with {', '.join(values)}" if values else entry.title


def _shown(value: Any) -> str:
    if value.is_Rational:
        return numeral(Fraction(int(value.p), int(value.q)))
    return str(
        value.xreplace({s: sympy.Symbol(_letters(s)) for s in value.free_symbols})
    )


def _letters(symbol: Any) -> str:
    return _LETTER.get(str(symbol).rstrip("_"), str(symbol))
